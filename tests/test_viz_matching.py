"""The figures of CLIP: that they show the numbers they were given, and refuse what does not fit together."""

import io

import numpy as np
import pytest
from PIL import Image

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.matching import pair_clouds, similarity_map
from dalle_tutorial.viz.style import to_png

CAPTIONS = ["a red circle", "一个蓝色的星", "a green heart"]
COSINES = np.array([[0.9, 0.1, 0.2], [0.3, 0.2, 0.0], [0.1, 0.8, 0.7]])  # (captions, pictures)


@pytest.fixture
def pictures(rng):
    return rng.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)


def legible(figure):
    data = to_png(figure)
    width, height = Image.open(io.BytesIO(data)).size
    return len(data) <= 150_000 and 300 <= width <= 1300 and height >= 100


def test_a_similarity_map_marks_the_nearest_caption_of_each_picture(pictures):
    figure = similarity_map(COSINES, pictures, CAPTIONS, title="step 30")
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), COSINES)
    marks = {tuple(map(int, text.get_position())): text.get_text() for text in axes.texts}
    assert marks == {(0, 0): "✓", (1, 2): "✗", (2, 2): "✓"}  # (picture, caption)
    assert legible(figure) and len(axes.get_yticklabels()) == 3


def test_two_maps_share_one_scale_of_colours(pictures):
    limits = [similarity_map(x, pictures, CAPTIONS).axes[0].images[0].get_clim() for x in (COSINES, COSINES / 5)]
    assert limits[0] == limits[1] == (-0.4, 1)


def test_clouds_join_each_picture_to_its_caption(rng):
    image, text = rng.normal(size=(2, 20, 2))
    values = np.array([0.51, 0.52, -0.9])
    figure = pair_clouds(image, text, {"own": values, "other": values - 0.1})
    left, right = figure.axes
    np.testing.assert_array_equal(left.lines[3].get_xdata(), [image[3, 0], text[3, 0]])
    x, share = right.lines[0].get_data()
    np.testing.assert_allclose([share[np.abs(x - 0.525).argmin()], share.sum()], [2 / 3, 1])
    assert legible(figure)


def test_what_does_not_fit_together_is_refused(pictures):
    with pytest.raises(PictureError, match=r"cosines have the shape \(2, 3\); needed is \(3, 3\)"):
        similarity_map(COSINES[:2], pictures, CAPTIONS)
    with pytest.raises(PictureError, match="captions"):
        similarity_map(COSINES, pictures, CAPTIONS[:2])
    with pytest.raises(PictureError, match=r"needed is \(n, 2\) for both"):
        pair_clouds(np.zeros((4, 2)), np.zeros((5, 2)), {"own": [0.5]})
