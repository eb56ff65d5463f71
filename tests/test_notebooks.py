"""The form of the committed notebooks. What their cells print is compared by nbval (`make notebook-test`)."""

import re
import statistics

import pytest
import yaml

from scripts import notebooks

BOOK = notebooks.notebooks()
MOST_IGNORED = 0.5       # of a notebook's code cells, how many nbval may run without comparing
FEWEST_WORDS, MOST_WORDS = 8, 25      # of prose, for each line of code
LONGEST_CELL, LONGEST_MEDIAN, WIDEST_LINE = 30, 8, 120
IGNORED = "nbval-ignore-output"
OPENING = ("you will build", "prerequisites|before you start", "cost")
SECTIONS = ("What (was|we) measured", "Summary", "Exercises", "References")
LONG_FLOAT = re.compile(r"(?<![\w.])-?\d+\.\d{4,}(?![\w.])")
LOCAL_PATH = re.compile(r"(/root/|/home/|/Users/|/tmp/|/work/|[A-Z]:\\Users)")

each_notebook = pytest.mark.parametrize("path", BOOK, ids=lambda path: path.stem)


@pytest.fixture
def notebook(path):
    """The notebook that the test is about."""
    return notebooks.read(path)


def code_cells(notebook):
    """The cells that hold code, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def lines(cell):
    """The lines of code that a reader sees as such: neither empty nor comment."""
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def pictures(cell):
    """The outputs of a cell that are pictures."""
    return [output for output in cell.outputs if any(kind.startswith("image/") for kind in output.get("data", {}))]


def html(cell):
    """The HTML that a cell shows, put together."""
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def prose(notebook):
    """All Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_every_notebook_stands_in_the_table_of_contents(root):
    """And the other way round: no chapter in the contents without its file."""
    contents = (root / "_toc.yml").read_text(encoding="utf-8")
    files = re.findall(r"file:\s*(\S+)", contents)
    assert yaml.safe_load(contents)["format"] == "jb-book"
    assert BOOK, "chapters/ holds no notebook"
    assert [path.stem for path in BOOK if f"chapters/{path.stem}" not in files] == []
    found = {str(path.relative_to(root).with_suffix("")) for kind in ("*.ipynb", "*.md") for path in root.rglob(kind)
             if path.parent in (root, root / "chapters")}
    assert [file for file in files if re.sub(r"\.(md|ipynb)$", "", file) not in found] == []


@each_notebook
def test_is_in_normal_form(path, notebook):
    """`make notebooks` wrote it: saving it again would change nothing."""
    before = path.read_text(encoding="utf-8")
    notebooks.set_first_cell(notebook, notebooks.first_cell(notebooks.book_config(), path.stem))
    assert notebooks.nbformat.writes(notebooks.normalise(notebook)) + "\n" == before, (
        f"run `python -m scripts.notebooks normalise {path.name}`")


@each_notebook
def test_first_cell_is_the_generated_one(path, notebook):
    """Whatever address `_config.yml` holds is the one that the notebook installs from."""
    assert code_cells(notebook)[0].source == notebooks.first_cell(notebooks.book_config(), path.stem)


@each_notebook
def test_every_cell_was_executed_in_order(notebook):
    """nbval does not compare a cell without a count, so a stripped notebook would pass unseen."""
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(code_cells(notebook)) + 1))


@each_notebook
def test_no_errors_no_stderr_no_local_paths(notebook):
    """Nothing of the machine that ran it, and nothing that looks to a reader as if it went wrong."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error" or "raises-exception" in tags(cell), cell.source
            assert output.get("name") != "stderr", f"{cell.source}\nwrote to stderr: {output.text[:300]}"
            text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
            assert not LOCAL_PATH.search(text), f"{cell.source}\nshows a path of one machine: {text[:300]}"


@each_notebook
def test_most_cells_are_compared(notebook):
    """The share of cells that run uncompared is bounded; no cell is left out of the run."""
    cells = code_cells(notebook)
    ignored = [cell for cell in cells if IGNORED in tags(cell)]
    assert len(ignored) <= MOST_IGNORED * len(cells), f"{len(ignored)} of {len(cells)} cells are tagged {IGNORED}"
    assert not [cell.source for cell in cells if {"nbval-skip", "nbval-check-output"} & set(tags(cell))]


@each_notebook
def test_compared_cells_print_no_raw_numbers(notebook):
    """The fourth digit of a float differs between processors: such a cell is tagged, or prints a claim."""
    for cell in code_cells(notebook):
        if IGNORED not in tags(cell):
            text = "".join(output.get("text", "") + output.get("data", {}).get("text/plain", "")
                           for output in cell.outputs)
            assert not LONG_FLOAT.search(text), f"{cell.source}\nprints {LONG_FLOAT.search(text).group()}"
            assert "<Figure size" not in text, f"{cell.source}\nshows the name of a figure beside it"


@each_notebook
def test_cells_are_short(notebook):
    """A cell is read in one glance: the median in eight lines, none in more than thirty, none wider than the page."""
    cells = code_cells(notebook)[1:]
    longest = max(cells, key=lambda cell: len(lines(cell)))
    assert len(lines(longest)) <= LONGEST_CELL, longest.source
    assert statistics.median(len(lines(cell)) for cell in cells) <= LONGEST_MEDIAN
    assert [line for cell in cells for line in lines(cell) if len(line) > WIDEST_LINE] == []


@each_notebook
def test_code_is_explained_and_prose_is_tried(notebook):
    """Neither a listing nor an essay."""
    code = sum(len(lines(cell)) for cell in code_cells(notebook)[1:])
    assert FEWEST_WORDS <= len(re.findall(r"\w+", prose(notebook))) / code <= MOST_WORDS


@each_notebook
def test_has_the_sections_that_every_chapter_has(notebook):
    """The opening says what will be built, what it needs and costs; the close says what came of it."""
    opening, _, _ = prose(notebook).partition("\n## ")
    for words in OPENING:
        assert re.search(words, opening.lower()), f"the opening (before the first ## heading) does not say {words!r}"
    headings = re.findall(r"^## (.+)$", prose(notebook), re.MULTILINE)
    assert [name for name in SECTIONS if not any(re.fullmatch(name, heading) for heading in headings)] == []
    assert re.findall(r"^# .+$", notebook.cells[0].source, re.MULTILINE), "the first cell has no title"


@each_notebook
def test_exercises_have_hidden_solutions(notebook):
    """Three to five exercises, each with a solution that a reader opens."""
    text = prose(notebook)
    exercises = re.findall(r"^[:`]{3,}\{exercise(?:-start)?\}.*?label: (\S+)", text, re.MULTILINE | re.DOTALL)
    solutions = re.findall(r"^[:`]{3,}\{solution(?:-start)?\} *(\S+)\n((?::.*\n)*)", text, re.MULTILINE)
    assert 3 <= len(exercises) <= 5, f"{len(exercises)} exercises"
    assert sorted(exercises) == sorted(label for label, _ in solutions)
    assert [label for label, options in solutions if "dropdown" not in options] == []


@each_notebook
def test_pictures_are_numbered_captioned_described_and_cited(notebook):
    """Each figure says what it shows, in words for those who see it and for those who do not."""
    text = prose(notebook)
    for cell in code_cells(notebook):
        assert not any("image/svg+xml" in output.get("data", {}) for output in cell.outputs), "SVG embeds a date"
        if pictures(cell):
            settings = cell.metadata.get("mystnb", {})
            assert settings.get("image", {}).get("alt", "").strip(), f"no alt text:\n{cell.source}"
            figure = settings.get("figure", {})
            assert figure.get("caption", "").strip(), f"no caption:\n{cell.source}"
            assert figure.get("name", "").startswith("fig-"), f"no figure name:\n{cell.source}"
            assert f"{{numref}}`{figure['name']}`" in text, f"{figure['name']} is not cited in the prose"


@each_notebook
def test_interactive_figures_are_captioned_and_described(notebook):
    """The same for what moves on the page without a kernel; such a cell is not compared, but for its presence."""
    for cell in code_cells(notebook):
        shown = html(cell)
        assert all(re.search(r'\balt="[^"]*\w\w', image) for image in re.findall(r"<img\b[^>]*>", shown)), cell.source
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "<input" in shown:
            assert figure.get("caption", "").strip() or "<figcaption" in shown, f"no caption:\n{cell.source}"
        if "name" in figure:
            assert f"{{numref}}`{figure['name']}`" in prose(notebook), f"{figure['name']} is not cited in the prose"


def test_figure_names_are_used_once():
    """A name is a target for references across the book."""
    names = [cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
             for path in BOOK for cell in code_cells(notebooks.read(path))]
    names = [name for name in names if name]
    assert sorted(set(names)) == sorted(names)
