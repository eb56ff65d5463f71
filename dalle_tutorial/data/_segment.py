"""First half of the oracle: which pixels belong together, and which of the eight colours they have.

All arrays are float32 and hold the difference from the background, at 32 × 32 pixels.
"""

import numpy as np
from scipy import ndimage

from dalle_tutorial.data.scenes import BACKGROUND, PALETTE

CORE = 0.5  # a pixel is solid if it lies at least half the way from the background to its colour
SPECK = 5  # solid areas of fewer pixels are specks, and ignored
SECOND_COLOUR = 0.12  # a patch is cut in two if a second colour fills this share of it

TOWARDS = np.array(list(PALETTE.values()), np.float32) - np.array(BACKGROUND, np.float32)
_LENGTH = np.linalg.norm(TOWARDS, axis=1)
IN_PLANE = np.zeros((3, 3, 3), bool)
IN_PLANE[1] = ndimage.generate_binary_structure(2, 1)  # neighbours share an edge, and lie in the same picture


def strength(difference):
    """How far each pixel (..., 3) has gone from the background to the palette colour in whose direction it lies.

    Returns that share (about 1 inside an object, the coverage at its edge) and the index of the colour.
    """
    along = difference @ (TOWARDS / _LENGTH[:, None]).T
    colour = along.argmax(-1)
    return np.take_along_axis(along, colour[..., None], -1)[..., 0] / _LENGTH[colour], colour.astype(np.int8)


def patches(solid, colour):
    """Connected patches of solid pixels, cut where two colours meet; specks are left out.

    `solid` (pictures, 32, 32) bool, `colour` the index at each pixel. Returns labels of the same shape (0 for none,
    1 … n for the patches, some of which may be empty) and n.
    """
    labels, n = ndimage.label(solid, IN_PLANE)
    counts = np.bincount(labels.ravel() * 8 + colour.ravel(), minlength=8 * (n + 1)).reshape(-1, 8)
    many = counts >= np.maximum(SPECK, SECOND_COLOUR * counts.sum(1))[:, None]
    mixed = many.sum(1) > 1
    mixed[0] = False
    where = np.flatnonzero(mixed[labels].any((1, 2)))
    if len(where):
        cut = mixed[labels[where]]
        # Pixels of a colour that only speckles the patch go with the nearest pixel of a colour that fills it.
        main = many[labels[where], colour[where]] & cut
        nearest = [ndimage.distance_transform_edt(~m, return_distances=False, return_indices=True) for m in main]
        taken = np.stack([c[tuple(i)] for c, i in zip(colour[where], nearest, strict=True)])
        fresh = np.where(cut, 0, labels[where])
        for index in range(8):
            parts, found = ndimage.label(cut & (taken == index), IN_PLANE)
            fresh[parts > 0] = parts[parts > 0] + n
            n += found
        labels[where] = fresh
    size = np.bincount(labels.ravel(), minlength=n + 1)
    return np.where(size[labels] >= SPECK, labels, 0), n
