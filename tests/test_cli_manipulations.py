"""The commands that take pictures: what they hand to unCLIP, what they write, and what they refuse."""

import inspect
import pathlib
import types

import numpy as np
import pytest
from fakes import ideal
from PIL import Image
from test_cli import inventory, pixels, refused, room_for, run

from dalle_tutorial.commands import shared
from dalle_tutorial.commands.manipulating import read_mask, read_picture
from dalle_tutorial.data import shapes
from dalle_tutorial.models.unclip import UnCLIP
from dalle_tutorial.text.tokenizers import WordTokenizer

STAR, HEART = ideal(["a yellow star", "a pink heart"])
MASK = np.zeros((32, 32), np.uint8)
MASK[:, 20:] = 255
COMMANDS = {
    "vary": ["star.png"], "interpolate": ["star.png", "heart.png"],
    "text-diff": ["star.png", "--from", "a yellow star", "--to", "a green star"],
    "inpaint": ["star.png", "--mask", "mask.png", "--caption", "a yellow star left of a blue square"],
}


class Stack:
    """Looks like an `UnCLIP`, and takes only what that takes; it remembers what it was asked, and draws so many copies
    of the first picture, each with its number in a corner."""

    def __init__(self):
        part = types.SimpleNamespace(tokenizer=WordTokenizer(shapes.VOCABULARY, 28))
        self.clip = self.decoder = part
        self.card, self.upsampler, self.asked = {"name": "unclip-shapes"}, object(), []

    def _ask(self, name, count, *arguments, **settings):
        asked = inspect.signature(getattr(UnCLIP, name)).bind(self, *arguments, **settings)
        asked.apply_defaults()
        self.asked.append((name, {key: value for key, value in asked.arguments.items() if key != "self"}))
        pictures = np.repeat(np.asarray(arguments[0]).reshape(-1, 32, 32, 3)[:1], count, axis=0)
        pictures[:, 0, 0] = np.arange(count)[:, None]
        return pictures

    def vary(self, *arguments, **settings):
        """n of them."""
        return self._ask("vary", arguments[1], *arguments, **settings)

    def interpolate(self, *arguments, **settings):
        """As many as frames."""
        return self._ask("interpolate", arguments[2], *arguments, **settings)

    def text_diff(self, *arguments, **settings):
        """One."""
        return self._ask("text_diff", 1, *arguments, **settings)

    def inpaint(self, *arguments, **settings):
        """One."""
        return self._ask("inpaint", 1, *arguments, **settings)

    def upsample(self, pictures, seed=0):
        """Each pixel becomes four."""
        self.asked.append(("upsample", seed))
        return pictures.repeat(2, 1).repeat(2, 2)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with two pictures and a mask."""
    monkeypatch.chdir(tmp_path)
    for name, picture in (("star", STAR), ("heart", HEART), ("mask", MASK)):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    return tmp_path


@pytest.fixture
def stack(monkeypatch):
    """Takes the place of the trained one."""
    made = Stack()
    monkeypatch.setattr(shared, "load", lambda name, precision=None: {"unclip": made}[name])
    return made


def test_variations_make_a_sheet(here, stack, capsys):
    code, out, _ = run(capsys, "vary", "star.png", "--n", 10, "--eta", 0.5, "--seed", 3, "--steps", 6, "--scale", 2,
                       "--out", "out.png")
    assert code == 0 and "out.png: 10 variations of star.png" in out
    (name, asked), = stack.asked
    assert np.array_equal(asked.pop("picture"), STAR)
    assert (name, asked) == ("vary", {"n": 10, "eta": 0.5, "seed": 3, "steps": 6, "guidance_scale": 1.0})
    sheet = pixels("out.png")
    assert sheet.shape == (2 * (34 + 32), 2 * (8 * 34 - 2), 3)
    assert [sheet[0, 68 * i, 0] for i in range(8)] == list(range(8)) and np.array_equal(sheet[2:64:2, :64:2], STAR[1:])
    with Image.open("out.png") as image:
        assert image.text["Title"] == "10 variations of star.png"
        assert image.text["Comment"] == "model unclip-shapes, seed 3, steps 6, eta 0.5"


def test_the_way_from_one_picture_to_another(here, stack, capsys):
    assert run(capsys, "interpolate", "star.png", "heart.png", "--frames", 5, "--scale", 1, "--out", "out.png")[0] == 0
    (name, asked), = stack.asked
    assert name == "interpolate" and asked["frames"] == 5
    assert np.array_equal(asked["first"], STAR) and np.array_equal(asked["second"], HEART)
    assert pixels("out.png").shape == (32, 5 * 34 - 2, 3)


def test_a_text_diff(here, stack, capsys):
    assert run(capsys, "text-diff", *COMMANDS["text-diff"][:5], "--fraction", 0.25, "--out", "out.png")[0] == 0
    (name, asked), = stack.asked
    assert name == "text_diff" and np.array_equal(asked["pictures"], STAR[None]) and asked["fraction"] == 0.25
    assert (asked["source"], asked["target"]) == (["a yellow star"], ["a green star"])
    assert pixels("out.png").shape == (128, 128, 3)


def test_inpainting(here, stack, capsys):
    argv = [*COMMANDS["inpaint"], "--seed", 4, "--steps", 9, "--scale", 1, "--out", "out.png"]
    assert run(capsys, "inpaint", *argv)[0] == 0
    (name, asked), = stack.asked
    assert name == "inpaint" and np.array_equal(asked["pictures"], STAR[None])
    assert np.array_equal(asked["masks"], MASK[None] == 255) and asked["masks"].dtype == bool
    assert (asked["captions"], asked["seed"]) == ([COMMANDS["inpaint"][-1]], 4)
    assert asked["settings"] == {"steps": 9}
    assert np.array_equal(pixels("out.png")[1:], STAR[1:]), "a single picture, native"


@pytest.mark.parametrize("command", COMMANDS)
def test_guidance(here, stack, capsys, command):
    argv = [command, *COMMANDS[command], "--guidance", 2.5, "--scale", 1, "--out", "out.png"]
    assert run(capsys, *argv)[0] == 0
    (_, asked), = stack.asked
    assert asked.get("settings", asked)["guidance_scale"] == 2.5
    with Image.open("out.png") as image:
        assert "guidance 2.5" in image.text["Comment"]


@pytest.mark.parametrize("command", COMMANDS)
def test_size_64_and_a_full_disk(here, stack, capsys, command):
    argv = [command, *COMMANDS[command], "--size", 64, "--seed", 2, "--scale", 1, "--out", "out.png"]
    assert run(capsys, *argv)[0] == 0
    assert stack.asked[-1] == ("upsample", 2) and pixels("out.png").shape[0] == 64
    before = inventory(here)
    with room_for(100):
        assert "what was there is unchanged" in refused(capsys, *argv)
    assert inventory(here) == before


def test_what_a_picture_and_a_mask_may_be(here):
    opaque = np.concatenate([STAR, np.full((32, 32, 1), 255, np.uint8)], axis=-1)
    Image.fromarray(opaque).save("opaque.png")
    assert np.array_equal(read_picture("star.png"), STAR) and np.array_equal(read_picture("opaque.png"), STAR)
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        Image.fromarray(MASK).convert(mode).save("m.png")
        assert np.array_equal(read_mask("m.png"), MASK == 255), mode


def spoil(name):
    """Writes, or does not write, the file NAME.png that is no picture."""
    image, whole, path = Image.fromarray(STAR), pathlib.Path("star.png").read_bytes(), pathlib.Path(f"{name}.png")
    huge = whole[:16] + (2**31 - 1).to_bytes(4, "big") * 2 + whole[24:]  # in its header
    {
        "large": lambda: image.resize((128, 128)).save(path), "grey": lambda: image.convert("L").save(path),
        "clear": lambda: Image.fromarray(np.dstack([STAR, STAR[..., 0]])).save(path),
        "jpeg": lambda: image.save(path, "JPEG"), "words": lambda: path.write_bytes(b"a star"),
        "cut": lambda: path.write_bytes(whole[:120]), "nothing": lambda: path.write_bytes(b""),
        "huge": lambda: path.write_bytes(huge), "folder": path.mkdir, "missing": lambda: None,
    }[name]()
    return path.name


@pytest.mark.parametrize("name, words", [
    ("large", ["128 × 128 pixels, mode RGB", "allowed is a PNG of 32 × 32 pixels, mode RGB, or RGBA without"]),
    ("grey", ["32 × 32 pixels, mode L", "allowed is a PNG of 32 × 32 pixels, mode RGB"]),
    ("clear", ["32 × 32 pixels, mode RGBA, partly transparent", "allowed is"]),
    ("jpeg", ["is no PNG file, or a damaged one", "allowed is"]),
    ("words", ["is no PNG file, or a damaged one"]),
    ("cut", ["is no PNG file, or a damaged one"]),
    ("nothing", ["is no PNG file, or a damaged one"]),
    ("huge", ["is no PNG file, or a damaged one"]),
    ("missing", ["No such file"]),
    ("folder", ["Is a directory"]),
])  # fmt: skip
def test_what_is_no_picture(here, stack, capsys, name, words):
    path, before = spoil(name), inventory(here)
    complaint = refused(capsys, "vary", path, "--out", "out.png")
    assert all(word in complaint for word in [path, *words]), complaint
    assert not (here / "out.png").exists() and inventory(here).keys() == before.keys() and not stack.asked


@pytest.mark.parametrize("argv", [
    ["interpolate", "star.png", "large.png"], ["interpolate", "large.png", "star.png"],
    ["text-diff", "large.png", *COMMANDS["text-diff"][1:]], ["inpaint", "large.png", *COMMANDS["inpaint"][1:]],
    ["inpaint", "star.png", "--mask", "large.png", "--caption", "a star"],
], ids=" ".join)  # fmt: skip
def test_every_picture_and_the_mask_are_looked_at(here, stack, capsys, argv):
    complaint = refused(capsys, *argv, "--out", spoil("large"))
    assert "large.png: 128 × 128 pixels, mode RGB: allowed is a PNG of 32 × 32 pixels" in complaint
    assert pixels("large.png").shape == (128, 128, 3) and not stack.asked


@pytest.mark.parametrize("command, argv, words", [
    ("vary", ["star.png", "--n", "0"], ["--n", "from 1 to 64"]),
    ("vary", ["star.png", "--eta", "1.5"], ["--eta", "'1.5'", "from 0 to 1"]),
    ("vary", ["star.png", "--eta", "much"], ["--eta", "'much'"]),
    ("vary", ["star.png", "--steps", "0"], ["--steps", "'0'", "from 1 to 1000"]),
    ("vary", ["star.png", "--steps", "1001"], ["--steps", "'1001'", "from 1 to 1000"]),
    ("vary", ["star.png", "--guidance", "-1"], ["--guidance", "'-1'", "from 0 to 100"]),
    ("inpaint", [*COMMANDS["inpaint"], "--guidance", "nan"], ["--guidance", "'nan'", "from 0 to 100"]),
    ("vary", [], ["PICTURE"]),
    ("vary", ["star.png", "--out", "no/out.png"], ["there is no folder"]),
    ("interpolate", ["star.png"], ["B"]),
    ("interpolate", ["star.png", "heart.png", "--frames", "1"], ["--frames", "from 2 to 64"]),
    ("text-diff", ["star.png", "--from", "a star"], ["--to"]),
    ("text-diff", ["star.png", "--from", " ", "--to", "a star"], ["--from: the caption is empty"]),
    ("text-diff", ["star.png", "--from", "a star", "--to", "a zebra"], ["--to: unknown word 'zebra'"]),
    ("text-diff", ["star.png", "--from", "a star", "--to", "a  star"], ["nothing to change"]),
    ("text-diff", [*COMMANDS["text-diff"], "--fraction", "2"], ["--fraction", "from 0 to 1"]),
    ("inpaint", ["star.png", "--caption", "a star"], ["--mask"]),
    ("inpaint", ["star.png", "--mask", "mask.png"], ["--caption"]),
    ("inpaint", ["star.png", "--mask", "mask.png", "--caption", ""], ["--caption: the caption is empty"]),
    ("inpaint", ["star.png", "--mask", "mask.png", "--caption", "a zebra"], ["--caption: unknown word 'zebra'"]),
    ("inpaint", ["star.png", "--mask", "heart.png", "--caption", "a star"], ["column 0, row 0", "white", "black"]),
    ("inpaint", ["star.png", "--mask", "black.png", "--caption", "a star"], ["no pixel is white"]),
])  # fmt: skip
def test_what_else_they_refuse(here, stack, capsys, command, argv, words):
    Image.fromarray(np.zeros_like(MASK)).save("black.png")
    (here / "out.png").write_text("old")
    before = inventory(here)
    complaint = refused(capsys, command, *argv, *([] if "--out" in argv else ["--out", "out.png"]))
    assert all(word in complaint for word in words), complaint
    assert inventory(here) == before and not stack.asked


@pytest.mark.parametrize("command", COMMANDS)
def test_without_weights(here, capsys, monkeypatch, command):
    from dalle_tutorial import weights

    (here / "weights").mkdir()
    monkeypatch.setattr(weights, "FOLDER", here / "weights")
    complaint = refused(capsys, command, *COMMANDS[command], "--out", "out.png")
    assert "no model 'unclip-shapes'" in complaint and not (here / "out.png").exists()
