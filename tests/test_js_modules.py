"""The modules of the pages: their own tests, by Node's test runner, and that each is short enough to read."""

import importlib.util
import json
import subprocess

import pytest
from node import FLAGS, NODE, ROOT, run_node

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


def test_page_form_and_engine_agree_on_the_models():
    """The HTML is written before a script runs and the engine knows no page, so each has its own list of the models."""
    spec = importlib.util.spec_from_file_location("playground_page", ROOT / "_ext" / "playground_page.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    script = """
        import { MODELS as engine } from "./_assets/playground/engine.js";
        import { MODELS as form } from "./_assets/playground/page/models.js";
        console.log(JSON.stringify({ engine, form }));
    """
    told = json.loads(run_node(script))
    in_html = page.MODELS.items()
    assert told["engine"] == {name: {"title": title, "needs": list(needs)} for name, (title, needs, *_) in in_html}
    assert told["form"] == {name: {"title": title, "settings": page.SETTINGS[name].split()}
                            for name, (title, *_) in in_html}
