"""The modules of the pages: their own tests, by Node's test runner, and that each is short enough to read."""

import subprocess

import pytest
from node import FLAGS, NODE, ROOT

MODULES = sorted((ROOT / "_assets" / "playground").rglob("*.js"))
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.mjs"))
LONGEST_FILE = 220


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_module(path):
    """Node counts the tests; a file without any would pass, so the count is looked at."""
    command = [NODE, *FLAGS, "--test", "--test-reporter=tap", path]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=120, check=False, text=True)
    assert done.returncode == 0 and "# tests 0" not in done.stdout, (done.stdout + done.stderr)[-3000:]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_is_short_and_puts_no_text_in_as_markup(path):
    """What a reader types is text: nothing may make markup or code of it."""
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_FILE
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in source, f"{path.name} uses {word}"
