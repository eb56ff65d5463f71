"""Weights in fewer bits: what is kept of each number, and how the bytes are laid out on disk.

"float16" keeps eleven binary digits, which costs nothing that could be measured. "int8" keeps whole numbers from −127
to 127 and one scale for each column of the last axis, as a page has to load them over a network; what that costs is
measured in the book. Biases, norms and other small weights stay float16, and so does a matrix whose rows are of very
different size: with one scale for all of them, the small ones would be lost. (A codebook keeps running sums, and rare
codes have small ones. Rounded to int8, they cost DALL·E half of its pictures.)
"""

import numpy as np

from dalle_tutorial.data.scenes import check_choice

PRECISIONS = ("float16", "int8")
SMALL = 256
"""Weights of fewer numbers are never rounded to int8: they cost nothing, and norms are among them."""
WORST = 0.05
"""A matrix is rounded to int8 if that moves its rows by at most this share of their size, in the median."""
_MOST = 127


def columns(values, axis=-1):
    """The scale of each column along `axis`, float32, so that its largest number becomes ±127."""
    others = tuple(i for i in range(values.ndim) if i != axis % values.ndim)
    largest = np.abs(values).max(axis=others, keepdims=True).astype("float32")
    return np.where(largest > 0, largest, _MOST).astype("float32") / np.float32(_MOST)


def whole_numbers(values, scale):
    """int8 numbers which, times `scale`, are nearest to `values`."""
    return np.clip(np.rint(values / scale), -_MOST, _MOST).astype("int8")


def rounded(values, precision):
    """An array of weights as float32, each number the nearest that `precision` (one of PRECISIONS) can hold.

    Rounding twice changes nothing more. TutorialError for another precision.
    """
    check_choice("precision", precision, PRECISIONS)
    values = np.asarray(values).astype("float16").astype("float32")
    if precision == "int8" and values.ndim > 1 and values.size >= SMALL:
        scale = columns(values)
        found = whole_numbers(values, scale) * scale
        if _moved(values, found) <= WORST:
            return found
    return values


def _moved(values, found):
    """The root mean square by which a row is moved, as a share of its own: the median over the rows."""
    moved, size = (np.sqrt(np.mean(np.square(rows.reshape(-1, rows.shape[-1])), axis=1))
                   for rows in (found - values, values))
    return float(np.median(moved / np.maximum(size, 1e-9)))


def to_planes(values):
    """Floats (…) as bytes (itemsize, …): first the lowest byte of every number, last the highest.

    Highest bytes hold signs and exponents, which are alike. Beside one another they can be compressed, mixed with
    the lower ones they cannot: a tenth of the file is saved.
    """
    values = np.asarray(values)
    held = values.astype(values.dtype.newbyteorder("<"))[..., None].view("uint8")
    return np.ascontiguousarray(np.moveaxis(held, -1, 0))


def from_planes(planes):
    """What `to_planes` made bytes of."""
    held = np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    return held.view(f"<f{len(planes)}")[..., 0]
