"""Figures of pictures. Each function returns a BookFigure, which a notebook shows as one PNG.

Pictures are uint8 (n, height, width, 3) or floats in [-1, 1]; they are enlarged without smoothing, so that the
reader sees the pixels that are there. The figures of numbers live in `charts` and are public here as well.
"""

import textwrap

import numpy as np

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.charts import (
    bars_with_intervals,
    kl_per_dimension,
    latent_scatter,
    lines,
    rate_bars,
    training_curves,
)
from dalle_tutorial.viz.densities import kl_panels
from dalle_tutorial.viz.maps import attention_map, confusion_matrix
from dalle_tutorial.viz.pixels import as_batch, same_length, tile
from dalle_tutorial.viz.style import (
    FAINT,
    INK,
    RIGHT,
    WIDTH,
    WRONG,
    BookFigure,
    drawable,
    fonts_for,
    styled,
    to_png,
)

__all__ = [
    "BookFigure",
    "attention_map",
    "bars_with_intervals",
    "confusion_matrix",
    "contact_sheet",
    "kl_panels",
    "kl_per_dimension",
    "latent_scatter",
    "lines",
    "picture_grid",
    "picture_rows",
    "rate_bars",
    "reconstruction_pairs",
    "tile",
    "to_png",
    "training_curves",
    "verdict_of",
]


def verdict_of(item):
    """(right or wrong or None, reasons) of a bool, a None, or an oracle's Verdict."""
    if item is None or isinstance(item, (bool, np.bool_)):
        return (None if item is None else bool(item)), ()
    return bool(item.correct), tuple(item.reasons)


def _frame(axes, colour=FAINT, width=0.8):
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=width)


def _wrapped(text, characters):
    text = drawable(text)
    # Chinese has no spaces to break at, and its characters are about twice as wide.
    wide = sum(ord(c) > 0x2E80 for c in text) > len(text) / 2
    return textwrap.fill(text, max(4, characters // 2 if wide else characters))


@styled
def picture_grid(pictures, captions=None, *, columns=None, verdicts=None, title=None):
    """Pictures in rows, each with its caption beneath and, given `verdicts`, a mark for right or wrong.

    verdicts: for each picture True, False, None (no mark), or a Verdict of the oracle. Right is a green border and
    ✓, wrong a dashed red border and ✗: colour never stands alone.
    """
    pictures = as_batch(pictures)
    count, height, width, _ = pictures.shape
    for items, what in ((captions, "captions"), (verdicts, "verdicts")):
        if items is not None:
            same_length(pictures, items, what)
    columns = min(columns or (count if count <= 6 else 5 if captions is not None else 8), count)
    rows = -(-count // columns)
    cell = WIDTH / max(columns, 3)  # never larger than a third of the page
    texts = ["" if captions is None else _wrapped(c, int(cell * 15)) for c in captions or [""] * count]
    text_height = max(text.count("\n") + 1 for text in texts) * 0.145 if captions is not None else 0.0
    figure = BookFigure(
        rows * ((cell - 0.12) * height / width + text_height + 0.12) + (0.3 if title else 0.0),
        f"{count} picture{'s' * (count > 1)} in a grid",
        width=cell * columns,
    )
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.03, wspace=0.0, hspace=0.0)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for i, axes in enumerate(grid):
        if i >= count:
            axes.set_axis_off()
            continue
        axes.imshow(pictures[i], interpolation="nearest")
        right, _ = verdict_of(verdicts[i] if verdicts is not None else None)
        _frame(axes)
        if right is not None:
            _frame(axes, RIGHT if right else WRONG, 2.2)
            for spine in axes.spines.values():
                spine.set(linestyle="-" if right else (0, (2.4, 1.6)), capstyle="butt")
            axes.text(
                0.965, 0.955, "✓" if right else "✗", transform=axes.transAxes, ha="right", va="top",
                color="white", fontsize=9, fontweight="bold",
                bbox={"boxstyle": "circle,pad=0.18", "facecolor": RIGHT if right else WRONG, "edgecolor": "white"},
            )  # fmt: skip
        if texts[i]:
            axes.set_xlabel(texts[i], fontsize=7.5, labelpad=3, family=fonts_for(texts[i]), linespacing=1.15)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


@styled
def contact_sheet(pictures, *, columns=16, title=None):
    """Many pictures close together without captions: the look of a whole data set or of many samples at once."""
    pictures = as_batch(pictures)
    columns = min(columns, len(pictures))
    # Gaps one tenth of a picture wide; drawn as one image, which is far faster than hundreds of axes.
    sheet = tile(pictures, columns, gap=max(1, pictures.shape[2] // 12))
    width = WIDTH * min(1.0, max(columns, 4) / 10)
    figure = BookFigure(
        width * sheet.shape[0] / sheet.shape[1] + (0.3 if title else 0),
        f"{len(pictures)} pictures",
        width=width,
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    axes = figure.subplots()
    axes.imshow(sheet, interpolation="nearest")
    axes.set_axis_off()
    if title:
        axes.set_title(title)
    return figure


@styled
def picture_rows(rows, *, column_labels=None, title=None):
    """Rows of pictures to compare, column by column. rows: {"label": pictures}, the same number in each row."""
    if not rows:
        raise PictureError("no rows: needed is a dict from a row's label to its pictures")
    batches = {label: as_batch(pictures) for label, pictures in rows.items()}
    count, height, width, _ = next(iter(batches.values())).shape
    for label, pictures in batches.items():
        if len(pictures) != count:
            raise PictureError(f"row {label!r} has {len(pictures)} pictures; the first row has {count}")
    if column_labels is not None and len(column_labels) != count:
        raise PictureError(f"{len(column_labels)} column labels for {count} columns")
    names = {label: _wrapped(label, 16) for label in batches}
    margin = 0.12 + 0.075 * max(len(line) for name in names.values() for line in name.split("\n"))
    cell = min(WIDTH / 4, (WIDTH - margin) / count)
    heads = [_wrapped(text, int(cell * 15)) for text in column_labels or ()]
    head = max((text.count("\n") + 1 for text in heads), default=0) * 0.15
    figure = BookFigure(
        len(rows) * (cell * height / width) + head + 0.06 + (0.3 if title else 0),
        f"{len(rows)} rows of {count} pictures",
        width=margin + cell * count,
    )
    figure.get_layout_engine().set(w_pad=0.025, h_pad=0.025, wspace=0.0, hspace=0.0)
    grid = figure.subplots(len(rows), count, squeeze=False)
    for line, (label, pictures) in zip(grid, batches.items(), strict=True):
        for axes, picture in zip(line, pictures, strict=True):
            axes.imshow(picture, interpolation="nearest")
            _frame(axes)
        line[0].set_ylabel(
            names[label],
            rotation=0,
            ha="right",
            va="center",
            labelpad=6,
            fontsize=8.5,
            family=fonts_for(names[label]),
        )
    for axes, text in zip(grid[0], heads, strict=False):
        axes.set_title(
            text, fontsize=7.5, fontweight="normal", loc="center", pad=3, color=INK, family=fonts_for(text)
        )
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


def reconstruction_pairs(
    originals, reconstructions, *, labels=("original", "reconstruction"), column_labels=None, title=None
):
    """Originals above what a model made of them, column by column (at most about 12 columns stay legible)."""
    rows = dict(zip(labels, (originals, reconstructions), strict=True))
    return picture_rows(rows, column_labels=column_labels, title=title)
