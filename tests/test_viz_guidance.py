"""The light falls where the weights are, and on nothing else."""

import numpy as np
import pytest

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.guidance import spotlight

WHITE = np.full((2, 8, 8, 3), 255, np.uint8)


def test_the_largest_weight_of_each_picture_leaves_its_place_as_it_is():
    weights = np.zeros((2, 16))
    weights[0, 5], weights[1, 15] = 0.3, 0.01  # the second row and column; the last ones
    lit = spotlight(WHITE, weights)
    assert lit.dtype == np.uint8 and lit.shape == WHITE.shape
    assert (lit[0, 2:4, 2:4] == 255).all() and (lit[1, 6:, 6:] == 255).all()
    assert (lit == 255).sum() == 2 * 4 * 3
    assert set(np.unique(lit)) == {38, 255}


def test_half_the_weight_gives_the_light_between():
    lit = spotlight(WHITE, np.tile([1.0, 0.5, 0.0, 0.0], (2, 1)))
    assert lit[0, 0, 4, 0] == round(255 * (0.15 + 0.85 / 2))


def test_colours_stay_and_nothing_seen_is_dark():
    red = np.zeros((1, 4, 4, 3), np.uint8)
    red[..., 0] = 200
    assert (spotlight(red, np.zeros((1, 4))) == [30, 0, 0]).all()
    assert (spotlight(red, np.ones((1, 4))) == red).all()


@pytest.mark.parametrize("shape", [(2, 15), (1, 16), (2, 9), (16,), (2, 4, 4)])
def test_weights_must_be_a_square_for_each_picture(shape):
    with pytest.raises(PictureError, match=r"needed for pictures \(2, 8, 8, 3\) is \(2, places\)"):
        spotlight(WHITE, np.ones(shape))


def test_negative_weights_are_refused():
    with pytest.raises(PictureError, match="negative: the least is -1"):
        spotlight(WHITE, -np.ones((2, 4)))
