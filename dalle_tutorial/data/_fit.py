"""Second half of the oracle: which shape, where and how large, by drawing all six and comparing.

Each patch is fitted by Gauss–Newton on five numbers: strength a, centre x, y, radius r, and blur t. The model is a
times the renderer's own `coverage`, blurred by the heat equation for a time t = σ²/2, so that a soft edge does not pass
for another shape.
"""

import numpy as np
from scipy.special import ive

from dalle_tutorial.data.render import SDF, coverage
from dalle_tutorial.data.scenes import SHAPES

STEPS = 4
CANDIDATES = 3  # shapes that are fitted, after a first look at all six
RADIUS_RANGE = (1.5, 9.0)  # pixels of 32: what the fit may try
BLUR_RANGE = (0.0, 0.8)  # t = σ² / 2 in pixels², so σ up to 1.26 pixels
NOISE_CAP = 0.1  # noise of the background that is forgiven, as a share of the object's colour


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


def _blur(planes, t):
    """Planes (blobs, side, side) after heat has flowed for a time t (blobs,): the kernel of the discrete Laplacian."""
    if t.max() < 1e-3:
        return planes
    taps = np.stack([ive(k, 2 * t) for k in (0, 1, 2)]).astype(np.float32)
    taps = (taps / (taps[0] + 2 * taps[1] + 2 * taps[2]))[:, :, None, None]
    for _ in range(2):
        p = np.pad(planes, ((0, 0), (2, 2), (0, 0)))
        planes = taps[0] * planes + taps[1] * (p[:, 1:-3] + p[:, 3:-1]) + taps[2] * (p[:, :-4] + p[:, 4:])
        planes = planes.transpose(0, 2, 1)
    return planes


def _model(name, x, y, radius, t, side, detail):
    """The blurred coverage m and the planes ∂m/∂x, ∂m/∂y, ∂m/∂r, ∂m/∂t = ∇²m, by central differences.

    x, y and radius are in pixels of the window. The order in the result (blobs, 5, side²) is x, y, radius, m, t.
    """
    planes = np.zeros((len(x), 5, side, side), np.float32)
    planes[:, 3] = m = _blur(_drawn(name, x, y, radius, side, detail), t)
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
    t = np.zeros(len(x), np.float32)
    for step in range(steps + 1):
        planes = _model(name, x, y, radius, t, side, detail)
        a, b = _solve(planes[:, 3:], weight, target, 1e-4)
        a = np.clip(a, 0.2, 2)
        more = np.clip(b / a, BLUR_RANGE[0] - t, BLUR_RANGE[1] - t)
        drawn = planes[:, 3] + more[:, None] * planes[:, 4]
        left = target - a[:, None] * drawn
        if step < steps:
            planes[:, :3] *= a[:, None, None]
            move = np.clip(_solve(planes, weight, left, 1e-3), -1.5, 1.5)
            x, y, radius, t = x + move[0], y + move[1], np.clip(radius + move[2], *RADIUS_RANGE), t + more
    return x, y, radius, (weight * left**2).sum(1) / scale, drawn


def _noise(target, weight, drawn):
    """The share of the squared target that is noise, judged by the median of the background around each blob."""
    quiet = np.sort(np.where((drawn < 0.02) & (weight > 0), np.abs(target), np.inf).reshape(len(target), -1), axis=1)
    middle = np.isfinite(quiet).sum(1) // 2
    sigma = np.minimum(1.4826 * quiet[np.arange(len(quiet)), middle], NOISE_CAP)
    return sigma**2 * weight.sum((1, 2)) / ((weight * target**2).sum((1, 2)) + 1e-6)


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
    residual = np.maximum(residual - _noise(target, weight, drawn), 1e-4)
    order = residual.argsort(0)
    result = {name: np.take_along_axis(values, order[:1], 0)[0] for name, values in found.items()}
    second = np.take_along_axis(residual, order[1:2], 0)[0]
    return result | {
        "shape": order[0], "second": order[1], "residual": residual.min(0), "second_residual": second, "drawn": drawn,
    }
