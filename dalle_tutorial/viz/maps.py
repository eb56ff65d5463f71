"""Tables of numbers drawn as maps: attention and confusion. Public in `figures`."""

import itertools

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.style import INK, WIDTH, BookFigure, drawable, fonts_for, styled

BLUES = LinearSegmentedColormap.from_list("book", ["#ffffff", "#bfdcf0", "#4a9ac9", "#00548a", "#00253f"])


def _heat(axes, values, row_names, column_names, number, largest):
    """A map of values with each number written in its cell while there is room for it."""
    axes.imshow(values, cmap=BLUES, vmin=0, vmax=largest, aspect="auto", interpolation="nearest")
    for axis, names in ((axes.xaxis, column_names), (axes.yaxis, row_names)):
        names = [drawable(name) for name in names]
        axis.set_ticks(range(len(names)), names, family=fonts_for("".join(names)))
        axis.set_tick_params(length=0)
    if max(len(drawable(name)) for name in column_names) > 2:  # longer names would run into each other
        axes.tick_params(axis="x", rotation=45 if len(column_names) < 16 else 90)
        for text in axes.get_xticklabels():
            text.set(
                ha="right" if len(column_names) < 16 else "center",
                rotation_mode="anchor" if len(column_names) < 16 else "default",
            )
    if values.size <= 200:
        for row, column in itertools.product(*map(range, values.shape)):
            value = values[row, column]
            ink = "white" if value > 0.55 * largest else INK
            axes.text(column, row, number(value), ha="center", va="center", fontsize=7, color=ink)
    axes.set_xticks(np.arange(values.shape[1] + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(values.shape[0] + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


@styled
def attention_map(weights, row_tokens, column_tokens, *, names=None, title=None):
    """How much each token (row) takes from each token (column).

    weights: (rows, columns), or (heads, rows, columns) with one panel for each head, named by `names`. All panels
    share one scale. Chinese is spelt in pinyin where no font has it; `interactive.tokens_view` always shows it.
    """
    weights = np.asarray(weights, float)
    panels = weights[None] if weights.ndim == 2 else weights
    if panels.ndim != 3 or panels.shape[1:] != (len(row_tokens), len(column_tokens)):
        raise PictureError(
            f"weights have the shape {weights.shape}; needed is ({len(row_tokens)}, {len(column_tokens)}), "
            "or that with the heads before it"
        )
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    width = WIDTH if columns == 2 else min(WIDTH, 1.6 + 0.42 * len(column_tokens))
    each = max(1.9, 0.9 + 0.24 * len(row_tokens))
    figure = BookFigure(
        rows * each + (0.3 if title else 0), f"attention, {len(panels)} maps", width=max(width, 3.6)
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for i, (axes, panel) in enumerate(zip(grid, panels, strict=False)):
        _heat(
            axes,
            panel,
            row_tokens,
            column_tokens,
            lambda v: f"{v:.2f}"[1:] if v < 0.995 else "1",
            panels.max(),
        )
        axes.set(ylabel="this token …", xlabel="… takes from")
        if names is not None:
            axes.set_title(str(names[i]))
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


@styled
def confusion_matrix(counts, names, *, x_label="read as", y_label="asked for", title=None):
    """Counts (n, n), rows = asked for, columns = read as; the colour is the share of the row."""
    counts = np.asarray(counts)
    if counts.shape != (len(names), len(names)):
        raise PictureError(f"counts have the shape {counts.shape}; needed is ({len(names)}, {len(names)})")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = BookFigure(
        1.0 + 0.36 * len(names),
        f"confusion of {len(names)} classes",
        width=min(WIDTH, 1.7 + 0.58 * len(names)),
    )
    axes = figure.subplots()
    _heat(axes, shares, names, names, lambda v: "", 1.0)
    for row, column in zip(*np.nonzero(counts), strict=True):
        ink = "white" if shares[row, column] > 0.55 else INK
        axes.text(column, row, f"{counts[row, column]:g}", ha="center", va="center", fontsize=8, color=ink)
    axes.set(xlabel=x_label, ylabel=y_label, title=title or "")
    return figure
