"""The figures: what they show, that they show it in a notebook, and that hostile or wrong input does no harm."""

import base64
import html.parser
import io
import pathlib
import re
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image
from traitlets.config import Config

from dalle_tutorial.data.shapes import VOCABULARY
from dalle_tutorial.errors import PictureError, TutorialError, UnknownWordError
from dalle_tutorial.rates import Rate
from dalle_tutorial.viz import _html, figures, interactive, style, widgets
from dalle_tutorial.viz.pixels import as_uint8, png, tile

CHROMIUM = pathlib.Path("/usr/bin/chromium")
VOID = {"img", "input", "br"}
HOSTILE = "<img src=x onerror=alert(1)> \"'&"
VERDICT = SimpleNamespace(correct=False, reasons=("no square: the only object is a circle",))


@pytest.fixture
def pictures(rng):
    """Twelve pictures of one plain colour each, (12, 32, 32, 3) uint8."""
    return np.broadcast_to(rng.integers(0, 256, (12, 1, 1, 3), np.uint8), (12, 32, 32, 3)).copy()


@pytest.fixture
def everything(pictures, rng):
    """One of each kind of interactive figure."""
    weights = rng.dirichlet(np.ones(4), (2, 4))
    return {
        "frames": interactive.frames(
            pictures, [f"z = {i}" for i in range(12)], "walk", alt="a disc", start=3
        ),
        "compare": interactive.frames({"a": pictures[:3], "b": pictures[3:6]}, "xyz", "two", alt="a disc"),
        "grid2d": interactive.grid2d(
            pictures.reshape(3, 4, 32, 32, 3),
            range(4),
            "abc",
            "plane",
            alt="a disc",
            x_label="z₁",
            y_label="z₂",
        ),
        "gallery": interactive.gallery(
            pictures[:4], ["a heart", "红色的心", HOSTILE, "x"], verdicts=[True, VERDICT, None, False]
        ),
        "tokens_view": interactive.tokens_view(
            weights, ["a", "红", HOSTILE, "</button>"], HOSTILE, caption=HOSTILE
        ),
        "steps": interactive.steps(
            [["l", "o", "w"], ["lo", "w"], ["low"]], ["bytes", "l+o", "lo+w"], "merges"
        ),
    }


class Tree(html.parser.HTMLParser):
    """Every element in order as (name, attributes); raises AssertionError where a tag is not closed properly."""

    def __init__(self, source):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(source)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def all(self, name):
        """Attributes of every element of that name."""
        return [attributes for tag, attributes in self.elements if tag == name]


@pytest.fixture(scope="module")
def publish():
    """A function from the last value of a cell to all that IPython publishes for it: MIME type → data."""
    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings)

    def published(value):
        with capture_output() as captured:
            data, _ = shell.display_formatter.format(value)
        for output in captured.outputs:
            data = data | output.data
        return data

    yield published
    InteractiveShell.clear_instance()


# ---------------------------------------------------------------- pixels


def test_floats_from_minus_one_to_one_become_bytes():
    values = np.array([-1.0, 0.0, 1.0, 1.3])[:, None, None, None] * np.ones((1, 2, 2, 3))
    assert as_uint8(values)[:, 0, 0, 0].tolist() == [0, 128, 255, 255]


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4)), np.zeros((2, 4, 4, 2)), np.zeros((2, 4, 4, 3), int), np.full((4, 4, 3), 200.0),
     np.full((4, 4, 3), np.nan), np.zeros((0, 4, 4, 3))],
)  # fmt: skip
def test_wrong_pictures_are_refused_with_what_is_allowed(wrong):
    with pytest.raises(PictureError, match="needed"):
        as_uint8(wrong)


def test_tile_places_every_picture(pictures):
    sheet = tile(pictures[:5], columns=3, gap=2)
    assert sheet.shape == (2 * 32 + 2, 3 * 32 + 4, 3)
    assert (sheet[34:, 34:66] == pictures[4]).all()
    assert (sheet[34:, 68:] == 255).all()


def test_png_loses_nothing_unless_asked(rng):
    for picture in (rng.integers(0, 256, (32, 32, 3), np.uint8), np.full((8, 8, 3), 7, np.uint8)):
        assert (np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGB")) == picture).all()
    noise = rng.integers(0, 256, (64, 64, 3), np.uint8)
    assert len(png(noise, 32)) < len(png(noise)) / 2


# ---------------------------------------------------------------- figures


def all_figures(pictures, rng):
    """(name, figure) of every function of `figures` that draws."""
    rates = np.array([0.9, 0.5])
    yield (
        "picture_grid",
        figures.picture_grid(pictures, ["一个红色的圆"] * 12, verdicts=[True, VERDICT, None] * 4),
    )
    yield "contact_sheet", figures.contact_sheet(pictures, title="all")
    yield (
        "picture_rows",
        figures.picture_rows({"one": pictures[:6], "two": pictures[6:]}, column_labels="abcdef"),
    )
    yield "reconstruction_pairs", figures.reconstruction_pairs(pictures, pictures)
    yield (
        "training_curves",
        figures.training_curves({"loss": [3, 2, 1], "val_loss": [3, 2, 2], "kl": [0, 1, 2]}),
    )
    yield "lines", figures.lines([1, 2, 3], {"a": [1, 2, 3], "b": [3, 2, 1]}, x_label="x", y_label="y")
    yield (
        "bars",
        figures.bars_with_intervals(["a", "b"], rates, rates - 0.1, rates + 0.05, reference={"chance": 0.1}),
    )
    yield (
        "attention_map",
        figures.attention_map(rng.dirichlet(np.ones(3), (2, 2)), ["红", "a"], ["x", "y", "z"]),
    )
    yield "confusion_matrix", figures.confusion_matrix([[8, 1], [0, 9]], ["circle", "square"])
    yield "latent_scatter", figures.latent_scatter(rng.normal(size=(40, 2)), ["heart", "star"] * 20)
    yield "kl_per_dimension", figures.kl_per_dimension([0.0, 1.0, 0.3])
    yield "kl_panels", figures.kl_panels(-1.0, 0.5)
    yield "rate_bars", figures.rate_bars({"a": Rate.of([True, False]), "b": Rate.of([True])})


@pytest.mark.parametrize("mean, width", [(0.0, 1.0), (1.5, 0.5), (-2.0, 1.5)])
def test_the_shaded_area_is_the_divergence_in_the_title(mean, width):
    _, axes = figures.kl_panels(mean, width).axes
    z, adds = axes.lines[0].get_data()
    from_title = float(re.search(r"= (-?[\d.]+) nats", axes.get_title(loc="left")).group(1))
    assert abs(np.trapezoid(adds, z) - from_title) < 0.05 + 0.01 * abs(from_title)


def test_a_plane_of_figures_has_a_row_for_each_y_value():
    rows = [[figures.kl_panels(mean, width) for mean in (0.0, 1.0)] for width in (0.5, 1.0, 2.0)]
    shown = interactive.grid2d(rows, [0, 1], [0.5, 1, 2], "t", alt="KL", x_label="mean", y_label="width").source
    assert shown.count("<img") == 6 and len(shown) < 6 * 30_000
    with pytest.raises(PictureError, match="a row for each y value"):
        interactive.grid2d(rows, [0, 1, 2], [0.5, 1], "t", alt="KL", x_label="mean", y_label="width")



def test_every_figure_is_a_small_legible_png(pictures, rng):
    for name, figure in all_figures(pictures, rng):
        data = figures.to_png(figure)
        width, height = Image.open(io.BytesIO(data)).size
        assert len(data) <= 150_000, f"{name}: {len(data)} bytes"
        assert 300 <= width <= 1300 and height >= 100, f"{name}: {width} × {height}"


@pytest.mark.filterwarnings("error:Glyph")
def test_no_character_is_drawn_as_an_empty_box(pictures, rng):
    for _, figure in all_figures(pictures, rng):
        figures.to_png(figure)
    chinese = [word for word in VOCABULARY if re.search(r"[\u3400-\u9fff]", word)]
    assert len(chinese) > 30
    assert not [word for word in chinese if "U+" in style.drawable(word) or "u+" in style.drawable(word)]


def test_a_figure_shows_itself_as_png_with_fixed_text_whether_or_not_pyplot_is_there(pictures, publish):
    figure = figures.contact_sheet(pictures)
    first = publish(figure)
    import matplotlib.pyplot  # noqa: F401 - registers formatters for Figure in some front ends

    assert first.keys() == publish(figure).keys() == {"image/png", "text/plain"}
    assert first["text/plain"] == "<BookFigure: 12 pictures>"


def test_drawing_leaves_the_readers_settings_alone(pictures):
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"axes.facecolor": "black"}):
        dark = figures.to_png(figures.contact_sheet(pictures))
    assert dict(matplotlib.rcParams) == before
    assert dark == figures.to_png(figures.contact_sheet(pictures))


def test_verdicts_differ_by_more_than_colour(pictures):
    """In grey, a right and a wrong picture still differ: border and symbol."""
    grey = [
        np.asarray(
            Image.open(io.BytesIO(figures.to_png(figures.picture_grid(pictures[:1], verdicts=[v])))).convert(
                "L"
            )
        )
        for v in (True, False)
    ]
    # The bare difference of two dark lines on white would be small; dashes leave white where the line was.
    assert (np.abs(grey[0].astype(int) - grey[1]) > 120).sum() > 200


def test_pixels_are_enlarged_without_smoothing(rng):
    picture = (rng.integers(0, 2, (1, 8, 8, 1), np.uint8) * 255).repeat(3, axis=-1)
    drawn = np.asarray(Image.open(io.BytesIO(figures.to_png(figures.contact_sheet(picture)))).convert("L"))
    assert np.isin(drawn, (0, 255)).mean() > 0.99


@pytest.mark.parametrize(
    "draw",
    [
        lambda p: figures.picture_grid(p, ["one"]),
        lambda p: figures.picture_grid(p, verdicts=[True]),
        lambda p: figures.picture_rows({"a": p, "b": p[:3]}),
        lambda p: figures.picture_rows({}),
        lambda p: figures.bars_with_intervals(["a"], [0.5], [0.6], [0.7]),
        lambda p: figures.attention_map(np.ones((2, 3)), ["a"], ["b"]),
        lambda p: figures.confusion_matrix(np.ones((2, 3)), ["a", "b"]),
        lambda p: figures.latent_scatter(np.ones((4, 3))),
        lambda p: figures.kl_per_dimension([]),
        lambda p: figures.training_curves({}),
        lambda p: interactive.frames(p, ["one"], "t", alt="a"),
        lambda p: interactive.frames(p, "abcdefghijkl", "t", alt="a", start=12),
        lambda p: interactive.grid2d(p, "ab", "cd", "t", alt="a", x_label="x", y_label="y"),
        lambda p: interactive.gallery(p, ["one"]),
        lambda p: interactive.tokens_view(np.ones((2, 2)), ["a"], "t"),
        lambda p: interactive.tokens_view(np.full((1, 1), 7.0), ["a"], "t"),
        lambda p: interactive.steps([["a"]], ["x", "y"], "t"),
        lambda p: widgets.explore(lambda x: p, x=object()),
        lambda p: widgets.latent_sliders(lambda z: p, 3, names=["a"]),
        lambda p: widgets.beta_slider(lambda beta: p, []),
    ],
)
def test_wrong_input_gets_the_readers_error(draw, pictures):
    with pytest.raises(TutorialError, match=r"\w{3}"):
        draw(pictures)


# ---------------------------------------------------------------- interactive


def test_html_is_well_formed_free_of_ids_and_of_outside_addresses(everything, publish):
    for name, shown in everything.items():
        tree = Tree(shown.source)
        for tag, attributes in tree.elements:
            assert "id" not in attributes, (
                f"{name}: <{tag} id=…> would stand twice on a page that shows it twice"
            )
            assert not [key for key in attributes if key.startswith("on")], (
                f"{name}: <{tag}> has an inline handler"
            )
            assert not (attributes.get("src") or "data:").partition("data:")[0], (
                f"{name}: {attributes['src'][:60]}"
            )
        assert not re.search(r"https?:|url\(|@import", shown.source), name
        assert shown._repr_html_() == shown.source and publish(shown)["text/html"] == shown.source


def test_every_picture_has_its_own_alt_text_and_every_control_a_name(everything):
    for name, shown in everything.items():
        tree = Tree(shown.source)
        alts = [image["alt"] for image in tree.all("img")]
        assert all(alt.strip() for alt in alts), name
        if name not in ("gallery",):
            assert len(set(alts)) == len(alts), f"{name}: two pictures with one alt text"
        # Each <input> and <select> stands in a <label> with words; each <button> has words.
        labels = re.findall(r"<label>(.*?)</label>", shown.source)
        controls = len(tree.all("input")) + len(tree.all("select"))
        assert len(labels) == controls and all(re.sub(r"<.*?>", "", label).strip() for label in labels), name
        assert all(words.strip() for words in re.findall(r"<button[^>]*>(.*?)</button>", shown.source)), name


def test_frames_hold_the_very_pictures(pictures, everything):
    sources = [image["src"] for image in Tree(everything["frames"].source).all("img")]
    for source, picture in zip(sources, pictures, strict=True):
        data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
        assert (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) == picture).all()


def test_without_script_up_to_six_frames_stand_there_and_no_dead_control(everything):
    tree = Tree(everything["frames"].source)
    assert sum("d2-key" in (item.get("class") or "") for item in tree.all("li")) == 6
    assert all("hidden" in a for a in tree.all("div") if a.get("class") in ("d2-controls", "d2-choose"))
    assert "hidden" not in {key for item in tree.all("li") for key in item}


def test_captions_are_text_and_never_markup(everything, pictures):
    shown = interactive.frames(
        pictures[:2], [HOSTILE, HOSTILE + "2"], HOSTILE, alt=HOSTILE, caption=HOSTILE, slider_name=HOSTILE
    )
    for source, count in (
        (shown.source, 2),
        (everything["gallery"].source, 4),
        (everything["tokens_view"].source, 0),
    ):
        tree = Tree(source)
        assert len(tree.all("img")) == count
        assert HOSTILE in "".join(tree.words)
    hostile = widgets.explore(lambda: HOSTILE, title=HOSTILE, note=HOSTILE)
    assert "<img" not in hostile.words.value + hostile._repr_mimebundle_()["text/html"]


def test_gallery_says_right_and_wrong_in_words_and_why(everything):
    words = "".join(Tree(everything["gallery"].source).words)
    assert words.count("✓ right") == 1 and words.count("✗ wrong") == 2
    assert VERDICT.reasons[0] in words
    assert 'lang="zh">红色的心' in everything["gallery"].source


def test_attention_numbers_stand_in_the_table():
    shown = interactive.tokens_view([[0.25, 0.75], [1.0, 0.0]], ["left", "right"], "t")
    assert re.findall(r"<td>([\d.]+)</td>", shown.source) == ["0.25", "0.75", "1.00", "0.00"]


def test_steps_mark_what_is_new(everything):
    marked = re.findall(r'd2-new">(.*?)</span>', everything["steps"].source)
    assert marked == ["lo", "low"]


def test_size_is_reported_and_bounded(rng):
    noise = rng.integers(0, 256, (24, 64, 64, 3), np.uint8)
    shown = interactive.frames(noise, range(24), "noise", alt="noise")
    assert shown.size == len(shown.source.encode()) <= _html.LIMIT
    big = rng.integers(0, 256, (40, 256, 256, 3), np.uint8)
    with pytest.raises(PictureError, match=r"MB .* at most 1\.5 MB"):
        interactive.frames(big, range(40), "too big", alt="noise")


def test_repr_and_html_are_the_same_in_every_run(everything, pictures):
    again = interactive.frames(pictures, [f"z = {i}" for i in range(12)], "walk", alt="a disc", start=3)
    assert again.source == everything["frames"].source
    assert repr(again) == "<Html: 12 frames under a slider>"


# ---------------------------------------------------------------- widgets


def test_a_control_calls_again_and_shows_errors_as_a_line(pictures):
    def draw(caption, seed, count):
        if "rad" in caption:
            raise UnknownWordError("rad", ["red", "blue"])
        if seed == 7:
            raise RuntimeError("broken")
        return pictures[:count]

    box = widgets.caption_box(draw, caption="a red heart", count=2)
    text, seed = box._controls.values()
    assert Image.open(io.BytesIO(box.picture.value)).size[0] > 300
    assert box.picture.layout.display is None and box.message.layout.display == "none"
    good = box.picture.value
    text.value = "a rad heart"
    assert "unknown word &#x27;rad&#x27;" in box.message.value and box.picture.value == good
    text.value = "a red heart"
    assert not box.message.value and box.message.layout.display == "none"
    seed.value = 7
    assert "RuntimeError: broken" in box.message.value


def test_latent_sliders_pass_float32_and_go_back_to_zero():
    seen = []
    control = widgets.latent_sliders(lambda z: seen.append(z) or np.zeros((1, 8, 8, 3), np.uint8), 3)
    control._controls["z2"].value = 1.5
    assert seen[-1].dtype == np.float32 and seen[-1].tolist() == [[0.0, 1.5, 0.0]]
    control.children[-4].click()  # before message, picture and words
    assert seen[-1].tolist() == [[0.0, 0.0, 0.0]]


def test_quick_changes_are_called_once():
    import asyncio

    calls = []

    async def drag():
        control = widgets.explore(lambda x: calls.append(x) or "", x=(0, 10))
        for value in range(1, 6):
            control._controls["x"].value = value
        await asyncio.sleep(3 * widgets.DELAY)

    asyncio.run(drag())
    assert calls == [0, 5]


@pytest.mark.parametrize(
    ("short", "kind", "value"),
    [((0, 5), "IntSlider", 0), ((-1.0, 1.0), "FloatSlider", 0.0), ((1.0, 2.0, 0.5), "FloatSlider", 1.0),
     (["a", "b"], "Dropdown", "a"), ({"A": 1}, "Dropdown", 1), (True, "Checkbox", True), ("hi", "Text", "hi")],
)  # fmt: skip
def test_short_descriptions_of_controls(short, kind, value):
    (control,) = widgets.explore(lambda x: "", x=short)._controls.values()
    assert (type(control).__name__, control.value) == (kind, value)


def test_a_live_control_is_a_note_wherever_the_widget_view_is_taken_out(publish):
    shown = publish(widgets.beta_slider(lambda beta: f"{beta}", [0.1, 1.0, 4.0]))
    assert shown.pop(widgets.VIEW)["model_id"]
    assert shown["text/plain"] == "<LiveControl: beta>"
    assert shown["text/html"].startswith('<p class="d2-live-note">') and "<input" not in shown["text/html"]


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium; without it these tests are skipped."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


def opened(browser, *shown, clock=False, **options):
    """A page that holds the figures, and the list of what went wrong on it. With `clock`, time stands still there
    until the test moves it: a busy machine must not decide what is seen."""
    page, errors = browser.new_context(**options).new_page(), []
    if clock:
        page.clock.install(time=0)
        page.clock.pause_at(1)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append("a dialog") or dialog.dismiss())
    sources = "".join(item.source for item in shown)
    page.set_content(
        f'<!DOCTYPE html><html lang="en"><title>t</title><main><h1>t</h1>{sources}</main></html>'
    )
    return page, errors


def test_sliders_show_one_frame_say_it_and_do_not_disturb_each_other(browser, everything):
    page, errors = opened(browser, everything["frames"], everything["frames"], everything["grid2d"])
    first, second, plane = page.locator("figure.d2").all()
    assert [f.locator("img:visible").get_attribute("alt") for f in (first, second)] == ["a disc: z = 3"] * 2
    first.get_by_role("slider", name="frame").press("ArrowRight")
    assert first.locator("img:visible").get_attribute("alt") == "a disc: z = 4"
    assert first.locator(".d2-live").text_content() == "a disc: z = 4"
    assert first.get_by_role("slider").get_attribute("aria-valuetext") == "z = 4"
    assert second.locator("img:visible").get_attribute("alt") == "a disc: z = 3"
    plane.get_by_role("slider", name="z₁").press("ArrowRight")
    plane.get_by_role("slider", name="z₂").press("End")
    assert plane.locator("img:visible").get_attribute("alt") == "a disc: z₁ 1, z₂ c"
    assert not errors


def test_play_runs_to_the_end_and_is_not_offered_to_who_wants_no_motion(browser, pictures):
    shown = interactive.frames(pictures[:4], "abcd", "walk", alt="a disc", interval=30)
    page, errors = opened(browser, shown, clock=True)
    seen = page.locator("img:visible")
    page.get_by_role("button", name="Play").click()
    for label in "bcd":
        assert page.get_by_role("button", name="Pause").is_visible()
        page.clock.run_for(30)
        assert seen.get_attribute("alt") == f"a disc: {label}"
    page.clock.run_for(30)
    assert page.get_by_role("button", name="Play").is_visible()
    assert seen.get_attribute("alt") == "a disc: d" and not errors
    calm, errors = opened(browser, shown, reduced_motion="reduce")
    assert (
        calm.get_by_role("slider").is_visible() and not calm.locator(".d2-play").is_visible() and not errors
    )


def test_a_chosen_token_shows_its_row(browser):
    shown = interactive.tokens_view(
        [[[0.25, 0.75], [1.0, 0.0]], [[0.5, 0.5], [0.1, 0.9]]], ["left", "右"], "t", names=["one", "two"]
    )
    page, errors = opened(browser, shown)
    assert page.locator(".d2-weight > span").all_text_contents() == ["0.25", "0.75"]
    page.get_by_role("button", name="右").click()
    assert page.locator(".d2-weight > span").all_text_contents() == ["1.00", "0.00"]
    page.get_by_label("Attention of").select_option("two")
    assert page.locator(".d2-weight > span").all_text_contents() == ["0.10", "0.90"]
    assert page.locator(".d2-live").text_content() == "右 takes from: 右 0.90, left 0.10" and not errors


@pytest.mark.parametrize("script", [True, False])
def test_nothing_sticks_out_of_a_narrow_page_and_no_markup_ran(browser, everything, script):
    page, errors = opened(
        browser, *everything.values(), viewport={"width": 360, "height": 800}, java_script_enabled=script
    )
    for figure in page.locator("figure.d2").all():
        box = figure.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    wide = [
        box
        for box in (i.bounding_box() for i in page.locator("img:visible").all())
        if box["x"] + box["width"] > 360
    ]
    assert not wide and not errors
    assert page.locator('[class="d2-play"]:visible').count() == (3 if script else 0)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(browser, everything, root, dark):
    axe = root / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed: `make book` fetches it")
    page, _ = opened(browser, *everything.values())
    if dark:
        page.add_style_tag(content="body { background: #121212; color: #ced6dd; }")
    page.add_script_tag(path=str(axe))
    found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html.slice(0, 200)]))")
    assert not found
