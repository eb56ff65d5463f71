"""Weights in fewer bits, and their bytes on disk."""

import numpy as np
import pytest

from dalle_tutorial import weights
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.rounding import SMALL, columns, from_planes, rounded, to_planes, whole_numbers

RNG = np.random.default_rng(0)


def test_int8_has_255_levels_a_column_and_errs_by_half_of_one_at_most():
    values = (RNG.standard_normal((64, 32)) * np.geomspace(0.01, 10, 32)).astype("float32")
    found = rounded(values, "int8")
    step = np.abs(values).max(0) / 127
    assert (np.abs(found - values) <= step * 0.51 + np.abs(values) * 2**-11).all()
    for column, size in zip(found.T, step, strict=True):
        assert np.unique(np.rint(column / size)).size <= 255
    assert np.array_equal(rounded(found, "float16").astype("float16"), found.astype("float16"))


def test_rounding_twice_changes_next_to_nothing():
    values = RNG.standard_normal((40, 30)).astype("float32")
    once = rounded(values, "int8")
    scale = columns(once)
    assert np.allclose(whole_numbers(once, scale) * scale, once, rtol=1e-6)


def test_small_weights_and_vectors_stay_float16():
    for shape in ((SMALL - 1, 1), (5000,)):
        values = RNG.standard_normal(shape).astype("float32")
        assert np.array_equal(rounded(values, "int8"), values.astype("float16"))


def test_a_column_of_zeros_stays_zero():
    values = np.zeros((300, 2), "float32")
    values[:, 1] = 1
    assert np.array_equal(rounded(values, "int8"), values)


def test_rows_of_very_different_size_keep_float16():
    values = (RNG.standard_normal((64, 32)) * np.geomspace(1e-4, 10, 64)[:, None]).astype("float32")
    assert np.array_equal(rounded(values, "int8"), values.astype("float16"))


def test_the_codebook_keeps_its_rare_codes():
    whole, low = (weights.load("dalle-shapes", precision).model.autoencoder for precision in (None, "int8"))
    codes = np.arange(512).reshape(8, 64)
    assert np.abs(whole.decode_codes(codes) - low.decode_codes(codes)).mean() < 0.01


def test_another_precision_is_refused():
    with pytest.raises(TutorialError, match="int8"):
        rounded(np.ones(3), "int4")
    with pytest.raises(TutorialError, match="int8"):
        weights.load("upsampler-shapes", "int4")


@pytest.mark.parametrize("kind", ("float16", "float32"))
@pytest.mark.parametrize("shape", ((7, 5, 3), (4,), (0, 2)))
def test_planes_give_every_bit_back(kind, shape):
    values = RNG.standard_normal(shape).astype(kind)
    planes = to_planes(values)
    found = from_planes(planes)
    assert planes.dtype == np.uint8 and planes.shape == (values.itemsize, *shape)
    assert found.dtype == values.dtype and found.tobytes() == values.tobytes()


def test_a_model_loaded_as_int8_lies_on_the_grid_and_near_what_is_shipped():
    shipped, rough = (weights.load("upsampler-shapes", precision).model for precision in (None, "int8"))
    changed = 0
    for whole, low in zip(shipped.weights, rough.weights, strict=True):
        whole, low = np.asarray(whole), np.asarray(low)
        assert np.array_equal(low, rounded(whole, "int8")), whole.shape
        changed += not np.array_equal(whole, low)
    assert changed > 10
