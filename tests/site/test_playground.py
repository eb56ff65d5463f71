"""The page that draws, with a client that pretends to: what the reader does, and what the page answers."""

import http.client
import urllib.parse

import looking
import playing
import pytest
from playing import draw, finished, opened, said

HOSTILE = {
    "markup": "<img src=x onerror=window.hit=1><script>window.hit=1</script>", "long": "star " * 2000,
    "one word": "x" * 10_000, "emoji": "a red 🦒👩‍🚀", "right to left": "نجمة حمراء \u202e red", "quotes": "\"';`$(id)",
}
HELD = "() => window.fake.asked.map((each) => each.task)"


@pytest.fixture
def page(browser, address):
    """The playground with a client that pretends, on a desktop; the console must stay silent."""
    with opened(browser, address) as (page, sight):
        if page.locator("#pg-root").get_attribute("data-exported") != "yes":
            pytest.skip("this site was built without exported models")
        yield page
        assert (sight.outside, sight.complaints) == ([], [])


def test_nothing_is_loaded_before_the_reader_asks(browser, address):
    """Neither script nor model; the button says how much there is to load."""
    asked = []
    with opened(browser, address) as (page, _):
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        page.locator(".pg-go").first.wait_for()
        assert " MB)" in page.locator(".pg-go").inner_text()
        assert [url for url in asked if "playground/page" in url or "vendor/models" in url or "vendor/ort" in url] == []
        assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_draws_and_judges_in_words(page):
    """Pictures appear, each with a tick or a cross, a reason and a time."""
    draw(page, "a red circle", count=3)
    texts = page.locator(".pg-card figcaption").all_inner_texts()
    assert "✓ As asked" in texts[0] and "The oracle sees a large red circle." in texts[0] and "123 ms" in texts[0]
    assert "✗ Not as asked" in texts[1] and "Asked for 2 objects, found 1." in texts[1]
    assert "3 pictures in" in said(page) and "2 as asked" in said(page)
    assert len(set(map(tuple, (page.eval_on_selector(f".pg-card:nth-child({i}) canvas", playing.PIXELS)
                               for i in (1, 2, 3))))) == 3


def test_only_what_the_model_takes_is_offered_and_sent(page):
    """A CVAE knows neither guidance nor steps; a newly chosen model brings the guidance of its card."""
    page.check("[name=model][value=glide]")
    assert page.input_value("#pg-guidance") == "3"
    draw(page, "a red star", count=1, model="cvae")
    assert not page.locator("#pg-guidance").is_visible() and not page.locator("#pg-steps").is_visible()
    assert page.evaluate("window.fake.asked[0].parameters") == {
        "caption": "a red star", "model": "cvae", "seed": 0, "index": 0}


def test_link_reproduces(browser, address, page):
    """The address, opened elsewhere, fills the form in and offers to draw; it draws what was drawn."""
    page.fill("#pg-seed", "7")
    page.fill("#pg-steps", "9")
    draw(page, "three green stars", count=2)
    link = page.locator(".pg-link").evaluate("(a) => a.href")
    assert urllib.parse.urlsplit(page.url).fragment == urllib.parse.urlsplit(link).fragment
    with opened(browser, address, path=link.removeprefix(address + "/")) as (other, _):
        assert "The link" in said(other) and not other.locator(".pg-card").count()
        assert other.input_value("#pg-caption") == "three green stars"
        other.click(".pg-form .pg-go")
        finished(other, 2)
        asked = "window.fake.asked"
        assert other.evaluate(asked) == page.evaluate(asked)


def test_link_followed_on_the_open_page_fills_the_form(page):
    """Without a reload."""
    draw(page, "a red star", count=1)
    page.evaluate("location.hash = '#caption=a+blue+square&model=dalle&seed=5&count=2&guidance=3'")
    page.wait_for_selector(".pg-status:has-text('The link')")
    values = [page.input_value(f"#pg-{name}") for name in ("caption", "seed", "count", "guidance")]
    assert values == ["a blue square", "5", "2", "3"] and page.is_checked("[name=model][value=dalle]")


def test_command_draws_the_same(page):
    """It stands under the pictures, quoted for a shell."""
    draw(page, "a red star", count=1)
    assert page.locator(".pg-command code").inner_text() == (
        'python -m dalle_tutorial draw "a red star" --model unclip --seed 0 --count 1 --guidance 2 --steps 16 '
        "--scale 1 --precision int8 --out out.png")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_captions_are_text(page, name):
    """Typed, then as a link: nothing runs, nothing becomes an element, and the page says what it does not know."""
    text = HOSTILE[name].strip()
    page.fill("#pg-caption", text)
    page.click(".pg-form .pg-go")
    page.locator(".pg-says > span").wait_for()
    assert page.locator("#pg-caption").get_attribute("aria-invalid") == "true"
    page.evaluate("(text) => { location.hash = '#caption=' + encodeURIComponent(text); }", text)
    page.wait_for_selector(".pg-status:has-text('The link')")
    assert page.input_value("#pg-caption") == text
    assert page.evaluate("window.hit") is None and page.locator("#pg-root :is(img[src=x], script)").count() == 0
    assert looking.excess(page) <= 0


def test_unknown_word_is_answered_and_replaced(page):
    """Beside the box, with the nearest words as buttons."""
    draw(page, "a red star", count=1)
    page.fill("#pg-caption", "a red giraffe")
    page.locator(".pg-says button").first.wait_for()
    assert "I have never seen 'giraffe'" in page.locator(".pg-says").first.inner_text()
    page.click(".pg-says button:has-text('triangle')")
    assert page.input_value("#pg-caption") == "a red triangle"
    page.wait_for_selector("#pg-caption[aria-invalid=false]")


@pytest.mark.parametrize(("typed", "option", "result"), [("a sm", "small", "a small "), ("一个红", "红色", "一个红色")])
def test_completion_by_keyboard(page, typed, option, result):
    """Arrow down chooses, Enter takes, Escape closes; English and Chinese."""
    draw(page, "a red star", count=1)
    box = page.locator("#pg-caption")
    box.fill("")
    page.keyboard.insert_text(typed)
    page.locator(".pg-list:visible [role=option]").first.wait_for()
    box.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").inner_text() == option and box.get_attribute("aria-expanded") == "true"
    box.press("Enter")
    assert page.input_value("#pg-caption") == result
    page.keyboard.insert_text("s" if result.endswith(" ") else "红")
    page.locator(".pg-list:visible [role=option]").first.wait_for()
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"


def test_failed_download_says_so_and_can_be_tried_again(page):
    """The message is in words; the second try draws."""
    page.evaluate("window.fake = {pause: 5, failures: 1, asked: []}")
    page.fill("#pg-count", "1")
    page.click(".pg-form .pg-go")
    page.locator(".pg-retry").wait_for()
    assert "The download stopped" in said(page) and page.locator(".pg-failed").count() == 1
    page.click(".pg-retry")
    finished(page, 1)
    assert page.locator(".pg-failed").count() == 0


def test_page_scripts_that_do_not_come_can_be_asked_for_again(browser, address):
    """The network fails between the page and its own modules; the next press finds them."""
    with opened(browser, address) as (page, _):
        page.context.route("**/page/drawing.js", lambda route: route.abort())
        page.fill("#pg-count", "1")
        page.click(".pg-form .pg-go")
        page.wait_for_selector(".pg-status:has-text('try again')")
        page.context.unroute("**/page/drawing.js")
        page.click(".pg-form .pg-go")
        finished(page, 1)


def test_loading_and_drawing_can_be_stopped(page):
    """One button; the page is ready for the next try at once."""
    page.evaluate("window.fake = {pause: 400, failures: 0, asked: []}")
    page.fill("#pg-count", "2")
    page.click(".pg-form .pg-go")
    page.locator(".pg-progress").wait_for()
    assert "MB" in page.locator(".pg-amount").inner_text()
    page.click(".pg-stop")
    page.wait_for_selector(".pg-status:has-text('Stopped.')")
    page.click(".pg-form .pg-go")
    page.locator(".pg-card:not(.pg-waiting)").first.wait_for()
    page.click(".pg-stop")
    page.wait_for_selector(".pg-status:has-text('Stopped.')")
    page.evaluate("window.fake.pause = 5")
    page.click(".pg-form .pg-go")
    finished(page, 2)


def painted(page):
    """How many pixels the page says are painted."""
    return int(page.locator(".pg-count").inner_text().split()[0].replace("Nothing", "0"))


def test_mask_is_painted_by_pointer_and_by_keys(page):
    """And cleared, inverted, rubbed out; what is sent is what is shown."""
    draw(page, "a red circle", count=1)
    page.click(".pg-actions button:has-text('Repaint')")
    panel, canvas = page.locator("[role=tabpanel]:visible"), page.locator(".pg-painter")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=3)
    page.mouse.up()
    by_pointer = painted(page)
    assert by_pointer > 36
    panel.locator("button:has-text('Invert')").click()
    assert painted(page) == 1024 - by_pointer
    panel.locator("button:has-text('Clear')").click()
    assert painted(page) == 0
    canvas.focus()
    before = page.locator(".pg-heard").inner_text()
    page.keyboard.press("Space")
    assert painted(page) == 36
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowDown")
    by_keys = painted(page)
    assert by_keys == 42 and "row" in page.locator(".pg-heard").inner_text() != before
    panel.locator("input[type=text]").fill("a blue circle")
    panel.locator(".pg-go").click()
    panel.locator(".pg-verdict").wait_for()
    asked = page.evaluate("window.fake.asked.at(-1)")
    assert asked["task"] == "inpaint" and asked["parameters"]["caption"] == "a blue circle"
    assert sum(asked["parameters"]["mask"]) == by_keys


def test_vary_and_reword_go_on_from_a_picture(page):
    """And from what they made in turn."""
    draw(page, "a red circle", count=2)
    page.click("button[aria-label='Vary Picture 2']")
    panel = page.locator("[role=tabpanel]:visible")
    panel.locator(".pg-go").click()
    panel.locator(".pg-verdict").nth(3).wait_for()
    page.click("button[aria-label='Reword Variation 3']")
    fields = panel.locator("input[type=text]")
    assert fields.nth(0).input_value() == "a red circle"
    fields.nth(1).fill("a blue circle")
    panel.locator(".pg-go").click()
    panel.locator(".pg-verdict").wait_for()
    assert page.evaluate(HELD) == ["draw", "draw", "vary", "textDiff"]
    told = page.evaluate("window.fake.asked.at(-1).parameters")
    assert (told["source"], told["target"], told["fraction"]) == ("a red circle", "a blue circle", 0.5)


def test_slider_between_two_captions(page):
    """Every position shows a frame and says what is read in it."""
    draw(page, "a red circle", count=1)
    page.click("[role=tab]:has-text('Between')")
    panel = page.locator("[role=tabpanel]:visible")
    for field, text in zip(panel.locator("input[type=text]").all(), ("a red circle", "a blue star"), strict=True):
        field.fill(text)
    panel.locator(".pg-go").click()
    page.locator(".pg-here").wait_for()
    slider, seen = panel.locator("input[type=range]"), set()
    for _ in range(9):
        seen.add(slider.get_attribute("aria-valuetext"))
        slider.press("ArrowRight")
    assert len(seen) == 9 and all("a red circle of frame" in text for text in seen)


def test_png_is_the_picture(page, tmp_path):
    """32 × 32 pixels, as they are on the canvas."""
    import numpy as np
    from PIL import Image

    draw(page, "a red circle", count=1)
    with page.expect_download() as waiting:
        page.click("button:has-text('Save')")
    assert waiting.value.suggested_filename == "a-red-circle-seed0-1.png"
    waiting.value.save_as(tmp_path / "out.png")
    found = np.asarray(Image.open(tmp_path / "out.png").convert("RGB"))
    shown = page.eval_on_selector(".pg-card canvas", playing.PIXELS)
    assert np.array_equal(found.reshape(-1), shown)


def test_keyboard_alone_is_enough(page):
    """From the caption to a varied picture, without a mouse."""
    page.focus("#pg-caption")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("a red star")
    page.keyboard.press("Enter")
    finished(page, 4)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Vary Picture 1":
            break
    width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
    assert width >= 2
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "tab"
    page.keyboard.press("ArrowRight")
    assert page.locator("[role=tab][aria-selected=true]").inner_text() == "Reword"
    page.keyboard.press("ArrowLeft")
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "pg-go":
            break
    page.keyboard.press("Enter")
    page.locator("[role=tabpanel]:visible .pg-verdict").nth(3).wait_for()


@pytest.mark.parametrize("theme", looking.THEMES)
@pytest.mark.parametrize("width", looking.WIDTHS)
def test_everything_open_is_accessible_and_fits(browser, address, theme, width):
    """axe-core in both themes; no sideways scrolling on a phone, whichever tool is open."""
    with opened(browser, address, width=width, color_scheme=theme) as (page, _):
        draw(page, "a red circle", count=2)
        page.fill("#pg-caption", "a red giraffe")
        page.locator(".pg-says button").first.wait_for()
        for tool in ("Vary", "Reword", "Repaint"):
            page.click(f"button[aria-label='{tool} Picture 2']")
            assert looking.excess(page) <= 0
            assert looking.serious(page) == []
        page.click("[role=tab]:has-text('Between')")
        page.locator("[role=tabpanel]:visible .pg-go").click()
        page.locator(".pg-here").wait_for()
        assert looking.excess(page) <= 0
        assert looking.serious(page) == []


def test_less_motion_means_no_frames(browser, address):
    """Each picture is shown once, when it is done."""
    counted = """() => {
      window.shown = 0;
      const kind = CanvasRenderingContext2D.prototype, put = kind.putImageData;
      kind.putImageData = function (...given) { window.shown += 1; return put.apply(this, given); };
    }"""
    for motion, most in (("reduce", 3), ("no-preference", 10_000)):
        with opened(browser, address, reduced_motion=motion) as (page, _):
            page.evaluate(counted)
            draw(page, "a red circle", count=3)
            shown = page.evaluate("window.shown")
            assert shown == 3 if motion == "reduce" else 3 < shown <= most


def test_without_scripts_the_gallery_stands_there(browser, address):
    """With captions, alternative texts and verdicts, failures among them."""
    with opened(browser, address, java_script_enabled=False) as (page, _):
        assert page.locator(".pg-gallery img:visible").count() >= 20
        assert page.locator(".pg-gallery figcaption:visible").count() == 6
        assert page.locator(".pg-gallery .pg-wrong").count() > 0
        assert all(image.get_attribute("alt") for image in page.locator(".pg-gallery img").all())
        assert not page.locator(".pg-form").is_visible()
        assert "needs JavaScript" in page.locator("#pg-root").inner_text()


def test_opened_as_a_file_the_page_says_what_to_do(browser, site):
    """`make serve`; the gallery stands there."""
    page = browser.new_page()
    page.goto((site / playing.PAGE).as_uri())
    page.wait_for_selector(".pg-status:has-text('make serve')")
    assert page.locator(".pg-gallery img:visible").count() >= 20 and not page.locator(".pg-form").is_visible()
    page.close()


def test_policy_keeps_strangers_out(page):
    """A script that somebody slips into the page does not run, and nothing can be asked of another host."""
    held = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    for part in ("default-src 'self'", "connect-src 'self'", "object-src 'none'", "base-uri 'none'",
                 "form-action 'self'"):
        assert part in held
    assert "'unsafe-inline'" not in held.split("script-src")[1].split(";")[0] and "'unsafe-eval'" not in held


def test_slipped_in_script_does_not_run(browser, address):
    """Nor does an inline handler; the complaints that this makes are the browser's."""
    with opened(browser, address) as (page, sight):
        page.evaluate("""() => {
          const script = document.createElement('script');
          script.textContent = 'window.hit = 1';
          document.body.append(script);
          const button = document.createElement('button');
          button.setAttribute('onclick', 'window.hit = 1');
          document.body.append(button);
          button.click();
        }""")
        assert page.evaluate("window.hit") is None
        assert any("Content Security Policy" in complaint for complaint in sight.complaints)


def test_works_below_a_path(browser, site, tmp_path):
    """As project pages have it."""
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "book").symlink_to(site)
    with looking.served(tmp_path) as root, opened(browser, f"{root}/some/book") as (page, sight):
        draw(page, "a red circle", count=1)
        assert (sight.outside, sight.complaints) == ([], [])
        scope = page.evaluate("navigator.serviceWorker.ready.then((found) => found.scope)")
        assert scope == f"{root}/some/book/"


def test_main_thread_is_never_busy_for_long(browser, address):
    """While loading, drawing eight pictures of fifty steps, no task lasts over 50 milliseconds."""
    def visit():
        with opened(browser, address) as (page, _):
            page.fill("#pg-steps", "50")
            page.fill("#pg-count", "8")
            page.locator("#pg-caption").select_text()
            with playing.longest_task(page) as found:
                page.keyboard.type("a red circle")
                draw(page)
        return found[0]

    assert playing.longest_of_calmest(visit) < 50


def test_service_worker_stands_at_the_root(site, address):
    """It sees only what lies beside it and below."""
    host = urllib.parse.urlsplit(address).netloc
    connection = http.client.HTTPConnection(host)
    connection.request("GET", "/service-worker.js")
    assert connection.getresponse().status == 200 and (site / "service-worker.js").exists()
