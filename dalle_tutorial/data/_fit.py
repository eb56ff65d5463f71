"""Second half of the oracle: which shape, where and how large, by drawing all six and comparing.

Each patch is fitted by Gauss–Newton on five numbers: strength a, centre x, y, radius r, and blur t. The model of the
coverage is a · (m + t ∇²m), where m is the renderer's own `coverage`; t ∇²m is what a little blur adds (one step of
the heat equation), so that a soft edge does not pass for another shape.
"""

import numpy as np

from dalle_tutorial.data.render import SDF, coverage
from dalle_tutorial.data.scenes import SHAPES

STEPS = 3
CANDIDATES = 3  # shapes that are fitted, after a first look at all six
RADIUS_RANGE = (1.5, 9.0)  # pixels of 32: what the fit may try
BLUR_RANGE = (-0.1, 0.8)  # t = σ² / 2 in pixels², so σ up to 1.26 pixels


def _moments():
    """Area and height of the centroid of each shape at radius 1, counted on a fine grid."""
    grid = np.linspace(-1.2, 1.2, 801)
    u, v = np.meshgrid(grid, grid)
    inside = [SDF[name](u, v) < 0 for name in SHAPES]
    return np.float32([i.mean() * 2.4**2 for i in inside]), np.float32([v[i].mean() for i in inside])


_AREA, _CENTROID = _moments()


def _drawn(name, x, y, radius, side, detail):
    """The renderer's coverage (blobs, side, side), drawn `detail` times as fine and averaged."""
    fine = coverage(name, x / side, y / side, radius / side, side * detail, side * detail)
    if detail == 1:
        return fine
    return sum(fine[:, i::detail, j::detail] for i, j in np.ndindex(detail, detail)) / detail**2


def _model(name, x, y, radius, side, detail):
    """The shape's coverage m and the planes ∂m/∂x, ∂m/∂y, ∂m/∂r, ∇²m, as (blobs, 5, side²), by central differences.

    x, y and radius are in pixels of the window.
    """
    planes = np.zeros((len(x), 5, side, side), np.float32)
    planes[:, 3] = m = _drawn(name, x, y, radius, side, detail)
    west, east, north, south = m[:, 1:-1, :-2], m[:, 1:-1, 2:], m[:, :-2, 1:-1], m[:, 2:, 1:-1]
    pixel = np.arange(1, side - 1, dtype=np.float32) + 0.5
    planes[:, 0, 1:-1, 1:-1] = dx = (west - east) / 2
    planes[:, 1, 1:-1, 1:-1] = dy = (north - south) / 2
    away = dx * (pixel - x[:, None])[:, None, :] + dy * (pixel - y[:, None])[:, :, None]
    planes[:, 2, 1:-1, 1:-1] = away / radius[:, None, None]
    planes[:, 4, 1:-1, 1:-1] = west + east + north + south - 4 * m[:, 1:-1, 1:-1]
    return planes.reshape(len(x), 5, side * side)


def _solve(columns, weight, target, ridge):
    """Weighted least squares, one for each blob: columns (blobs, k, pixels)."""
    weighted = columns * weight[:, None]
    normal = weighted @ columns.transpose(0, 2, 1) + ridge * np.eye(columns.shape[1], dtype=np.float32)
    return np.linalg.solve(normal, weighted @ target[..., None])[..., 0].T


def fit_shape(name, target, weight, x, y, radius, steps, detail):
    """Fits one shape to windows `target` (blobs, side, side) of coverage; pixels of weight 0 do not count.

    `x`, `y`, `radius` are first guesses in pixels of the window. Returns x, y, radius, and the residual: the squared
    error as a share of the squared target. Also the model as drawn, (blobs, side²).
    """
    side = target.shape[-1]
    target, weight = target.reshape(len(target), -1), weight.reshape(len(weight), -1)
    scale = (weight * target**2).sum(1) + 1e-6
    for step in range(steps + 1):
        planes = _model(name, x, y, radius, side, detail)
        a, b = _solve(planes[:, 3:], weight, target, 1e-4)
        a = np.clip(a, 0.2, 2)
        drawn = planes[:, 3] + np.clip(b / a, *BLUR_RANGE)[:, None] * planes[:, 4]
        left = target - a[:, None] * drawn
        if step < steps:
            planes[:, :3] *= a[:, None, None]
            move = np.clip(_solve(planes, weight, left, 1e-3), -1.5, 1.5)
            x, y, radius = x + move[0], y + move[1], np.clip(radius + move[2], *RADIUS_RANGE)
    return x, y, radius, (weight * left**2).sum(1) / scale, drawn


def fit(target, weight, support, detail=1):
    """The best shape of each window (blobs, side, side).

    `support` marks the pixels of the patch itself: they give the first guess. `detail` says how many times finer the
    picture was before it was averaged. Returns a dictionary of arrays (blobs,): `shape`, `second` (indices into
    SHAPES), `x`, `y`, `radius` (pixels of the window), `residual`, `second_residual`; and the model `drawn` (blobs,
    side, side), blur and all, at strength 1.
    """
    n, side = target.shape[:2]
    pixel = np.arange(side, dtype=np.float32) + 0.5
    mass = np.clip(target, 0, 1.1) * support
    area = mass.sum((1, 2)) + 1e-6
    cx, cy = ((mass.sum(axis) * pixel).sum(1) / area for axis in (1, 2))

    def try_shape(index, rows, steps):
        radius = np.clip(np.sqrt(area[rows] / _AREA[index]), *RADIUS_RANGE)
        y = cy[rows] - _CENTROID[index] * radius
        return fit_shape(SHAPES[index], target[rows], weight[rows], cx[rows], y, radius, steps, detail)

    everything = np.arange(n)
    first_look = np.array([try_shape(index, everything, 0)[3] for index in range(len(SHAPES))])
    hopeful = first_look.argsort(0).argsort(0) < CANDIDATES
    residual = np.full((len(SHAPES), n), np.inf, np.float32)
    found = {name: np.zeros((len(SHAPES), n), np.float32) for name in ("x", "y", "radius")}
    drawn = np.zeros((n, side, side), np.float32)
    best = np.full(n, np.inf, np.float32)
    for index in range(len(SHAPES)):
        rows = np.flatnonzero(hopeful[index])
        if len(rows):
            *values, residual[index, rows], model = try_shape(index, rows, STEPS)
            for name, value in zip(found, values, strict=True):
                found[name][index, rows] = value
            better = residual[index, rows] < best[rows]
            best[rows[better]] = residual[index, rows[better]]
            drawn[rows[better]] = model[better].reshape(-1, side, side)
    order = residual.argsort(0)
    result = {name: np.take_along_axis(values, order[:1], 0)[0] for name, values in found.items()}
    second = np.take_along_axis(residual, order[1:2], 0)[0]
    return result | {
        "shape": order[0], "second": order[1], "residual": best, "second_residual": second, "drawn": drawn,
    }
