"""Figures of unCLIP: several models on the same captions, and what a mask leaves open."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.style import INK, MARKERS, SERIES, BookFigure, styled


@styled
def rates_by_model(models, *, x_label="right, % of captions"):
    """Rates of several models beside each other, a row for each set of captions, with their intervals.

    models: {"name of a model": {"name of a set": Rate}}. A model may lack sets; the rows are those of the first.
    Raises PictureError for no model, and for a set that the first has not.
    """
    if not models or not all(models.values()):
        raise PictureError("no rates: needed is a dict from a model's name to its rates")
    sets = list(next(iter(models.values())))
    for name, rates in models.items():
        if unknown := [each for each in rates if each not in sets]:
            raise PictureError(f"{name} has a rate for {unknown[0]!r}, which the first model has not")
    figure = BookFigure(0.9 + (0.16 + 0.17 * len(models)) * len(sets), f"{len(models)} models on {len(sets)} sets")
    axes = figure.subplots()
    for i, (name, rates) in enumerate(models.items()):
        rows = [sets.index(each) + 0.2 * (i - (len(models) - 1) / 2) for each in rates]
        middle, low, high = np.transpose([(rate.rate, rate.low, rate.high) for rate in rates.values()])
        axes.errorbar(middle, rows, xerr=(middle - low, high - middle), fmt=MARKERS[i % len(MARKERS)], markersize=4.5,
                      color=SERIES[i % len(SERIES)], elinewidth=1.3, capsize=2.5, label=name)
        for row, rate, end in zip(rows, middle, high, strict=True):
            axes.text(end + 0.012, row, f"{rate:.0%}", va="center", fontsize=7.5, color=INK)
    axes.set_yticks(range(len(sets)), [each.replace("_", " ") for each in sets])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.08), xlabel=x_label)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    axes.grid(True, axis="x")
    axes.tick_params(axis="y", length=0)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(models), 4))
    return figure


def veiled(pictures, masks):
    """uint8 pictures (n, height, width, 3) with what is to be painted shown as a grey chequer: masks bool (n, height,
    width), True there. Raises PictureError where the two do not fit together."""
    pictures, masks = np.asarray(pictures), np.asarray(masks)
    if pictures.shape[:-1] != masks.shape or masks.dtype != bool:
        raise PictureError(
            f"masks of shape {masks.shape} and type {masks.dtype}: allowed is bool {pictures.shape[:-1]}"
        )
    rows, columns = np.indices(masks.shape[1:]) // 2
    chequer = np.where((rows + columns) % 2, 150, 190).astype("uint8")
    return np.where(masks[..., None], chequer[..., None], pictures)
