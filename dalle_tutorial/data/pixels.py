"""Pixels are uint8 where people and files see them, and float32 in [−1, 1] where networks do. From one to the other."""

import numpy as np


def to_unit(pictures):
    """uint8 pictures, of any shape, as float32 in [−1, 1]."""
    return np.asarray(pictures).astype(np.float32) / 127.5 - 1


def to_bytes(pictures):
    """Floats near [−1, 1], of any shape, as uint8: the nearest of 256 values; what lies beyond is cut."""
    return (np.clip(pictures, -1, 1) * 127.5 + 128).clip(0, 255).astype(np.uint8)
