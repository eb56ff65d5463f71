"""Reads pictures of 32 × 32 pixels into objects, and names what it could not read."""

import numpy as np
from scipy import ndimage

from dalle_tutorial.data._fit import fit
from dalle_tutorial.data._segment import CORE, SPECK, patches, strength
from dalle_tutorial.data.scenes import BACKGROUND, COLOURS, PALETTE, RADII, SHAPES, Scene, SceneObject

# Fixed before any model's pictures were seen; benchmarks/oracle.py measures what they do to true renders.
RESIDUAL = 0.15  # a patch is read if the best shape leaves at most this share of its squared strength unexplained
SHAPE_MARGIN = 0.9  # and at most this share of what the second best shape leaves
COLOUR_TOLERANCE = 80.0  # its colour lies at most this far (RGB, 0 … 255) from a colour of the palette
COLOUR_MARGIN = 0.85  # and at most this share of the distance to the second nearest
LEAST_RADIUS = 2.4 / 32  # anything smaller is a blot
SIZE_BORDER = (RADII["small"][1] + RADII["large"][0]) / 2  # between small and large
GHOST_CONTRAST = 60.0  # a smudge counts if, averaged over 3 × 3 pixels, it differs so much from the background
GHOST_AREA = 12  # over at least this many pixels

_PALETTE = np.array(list(PALETTE.values()), np.float32)
_BACKGROUND = np.array(BACKGROUND, np.float32)
_CROSS = ndimage.generate_binary_structure(3, 1)
_CROSS[0] = _CROSS[2] = False
_WINDOWS = (12, 16, 32)


def read_chunk(pictures):
    """Reads float pictures (n, 32, 32, 3), 0 … 255. Returns a list of (Scene, tuple of complaints)."""
    difference = pictures - _BACKGROUND
    share, colour = strength(difference)
    labels, n = patches(share >= CORE, colour)
    blobs = _measure(labels, n, difference)
    objects, complaints = [[] for _ in pictures], [[] for _ in pictures]
    for side in _WINDOWS:
        rows = np.flatnonzero(blobs["side"] == side)
        if len(rows):
            _fit_windows({name: values[rows] for name, values in blobs.items()}, labels, difference, side, objects, complaints)
    for i, where in _ghosts(labels, difference):
        complaints[i].append(f"a smudge at {where} is neither object nor background")
    return [(Scene(tuple(o)), tuple(c)) for o, c in zip(objects, complaints, strict=True)]


def _measure(labels, n, difference):
    """Where the patches lie: arrays (patches,) of label, picture, window side, left, top; specks left out."""
    pixels = np.flatnonzero(labels)
    label = labels.ravel()[pixels]
    size = np.bincount(label, minlength=n + 1)
    picture, row, column = np.unravel_index(pixels, labels.shape)
    owner = np.zeros(n + 1, int)
    owner[label] = picture
    low, high = np.full((2, n + 1), 99), np.full((2, n + 1), -1)
    for axis, values in enumerate((row, column)):
        np.minimum.at(low[axis], label, values)
        np.maximum.at(high[axis], label, values)
    kept = np.flatnonzero(size >= SPECK)
    low, high = low[:, kept], high[:, kept] + 1
    extent = (high - low).max(0)
    side = np.array(_WINDOWS)[np.searchsorted(np.array(_WINDOWS[:-1]) - 3, extent)]
    top, left = (low + high - side + 1) // 2
    total = [np.bincount(label, difference[..., k].ravel()[pixels], n + 1)[kept] / size[kept] for k in range(3)]
    return {
        "label": kept, "picture": owner[kept], "side": side, "left": left, "top": top, "mean": np.stack(total, 1)
    }


def _window(planes, blobs, side):
    """Windows (blobs, side, side, …) cut from planes (pictures, 32, 32, …); 0 outside the picture."""
    pad = side
    padded = np.pad(planes, ((0, 0), (pad, pad), (pad, pad)) + ((0, 0),) * (planes.ndim - 3))
    steps = np.arange(side)
    rows = (blobs["top"] + pad)[:, None, None] + steps[:, None]
    columns = (blobs["left"] + pad)[:, None, None] + steps
    return padded[blobs["picture"][:, None, None], rows, columns]


def _fit_windows(blobs, labels, difference, side, objects, complaints):
    """Fits all patches that share a window size and files each under its picture."""
    label = _window(labels, blobs, side)
    own = label == blobs["label"][:, None, None]
    inside = _window(np.ones(labels.shape, bool), blobs, side)
    weight = inside & ~ndimage.binary_dilation((label > 0) & ~own, _CROSS, iterations=2)
    values = _window(difference, blobs, side)
    towards = _PALETTE - _BACKGROUND
    along = blobs["mean"] @ (towards / np.linalg.norm(towards, axis=1, keepdims=True)).T
    axis = towards[along.argmax(1)]
    target = (values @ (axis / (axis**2).sum(1, keepdims=True))[:, :, None, None].squeeze(-1)[:, None]).squeeze(-1)
    support = ndimage.binary_dilation(own, _CROSS) & weight
    weight = weight.astype(np.float32)
    found = fit(target.astype(np.float32), weight, support)
    drawn = found["drawn"] * weight.reshape(len(weight), -1)
    flat = values.reshape(len(values), -1, 3)
    seen = (drawn[:, None] @ flat)[:, 0] / ((drawn * found["drawn"]).sum(1) + 1e-6)[:, None] + _BACKGROUND
    distance = np.linalg.norm(seen[:, None] - _PALETTE, axis=2)
    order = distance.argsort(1)
    near, next_near = np.take_along_axis(distance, order[:, :2], 1).T
    for i, picture in enumerate(blobs["picture"]):
        x, y = (found["x"][i] + blobs["left"][i]) / 32, (found["y"][i] + blobs["top"][i]) / 32
        at = f"({x:.2f}, {y:.2f})"
        if found["residual"][i] > RESIDUAL or found["radius"][i] < LEAST_RADIUS * 32:
            complaints[picture].append(f"the blob at {at} has none of the six shapes")
        elif found["residual"][i] > SHAPE_MARGIN * found["second_residual"][i]:
            names = [SHAPES[found[key][i]] for key in ("shape", "second")]
            complaints[picture].append(f"the blob at {at} could be a {names[0]} or a {names[1]}")
        elif near[i] > COLOUR_TOLERANCE or near[i] > COLOUR_MARGIN * next_near[i]:
            rgb = tuple(int(v) for v in np.clip(seen[i], 0, 255))
            complaints[picture].append(f"the {SHAPES[found['shape'][i]]} at {at} has none of the eight colours: RGB {rgb}")
        else:
            radius = float(found["radius"][i]) / 32
            objects[picture].append(SceneObject(
                SHAPES[found["shape"][i]], COLOURS[order[i, 0]], "small" if radius < SIZE_BORDER else "large",
                float(x), float(y), radius,
            ))


def _ghosts(labels, difference):
    """Smudges too faint to be solid: yields (picture, place in words)."""
    smooth = ndimage.uniform_filter(difference, (0, 3, 3, 0), mode="nearest")
    marks = (smooth**2).sum(-1) > GHOST_CONTRAST**2
    marks &= ~ndimage.binary_dilation(labels > 0, _CROSS, iterations=2)
    suspects = np.flatnonzero(marks.sum((1, 2)) >= GHOST_AREA)
    for i in suspects:
        parts = ndimage.label(marks[i])[0]
        for k in np.flatnonzero(np.bincount(parts.ravel())[1:] >= GHOST_AREA) + 1:
            y, x = (np.mean(axis) / 32 for axis in np.nonzero(parts == k))
            yield int(i), f"({x:.2f}, {y:.2f})"
