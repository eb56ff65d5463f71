"""Swaps change one thing, and what CLIP must refuse the oracle refuses too."""

import numpy as np

from dalle_tutorial.data.oracle import score
from dalle_tutorial.data.shapes import KINDS, describe, parse, render, sample
from dalle_tutorial.data.swaps import almost_right, swappable, swaps


def test_each_attribute_is_swapped_once_and_every_caption_can_be_read():
    rng = np.random.default_rng(0)
    for kind in KINDS:
        for description in sample(20, 0, kinds=(kind,))[0]:
            found = dict(swaps(description, rng))
            assert description not in found.values() or "order of objects" in found
            assert {"shape", "colour"} <= set(found) <= {*swappable(description), "size", "place"}
            assert ("relation" in found) == bool(description.relations) and ("count" in found) == (kind == "count")
            for wrong in found.values():
                assert parse(describe(wrong)) == wrong


def test_what_is_almost_right_is_wrong():
    descriptions, scenes = sample(400, 3)
    rng = np.random.default_rng(1)
    wrong = [almost_right(description, rng) for description in descriptions]
    pictures = render(scenes, 32)
    assert np.mean([verdict.correct for verdict in score(pictures, descriptions)]) == 1
    assert np.mean([verdict.correct for verdict in score(pictures, wrong)]) <= 0.01
    turned = sum(w.objects == d.objects for w, d in zip(wrong, descriptions, strict=True) if d.relations)
    assert 0.5 < turned / sum(bool(d.relations) for d in descriptions) < 0.75
