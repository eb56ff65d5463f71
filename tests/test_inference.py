"""Chunks change nothing but how much is reckoned at once; what is given outdoes the card."""

import numpy as np
import pytest

from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.inference import filled_up, in_chunks, settled


def test_chunks_follow_one_another_and_nothing_is_left_out():
    sizes, rows, words = [], np.arange(7), list("abcdefg")

    def both(numbers, letters):
        sizes.append(len(numbers))
        return [f"{number}{letter}" for number, letter in zip(numbers, letters, strict=True)]

    found = in_chunks(both, rows, words, size=3)
    assert found.tolist() == ["0a", "1b", "2c", "3d", "4e", "5f", "6g"] and sizes == [3, 3, 1]
    assert in_chunks(both, rows, words).tolist() == found.tolist() and sizes[3:] == [7]


def test_a_function_of_two_results_gives_two_arrays():
    double, square = in_chunks(lambda x: (2 * x, x[:, None] ** 2), np.arange(5), size=2)
    assert double.tolist() == [0, 2, 4, 6, 8] and square.tolist() == [[0], [1], [4], [9], [16]]


def test_rows_are_filled_up_with_the_last_one():
    numbers, letters = filled_up(np.arange(3), np.array([["a"], ["b"], ["c"]]), sizes=(2, 5))
    assert numbers.tolist() == [0, 1, 2, 2, 2] and letters[:, 0].tolist() == list("abccc")
    for rows, filled in ((1, 1), (2, 8), (8, 8), (33, 128), (129, 129)):
        assert len(filled_up(np.zeros(rows))[0]) == filled


def test_what_is_given_goes_before_the_card_and_none_is_not_given():
    card, allowed = {"name": "a model", "steps": 8, "sampler": "ddim"}, ("steps", "sampler", "guidance_scale")
    assert settled({"steps": 3, "sampler": None}, allowed, card) == {"steps": 3, "sampler": "ddim"}
    assert settled({"guidance_scale": 0}, allowed, {}) == {"guidance_scale": 0}
    assert card == {"name": "a model", "steps": 8, "sampler": "ddim"}
    with pytest.raises(TutorialError, match="unknown setting 'name': allowed are steps, sampler, guidance_scale"):
        settled({"name": None}, allowed, card)
