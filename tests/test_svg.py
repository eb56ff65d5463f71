"""SVG as a language: the oracle reads it as it was meant; nothing that the grammar allows is malformed or unsafe."""

import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalle_tutorial.data import oracle, shapes, svg, svg_grammar, svg_render
from dalle_tutorial.data.svg_grammar import (
    COLOUR,
    ELEMENT,
    END,
    MAX_LENGTH,
    NUMBER,
    PAD,
    SIDE,
    START,
    VOCABULARY_SIZE,
    allowed_next,
)
from dalle_tutorial.errors import TutorialError

DESCRIPTIONS, SCENES = shapes.sample(200, 4, "test")
TOKENS = [svg.encode(scene) for scene in SCENES]
CODES = [svg.to_svg(tokens) for tokens in TOKENS]
HEART = [START, ELEMENT + shapes.SHAPES.index("heart"), COLOUR, NUMBER + 20, NUMBER + 30, NUMBER + 7, END]


def walk(choose):
    """A file written by somebody who knows nothing but the grammar; `choose` picks among the allowed tokens."""
    row = [START]
    while row[-1] != END:
        row.append(int(choose(np.flatnonzero(allowed_next(np.array([row]))[0]))))
    return row


def test_the_oracle_reads_what_was_written():
    verdicts = oracle.score(svg_render.render(CODES), DESCRIPTIONS)
    wrong = [verdict.reasons for verdict in verdicts if not verdict.correct]
    assert not wrong
    small = oracle.score(svg_render.render(CODES, 32), DESCRIPTIONS)
    assert np.mean([verdict.correct for verdict in small]) >= 0.98


def test_code_looks_like_the_picture_that_the_renderer_draws():
    drawn, true = (pictures.astype(float) for pictures in (svg_render.render(CODES, 64), shapes.render(SCENES, 64)))
    blank = np.abs(true - np.array(shapes.BACKGROUND)).mean()
    assert np.abs(drawn - true).mean() < 0.2 * blank
    # The same scene, rounded: what is left is how the two count the pixels of an edge.
    again = shapes.render([svg.decode(tokens) for tokens in TOKENS], 64).astype(float)
    assert np.abs(drawn - again).mean() < 0.06 * blank


def test_every_shape_has_its_outline():
    for shape in shapes.SHAPES:
        scene = shapes.Scene((shapes.SceneObject(shape, "black", "large", 0.5, 0.5, 10 / SIDE),))
        tokens = svg.encode(scene)
        drawn = svg_render.render([svg.to_svg(tokens)], 512)[0].astype(float)
        true = shapes.render(svg.decode(tokens), 512)[0].astype(float)
        assert (np.abs(drawn - true).max(-1) > 64).mean() < 0.001, shape


def test_tokens_say_what_the_scene_says_to_the_nearest_unit():
    for scene, tokens in zip(SCENES, TOKENS, strict=True):
        assert tokens[0] == START and tokens[-1] == END and len(tokens) <= MAX_LENGTH
        found = svg.decode(tokens)
        for o, same in zip(scene.objects, found.objects, strict=True):
            assert (o.shape, o.colour, o.size) == (same.shape, same.colour, same.size)
            assert max(abs(o.x - same.x), abs(o.y - same.y)) <= 0.5001 / SIDE and abs(o.radius - same.radius) < 1 / SIDE
        assert svg.encode(found) == tokens, "nothing moves any more"


def test_the_code_is_the_pieces_of_its_tokens_and_reads_well():
    found = svg.pieces(HEART)
    assert len(found) == len(HEART) and "".join(found) == svg.to_svg(HEART)
    assert found[2:] == [' fill="#d62728"', ' transform="translate(20', " 30)", ' scale(7)"/>\n', "</svg>\n"]
    for k in range(1, len(HEART)):
        assert svg.pieces(HEART[:k]) == found[:k], "a piece depends on what stands before it only"
    assert svg.to_svg([*HEART, PAD, PAD]) == svg.to_svg(HEART)
    circle = [START, ELEMENT, COLOUR + 4, NUMBER + 8, NUMBER + 60, NUMBER + 6, END]
    assert svg.to_svg(circle).splitlines()[2] == '  <circle fill="#2658d6" cx="8" cy="60" r="6"/>'


@given(st.randoms(use_true_random=False))
def test_whatever_the_grammar_allows_parses_is_harmless_and_ends(random):
    row = walk(random.choice)
    assert len(row) <= MAX_LENGTH
    code = svg.to_svg(row)
    root = ElementTree.fromstring(code)
    assert {element.tag.split("}")[1] for element in root.iter()} <= {"svg", "rect", "circle", "polygon", "path"}
    attributes = [pair for element in root.iter() for pair in element.attrib.items()]
    assert {name for name, _ in attributes} <= set(
        "viewBox width height fill x y cx cy r points d transform".split()
    )
    assert not re.search(r"script|style|href|url|on\w+=|&|<!|<\?", code)
    for name, value in attributes:
        if name in ("x", "y", "cx", "cy", "width", "height", "r"):
            assert 0 <= int(value) <= SIDE
    svg_render.check(code)
    assert svg.encode(svg.decode(row)) == row


def test_the_longest_way_is_forced_to_its_end():
    longest = walk(lambda allowed: allowed[-1] if END not in allowed or len(allowed) == 1 else allowed[1])
    assert len(longest) == MAX_LENGTH
    last = allowed_next(np.array([longest[:-1]]))[0]
    assert np.flatnonzero(last).tolist() == [END], "no further object fits"
    assert np.flatnonzero(allowed_next(np.array([longest]))[0]).tolist() == [PAD]
    assert END not in np.flatnonzero(allowed_next(np.array([[START]]))[0]), "an empty picture is no file"


def test_every_state_leads_to_an_end():
    """From no state of the automaton can one fail to finish."""
    ends = {int(state) for state in svg_grammar.NEXT_STATE[:, END] if state >= 0}
    finishing, before = set(ends), None
    while finishing != before:
        before = set(finishing)
        finishing |= {s for s, row in enumerate(svg_grammar.NEXT_STATE) if set(row[row >= 0].tolist()) & finishing}
    assert finishing == set(range(len(svg_grammar.NEXT_STATE))) and len(ends) == 1


@pytest.mark.parametrize("tokens, words", [
    ([], "whole"), ([END], "token 2 at place 0"), ([START, END], "token 2 at place 1"),
    ([START, COLOUR], f"token {COLOUR}"), ([START, VOCABULARY_SIZE], f"token {VOCABULARY_SIZE}"),
    ([START, -1], "token -1"), ([*HEART, START], "token 1 at place 7"), (HEART[:-1], "not whole"),
    ([*HEART[:5], NUMBER + 64, END], "place 5"), ([1.5, 2.0], "whole numbers"),
])  # fmt: skip
def test_what_is_no_file_is_refused(tokens, words):
    for reader in (svg.to_svg, svg.decode):
        with pytest.raises(TutorialError, match=words):
            reader(np.array(tokens, "int64") if not tokens else tokens)


def test_too_many_objects_are_refused():
    with pytest.raises(TutorialError, match="4 objects: allowed are 1 to 3"):
        svg.encode(shapes.Scene(SCENES[0].objects[:1] * 4))
    with pytest.raises(TutorialError, match="0 objects"):
        svg.encode(shapes.Scene(()))


GOOD = svg.to_svg(HEART)


@pytest.mark.parametrize("code, words", [
    (GOOD.replace("</svg>", "<script>alert(1)</script></svg>"), "'script'"),
    (GOOD.replace("</svg>", '<image href="file:///etc/passwd"/></svg>'), "'image'"),
    (GOOD.replace("<path", '<path onclick="x()"'), "'onclick'"),
    (GOOD.replace("<path", '<path style="fill:red"'), "'style'"),
    (GOOD.replace("#d62728", "url(#a)"), "'fill'"),
    (GOOD.replace("M0 0.9", "M0 1e99"), "'d'"),
    ('<!DOCTYPE svg [<!ENTITY a "b">]>' + GOOD, "declaration"),
    (GOOD.replace("</svg>", "hello</svg>"), "text"),
    (GOOD.replace("</svg>", ""), "parse"),
    (GOOD.replace("2000/svg", "1999/xhtml"), "root"),
    ("", "parse"),
])
def test_code_from_elsewhere_is_checked_before_it_is_drawn(code, words):
    with pytest.raises(TutorialError, match=words):
        svg_render.render([code])


def test_sizes_of_pictures():
    assert svg_render.render(CODES[:2], 17).shape == (2, 17, 17, 3) and svg_render.render([]).shape == (0, 64, 64, 3)
    for size in (7, 1025, 32.0, "32"):
        with pytest.raises(TutorialError, match="8 to 1024"):
            svg_render.render(CODES[:1], size)


def test_without_resvg_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(TutorialError, match="pip install resvg-py"):
        svg_render.render(CODES[:1])
