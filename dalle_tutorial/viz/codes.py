"""Figures of pictures as tokens: codes as coloured grids, a codebook in the plane, what a setting leaves to choose
from, and what the best of several is worth."""

import colorsys

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.pixels import as_batch, same_length
from dalle_tutorial.viz.style import DASHES, INK, MARKERS, SERIES, WIDTH, BookFigure, styled

GRID = 8  # a picture is GRID × GRID codes
_UNWRITTEN = 255
_FEATURES = "#a9b6c2"


def colours_of(codes):
    """A light colour for each code, by its number: uint8 (…, 3). Equal codes look equal; neighbours do not."""
    codes = np.asarray(codes)
    table = [colorsys.hls_to_rgb(k * 0.618034 % 1, (0.68, 0.78, 0.88)[k % 3], (0.85, 0.6)[k // 3 % 2])
             for k in range(int(codes.max()) + 1)]
    return (255 * np.array(table)).round().astype("uint8")[codes]


def mosaic(codes, cell=4):
    """Grids of codes as pictures: codes (n, k), row by row, k at most 64 → uint8 (n, 8 · cell, 8 · cell, 3). What is
    not written yet is white. Raises PictureError for other shapes."""
    codes = np.asarray(codes)
    if codes.ndim != 2 or not 0 < codes.shape[1] <= GRID**2 or codes.dtype.kind not in "iu":
        raise PictureError(f"codes are {codes.dtype} {codes.shape}: allowed are whole numbers (n, 1 to {GRID**2})")
    cells = np.full((len(codes), GRID**2, 3), _UNWRITTEN, "uint8")
    cells[:, : codes.shape[1]] = colours_of(codes)
    return cells.reshape(-1, GRID, GRID, 3).repeat(cell, axis=1).repeat(cell, axis=2)


@styled
def token_grids(columns, codes, *, place=1):
    """Pictures beside their codes, a row for each picture: every code is a coloured cell with its number in it.

    columns: {"heading": pictures (n, …)}. codes (n, 64); their column, "tokens", stands at `place`. Raises PictureError
    where there are not as many pictures as rows of codes.
    """
    pictures = {name: as_batch(those) for name, those in columns.items()}
    for name, those in pictures.items():
        same_length(those, codes, f"rows of codes beside {name!r}")
    tiles, names = mosaic(codes, 1), list(pictures)
    names.insert(place, "tokens")
    cell = min(2.35, WIDTH / len(names))
    figure = BookFigure(cell * len(codes) + 0.25, f"{len(codes)} pictures and their tokens", width=cell * len(names))
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.0, hspace=0.0)
    grid = figure.subplots(len(codes), len(names), squeeze=False)
    for row, line in enumerate(grid):
        for axes, name in zip(line, names, strict=True):
            axes.imshow(tiles[row] if name == "tokens" else pictures[name][row], interpolation="nearest")
            axes.set_axis_off()
            if row == 0:
                axes.set_title(name, loc="center", fontweight="normal", fontsize=8.5)
        for k, code in enumerate(codes[row]):
            line[names.index("tokens")].text(k % GRID, k // GRID, str(code), ha="center", va="center", fontsize=6.5)
    return figure


@styled
def codebook_plane(features, codes, uses, *, reach=1.6):
    """Features (n, 2) of a plane and codes (m, 2) among them: discs where `uses` (m,) is above 0, crosses elsewhere.
    Raises PictureError for other shapes."""
    features, codes, used = np.asarray(features), np.asarray(codes), np.asarray(uses) > 0
    if features.shape[1:] != (2,) or codes.shape != (len(used), 2):
        raise PictureError(f"features {features.shape}, codes {codes.shape}, uses {used.shape}: allowed are (n, 2), "
                           "(m, 2) and (m,)")
    figure = BookFigure(3.5, f"{len(codes)} codes, {used.sum()} of them in use", width=3.4)
    axes = figure.subplots()
    axes.plot(*features.T, ".", color=_FEATURES, markersize=2.5, label="features")
    axes.plot(*codes[used].T, "o", color=SERIES[0], markersize=6, label=f"in use: {used.sum()}")
    axes.plot(*codes[~used].T, "x", color=SERIES[1], markersize=6, markeredgewidth=1.8, label=f"dead: {sum(~used)}")
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.1), ncols=3, columnspacing=1.0, handletextpad=0.2)
    return figure


@styled
def choices(distributions, *, shown=20):
    """The likeliest `shown` next tokens under several settings, a panel each; a cross marks what cannot be chosen.

    distributions: {"title": probabilities (vocabulary,)}. The tokens stand in the order of the first panel.
    """
    if not distributions:
        raise PictureError("no distributions: needed is a dict from a title to probabilities")
    rows = [np.asarray(each, float) for each in distributions.values()]
    order = np.argsort(-rows[0], kind="stable")[:shown]
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    figure = BookFigure(1.75 * lines, f"{len(rows)} distributions over the next token")
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    x = np.arange(len(order))
    for axes, title, row in zip(grid, distributions, rows, strict=False):
        out = row[order] <= 0
        axes.bar(x[~out], row[order][~out], color=SERIES[0], width=0.8)
        if out.any():
            axes.plot(x[out], np.zeros(out.sum()), "x", color=SERIES[1], markersize=4, clip_on=False)
        axes.set_title(title, fontsize=9)
        axes.set_xticks([])
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(True, axis="y")
    for axes in grid[len(rows) :]:
        axes.set_axis_off()
    figure.supxlabel(f"the {len(order)} likeliest tokens", fontsize=9)
    return figure


@styled
def rate_curves(groups, *, x_label, y_label):
    """Rates over a number of candidates, doubled from point to point, with their intervals as bands.

    groups: {"title of a panel": {"name": {number: Rate}}}; the same names look the same in each panel.
    """
    figure = BookFigure(3.0, f"{', '.join(groups)} over {x_label}")
    grid = np.atleast_1d(figure.subplots(1, len(groups), sharey=True))
    for axes, (title, curves) in zip(grid, groups.items(), strict=True):
        for i, (name, rates) in enumerate(curves.items()):
            numbers = list(rates)
            middle, low, high = np.transpose([(rate.rate, rate.low, rate.high) for rate in rates.values()])
            colour = SERIES[i % len(SERIES)]
            axes.fill_between(numbers, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(numbers, middle, color=colour, linestyle=DASHES[i % len(DASHES)], markersize=4,
                      marker=MARKERS[i % len(MARKERS)], label=name)
        axes.set_xscale("log", base=2)
        axes.set_xticks(numbers, [str(n) for n in numbers], color=INK)
        axes.set(title=title, xlabel=x_label)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 5, 10)))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(True, axis="y")
    grid[0].set_ylabel(y_label)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 4))
    return figure
