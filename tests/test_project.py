"""The files that machines other than ours read: workflows, the citation, the Makefile's list, the pins."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

WORKFLOWS = ("tests.yml", "publish.yml", "newest.yml")


def check_schema(schema, path):
    """check-jsonschema's verdict; the schema comes with it, so nothing is fetched."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_follows_the_schema(root, name):
    """A misspelt key would otherwise be found by the first push."""
    result = check_schema("github-workflows", root / ".github" / "workflows" / name)
    assert result.returncode == 0, result.stdout


def test_schema_check_finds_a_misspelt_key(root, tmp_path):
    """The check above can fail."""
    text = (root / ".github" / "workflows" / "tests.yml").read_text()
    (tmp_path / "tests.yml").write_text(text.replace("runs-on", "run-on"))
    assert check_schema("github-workflows", tmp_path / "tests.yml").returncode != 0


def test_every_workflow_is_checked(root):
    """None is added beside the list."""
    assert sorted(path.name for path in (root / ".github" / "workflows").iterdir()) == sorted(WORKFLOWS)


def test_citation_follows_the_schema_and_names_this_version(root):
    """The version stands in the package; the citation repeats it."""
    import dalle_tutorial

    result = check_schema("citation-file-format", root / "CITATION.cff")
    assert result.returncode == 0, result.stdout
    assert f"\nversion: {dalle_tutorial.__version__}\n" in (root / "CITATION.cff").read_text()


def test_make_help_lists_every_target(root):
    """Each phony target has a description."""
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", (root / "Makefile").read_text(), re.MULTILINE).group(1)
    shown = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+)", shown, re.MULTILINE) == phony.replace("\\\n", " ").split()


def test_scripts_of_other_machines_can_be_run(root):
    """They are executable and bash can parse them."""
    for name in (".ci/run", "binder/postBuild"):
        assert os.access(root / name, os.X_OK), f"{name} is not executable"
        subprocess.run(["bash", "-n", root / name], check=True)


def requirements(project):
    """Every requirement in pyproject.toml, but for the package's own extras."""
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(line) for group in lists for line in group if not line.startswith("dalle-tutorial[")]


def test_pins_satisfy_pyproject(root):
    """`make lock` was run after the last change to pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = {}
    for line in (root / "requirements.txt").read_text().splitlines():
        if not line.startswith("#"):
            pin = Requirement(line)
            pins.setdefault(pin.name.replace("_", "-"), []).append(Version(str(pin.specifier).removeprefix("==")))
    for wanted in requirements(project):
        versions = pins.get(wanted.name.replace("_", "-"), [])
        assert versions and all(version in wanted.specifier for version in versions), f"{wanted}: pinned {versions}"


def test_the_package_holds_no_hard_pin(root):
    """A hosted notebook keeps its own versions: the package states floors only, and leaves TensorFlow to the reader."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"]:
        wanted = Requirement(line)
        assert [item.operator for item in wanted.specifier] == [">="], line
        assert not wanted.name.startswith("tensorflow"), line
