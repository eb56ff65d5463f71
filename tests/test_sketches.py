"""A sketch depends on what a caption means and on nothing else."""

import numpy as np
import pytest

from dalle_tutorial.data.oracle import read
from dalle_tutorial.data.shapes import Scenes, parse, relation_holds, render
from dalle_tutorial.text.sketches import captions_and_sketches, sketch, sketches


def test_other_words_give_the_same_sketch_and_another_order_another_one():
    red, blue, twin = sketches([parse(caption) for caption in (
        "a crimson star to the left of a blue heart", "a blue heart right of a red star",
        "a blue heart left of a red star",
    )])
    assert np.array_equal(red, blue) and not np.array_equal(red, twin)


@pytest.mark.parametrize("relation", ["left of", "right of", "above", "below"])
def test_objects_stand_as_their_relation_says(relation):
    scene = sketch(parse(f"a small red star {relation} a large blue heart"))
    assert relation_holds(relation, *scene.objects)
    (seen,) = read(render(Scenes.of([scene]), 32))
    assert {(o.shape, o.colour, o.size) for o in seen.objects} == {("star", "red", "small"), ("heart", "blue", "large")}


def test_one_object_stands_where_the_caption_says():
    assert sketch(parse("a red star at the top right")).objects[0].place == "top right"
    assert sketch(parse("a red star")).objects[0].place == "centre"


def test_captions_vary_and_their_sketches_agree_with_them():
    captions, pictures = captions_and_sketches(200, seed=3)
    assert pictures.shape == (200, 16, 16, 3) and len(set(captions)) > 150
    assert np.array_equal(pictures, sketches([parse(caption) for caption in captions]))
    assert np.array_equal(pictures, captions_and_sketches(200, seed=3)[1])
