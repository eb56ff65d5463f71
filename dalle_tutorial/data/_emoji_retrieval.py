"""Is the nearest real picture the captioned one? Read `dalle_tutorial.data.emoji` for the public face."""

from dataclasses import dataclass

import numpy as np

from dalle_tutorial.data.scenes import BACKGROUND
from dalle_tutorial.errors import CaptionError, PictureError, TutorialError

METRICS = {"pixels": (1,), "pyramid": (1, 2, 4, 8)}
"""Metric → block sides: the squared RGB difference, averaged over these resolutions with equal weight."""

TWIN_TOLERANCE = 3.0
"""Two real pictures are twins if their RGB values differ by at most this (root mean square, of 255)."""

_NEAREST = 5
_ROWS = 1024


@dataclass(frozen=True)
class Retrieval:
    """What `retrieval` found for n pictures, with N real pictures to choose from.

    `top1`, `top5`: share of pictures whose captioned real picture is the nearest, among the five nearest.
    `ranks`: int (n,), 1 = nearest. `nearest`: int (n, 5), indices of the nearest real pictures in order.
    """

    top1: float
    top5: float
    ranks: np.ndarray
    nearest: np.ndarray


def _to_unit(pictures, shape):
    """Checked pictures as float32 in [0, 1]; `shape` is what one picture must have."""
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.shape[1:] != shape:
        allowed = ", ".join(map(str, shape))
        raise PictureError(f"pictures have the shape {pictures.shape}; allowed is (n, {allowed})")
    if pictures.dtype == np.uint8:
        return pictures.astype("float32") / 255
    if not np.issubdtype(pictures.dtype, np.floating):
        raise PictureError(f"pictures are of type {pictures.dtype}; allowed are uint8 and float in [-1, 1]")
    pictures = pictures.astype("float32")
    if not np.isfinite(pictures).all():
        raise PictureError("pictures hold values that are not finite numbers")
    if pictures.size and np.abs(pictures).max() > 1 + 1e-3:
        low, high = pictures.min(), pictures.max()
        raise PictureError(f"float pictures run from {low:.3g} to {high:.3g}; allowed is [-1, 1]")
    return (pictures + 1) / 2


def _features(pictures, metric):
    """Vectors (n, values) whose squared Euclidean distance is the metric; pictures float32 in [0, 1]."""
    n, side = len(pictures), pictures.shape[1]
    # Seen from the background, the numbers are small: the difference of large squares below loses few digits.
    pictures = pictures - np.array(BACKGROUND, "float32") / 255
    levels = []
    for block in METRICS[metric]:
        blocks = pictures.reshape(n, side // block, block, side // block, block, 3)
        level = blocks.mean(axis=(2, 4)).reshape(n, -1)
        levels.append(level / np.sqrt(level.shape[1] * len(METRICS[metric])))
    return np.concatenate(levels, axis=1)


def _squared_distances(a, b):
    """Squared Euclidean distances (rows of a, rows of b), by one matrix product."""
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def twins(emoji_set, indices):
    """Which real pictures look the same as those at `indices`: bool (len(indices), N), each its own twin."""
    indices = np.asarray(indices, "int64")
    every = _features(_to_unit(emoji_set.pictures, emoji_set.pictures.shape[1:]), "pixels")
    close = _squared_distances(every[indices], every) <= (TWIN_TOLERANCE / 255) ** 2
    close[np.arange(len(indices)), indices] = True
    return close


def retrieval(pictures, captions, emoji_set, metric="pyramid"):
    """How well `pictures` show `captions`, by their nearest neighbours among all real pictures: `Retrieval`.

    `pictures`: (n, side, side, 3), uint8 or float in [-1, 1]; `captions`: n captions of `emoji_set`, in any
    of its languages. The distance is a mean squared RGB difference: "pixels" at full resolution only,
    "pyramid" averaged over the picture and its 2 × 2, 4 × 4 and 8 × 8 block means, which forgives blur and
    small shifts.

    Some emoji look the same at this size ("man frowning", "man pouting"). A twin (`twins`) of the captioned
    picture counts as the captioned one: the rank is one more than the number of *other-looking* real pictures
    that are strictly nearer. By chance top1 is about 1/N: always say to which `emoji_set`, and of which size,
    a score refers.

    Raises `PictureError` (shape, type, range), `CaptionError` (unknown caption, not one for each picture) and
    `TutorialError` (unknown metric).
    """
    if metric not in METRICS:
        raise TutorialError(f"unknown metric {metric!r}; allowed are {', '.join(METRICS)}")
    pictures = _to_unit(pictures, emoji_set.pictures.shape[1:])
    if isinstance(captions, str) or len(captions) != len(pictures):
        count = "one text" if isinstance(captions, str) else len(captions)
        raise CaptionError(f"{len(pictures)} pictures need a list of as many captions, not {count}")
    if not len(pictures):
        raise PictureError("there are no pictures to score")
    targets = [emoji_set.find(caption) for caption in captions]
    gallery = _features(_to_unit(emoji_set.pictures, emoji_set.pictures.shape[1:]), metric)

    ranks, nearest = [], []
    for start in range(0, len(pictures), _ROWS):
        rows = slice(start, start + _ROWS)
        distances = _squared_distances(_features(pictures[rows], metric), gallery)
        right = _right_answers(emoji_set, targets[rows])
        best = np.where(right, distances, np.inf).min(axis=1, keepdims=True)
        ranks.append(1 + ((distances < best) & ~right).sum(axis=1))
        nearest.append(np.argsort(distances, axis=1, kind="stable")[:, :_NEAREST])
    ranks, nearest = np.concatenate(ranks), np.concatenate(nearest)
    return Retrieval(float((ranks <= 1).mean()), float((ranks <= _NEAREST).mean()), ranks, nearest)


def _right_answers(emoji_set, targets):
    """For each list of target indices, the real pictures that count as right: bool (len(targets), N)."""
    flat = twins(emoji_set, np.concatenate(targets))
    starts = np.cumsum([0] + [len(t) for t in targets[:-1]])
    return np.logical_or.reduceat(flat, starts, axis=0)
