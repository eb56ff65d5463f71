"""The house rules that a machine can check: who may import whom, how long a file is, what is documented."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dalle_tutorial"
LONGEST_FILE = 220
MOST_ARGUMENTS = 8

# Imports run down this list, or stay on one level; never up.
LEVELS = (
    ("errors", "backend", "files", "rates"),
    ("layers", "data", "rounding"),
    ("text",),
    ("models",),
    (
        "training", "weights", "evaluation", "matching", "emoji_rates", "imagination", "upsampling", "bindings",
        "manipulations", "measurements", "report", "reconstructions", "reranking", "translation", "export",
    ),
    ("viz",),
    ("cli", "commands", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}

# Addresses may stand where a reader or a machine has to find something, and nothing is loaded from them.
ADDRESS = re.compile(r"https?://[^\s\"'`<>)]+")
ALLOWED_ADDRESSES = re.compile(
    r"https?://(localhost|127\.0\.0\.1|[\w.-]+\.invalid"        # served on this machine; a name that can never exist
    r"|www\.w3\.org/\d{4}/"                                     # XML namespaces
    r"|creativecommons\.org/licenses/"                          # attribution
    r"|colab(\.research\.google\.com)?(/github/NAME/REPO/|\[|$)"                           # the launch buttons
    r"|github\.com/NAME/REPO)"                                  # examples
)
SOURCES = sorted(PACKAGE.rglob("*.py"))
TOOLS = sorted(path for folder in ("scripts", "_ext", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


def name(path):
    """A path below the root, for messages."""
    return path.relative_to(ROOT).as_posix()


def module_of(path):
    """The dotted name of a file of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCES}


def imported(path):
    """Every module of the package that a file imports, also inside functions."""
    found, here = set(), module_of(path).split(".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = here if path.stem == "__init__" else here[:-1]
            start = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            # `from package import module` needs that module; any other name needs the package's own file.
            found |= names if names <= MODULES.keys() else {base, *names}
    return {module for module in found if module in MODULES and module != module_of(path)}


def level(module):
    """The level of a module, by the part of its name below the package."""
    part = module.split(".")[1] if "." in module else None
    assert part is None or part in LEVEL, f"{module}: give {part!r} a level in tests/test_house.py"
    return -1 if part is None else LEVEL[part]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_run_one_way(path):
    """data, text → models → training, weights, evaluation → viz → cli."""
    upwards = [other for other in imported(path) if level(other) > level(module_of(path))]
    assert not upwards or module_of(path) == "dalle_tutorial", f"{name(path)} imports {upwards} from above itself"


def test_imports_form_no_circle():
    """Also within one level; found by taking away, again and again, the modules that need no other."""
    needs = {module: imported(path) for module, path in MODULES.items()}
    while free := {module for module, others in needs.items() if not others & needs.keys()}:
        needs = {module: others for module, others in needs.items() if module not in free}
    assert not needs, f"these import one another: {sorted(needs)}"


@pytest.mark.parametrize("path", SOURCES + TOOLS, ids=name)
def test_file_is_short_enough_to_read_in_one_sitting(path):
    """A file that outgrows the bound is two ideas."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{name(path)} has {lines} lines"


def public_definitions(tree):
    """(name, node) of the public functions, classes and methods of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{inner.name}", inner) for inner in node.body
                            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"))


@pytest.mark.parametrize("path", [path for path in SOURCES + TOOLS if "benchmarks" not in path.parts], ids=name)
def test_public_names_are_documented(path):
    """The module, its functions and its classes; of methods, those that Keras and Python do not already name."""
    known = {"call", "build", "get_config", "from_config", "compute_loss", "compute_output_shape", "train_step"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, f"{name(path)} has no docstring"
    missing = [label for label, node in public_definitions(tree)
               if not ast.get_docstring(node) and (own := label.split(".")[-1]) not in known | {"main", "setup"}
               and not own.startswith("on_")]  # Keras names the moments of a callback
    assert not missing, f"{name(path)}: no docstring on {missing}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_global_state_no_star_imports_few_arguments(path):
    """What makes a file hard to follow is not there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Global), f"{name(path)}:{node.lineno} changes a global"
        assert not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*"), f"{name(path)}:{node.lineno}"
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            count = len(node.args.args) + len(node.args.kwonlyargs) - 1
            assert count <= MOST_ARGUMENTS, f"{name(path)}:{node.lineno}: {count} constructor arguments"


def tracked_code():
    """Source and settings of our own: what could make a page, a test or a program reach out."""
    folders = ("dalle_tutorial", "scripts", "_ext", "benchmarks", "tests", "_assets", ".github", "binder",
               ".devcontainer")
    kinds = {".py", ".js", ".mjs", ".css", ".yml", ".yaml", ".json", ".toml", ".txt", ".html", ".cff"}
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.glob("*"))
    return sorted(path for path in files if path.suffix in kinds and path.is_file() and "vendor" not in path.parts
                  and path.name != "package-lock.json")         # it names the funding pages of its packages


def test_no_address_but_the_allowed_ones():
    """Code reaches no host; in particular no file names a package registry."""
    found = [(name(path), address) for path in tracked_code() if path != pathlib.Path(__file__)
             for address in ADDRESS.findall(path.read_text(encoding="utf-8"))
             if not ALLOWED_ADDRESSES.match(address)]
    assert not found, found


def test_lock_files_hold_versions_and_nothing_else():
    """requirements.txt pins each package once for a platform; package-lock.json has a hash for each, no origin."""
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.match(r"^[a-z0-9._-]+==[^\s;]+( ; .+)?$", line)] == []
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
