"""Every page, at desktop and phone width, in light and dark: nothing from outside, no error, nobody shut out."""

import looking
import pytest

EVERY_VIEW = [(p, t) for p in looking.pages() for t in looking.THEMES]


@pytest.fixture(params=EVERY_VIEW, ids="-".join, scope="class")
def sight(request, look):
    """One view of one page."""
    path, theme = request.param
    return look(path, request.cls.width, theme)


class Views:
    """The tests of every page at one width. A class for each: `--dist loadscope` gives a class to one worker, and so
    each page is visited once.
    """

    def test_page_asks_no_other_host(self, sight):
        """Readers behind a blocked CDN, or offline, get all of it; and nobody is told who reads what."""
        assert sight.outside == []

    def test_page_loads_without_complaint(self, sight):
        """No error on the console, no exception, no missing file."""
        assert sight.complaints == []

    def test_page_is_no_wider_than_the_window(self, sight):
        """What is too wide (code, tables, formulas) scrolls by itself; the page does not."""
        assert sight.facts["excess"] <= 0, sight.facts["wide"]

    def test_pictures_are_there_and_described(self, sight):
        """Every picture loads and has alternative text; in the text, none may be empty."""
        facts = sight.facts
        assert (facts["broken"], facts["without_alt"], facts["empty_alt"]) == ([], [], [])

    def test_notebook_pictures_are_numbered_figures(self, sight):
        """Every picture that a cell shows stands in a figure with a caption, so that the text can cite it."""
        assert sight.facts["uncaptioned"] == []

    def test_formulas_are_typeset(self, sight):
        """By the MathJax that the site itself serves."""
        assert (sight.facts["untypeset"], sight.facts["maths_errors"]) == ([], [])

    def test_ids_are_unique(self, sight):
        """A link to a place must have one target."""
        assert sight.facts["repeated_ids"] == []

    def test_axe_finds_nothing_serious(self, sight):
        """axe-core's serious and critical findings, contrast among them."""
        assert sight.violations == [], "\n".join(sight.violations)


class TestDesktop(Views):
    width = looking.WIDTHS[0]


class TestPhone(Views):
    width = looking.WIDTHS[1]


@pytest.mark.parametrize("theme", looking.THEMES)
def test_page_follows_the_readers_theme(look, theme):
    """Without being asked, as the reader's system has it."""
    assert look("intro.html", 1280, theme).facts["theme"] == theme


def test_formulas_were_looked_for(look):
    """The check of formulas saw some."""
    assert look("chapters/appendix_notation.html", 1280, "light").facts["maths"] > 20
