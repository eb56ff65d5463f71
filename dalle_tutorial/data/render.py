"""Draws scenes: signed distance functions, anti-aliased, at any resolution.

A signed distance function gives, at every point, the distance to the edge of a shape: negative inside, positive
outside. A pixel whose centre lies d pixels from the edge is covered by about 0.5 − d, clipped to [0, 1]: that one
line is the whole of anti-aliasing. The star and the heart follow Inigo Quilez's published derivations.
"""

import math

import numpy as np

from dalle_tutorial.data.scenes import BACKGROUND, BOUND, PALETTE, SHAPES, Scene, Scenes
from dalle_tutorial.errors import TutorialError

_COLOURS = np.array(list(PALETTE.values()), np.float32)
_BACKGROUND = np.array(BACKGROUND, np.float32)


def circle(u, v):
    """A disc of radius 0.9."""
    return np.sqrt(u * u + v * v) - 0.9


def square(u, v):
    """An upright square, half a side = 0.76: its corners lie 1.075 from the centre."""
    return np.maximum(np.abs(u), np.abs(v)) - 0.76


def triangle(u, v):
    """An equilateral triangle that points up; its corners lie 1.08 from the centre."""
    return np.maximum(v, math.sqrt(0.75) * np.abs(u) - 0.5 * v) - 0.54


def cross(u, v):
    """An upright cross: arms 0.95 long, 0.62 wide."""
    a, b = np.abs(u), np.abs(v)
    return np.maximum(np.maximum(a, b) - 0.95, np.minimum(a, b) - 0.31)


def star(u, v):
    """A five-pointed star, tips 1.08 from the centre: fold the plane into half a point, then measure to one line."""
    outer, inner = 1.08, 0.46
    cos36, sin36 = math.cos(math.pi / 5), math.sin(math.pi / 5)
    x, y = np.abs(u), -v
    for nx, ny in ((cos36, -sin36), (-cos36, -sin36)):
        fold = 2 * np.maximum(x * nx + y * ny, 0)
        x, y = x - fold * nx, y - fold * ny
    x = np.abs(x)
    # the edge runs from the tip (0, outer) to the notch (inner sin 36°, inner cos 36°)
    ex, ey = inner * sin36, inner * cos36 - outer
    length = math.hypot(ex, ey)
    return (y - outer) * ex / length - x * ey / length


def heart(u, v):
    """A heart with its point down, about 0.9 wide and high each way; its lobes reach 1.077 from the centre."""
    scale = 0.62
    x, y = np.abs(u) * scale, 0.56 - v * scale
    lobe = np.sqrt((x - 0.25) ** 2 + (y - 0.75) ** 2) - math.sqrt(2) / 4
    along = 0.5 * np.maximum(x + y, 0)
    side = np.sqrt(np.minimum(x**2 + (y - 1) ** 2, (x - along) ** 2 + (y - along) ** 2)) * np.sign(x - y)
    return np.where(x + y > 1, lobe, side) / scale


SDF = {"circle": circle, "square": square, "triangle": triangle, "star": star, "heart": heart, "cross": cross}


def coverage(shape, x, y, radius, size, side, left=0, top=0):
    """How much of each pixel of a window the shapes cover.

    `shape` is a name; `x`, `y`, `radius` are arrays (objects,) in fractions of a picture of `size` pixels; the window
    has `side` pixels and its corner at `left`, `top` (arrays or numbers, pixels). Returns (objects, side, side)
    float32 in [0, 1].
    """
    pixels = np.arange(side, dtype=np.float32) + 0.5
    reach = np.asarray(radius, np.float32)[:, None] * size
    u = (pixels + (np.asarray(left) - np.asarray(x, np.float32) * size)[:, None]) / reach
    v = (pixels + (np.asarray(top) - np.asarray(y, np.float32) * size)[:, None]) / reach
    distance = SDF[shape](u[:, None, :].astype(np.float32), v[:, :, None].astype(np.float32))
    return np.clip(0.5 - distance * reach[:, :, None], 0, 1).astype(np.float32)


def render(scenes, size=32):
    """Draws scenes as uint8 pictures (scenes, size, size, 3).

    `scenes` is a `Scenes`, one `Scene`, or a list of them; `size` is the side in pixels, 8 to 1024. Raises
    TutorialError for another size.
    """
    if not (isinstance(size, int | np.integer) and 8 <= size <= 1024):
        raise TutorialError(f"picture size {size!r}: allowed are whole numbers from 8 to 1024 pixels")
    if not isinstance(scenes, Scenes):
        scenes = Scenes.of([scenes] if isinstance(scenes, Scene) else list(scenes))
    pictures = np.empty((len(scenes), size, size, 3), np.uint8)
    # Some 256 pictures of 32 pixels fit into a core's cache: drawn so, they take a third of the time.
    chunk = max(1, 2**18 // size**2)
    for start in range(0, len(scenes), chunk):
        pictures[start : start + chunk] = _draw_chunk(scenes[start : start + chunk], size)
    return pictures


def _draw_chunk(scenes, size):
    canvas = np.empty((len(scenes), size, size, 3), np.float32)
    canvas[:] = _BACKGROUND
    # Each object is drawn in a small window around it; a picture has at most one object in each slot, so no two
    # windows of a slot write to the same picture.
    for slot in range(scenes.shape.shape[1]):
        for index, name in enumerate(SHAPES):
            rows = np.flatnonzero(scenes.shape[:, slot] == index)
            if len(rows):
                _draw(canvas, name, rows, slot, scenes, size)
    return (canvas + 0.5).astype(np.uint8)


def _draw(canvas, name, rows, slot, scenes, size):
    x, y, radius = (values[rows, slot] for values in (scenes.x, scenes.y, scenes.radius))
    side = min(size, math.ceil(2 * BOUND * float(radius.max()) * size) + 2)
    left, top = (np.clip(np.floor(c * size - side / 2).astype(int), 0, size - side) for c in (x, y))
    alpha = coverage(name, x, y, radius, size, side, left, top)[..., None]
    steps = np.arange(side)
    where = (rows[:, None, None], (top[:, None] + steps)[:, :, None], (left[:, None] + steps)[:, None, :])
    window = canvas[where]
    colour = _COLOURS[scenes.colour[rows, slot]][:, None, None]
    canvas[where] = window + alpha * (colour - window)
