"""Live figures as a notebook holds them: pictures with words, and no script."""

import html
import json
import re

import numpy as np
import pytest

from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.viz.live import KINDS, live
from scripts import notebooks

HOSTILE = "<img src=x onerror=alert(1)> \"'&"
MODULES = notebooks.ROOT / "_assets" / "playground" / "live" / "kinds"


@pytest.fixture
def pictures():
    """Three plain pictures."""
    return np.full((3, 32, 32, 3), 200, np.uint8)


def test_every_kind_has_a_module_and_no_other():
    """What Python may ask for is what the page can do."""
    assert sorted(path.stem for path in MODULES.glob("*.js")) == sorted(KINDS)


def test_shows_pictures_without_a_script(pictures):
    """Jupyter, Colab and print need no more than this."""
    shown = live("guidance", pictures, "Turned", "a star", labels=["s = 0", "s = 1", "s = 2"]).source
    assert "<script" not in shown and "http" not in shown and not re.search(r"\bid=", shown)
    assert re.findall(r'alt="([^"]*)"', shown) == [f"a star: s = {k}" for k in range(3)]
    assert shown.count("data:image/png;base64,") == 3 and "Turned" in shown


def test_rows_have_names(pictures):
    """Which their alternative texts tell too."""
    shown = live("sampling", {"x": pictures[:1], "guess": pictures[:1]}, "t", "a star", labels=["t = 0"]).source
    assert re.findall(r'alt="([^"]*)"', shown) == ["x: a star: t = 0", "guess: a star: t = 0"]


def test_data_comes_through_and_nothing_becomes_markup(pictures):
    """Captions are text, whatever is in them."""
    shown = live("decode", pictures, HOSTILE, HOSTILE, labels=[HOSTILE] * 3, caption=HOSTILE, captions=[HOSTILE, "红"],
                 tokens=True, seed=3).source
    assert shown.count("<img") == 3 and "onerror=alert(1)>" not in shown.replace("&gt;", "")
    told = {name: html.unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', shown)}
    assert told["live"] == "decode" and json.loads(told["captions"]) == [HOSTILE, "红"]
    assert json.loads(told["tokens"]) is True and json.loads(told["seed"]) == 3


def test_mistakes_are_named(pictures):
    """Another kind, labels that do not fit."""
    with pytest.raises(TutorialError, match="allowed are decode, guidance"):
        live("dance", pictures, "t", "a")
    with pytest.raises(PictureError, match="2 labels"):
        live("prior", pictures, "t", "a", labels=["a", "b"])


def test_chapters_hold_one_each():
    """Each live figure of the book stands in the chapter that it belongs to, and has a caption."""
    found = {}
    for path in notebooks.notebooks():
        for cell in notebooks.read(path).cells:
            for output in cell.get("outputs", []):
                kinds = re.findall(r'data-live="([\w-]+)"', output.get("data", {}).get("text/html", ""))
                if kinds:
                    assert cell.metadata["mystnb"]["figure"]["caption"]
                    found.setdefault(path.stem[:2], []).extend(kinds)
    assert found == {"06": ["decode"], "07": ["decode"], "10": ["sampling"], "11": ["guidance"], "12": ["prior"],
                     "13": ["text-diff"]}
