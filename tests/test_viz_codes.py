"""The figures of pictures as tokens: that they show the codes and the numbers they were given."""

import numpy as np
import pytest

from dalle_tutorial.errors import PictureError
from dalle_tutorial.rates import Rate
from dalle_tutorial.viz.codes import choices, codebook_plane, colours_of, mosaic, rate_curves, token_grids
from dalle_tutorial.viz.style import to_png

CODES = np.arange(128).reshape(2, 64) % 100


def test_equal_codes_have_one_colour_and_others_another():
    colours = colours_of(np.arange(256))
    assert colours.dtype == np.uint8 and len(np.unique(colours, axis=0)) > 230
    np.testing.assert_array_equal(colours_of(np.array([[7, 3], [3, 7]]))[0], colours[[7, 3]])
    assert (colours.max(axis=1) > 128).all(), "too dark for the number that stands on it"


def test_a_mosaic_shows_what_is_written_row_by_row():
    pictures = mosaic(CODES[:, :11], cell=2)
    assert pictures.shape == (2, 16, 16, 3)
    np.testing.assert_array_equal(pictures[1, 2:4, 4:6], np.broadcast_to(colours_of(CODES[1, 10]), (2, 2, 3)))
    assert (pictures[:, 2:4, 6:] == 255).all() and (pictures[:, 4:] == 255).all()
    for wrong in (CODES[0], CODES / 2, np.zeros((1, 65), int)):
        with pytest.raises(PictureError, match="allowed are whole numbers"):
            mosaic(wrong)


def test_token_grids_write_the_number_of_every_code():
    pictures = np.zeros((2, 32, 32, 3), "uint8")
    figure = token_grids({"picture": pictures, "again": pictures}, CODES)
    assert [axes.get_title(loc="center") for axes in figure.axes[:3]] == ["picture", "tokens", "again"]
    assert [text.get_text() for text in figure.axes[4].texts] == [str(code) for code in CODES[1]]
    assert len(to_png(figure)) <= 150_000
    with pytest.raises(PictureError, match="rows of codes beside 'picture'"):
        token_grids({"picture": pictures[:1]}, CODES)


def test_dead_codes_are_crosses():
    figure = codebook_plane(np.zeros((5, 2)), np.array([[0, 0], [1, 1], [0, 1]]), [3, 0, 1])
    crosses = figure.axes[0].lines[2]
    np.testing.assert_array_equal(crosses.get_xydata(), [[1, 1]])
    assert crosses.get_marker() == "x" and crosses.get_label() == "dead: 1"
    with pytest.raises(PictureError, match=r"allowed are \(n, 2\)"):
        codebook_plane(np.zeros((5, 2)), np.zeros((3, 2)), [1, 1])


def test_what_cannot_be_chosen_is_crossed_out():
    rows = {"all": np.array([0.2, 0.5, 0.3]), "top two": np.array([0.0, 0.6, 0.4])}
    figure = choices(rows)
    first, second = figure.axes[:2]
    assert [bar.get_height() for bar in first.patches] == [0.5, 0.3, 0.2] and not first.lines
    assert [bar.get_height() for bar in second.patches] == [0.6, 0.4]
    np.testing.assert_array_equal(second.lines[0].get_xydata(), [[2, 0]])
    with pytest.raises(PictureError, match="no distributions"):
        choices({})


def test_rate_curves_have_their_intervals_around_them():
    rates = {1: Rate(0.5, 0.4, 0.6, 80), 4: Rate(0.8, 0.7, 0.9, 80)}
    groups = {"one": {"clip": rates, "oracle": rates}, "two": {"clip": rates}}
    figure = rate_curves(groups, x_label="N", y_label="right")
    axes = figure.axes[0]
    assert axes.lines[0].get_xydata().tolist() == [[1, 0.5], [4, 0.8]] and len(axes.collections) == 2
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "4"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["clip", "oracle"]
