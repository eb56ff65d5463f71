"""Reads pictures of 32 × 32 pixels into objects, and names what it could not read."""

import numpy as np
from scipy import ndimage

from dalle_tutorial.data._fit import fit
from dalle_tutorial.data._segment import CORE, IN_PLANE, TOWARDS, patches, strength
from dalle_tutorial.data.scenes import BACKGROUND, COLOURS, PALETTE, RADII, SHAPES, Scene, SceneObject

# Fixed before any model's pictures were seen, from true renders and from pictures made to be ambiguous (the mean of two
# shapes leaves 0.44 to 0.97 of what the second best leaves; a true shape under a blur of one pixel at most 0.22).
RESIDUAL = 0.08  # a patch is read if its best shape leaves at most this share of its squared strength unexplained,
SHAPE_MARGIN = 0.4  # and at most this share of what the second best shape leaves
COLOUR_TOLERANCE = 80.0  # its colour lies at most this far (RGB, 0 … 255) from a colour of the palette,
COLOUR_MARGIN = 0.85  # and at most this share of the distance to the second nearest
LEAST_RADIUS = 2.4 / 32  # anything smaller is a blot
SIZE_BORDER = (RADII["small"][1] + RADII["large"][0]) / 2  # between small and large
GHOST_CONTRAST = 60.0  # a smudge counts if, averaged over 3 × 3 pixels, it differs so much from the background
GHOST_AREA = 12  # over at least this many connected pixels of 32 × 32

CLEAR = 0.3  # a neighbour is taken away if its first fit leaves less
SIDE = 18  # of the window that is fitted, in pixels: the largest object is 12.1 wide
_PALETTE = np.array(list(PALETTE.values()), np.float32)
_BACKGROUND = np.array(BACKGROUND, np.float32)


def read_chunk(pictures, detail=1):
    """Reads float32 pictures (n, 32, 32, 3), 0 … 255, that may be averages of `detail` times finer ones.

    Returns a list of (Scene, tuple of complaints).
    """
    difference = pictures - _BACKGROUND
    share, colour = strength(difference)
    labels, n = patches(share >= CORE, colour)
    objects, complaints = [[] for _ in pictures], [[] for _ in pictures]
    blobs = _measure(labels, n, difference)
    if len(blobs["label"]):
        found = _explain(blobs, labels, difference, detail)
        for i, picture in enumerate(blobs["picture"]):
            kept = _object_or_complaint({name: values[i] for name, values in found.items()})
            (complaints if isinstance(kept, str) else objects)[picture].append(kept)
    for picture, complaint in _ghosts(labels, difference):
        complaints[picture].append(complaint)
    return [(Scene(tuple(o)), tuple(c)) for o, c in zip(objects, complaints, strict=True)]


def _measure(labels, n, difference):
    """The patches: arrays (patches,) of label, picture, left, top, extent and mean difference."""
    pixels = np.flatnonzero(labels)
    label = labels.ravel()[pixels]
    size = np.bincount(label, minlength=n + 1)
    picture, *place = np.unravel_index(pixels, labels.shape)
    owner = np.zeros(n + 1, int)
    owner[label] = picture
    low, high = np.full((2, n + 1), 99), np.full((2, n + 1), -1)
    for axis, values in enumerate(place):
        np.minimum.at(low[axis], label, values)
        np.maximum.at(high[axis], label, values)
    kept = np.flatnonzero(size)
    top, left = (low + high + 1 - SIDE)[:, kept] // 2
    mean = [np.bincount(label, difference[..., k].ravel()[pixels], n + 1)[kept] / size[kept] for k in range(3)]
    return {
        "label": kept, "picture": owner[kept], "left": left, "top": top, "mean": np.stack(mean, 1),
        "extent": (high - low)[:, kept].max(0) + 1,
    }


def _windows(planes, blobs):
    """Windows (blobs, SIDE, SIDE, …) cut from planes (pictures, 32, 32, …); 0 outside the picture."""
    padded = np.pad(planes, ((0, 0), (SIDE, SIDE), (SIDE, SIDE)) + ((0, 0),) * (planes.ndim - 3))
    return padded[_places(blobs)]


def _places(blobs):
    """Indices of the windows in pictures padded by SIDE."""
    steps = np.arange(SIDE) + SIDE
    rows, columns = blobs["top"][:, None, None] + steps[:, None], blobs["left"][:, None, None] + steps
    return blobs["picture"][:, None, None], rows, columns


def _explain(blobs, labels, difference, detail):
    """Fits every patch: arrays as `fit` gives them, and `x`, `y` in fractions of the picture's side, `seen` (RGB),
    `mottled` (the residual in colour), `extent`."""
    label = _windows(labels, blobs)
    own = label == blobs["label"][:, None, None]
    near = ndimage.binary_dilation((label > 0) & ~own, IN_PLANE, iterations=2)
    inside = _windows(np.ones(labels.shape, bool), blobs)
    values = _windows(difference, blobs)
    towards = TOWARDS[strength(blobs["mean"])[1]]
    axis = (towards / (towards**2).sum(1, keepdims=True))[:, None, :, None]
    support = ndimage.binary_dilation(own, IN_PLANE, iterations=2) & ~near & inside

    def fitted(rows, values, weight):
        target = (values @ axis[rows])[..., 0]
        found = fit(target, weight.astype(np.float32), support[rows], detail)
        return found | _colour(found["drawn"], values, weight)

    found = fitted(slice(None), values, inside & ~near)
    # A neighbour may have hidden a part of a patch, or lent it an edge. Now that each has a first fit, take the
    # neighbours away and fit again; where a neighbour could not be read, its surroundings stay hidden.
    clear = found["residual"] < CLEAR
    drawn = found["drawn"][..., None] * (found["seen"] - _BACKGROUND)[:, None, None] * clear[:, None, None, None]
    canvas = np.zeros((len(labels), 32 + 2 * SIDE, 32 + 2 * SIDE, 3), np.float32)
    np.add.at(canvas, _places(blobs), drawn)
    foreign = canvas[_places(blobs)] - drawn
    crowded = np.flatnonzero((near & inside).any((1, 2)) | (np.abs(foreign) > 4).any((1, 2, 3)))
    if len(crowded):
        murky = np.isin(label[crowded], blobs["label"][~clear]) & ~own[crowded]
        hidden = ndimage.binary_dilation(murky, IN_PLANE, iterations=2)
        again = fitted(crowded, (values - foreign)[crowded], inside[crowded] & ~hidden)
        for name in found:
            found[name][crowded] = again[name]
    found["x"], found["y"] = (found["x"] + blobs["left"]) / 32, (found["y"] + blobs["top"]) / 32
    del found["drawn"]
    return found | {"extent": blobs["extent"]}


def _colour(drawn, values, weight):
    """The colour that, drawn in the fitted shape, comes nearest to the window, and the share it leaves unexplained."""
    weighted = (drawn * weight)[..., None]
    colour = (weighted * values).sum((1, 2)) / ((weighted * drawn[..., None]).sum((1, 2)) + 1e-6)
    there = (drawn > 0.05) & weight
    left = ((values - drawn[..., None] * colour[:, None, None]) ** 2).sum(-1)
    return {
        "seen": colour + _BACKGROUND,
        "mottled": (left * there).sum((1, 2)) / (((values**2).sum(-1) * there).sum((1, 2)) + 1e-6),
    }


def _object_or_complaint(blob):
    """A `SceneObject`, or what is wrong with the blob."""
    at = f"({blob['x']:.2f}, {blob['y']:.2f})"
    shape, second = SHAPES[blob["shape"]], SHAPES[blob["second"]]
    if blob["residual"] > RESIDUAL or blob["extent"] > SIDE - 3:
        return f"the blob at {at} has none of the six shapes"
    if blob["radius"] < LEAST_RADIUS * 32:
        return f"the blob at {at} is too small to be an object"
    if blob["residual"] > SHAPE_MARGIN * blob["second_residual"]:
        return f"the blob at {at} could be a {shape} or a {second}"
    distance = np.linalg.norm(_PALETTE - blob["seen"], axis=1)
    colour, other = distance.argsort()[:2]
    if blob["mottled"] > RESIDUAL:
        return f"the {shape} at {at} is not of one colour"
    if distance[colour] > COLOUR_TOLERANCE:
        rgb = ", ".join(f"{v:.0f}" for v in np.clip(blob["seen"], 0, 255))
        return f"the {shape} at {at} has none of the eight colours: RGB ({rgb})"
    if distance[colour] > COLOUR_MARGIN * distance[other]:
        return f"the {shape} at {at} could be {COLOURS[colour]} or {COLOURS[other]}"
    radius = float(blob["radius"]) / 32
    size = "small" if radius < SIZE_BORDER else "large"
    return SceneObject(shape, COLOURS[colour], size, float(blob["x"]), float(blob["y"]), radius)


def _ghosts(labels, difference):
    """Smudges too faint to be solid, beyond two pixels of anything solid: yields (picture, complaint)."""
    smooth = ndimage.uniform_filter(difference, (0, 3, 3, 0), mode="nearest")
    marks = (smooth**2).sum(-1) > GHOST_CONTRAST**2
    marks &= ~ndimage.binary_dilation(labels > 0, IN_PLANE, iterations=2)
    for picture in np.flatnonzero(marks.sum((1, 2)) >= GHOST_AREA):
        parts = ndimage.label(marks[picture])[0]
        for k in np.flatnonzero(np.bincount(parts.ravel())[1:] >= GHOST_AREA) + 1:
            y, x = (np.mean(axis) / 32 for axis in np.nonzero(parts == k))
            yield picture, f"a smudge at ({x:.2f}, {y:.2f}) is neither object nor background"
