"""The figures of unCLIP: that they show the numbers they were given, and refuse what does not fit together."""

import numpy as np
import pytest

from dalle_tutorial.errors import PictureError
from dalle_tutorial.rates import Rate
from dalle_tutorial.viz.style import to_png
from dalle_tutorial.viz.unclip import rates_by_model, veiled

FIRST = {"one_object": Rate(0.9, 0.8, 0.95, 50), "counts": Rate(0.5, 0.4, 0.6, 50)}


def test_each_rate_stands_in_its_row_with_its_figure():
    figure = rates_by_model({"a": FIRST, "b": {"counts": Rate(1.0, 0.9, 1.0, 50)}})
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one object", "counts"]
    assert sorted(text.get_text() for text in axes.texts) == ["100%", "50%", "90%"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert len(to_png(figure)) <= 150_000


@pytest.mark.parametrize("models", [{}, {"a": {}}, {"a": FIRST, "b": {"places": FIRST["counts"]}}])
def test_rates_that_do_not_fit_together_are_refused(models):
    with pytest.raises(PictureError):
        rates_by_model(models)


def test_what_is_to_be_painted_is_veiled_and_nothing_else():
    pictures, masks = np.full((2, 8, 8, 3), 7, "uint8"), np.zeros((2, 8, 8), bool)
    masks[1, :, 4:] = True
    shown = veiled(pictures, masks)
    assert (shown[~masks] == 7).all() and set(shown[masks].ravel()) == {150, 190} and shown.dtype == np.uint8
    for wrong in (masks[0], masks.astype("uint8")):
        with pytest.raises(PictureError, match=r"allowed is bool \(2, 8, 8\)"):
            veiled(pictures, wrong)
