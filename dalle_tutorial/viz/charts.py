"""Figures of numbers: curves, bars with intervals, points of a latent space. Public in `figures`."""

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.style import (
    DASHES,
    INK,
    MARKERS,
    SERIES,
    BookFigure,
    drawable,
    fonts_for,
    styled,
)


def _as_curve(values):
    """(x, y) of a series given as y values, or as a pair (x, y)."""
    if isinstance(values, tuple) and len(values) == 2 and np.ndim(values[0]) == 1:
        x, y = (np.asarray(part, float) for part in values)
    else:
        y = np.asarray(values, float)
        x = np.arange(1, len(y) + 1) if y.ndim == 1 else y
    if y.ndim != 1 or x.shape != y.shape:
        raise PictureError(
            f"a curve has x of shape {x.shape} and y of shape {y.shape}; needed are two equal lengths"
        )
    return x, y


def _smoothed(y, factor):
    """Exponential moving average, corrected for its start: `factor` 0 leaves y as it is, 0.9 averages about ten."""
    weights, total, mass = [], 0.0, 0.0
    for value in y:
        total, mass = factor * total + (1 - factor) * value, factor * mass + (1 - factor)
        weights.append(total / mass)
    return np.array(weights)


def _series(axes, curves, smooth=0.0):
    for i, (name, values) in enumerate(curves.items()):
        x, y = _as_curve(values)
        colour, dash = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
        if smooth:
            axes.plot(x, y, color=colour, alpha=0.22, linewidth=0.9)
        marker = MARKERS[i % len(MARKERS)] if len(x) <= 12 else None
        axes.plot(
            x, _smoothed(y, smooth), color=colour, linestyle=dash, marker=marker, markersize=4, label=name
        )
    axes.grid(True, axis="y")


def _mark(axes, marks):
    for text, x in (marks or {}).items():
        axes.axvline(x, color="#6b7785", linewidth=1, linestyle=(0, (2, 2)))
        axes.text(x, 0.98, f" {text}", transform=axes.get_xaxis_transform(), va="top", fontsize=8, color=INK)


@styled
def training_curves(history, *, x_label="epoch", log=False, smooth=0.0, marks=None, title=None):
    """One panel for each measured quantity over training; `val_loss` is drawn with `loss`.

    history: a Keras History, or a dict from a name to values, or to a pair (x, values). smooth: 0…1, the share of
    the moving average that is kept at each step (the raw curve stays visible, faint). marks: {"text": x}.
    """
    history = getattr(history, "history", history)
    panels = {}
    for name, values in history.items():
        base = name.removeprefix("val_")
        panels.setdefault(base, {})["validation" if name != base else "training"] = values
    if not panels:
        raise PictureError("the history is empty: nothing was recorded")
    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = BookFigure(
        rows * (2.5 if columns > 1 else 2.9) + (0.3 if title else 0), f"curves of {', '.join(panels)}"
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes, (name, curves) in zip(grid, panels.items(), strict=False):
        _series(axes, curves, smooth)
        axes.set(title=name.replace("_", " "), xlabel=x_label)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        if log:
            axes.set_yscale("log")
        _mark(axes, marks)
        if len(curves) > 1:
            axes.legend()
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


@styled
def lines(x, series, *, x_label, y_label, title=None, log=False):
    """Several curves over the same x. series: {"name": y values}; told apart by colour, dashes and markers."""
    figure = BookFigure(3.0, f"{y_label} over {x_label}")
    axes = figure.subplots()
    _series(axes, {name: (np.asarray(x), y) for name, y in series.items()})
    axes.set(xlabel=x_label, ylabel=y_label, title=title or "")
    if log:
        axes.set_yscale("log")
    if len(series) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@styled
def bars_with_intervals(
    names, rates, lows, highs, *, x_label="right, % of captions", reference=None, title=None
):
    """Rates (0…1) as bars with their confidence intervals and figures. reference: {"chance": 0.02}, dashed lines."""
    rates, lows, highs = (np.asarray(values, float) for values in (rates, lows, highs))
    if not len(names) == len(rates) == len(lows) == len(highs):
        raise PictureError(f"{len(names)} names, {len(rates)} rates, {len(lows)} lows and {len(highs)} highs")
    if not (np.all(lows <= rates) and np.all(rates <= highs) and np.all(lows >= 0) and np.all(highs <= 1)):
        raise PictureError("needed is 0 ≤ low ≤ rate ≤ high ≤ 1 for every bar")
    figure = BookFigure(
        0.75 + 0.34 * len(names) + (0.25 if title else 0), f"{len(names)} rates with intervals"
    )
    axes = figure.subplots()
    y = np.arange(len(names))
    axes.barh(y, rates, height=0.62, color="#8fc1e0", edgecolor=SERIES[0], linewidth=0.8)
    axes.errorbar(
        rates, y, xerr=(rates - lows, highs - rates), fmt="none", ecolor=INK, elinewidth=1.4, capsize=3
    )
    for i, (rate, low, high) in enumerate(zip(rates, lows, highs, strict=True)):
        text = f"  {rate:.0%}  ({low:.0%}–{high:.0%})"
        axes.text(high, i, text.replace("%–", "–"), va="center", fontsize=8)
    for i, (text, rate) in enumerate((reference or {}).items()):
        axes.axvline(
            rate, color=SERIES[1], linestyle=DASHES[1 + i % 7], linewidth=1.4, label=f"{text} ({rate:.0%})"
        )
    labels = [drawable(name) for name in names]
    axes.set_yticks(y, labels, family=fonts_for("".join(labels)))
    axes.invert_yaxis()
    # Room on the right for the longest figure, inside the axes.
    axes.set(xlim=(0, max(1.0, highs.max() + 0.24)), xlabel=x_label, title=title or "")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    axes.grid(True, axis="x")
    axes.tick_params(axis="y", length=0)
    if reference:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.1)
    return figure


def rate_bars(rates, **options):
    """`bars_with_intervals` of a dict from a name to a `Rate`; options as there."""
    numbers = [(rate.rate, rate.low, rate.high) for rate in rates.values()]
    return bars_with_intervals(list(rates), *zip(*numbers, strict=True), **options)


@styled
def latent_scatter(points, labels=None, *, x_label="z₁", y_label="z₂", title=None):
    """Points (n, 2) of a latent space; `labels` (one name a point) give each class its colour and marker."""
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise PictureError(
            f"points have the shape {points.shape}; needed is (n, 2): choose or project two dimensions"
        )
    if labels is not None and len(labels) != len(points):
        raise PictureError(f"{len(labels)} labels for {len(points)} points")
    figure = BookFigure(
        4.2, f"{len(points)} points of a latent space", width=5.8 if labels is not None else 4.6
    )
    axes = figure.subplots()
    labels = np.asarray(
        ["" if labels is None else str(label) for label in (labels if labels is not None else points)]
    )
    size = float(np.clip(6000 / len(points), 5, 30))
    for i, name in enumerate(dict.fromkeys(labels.tolist())):
        chosen = points[labels == name]
        marker, colour = MARKERS[i % len(MARKERS)], SERIES[i % len(SERIES)]
        axes.scatter(
            *chosen.T, s=size, marker=marker, color=colour, alpha=0.75, linewidths=0, label=drawable(name)
        )
    axes.set(xlabel=x_label, ylabel=y_label, title=title or "", aspect="equal")
    axes.grid(True)
    if labels[0]:
        legend = axes.legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=max(1.0, (30 / size) ** 0.5)
        )
        for handle in legend.legend_handles:
            handle.set_alpha(1.0)
    return figure


@styled
def kl_per_dimension(kl, *, active_above=0.01, title=None):
    """KL (nats) of each latent dimension, largest first, and how many dimensions carry more than `active_above`."""
    kl = np.sort(np.asarray(kl, float))[::-1]
    if kl.ndim != 1 or not len(kl):
        raise PictureError(f"kl has the shape {kl.shape}; needed is one value for each latent dimension")
    active = int((kl > active_above).sum())
    figure = BookFigure(2.7, f"KL of {len(kl)} latent dimensions")
    axes = figure.subplots()
    ranks = np.arange(1, len(kl) + 1)
    axes.bar(ranks[:active], kl[:active], color=SERIES[0], width=0.8, label=f"active: {active}")
    unused = f"unused (KL ≤ {active_above:g}): {len(kl) - active}"
    # A bar of no height cannot be seen: a cross says that the dimension is there.
    axes.plot(ranks[active:], kl[active:], "x", color=SERIES[1], markersize=5, clip_on=False, label=unused)
    axes.set(
        xlabel="latent dimension, sorted by KL",
        ylabel="KL (nats)",
        title=title or "",
        xlim=(0.2, len(kl) + 0.8),
    )
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.grid(True, axis="y")
    axes.legend()
    return figure
