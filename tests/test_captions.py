"""Captions in two languages: whatever is written is read back, and what cannot be read is named."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalle_tutorial.data.captions import LANGUAGES, VOCABULARY, describe, language_of, parse
from dalle_tutorial.data.scenes import COLOURS, PLACES, RELATIONS, SHAPES, SIZES, Description, ObjectSpec
from dalle_tutorial.data.shapes import captions_and_pictures
from dalle_tutorial.errors import CaptionError, TutorialError, UnknownWordError

SPECS = st.builds(
    ObjectSpec, st.sampled_from(SHAPES), st.sampled_from(COLOURS), st.sampled_from((None, *SIZES)), st.none()
)
ONE = st.builds(
    lambda spec, place: Description((ObjectSpec(spec.shape, spec.colour, spec.size, place),)),
    SPECS,
    st.sampled_from((None, *PLACES)),
)
COUNTS = st.builds(lambda spec, n: Description((spec,) * n), SPECS, st.integers(2, 3))
CHAINS = st.integers(2, 3).flatmap(
    lambda n: st.builds(
        Description, st.tuples(*[SPECS] * n), st.tuples(*[st.sampled_from(RELATIONS)] * (n - 1))
    )
)
DESCRIPTIONS = st.one_of(ONE, COUNTS, CHAINS)


@settings(max_examples=600, deadline=None)
@given(DESCRIPTIONS, st.sampled_from(LANGUAGES), st.integers(0, 2**32))
def test_whatever_is_written_is_read_back(description, language, seed):
    assert parse(describe(description, None, language)) == description
    caption = describe(description, np.random.default_rng(seed), language)
    assert parse(caption) == description
    assert language_of(caption) == language
    tokens = re.findall(r"[a-z]+|[\u4e00-\u9fff]", caption)
    assert tokens and set(tokens) <= set(VOCABULARY)


@pytest.mark.parametrize(
    ("caption", "objects", "relations"),
    [
        ("a red circle", [("circle", "red", None, None)], []),
        ("There is a BIG crimson disc in the middle.", [("circle", "red", "large", "centre")], []),
        ("in the top left corner there is an orange plus", [("cross", "orange", None, "top left")], []),
        ("three tiny green stars", [("star", "green", "small", None)] * 3, []),
        ("there are two violet boxes", [("square", "purple", None, None)] * 2, []),
        (
            "a small red circle is to the left of a blue square, which is under one huge pink heart",
            [("circle", "red", "small", None), ("square", "blue", None, None), ("heart", "pink", "large", None)],
            ["left of", "below"],
        ),
        ("一个红色圆形", [("circle", "red", None, None)], []),
        ("在左上角有一个大的黄色五角星", [("star", "yellow", "large", "top left")], []),
        ("三个小的绿色星星", [("star", "green", "small", None)] * 3, []),
        (
            "一个红色圆形在一个蓝色方块的左边，后者在一个粉色爱心的下面",
            [("circle", "red", None, None), ("square", "blue", None, None), ("heart", "pink", None, None)],
            ["left of", "below"],
        ),
    ],
)
def test_captions_written_by_hand(caption, objects, relations):
    assert parse(caption) == Description(tuple(ObjectSpec(*o) for o in objects), tuple(relations))


def test_canonical_captions_are_these():
    pair = Description((ObjectSpec("circle", "orange", "small"), ObjectSpec("square", "blue", "large")), ("above",))
    assert describe(pair) == "a small orange circle above a large blue square"
    assert describe(pair, language="zh") == "一个小的橙色圆形在一个大的蓝色正方形的上面"
    assert describe(Description((ObjectSpec("cross", "orange"),) * 2)) == "two orange crosses"
    assert describe(Description((ObjectSpec("heart", "orange", None, "top"),))) == "an orange heart at the top"


@pytest.mark.parametrize("language", LANGUAGES)
def test_wording_varies_and_follows_the_seed(language):
    captions = [captions_and_pictures(300, 1, language=language)[0] for _ in range(2)]
    assert captions[0] == captions[1]
    pair = Description((ObjectSpec("circle", "red", "small"), ObjectSpec("cross", "blue", "large")), ("above",))
    assert len({describe(pair, np.random.default_rng(seed), language) for seed in range(200)}) > 20


def test_every_word_of_the_vocabulary_is_used():
    seen = set()
    for seed, language in enumerate(LANGUAGES):
        for caption in captions_and_pictures(6000, seed, language=language, size=8)[0]:
            seen |= set(re.findall(r"[a-z]+|[\u4e00-\u9fff]", caption))
    # understood, though `describe` does not write them
    assert set(VOCABULARY) - seen <= {"one"}


def test_an_unknown_word_is_named_with_its_neighbours():
    with pytest.raises(UnknownWordError, match="'gren'.*green") as raised:
        parse("three gren stars")
    assert raised.value.word == "gren" and "green" in raised.value.nearest
    with pytest.raises(UnknownWordError, match="'马'"):
        parse("一个红色马")
    with pytest.raises(UnknownWordError, match="'horse'"):
        parse("a red horse")


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("red circle", "cannot read 'red circle' as a scene"),
        ("a circle", "no colour .*allowed are red, orange"),
        ("a red", "no shape .*allowed are circle, square"),
        ("a red blue circle", "two colours"),
        ("a red circle square", "two shapes"),
        ("a small large red circle", "two sizes"),
        ("two red circles above a blue square", "counts objects and also places them"),
        ("two red circles at the top", "counts objects and also places them"),
        ("a red circle above", "as a scene"),
        ("a red circle at the top at the left", "as a scene|cannot read"),
        ("a red circle above a blue star above a pink heart", "as a scene"),
        ("the left", "cannot read 'the'"),
    ],
)
def test_what_is_no_scene_is_refused_with_the_reason(caption, message):
    with pytest.raises(CaptionError, match=message):
        parse(caption)


def test_an_unknown_language_is_refused():
    with pytest.raises(TutorialError, match="unknown language 'fr': allowed are en, zh"):
        describe(Description((ObjectSpec("circle", "red"),)), language="fr")
