"""Pictures of what a text-conditional network does with its words: where its pixels look."""

import math

import numpy as np

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.pixels import as_batch

_DARK = 0.15  # of its brightness, what a pixel keeps where nothing looks


def spotlight(pictures, weights):
    """Pictures lit where `weights` are large, dark where they are small: uint8 (n, side, side, 3).

    pictures: (n, side, side, 3). weights: (n, places), not negative, for places row by row on a square grid whose side
    divides that of the pictures. Each picture has its own scale: its largest weight leaves a pixel as it is. Raises
    PictureError for other shapes and for negative weights.
    """
    pictures, weights = as_batch(pictures), np.asarray(weights, float)
    n, side = pictures.shape[:2]
    rows = math.isqrt(weights.shape[-1]) if weights.ndim == 2 else 0
    if not rows or weights.shape != (n, rows**2) or side % rows or pictures.shape[2] != side:
        raise PictureError(
            f"weights have the shape {weights.shape}; needed for pictures {pictures.shape} is ({n}, places), "
            f"the places a square whose side divides {side}"
        )
    if not (weights >= 0).all():
        raise PictureError(f"weights must not be negative: the least is {weights.min():.4g}")
    share = weights / np.maximum(weights.max(axis=1, keepdims=True), 1e-12)
    share = share.reshape(n, rows, rows, 1).repeat(side // rows, axis=1).repeat(side // rows, axis=2)
    return (pictures * (_DARK + (1 - _DARK) * share)).round().astype(np.uint8)
