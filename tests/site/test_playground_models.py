"""The page that draws, with the real models in a real worker: held against Python, cut off, and watched."""

import playing
import pytest
from playing import draw, finished, opened, said

CAPTION = "a small red circle above a large blue square"
NAMES = {"cvae": "cvae-shapes", "dalle": "dalle-shapes", "glide": "decoder-shapes", "unclip": "unclip-shapes"}
FURTHEST = 2    # of 255


@pytest.fixture(autouse=True)
def _exported(site):
    if not (site / "_static" / "vendor" / "models" / "index.json").exists():
        pytest.skip("this site was built without exported models")


@pytest.mark.parametrize("model", NAMES)
def test_pictures_and_verdicts_are_pythons(browser, address, model):
    """The same seed gives the same pictures, to within rounding, and the same oracle judges them alike."""
    import numpy as np

    from dalle_tutorial import weights
    from dalle_tutorial.data.oracle import score

    with opened(browser, address, pretended=False) as (page, sight):
        page.fill("#pg-seed", "3")
        draw(page, CAPTION, count=2, model=model)
        seen = [page.eval_on_selector(f".pg-card:nth-child({i}) canvas", playing.PIXELS) for i in (1, 2)]
        ticks = ["✓" in text for text in page.locator(playing.VERDICT).all_inner_texts()]
        guidance, steps = page.input_value("#pg-guidance"), page.input_value("#pg-steps")
        assert (sight.outside, sight.complaints) == ([], [])
    trained = weights.as_used(weights.load(NAMES[model], "int8"), "int8")
    told = {"guidance_scale": float(guidance), "steps": int(steps)}
    told = {name: told[name] for name in told if name in getattr(trained, "settings", trained.model.settings)}
    expected = trained.draw([CAPTION] * 2, seed=3, **told)
    found = np.array(seen, "int16").reshape(expected.shape)
    assert np.abs(found - expected).max() <= FURTHEST
    assert ticks == [verdict.correct for verdict in score(expected, [CAPTION] * 2)]


def test_second_visit_draws_without_a_network(browser, site):
    """The page, its scripts, the runtime and the model were kept; the button says so."""
    import looking

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(looking.PATIENCE)
    page = context.new_page()
    with looking.served(site) as address:
        page.goto(f"{address}/{playing.PAGE}")
        draw(page, CAPTION, count=1, model="cvae")
        first = page.eval_on_selector(".pg-card canvas", playing.PIXELS)
    context.set_offline(True)          # and the server is gone as well
    page.goto(f"{address}/{playing.PAGE}")
    page.check("[name=model][value=cvae]")
    page.wait_for_selector(".pg-form .pg-go:has-text('kept')")
    draw(page, CAPTION, count=1)
    assert page.eval_on_selector(".pg-card canvas", playing.PIXELS) == first
    context.close()


def test_broken_download_can_be_tried_again(browser, address):
    """A clear message, a button, and then a picture."""
    with opened(browser, address, pretended=False) as (page, _):
        page.context.route("**/*.bin", lambda route: route.abort())
        page.check("[name=model][value=cvae]")
        page.fill("#pg-count", "1")
        page.click(".pg-form .pg-go")
        page.locator(".pg-retry").wait_for()
        assert "network" in said(page)
        page.context.unroute("**/*.bin")
        page.click(".pg-retry")
        finished(page, 1)


def test_chinese_is_read_by_those_who_learnt_it(browser, address):
    """Text diffusion draws it, and the oracle judges it; the CVAE says that it has never seen it."""
    with opened(browser, address, pretended=False) as (page, _):
        draw(page, "一个黄色圆形在一个蓝色正方形的左边", count=1, model="glide")
        assert "Not judged" not in page.locator(playing.VERDICT).inner_text()
        page.fill("#pg-caption", "")
        page.focus("#pg-caption")
        page.keyboard.insert_text("一个正")
        page.locator(".pg-list:visible [role=option]").first.click()
        assert page.input_value("#pg-caption") == "一个正方形"
        page.check("[name=model][value=cvae]")
        page.click(".pg-form .pg-go")
        page.locator(".pg-says > span").wait_for()
        assert "never seen" in page.locator(".pg-says").first.inner_text()


def test_page_stays_awake_while_the_models_work(browser, address):
    """No task of the main thread lasts over 50 milliseconds from the press of the button to the last picture."""
    def visit():
        with opened(browser, address, pretended=False) as (page, _), playing.longest_task(page) as found:
            draw(page, CAPTION, count=4, model="unclip")
        return found[0]

    assert playing.longest_of_calmest(visit) < 50


def test_tools_of_unclip(browser, address):
    """Vary, reword, repaint and the way between two captions, from one drawn picture."""
    with opened(browser, address, pretended=False) as (page, sight):
        draw(page, "a large red circle on the left", count=1, model="unclip")
        panel = page.locator("[role=tabpanel]:visible")
        page.click("button[aria-label='Vary Picture']")
        panel.locator("input[type=range]").first.fill("2")
        panel.locator(".pg-go").click()
        panel.locator(".pg-verdict").nth(1).wait_for()
        page.click("button[aria-label='Reword Picture']")
        panel.locator("input[type=text]").nth(1).fill("a large blue circle on the left")
        panel.locator(".pg-go").click()
        panel.locator(".pg-verdict").wait_for()
        page.click("button[aria-label='Repaint Picture']")
        before = page.eval_on_selector(".pg-shelf .pg-card canvas", playing.PIXELS)
        page.focus(".pg-painter")
        for key in ("End", "Space"):
            page.keyboard.press(key)
        panel.locator("input[type=text]").fill("a large red circle left of a small blue square")
        panel.locator(".pg-go").click()
        panel.locator(".pg-verdict").wait_for()
        after = panel.locator(".pg-card canvas").evaluate(playing.PIXELS)
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= 3 * 36
        page.click("[role=tab]:has-text('Between')")
        panel.locator(".pg-go").click()
        page.locator(".pg-here").wait_for()
        assert "Frame 1 of 9" in panel.locator("input[type=range]").get_attribute("aria-valuetext")
        assert (sight.outside, sight.complaints) == ([], [])
