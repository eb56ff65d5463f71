"""The site without a mouse, on a phone, without scripts; the figures that move; the search."""

import json

import looking
import pytest

MATHJAX = "**/vendor/mathjax/**"
HOME = "intro.html"
INTERACTIVE = "figure.d2"


def notebooks(site):
    """The pages made from notebooks: those that a download is offered for."""
    return sorted(path.stem for path in (site / "_sources" / "chapters").glob("*.ipynb"))


def focused(page):
    """A few facts about the element that has the keyboard."""
    return page.evaluate("""() => {
      const e = document.activeElement;
      return {tag: e.tagName, href: e.getAttribute('href'), classes: e.className, text: e.textContent.trim()};
    }""")


def tab_to(page, wanted, most=60):
    """Presses Tab until the focused element satisfies `wanted`; fails after `most` presses."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted(found := focused(page)):
            return found
    pytest.fail(f"not reached with {most} presses of Tab; the last was {focused(page)}")


def test_first_tab_is_the_skip_link(page, address):
    """It leads past the contents, into the text."""
    page.goto(f"{address}/{HOME}")
    page.keyboard.press("Tab")
    assert focused(page)["href"] == "#main-content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")
    assert page.locator("#main-content").is_visible()


def test_contents_are_reached_and_opened_by_keyboard(page, address):
    """Tab to an appendix in the sidebar, Enter opens it."""
    page.goto(f"{address}/{HOME}")
    tab_to(page, lambda e: e["tag"] == "A" and (e["href"] or "").endswith("appendix_notation.html"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/appendix_notation.html")


def test_focus_can_be_seen(page, address):
    """The focused link has an outline."""
    page.goto(f"{address}/{HOME}")
    tab_to(page, lambda e: e["tag"] == "A" and (e["href"] or "").endswith("appendix_faq.html"))
    style, width = page.evaluate("""() => {
      const style = getComputedStyle(document.activeElement);
      return [style.outlineStyle, parseFloat(style.outlineWidth)];
    }""")
    assert style != "none" and width >= 2


def test_phone_opens_and_closes_the_contents(browser, address):
    """By keyboard as well; Escape closes them."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    context.set_default_timeout(looking.PATIENCE)
    page = context.new_page()
    page.goto(f"{address}/{HOME}")
    entry = page.locator("[id^=pst-primary-sidebar] nav a[href$='appendix_notation.html']")
    assert not entry.first.is_visible()
    tab_to(page, lambda e: "primary-toggle" in e["classes"])
    page.keyboard.press("Enter")
    entry.first.wait_for(state="visible")
    page.keyboard.press("Escape")
    entry.first.wait_for(state="hidden")
    context.close()


def test_theme_button_changes_the_theme_and_remembers(page, address):
    """All of light and dark are reached, and the next page opens in the chosen one."""
    page.goto(f"{address}/{HOME}")
    seen = []
    for _ in range(3):
        page.locator(".theme-switch-button").first.click()
        seen.append(page.evaluate("document.documentElement.dataset.theme"))
    assert set(seen) == {"light", "dark"}
    page.goto(f"{address}/chapters/appendix_faq.html")
    assert page.evaluate("document.documentElement.dataset.theme") == seen[-1]


def test_search_finds_a_page_without_asking_anyone(page, address):
    """Control-K opens it; the index is the site's own."""
    sight = looking.watch(page, address)
    page.goto(f"{address}/{HOME}")
    page.keyboard.press("Control+k")
    page.keyboard.type("reparameterised gradient")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    assert (sight.outside, sight.complaints) == ([], [])


def test_folded_solutions_open_by_keyboard(page, address, site):
    """Each chapter with folded solutions: Enter on its button shows the first one."""
    tried = 0
    page.route(MATHJAX, lambda route: route.abort())    # formulas have no part in it
    for name in notebooks(site):
        page.goto(f"{address}/chapters/{name}.html")
        button = page.locator(".admonition.solution button.toggle-button").first
        if not button.count():
            continue
        tried += 1
        box = page.locator(".admonition.solution.toggle-hidden").first
        before = box.bounding_box()["height"]
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('.admonition.solution:not(.toggle-hidden)')")
        assert page.locator(".admonition.solution").first.bounding_box()["height"] > before, name
    if not tried:
        pytest.skip("no chapter with folded solutions is in _toc.yml yet")


def test_interactive_figures_move(page, address, site):
    """Every slider of every page, moved by one key, changes what its figure shows and says; so does every choice."""
    moved = 0
    shown = """(f) => JSON.stringify([f.innerText, Array.from(f.querySelectorAll('img'))
        .filter((i) => i.getClientRects().length).map((i) => i.src), Array.from(f.querySelectorAll('.d2-weight'))
        .map((w) => w.getAttribute('style'))])"""
    page.route(MATHJAX, lambda route: route.abort())    # formulas have no part in it
    for name in notebooks(site):
        page.goto(f"{address}/chapters/{name}.html")
        for figure in page.locator(INTERACTIVE).all():
            for slider in figure.locator("input[type=range]").all():
                before, said = figure.evaluate(shown), slider.get_attribute("aria-valuetext")
                label = slider.evaluate("(s) => Array.from(s.labels).map((l) => l.textContent.trim()).join()")
                slider.focus()
                at_end = slider.evaluate("(s) => s.value === s.max")
                page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
                assert label, f"{name}: a slider without a label"
                assert figure.evaluate(shown) != before, f"{name}: the slider {label!r} changes nothing"
                # Neighbours may say the same, such as one verdict for two places; not all positions may.
                heard = {said, slider.get_attribute("aria-valuetext")}
                page.keyboard.press("Home")
                while len(heard) < 2 and not slider.evaluate("(s) => s.value === s.max"):
                    page.keyboard.press("ArrowRight")
                    heard.add(slider.get_attribute("aria-valuetext"))
                assert len(heard) > 1, f"{name}: the slider {label!r} says nothing"
                moved += 1
            for choice in figure.locator("button[aria-pressed=false]").element_handles()[:1]:
                before = figure.evaluate(shown)
                choice.focus()
                page.keyboard.press("Enter")
                assert choice.get_attribute("aria-pressed") == "true", name
                assert figure.evaluate(shown) != before, f"{name}: a choice changes nothing"
                moved += 1
    if not moved:
        pytest.skip("no chapter with an interactive figure is in _toc.yml yet")


def test_interactive_figures_show_something_without_scripts(still_page, address, site):
    """A reader who blocks scripts sees a picture, or a table, in each."""
    for name in notebooks(site):
        still_page.goto(f"{address}/chapters/{name}.html")
        for figure in still_page.locator(INTERACTIVE).all():
            assert figure.locator("img:visible, table:visible, details:visible, li:visible").count(), name


def test_notebooks_can_be_downloaded(still_page, address, site):
    """The button at the top of each chapter gives the notebook itself, outputs included."""
    for name in notebooks(site):
        still_page.goto(f"{address}/chapters/{name}.html")
        link = still_page.locator(".dropdown-download-buttons a[href$='.ipynb']").first
        answer = still_page.request.get(f"{address}/chapters/{link.get_attribute('href')}")
        cells = json.loads(answer.text())["cells"]
        assert any(cell.get("outputs") for cell in cells), name
