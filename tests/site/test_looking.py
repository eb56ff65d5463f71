"""The checks of test_pages.py can fail: a page with one fault of each kind is caught for each."""

import looking
import pytest

FAULTY = """<!doctype html><html lang="en"><head><title>Faults</title><link rel="icon" href="data:,"></head>
<body><main><article>
<h1 id="twice">Faults</h1>
<img src="https://elsewhere.invalid/x.png">
<p id="twice" style="width: 2000px; color: #bbb; background: #fff">faint and wide</p>
<div class="cell_output">
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"></div>
<div class="math">\\[x^2\\]</div>
<script>console.error("a complaint"); throw new Error("an exception");</script>
<script src="missing.js"></script>
</article></main></body></html>"""


@pytest.fixture(scope="module")
def views(browser, tmp_path_factory):
    """The faulty page, at phone width: first dark, then light."""
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "faulty.html").write_text(FAULTY)
    with looking.served(folder) as address:
        return looking.look(browser, address, "faulty.html", 360)


@pytest.fixture
def sight(views):
    """What was seen in the second theme."""
    return views["light"]


def test_outside_request_is_seen(sight):
    """Even one that fails."""
    assert sight.outside == ["https://elsewhere.invalid/x.png"]


@pytest.mark.parametrize("complaint", ["a complaint", "an exception", "404"])
def test_complaint_is_seen(sight, complaint):
    """Console, exception, missing file."""
    assert any(complaint in found for found in sight.complaints)


FACTS = ("wide", "without_alt", "empty_alt", "broken", "untypeset", "repeated_ids", "uncaptioned")


@pytest.mark.parametrize("fact", FACTS)
def test_fault_is_seen(sight, fact):
    """One of each."""
    assert len(sight.facts[fact]) >= 1
    assert sight.facts["excess"] > 0


@pytest.mark.parametrize(("theme", "rule"), [
    ("dark", "image-alt"), ("dark", "color-contrast"), ("light", "color-contrast"),
])
def test_axe_runs(views, theme, rule):
    """And knows a missing description, and in both themes faint text."""
    assert any(rule in found for found in views[theme].violations)
