"""Figures in chapters that draw: the real models, at a reader's press; and what stands there before."""

import json
import urllib.parse

import looking
import playing
import pytest
from playing import longest_task, opened

PAGES = {
    "decode": "chapters/06_training_a_cvae.html", "sampling": "chapters/10_diffusion.html",
    "guidance": "chapters/11_text_to_pixels.html", "prior": "chapters/12_unclip.html",
    "text-diff": "chapters/13_manipulations.html",
}
HEAVY = ("vendor/models", "vendor/ort", "client.js")
IDLE = "() => document.querySelector('.live-panel')?.getAttribute('aria-busy') === 'false'"
each_kind = pytest.mark.parametrize("kind", PAGES)


@pytest.fixture(autouse=True)
def _exported(site):
    if not (site / "_static" / "vendor" / "models" / "index.json").exists():
        pytest.skip("this site was built without exported models")


def visit(browser, address, kind, **options):
    """(page, sight) of the chapter with a live figure of this kind."""
    return opened(browser, address, pretended=False, path=PAGES[kind], **options)


def press(page):
    """Presses the figure's button and waits for its first picture."""
    page.locator(".live-go").click()
    idle(page)


def idle(page):
    """Waits until nothing is being drawn."""
    page.wait_for_function(IDLE)
    assert page.locator(".live-failed").inner_text().strip() == ""


def verdict(page):
    """What the figure says of its picture."""
    return page.locator(".live-verdict").inner_text()


def pixels(page, which=0):
    """The numbers of one of the figure's pictures."""
    return page.locator(".live-frame canvas").nth(which).evaluate(playing.PIXELS)


def move(page, label, to):
    """Moves a slider as a hand does, and waits."""
    slider = page.get_by_label(label, exact=True)
    slider.evaluate("(e, to) => { e.value = to; e.dispatchEvent(new Event('input', {bubbles: true})); }", str(to))
    idle(page)


@each_kind
def test_draws_when_pressed_and_not_before(browser, address, kind):
    """Pictures stand there at first; then controls, and a verdict in words. Nothing comes from elsewhere."""
    with visit(browser, address, kind) as (page, sight):
        page.locator(".live-go").wait_for()
        assert " MB)" in page.locator(".live-go").inner_text()
        assert page.locator(".live-still img:visible").count() >= 5
        loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert [url for url in loaded if any(part in url for part in HEAVY)] == []
        press(page)
        assert not page.locator(".live-still").is_visible() and verdict(page)[0] in "✓✗"
        assert (sight.outside, sight.complaints) == ([], [])


def test_a_slider_really_decodes(browser, address):
    """The picture is Python's for the same z; the size makes it another, and in time the oracle calls it large."""
    import numpy as np

    from dalle_tutorial import weights

    with visit(browser, address, "decode") as (page, _):
        press(page)
        first = pixels(page)
        assert verdict(page).startswith("✓")
        move(page, "Larger", 2)
        assert pixels(page) != first and verdict(page).startswith("✗")
        page.get_by_role("button", name="Sliders back").click()
        idle(page)
        assert pixels(page) == first
    trained = weights.load("cvae-shapes", "int8")
    expected = trained.draw(["a small red circle"], seed=0, temperature=0.0)[0]
    assert np.abs(np.array(first, "int16").reshape(expected.shape) - expected).max() <= 2


def test_guidance_and_dice_are_pythons(browser, address):
    """The scale of the slider is the one of `draw`; the prior's dice leave the noise alone."""
    import numpy as np

    from dalle_tutorial import weights

    with visit(browser, address, "guidance") as (page, _):
        told = json.loads(page.locator(".live-figure").get_attribute("data-captions"))
        index = int(page.locator(".live-figure").get_attribute("data-index"))
        press(page)
        move(page, "Guidance", 3)
        found = np.array(pixels(page), "int16").reshape(32, 32, 3)
    trained = weights.load("decoder-shapes", "int8")
    expected = trained.draw(told[:1] * (index + 1), seed=0, guidance_scale=3.0)[index]
    assert np.abs(found - expected).max() <= 2
    with visit(browser, address, "prior") as (page, _):
        press(page)
        kept = pixels(page)
        move(page, "Decoder's dice", 1)
        assert "the same" in page.locator(".live-z").inner_text() and pixels(page, 1) == kept != pixels(page)
        move(page, "Prior's dice", 1)
        assert "another" in page.locator(".live-z").inner_text()


def test_steps_can_be_looked_at_again(browser, address):
    """Every step of the sampler, noise beside guess; the last guess is the picture."""
    with visit(browser, address, "sampling") as (page, _):
        press(page)
        last = pixels(page, 0), pixels(page, 1)
        move(page, "Steps", 4)
        look = page.get_by_label("Look at step", exact=True)
        assert look.get_attribute("max") == "4" and look.get_attribute("aria-valuetext") == "4, t = 0.00"
        look.press("Home")
        assert look.get_attribute("aria-valuetext") == "1, t = 0.75" and pixels(page, 0) != last[0]
        page.get_by_label("Sampler", exact=True).select_option("ddpm")
        idle(page)


def test_a_new_wish_stops_the_one_under_way(browser, address):
    """Turning on and on ends with the last setting's picture, sooner than all of them would take."""
    with visit(browser, address, "guidance") as (page, _):
        press(page)
        slider = page.get_by_label("Guidance", exact=True)
        for _ in range(6):
            slider.press("ArrowRight")
        idle(page)
        drawn = page.locator(".live-strip canvas").evaluate_all(
            "(all) => all.map((c) => c.getContext('2d').getImageData(0, 0, 32, 32).data.some((v) => v > 0))")
        assert drawn[int(2 * float(slider.input_value()))] and sum(drawn) < 6


def test_unknown_words_and_markup_are_answered(browser, address):
    """The picture stays; the field says what it does not know, and offers the nearest."""
    with visit(browser, address, "decode") as (page, _):
        press(page)
        before = pixels(page)
        for caption, said in (("a red giraffe", "giraffe"), ("<img src=x onerror=window.hit=1>", "never seen")):
            page.locator(".live-caption input").fill(caption)
            page.locator(".live-caption input").press("Enter")
            page.locator(f".pg-says:has-text('{said}')").wait_for()
        assert pixels(page) == before and page.evaluate("window.hit") is None
        page.locator(".pg-examples button").nth(1).click()
        changed = "(old) => document.querySelector('.live-verdict').textContent !== old"
        page.wait_for_function(changed, arg=verdict(page))
        assert pixels(page) != before


def test_broken_download_can_be_tried_again(browser, address):
    """In words, with a button; the pictures stay until it has come."""
    with visit(browser, address, "decode") as (page, _):
        page.context.route("**/*.bin", lambda route: route.abort())
        page.locator(".live-go").click()
        page.locator(".pg-retry").wait_for()
        assert "network" in page.locator(".live-loading").inner_text()
        assert page.locator(".live-still img:visible").count() == 5
        page.context.unroute("**/*.bin")
        page.locator(".pg-retry").click()
        idle(page)
        assert verdict(page).startswith("✓")


def test_loading_can_be_stopped_and_begun_again(browser, address):
    """The button comes back."""
    held = []
    with visit(browser, address, "decode") as (page, _):
        page.context.route("**/*.bin", lambda route: held.append(route))
        page.locator(".live-go").click()
        page.locator(".pg-stop").click()
        page.wait_for_selector(".live-loading:has-text('Stopped')")
        page.context.unroute("**/*.bin")
        press(page)
        assert verdict(page).startswith("✓")


def test_keyboard_is_enough(browser, address):
    """Tab to the button, Enter, Tab to a slider, arrow keys."""
    with visit(browser, address, "decode") as (page, _):
        page.locator(".live-go").focus()
        page.keyboard.press("Enter")
        idle(page)
        before = pixels(page)
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "range":
                break
        page.keyboard.press("End")
        idle(page)
        assert pixels(page) != before


@each_kind
@pytest.mark.parametrize("width", looking.WIDTHS)
def test_open_figures_are_accessible_and_fit(browser, address, kind, width):
    """axe-core on the whole page, and in the other theme on the figure's colours; no sideways scrolling on a phone."""
    with visit(browser, address, kind, width=width) as (page, _):
        press(page)
        for theme, looked_at in zip(looking.THEMES, [(), (looking.COLOURS, ".live-figure")], strict=True):
            looking.change_theme(page, theme)
            assert looking.excess(page) <= 0
            assert looking.serious(page, *looked_at) == []


def test_page_stays_awake(browser, address):
    """No task of the main thread lasts over 50 milliseconds, from the press to the last of many moves."""
    def once():
        with visit(browser, address, "decode") as (page, _):
            page.wait_for_function(looking.SETTLED)
            with longest_task(page) as found:
                press(page)
                page.get_by_label("To the right", exact=True).focus()
                for key in ["Home", *["ArrowRight"] * 20]:
                    page.keyboard.press(key)
                    idle(page)
        return found[0]

    assert playing.longest_of_calmest(once) < 50


def test_without_scripts_or_as_a_file_the_pictures_stand_there(browser, address, site):
    """And where the page was opened as a file, it says what to do."""
    with visit(browser, address, "decode", java_script_enabled=False) as (page, _):
        assert page.locator(".live-still img:visible").count() == 5 and page.locator(".live-go").count() == 0
    page = browser.new_page()
    page.goto((site / PAGES["decode"]).as_uri())
    page.wait_for_selector(".live-start:has-text('make serve')")
    assert page.locator(".live-still img:visible").count() == 5
    page.close()


def test_pages_without_live_figures_load_nothing_of_them(browser, address):
    """Neither script nor style."""
    with opened(browser, address, pretended=False, path="chapters/02_text_to_tokens.html") as (page, _):
        assert page.locator("script[src*='live'], link[href*='live.css']").count() == 0
        assert urllib.parse.urlsplit(page.url).path.endswith("02_text_to_tokens.html")
