"""Figures of diffusion: how noise is mixed in, the ways that points take, errors over steps, clouds of points."""

import numpy as np

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.style import DASHES, INK, MARKERS, SERIES, BookFigure, styled

_GUIDE = "#6b7785"


def _named(series):
    """(name, values, colour, dashes) of each series."""
    for i, (name, values) in enumerate(series.items()):
        yield name, values, SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]


def _same_shape(x, values, what):
    if np.shape(x) != np.shape(values):
        raise PictureError(f"{what} has the shape {np.shape(values)}; needed is that of x, {np.shape(x)}")


@styled
def panels(x, groups, *, x_label, y_label, logs=(), marks=None):
    """Curves over one x in several panels side by side, named once.

    groups: {"title of a panel": {"name": values}}; the same names look the same in each. logs: the titles of the panels
    whose y axis is logarithmic. marks: {"name": [x of it in each panel]}, dotted lines in the colour of that name.
    """
    figure = BookFigure(2.9, f"{', '.join(groups)} over {x_label}")
    grid = np.atleast_1d(figure.subplots(1, len(groups)))
    for place, (axes, (title, series)) in enumerate(zip(grid, groups.items(), strict=True)):
        for name, values, colour, dashes in _named(series):
            _same_shape(x, values, name)
            axes.plot(x, values, color=colour, linestyle=dashes, label=name)
            if marks and name in marks:
                axes.axvline(marks[name][place], color=colour, linestyle=(0, (1, 2)), linewidth=1.2)
        axes.set(title=title, xlabel=x_label)
        axes.grid(True, axis="y")
        if title in logs:
            axes.set_yscale("log")
    grid[0].set_ylabel(y_label)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 4))
    return figure


@styled
def convergence(steps, groups, *, orders=(), y_label="error"):
    """Errors against numbers of steps, both axes logarithmic, so that an order of convergence is a slope.

    groups: {"title of a panel": {"name": errors}}. orders: for each k a dotted line that falls as steps⁻ᵏ.
    """
    figure = BookFigure(3.2, f"{y_label} over steps")
    grid = np.atleast_1d(figure.subplots(1, len(groups), sharey=True))
    steps = np.asarray(steps, float)
    sizes = np.concatenate([np.ravel(values) for series in groups.values() for values in series.values()])
    for axes, (title, series) in zip(grid, groups.items(), strict=True):
        for i, (name, values, colour, dashes) in enumerate(_named(series)):
            _same_shape(steps, values, name)
            if not np.all(np.asarray(values) > 0):
                raise PictureError(f"{name}: errors on a logarithmic scale must be above 0")
            marker = MARKERS[i % len(MARKERS)]
            axes.plot(steps, values, color=colour, linestyle=dashes, marker=marker, markersize=4, label=name)
        top = max(np.max(values) for values in series.values())
        for order in orders:
            guide = top * (steps / steps[0]) ** -order
            axes.plot(steps, guide, color=_GUIDE, linestyle=":", linewidth=1)
            axes.text(steps[-1], guide[-1], f" slope −{order}", color=INK, fontsize=7.5, va="center", clip_on=True)
        axes.set(title=title, xlabel="steps", xscale="log", yscale="log", ylim=(sizes.min() / 2, 2 * sizes.max()))
        axes.set_xticks(steps, [f"{n:g}" for n in steps])
        axes.set_xticks([], minor=True)
        axes.set_xlim(steps[0] / 1.2, steps[-1] * (2.6 if orders else 1.2))
        axes.grid(True)
    grid[0].set_ylabel(y_label)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 4))
    return figure


@styled
def paths(groups, *, ends=()):
    """The ways of single numbers from noise, on the left, to data, on the right.

    groups: {"title of a panel": (times (n,), x (n, ways))}, times falling from 1. ends: values that data can have,
    marked at the right.
    """
    figure = BookFigure(2.7, f"paths: {', '.join(groups)}")
    grid = np.atleast_1d(figure.subplots(1, len(groups), sharey=True))
    for axes, (title, (times, x)) in zip(grid, groups.items(), strict=True):
        for way in range(np.shape(x)[1]):
            axes.plot(times, np.asarray(x)[:, way], color=SERIES[way % len(SERIES)], linewidth=1.1, alpha=0.9)
        axes.plot([0] * len(ends), ends, "o", color=INK, markersize=5, clip_on=False, zorder=5)
        axes.set(title=title, xlabel="t", xlim=(max(times), min(times)))
        axes.grid(True, axis="y")
    grid[0].set_ylabel("x")
    return figure


@styled
def cloud(groups, *, outline=None, contours=None, reach=2.0, title=None):
    """Points of a plane, seen from above; the scale stays the same, so that figures of one `reach` can be compared.

    groups: {"name": points (n, 2)}. outline: a closed curve (n, 2) to compare with. contours: (grid (n,), density
    (n, n), rows = y): lines within which a half and nine tenths of a known density lie. The name "" is not written.
    """
    figure = BookFigure(3.5 if title else 3.2, f"{sum(map(len, groups.values()))} points", width=3.4)
    axes = figure.subplots()
    for i, (name, points, colour, _) in enumerate(_named(groups)):
        points = np.asarray(points, float)
        if points.ndim != 2 or points.shape[1] != 2:
            raise PictureError(f"points have the shape {points.shape}; needed is (n, 2)")
        axes.plot(*points.T, MARKERS[i % len(MARKERS)], color=colour, markersize=2, alpha=0.5, markeredgewidth=0,
                  label=name or None)
    if outline is not None:
        closed = np.concatenate([outline, outline[:1]])
        axes.plot(*np.asarray(closed).T, color=INK, linewidth=0.8)
    if contours is not None:
        grid, density = contours
        sizes = np.sort(np.ravel(density))[::-1]
        mass = np.cumsum(sizes) / sizes.sum()
        levels = [sizes[np.searchsorted(mass, share)] for share in (0.9, 0.5)]
        axes.contour(grid, grid, density, levels=levels, colors=INK, linewidths=1, linestyles=["--", "-"])
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=title or "")
    axes.grid(True)
    if any(groups):
        axes.legend(loc="upper left", markerscale=3, fontsize=7.5)
    return figure
