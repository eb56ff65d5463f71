"""The shapes world: scenes of one to three coloured shapes, their captions in two languages, and their pictures.

This is the public face; the parts live in `scenes` (what there is), `splits` (which descriptions are held out),
`layout` (where objects stand), `captions` (words) and `render` (pixels).
"""

import numpy as np

from dalle_tutorial.data.captions import LANGUAGES, VOCABULARY, describe, language_of, parse
from dalle_tutorial.data.layout import arrange
from dalle_tutorial.data.render import render
from dalle_tutorial.data.scenes import (
    BACKGROUND,
    COLOURS,
    HELD_OUT_PAIRS,
    HELD_OUT_RELATIONS,
    INVERSE,
    KINDS,
    PALETTE,
    PLACES,
    RADII,
    RELATIONS,
    SHAPES,
    SIZES,
    SPLITS,
    Description,
    ObjectSpec,
    Scene,
    SceneObject,
    Scenes,
    relation_holds,
)
from dalle_tutorial.data.splits import decode, draw_codes, split_of

__all__ = [
    "BACKGROUND", "COLOURS", "HELD_OUT_PAIRS", "HELD_OUT_RELATIONS", "INVERSE", "KINDS", "LANGUAGES", "PALETTE",
    "PLACES", "RADII", "RELATIONS", "SHAPES", "SIZES", "SPLITS", "VOCABULARY", "Description", "ObjectSpec", "Scene",
    "SceneObject", "Scenes", "arrange", "captions_and_pictures", "describe", "language_of", "parse", "relation_holds",
    "render", "sample", "split_of",
]


def sample(n, seed, split="train", kinds=None):
    """Draws n descriptions of a split and one scene for each.

    `seed` is an int or a sequence of ints (say, seed and step); `kinds` a subset of KINDS. Returns a list of
    `Description` and a `Scenes`. The same arguments always give the same scenes.
    """
    rng = np.random.default_rng(seed)
    codes = draw_codes(n, rng, split, kinds)
    return decode(codes), arrange(codes, rng)


def captions_and_pictures(n, seed, split="train", kinds=None, size=32, language="en", canonical=False):
    """Draws n captioned pictures: a list of captions and uint8 pictures (n, size, size, 3).

    `canonical` keeps to one wording; otherwise wording and synonyms vary.
    """
    descriptions, scenes = sample(n, seed, split, kinds)
    rng = None if canonical else np.random.default_rng([*np.atleast_1d(seed), 1])
    return [describe(d, rng, language) for d in descriptions], render(scenes, size)
