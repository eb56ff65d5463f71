"""scripts/notebooks.py: the generated first cell, what a fork changes, and the normal form."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scripts import notebooks

FORK = "https://github.com/NAME/REPO"


@pytest.fixture
def small():
    """A notebook of one text and two code cells, as an editor might leave it."""
    v4 = nbformat.v4
    output = v4.new_output("display_data", {"text/plain": "x"}, metadata={})
    cells = [v4.new_markdown_cell("# Title"),
             v4.new_code_cell("1 + 1", execution_count=7, metadata={"execution": {"iopub.execute_input": "now"}}),
             v4.new_code_cell("1 + 1", execution_count=9, outputs=[output], metadata={"tags": ["keep"]})]
    return v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python", "version": "3.11.7"}})


def run_first_cell(source, modules=()):
    """Runs a first cell in a plain Python that cannot find the package; returns (pip's arguments or None, error)."""
    script = ("import importlib.util, sys, types\n"
              "find = importlib.util.find_spec\n"
              "importlib.util.find_spec = lambda name: None if name == 'dalle_tutorial' else find(name)\n"
              "sys.modules['dalle_tutorial'] = types.ModuleType('dalle_tutorial')\n"
              "sys.modules['dalle_tutorial.backend'] = types.ModuleType('dalle_tutorial.backend')\n"
              + "".join(f"sys.modules[{name!r}] = types.ModuleType({name!r})\n" for name in modules)
              + re.sub(r"^( *)%pip (.*)$", r"\1print('PIP', r'''\2''')", source, flags=re.MULTILINE))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    called = re.search(r"^PIP (.*)$", done.stdout, re.MULTILINE)
    return called and called.group(1), done.stderr


def test_colab_installs_from_the_address_and_nothing_else():
    """One pip command, without dependencies, so nothing preinstalled can change."""
    source = notebooks.first_cell({"repository": {"url": FORK, "branch": "main"}})
    called, error = run_first_cell(source, modules=["google.colab"])
    assert error == ""
    assert called.startswith("install --quiet --no-deps ")
    assert called.endswith(f'"git+{FORK}@main"')


def test_a_chapter_that_needs_more_installs_more():
    """The named chapters are there, and only they call for more than the others."""
    config = {"repository": {"url": FORK}}
    usual, _ = run_first_cell(notebooks.first_cell(config), modules=["google.colab"])
    for path in notebooks.notebooks():
        called, error = run_first_cell(notebooks.first_cell(config, path.stem), modules=["google.colab"])
        more = set(called.split()) - set(usual.split())
        assert error == "" and more == set(notebooks.CHAPTER_PACKAGES.get(path.stem, ()))
    assert set(notebooks.CHAPTER_PACKAGES) <= {path.stem for path in notebooks.notebooks()}


@pytest.mark.parametrize("url", ["", FORK])
def test_elsewhere_the_cell_says_what_to_do(url):
    """Outside Colab nothing is installed behind the reader's back."""
    called, error = run_first_cell(notebooks.first_cell({"repository": {"url": url}}))
    assert called is None
    assert "pip install -e ." in error


def test_without_an_address_colab_is_told_the_same():
    """There is nowhere to install from."""
    called, error = run_first_cell(notebooks.first_cell({}), modules=["google.colab"])
    assert called is None
    assert "ModuleNotFoundError" in error


def test_first_cell_is_replaced_and_not_repeated(small):
    """Writing it twice, or for another address, leaves one."""
    for url in ("", FORK):
        source = notebooks.first_cell({"repository": {"url": url}})
        assert notebooks.set_first_cell(small, source)
        assert not notebooks.set_first_cell(small, source)
        assert small.cells[1].source == source
        assert len(small.cells) == 4


def test_normal_form_is_stable_and_holds_nothing_of_the_run(small):
    """Ids come from the source, counts from the order; times, versions and editor settings are gone."""
    once = notebooks.normalise(small)
    assert nbformat.writes(notebooks.normalise(nbformat.reads(nbformat.writes(once), 4))) == nbformat.writes(once)
    nbformat.validate(once)
    assert [cell.execution_count for cell in once.cells[1:]] == [1, 2]
    assert len({cell.id for cell in once.cells}) == 3
    assert once.cells[1].metadata == {} and once.cells[2].metadata == {"tags": ["keep"]}
    assert "version" not in once.metadata.language_info


def test_live_controls_leave_only_their_note(small):
    """A published page has no kernel: where a note stands beside a control, the control is taken away."""
    view = "application/vnd.jupyter.widget-view+json"
    small.cells[2].outputs[0].data.update({view: {"model_id": "1"}, "text/html": "run the notebook to use this"})
    small.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    done = notebooks.normalise(small)
    assert view not in done.cells[2].outputs[0].data and "text/html" in done.cells[2].outputs[0].data
    assert "widgets" not in done.metadata


@pytest.mark.parametrize("url", ["", FORK], ids=["unset", "set"])
def test_a_fork_changes_one_line(root, tmp_path, url):
    """The one address in `_config.yml` decides over a page's launch buttons and over the notebook's first cell."""
    settings = (root / "_config.yml").read_text(encoding="utf-8")
    settings = re.sub(r"^  url: .*$", f'  url: "{url}"', settings, count=1, flags=re.MULTILINE)
    (tmp_path / "_config.yml").write_text(settings, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/one\n")
    (tmp_path / "index.md").write_text("# Start\n\n```{bibliography}\n```\n")
    shutil.copytree(root / "_ext", tmp_path / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "_assets", tmp_path / "_assets")
    shutil.copy(root / "references.bib", tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell("1")])
    notebooks.set_first_cell(notebook, notebooks.first_cell(notebooks.book_config(tmp_path / "_config.yml")))
    (tmp_path / "chapters").mkdir()
    notebooks.write(notebooks.normalise(notebook), tmp_path / "chapters" / "one.ipynb")

    build = [Path(sys.executable).with_name("jupyter-book"), "build", str(tmp_path), "-W", "-n", "--keep-going"]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    page = (tmp_path / "_build" / "html" / "chapters" / "one.html").read_text(encoding="utf-8")
    colab = "colab.research.google.com/github/NAME/REPO/blob/main/chapters/one.ipynb"
    assert (colab in page) == bool(url)
    assert ("github.com/NAME/REPO" in page) == bool(url)
    assert ("google.colab" in page) == bool(url)
