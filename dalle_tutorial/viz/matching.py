"""Figures of CLIP: which caption fits which picture, and where the two clouds of vectors lie."""

import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.maps import BLUES
from dalle_tutorial.viz.pixels import as_batch, same_length
from dalle_tutorial.viz.style import DASHES, INK, MARKERS, RIGHT, SERIES, WRONG, BookFigure, drawable, fonts_for, styled


@styled
def similarity_map(cosines, pictures, captions, *, title=None, lowest=-0.4):
    """Cosines (captions, pictures) as a map: captions as rows, pictures as columns, each picture drawn above its own.

    In each column a mark stands at the nearest caption: ✓ on the diagonal, ✗ beside it. The colours run from `lowest`
    to 1, so that maps can be compared.
    """
    cosines, pictures = np.asarray(cosines, float), as_batch(pictures)
    same_length(pictures, captions, "captions")
    if cosines.shape != (len(captions), len(pictures)):
        raise PictureError(f"cosines have the shape {cosines.shape}; needed is ({len(captions)}, {len(pictures)})")
    n = len(captions)
    figure = BookFigure(0.75 + 0.36 * n, f"{n} × {n} cosines", width=2.4 + 0.42 * n)
    axes = figure.subplots()
    shown = axes.imshow(cosines, cmap=BLUES, vmin=lowest, vmax=1, aspect="auto", interpolation="nearest")
    texts = [drawable(caption) for caption in captions]
    axes.set_yticks(range(n), texts, family=fonts_for("".join(texts)), fontsize=8)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for column, picture in enumerate(pictures):
        thumbnail = AnnotationBbox(
            OffsetImage(picture, zoom=0.72, interpolation="nearest"), (column, 0), xybox=(0, 21),
            xycoords=("data", "axes fraction"), boxcoords="offset points", frameon=False, box_alignment=(0.5, 0.5),
        )
        thumbnail.xy = (column, 1)
        axes.add_artist(thumbnail)
        row = int(cosines[:, column].argmax())
        colour = RIGHT if row == column else WRONG
        axes.text(column, row, "✓" if row == column else "✗", ha="center", va="center", fontsize=8, color="white",
                  fontweight="bold", bbox={"boxstyle": "circle,pad=0.15", "facecolor": colour, "edgecolor": "white"})
    figure.colorbar(shown, ax=axes, label="cosine", shrink=0.8, pad=0.02, extend="min")
    axes.set_title(title or "", pad=44)
    return figure


@styled
def pair_clouds(image, text, cosines):
    """Left, two clouds of points (n, 2) with a line from each picture to its caption; right, how cosines are spread.

    cosines: {"name": values}, a curve each, of the share in bins of 0.05.
    """
    image, text = np.asarray(image, float), np.asarray(text, float)
    if image.ndim != 2 or image.shape[1] != 2 or image.shape != text.shape:
        raise PictureError(f"the clouds have the shapes {image.shape} and {text.shape}; needed is (n, 2) for both")
    figure = BookFigure(3.5, f"{len(image)} pairs and {len(cosines)} spreads of cosines")
    left, right = figure.subplots(1, 2)
    for pair in zip(image, text, strict=True):
        left.plot(*np.transpose(pair), color="#9aa5b1", linewidth=0.4, zorder=1)
    for i, (name, points) in enumerate({"pictures": image, "captions": text}.items()):
        left.plot(*points.T, MARKERS[i], color=SERIES[i], markersize=3, alpha=0.7, markeredgewidth=0, label=name)
    left.set(title="Two clouds", xlabel="first principal axis", ylabel="second", aspect="equal")
    left.set_anchor("N")
    edges = np.linspace(-1, 1, 41)
    for i, (name, values) in enumerate(cosines.items()):
        share, _ = np.histogram(values, edges, weights=np.full(len(values), 1 / len(values)))
        right.plot((edges[1:] + edges[:-1]) / 2, share, color=SERIES[i], linestyle=DASHES[i], label=name)
    right.set(title="Cosines", xlabel="cosine", ylabel="share in a bin of 0.05", ylim=(0, None))
    right.set_xticks(np.linspace(-1, 1, 5))
    right.axvline(0, color=INK, linewidth=0.6)
    right.grid(True, axis="y")
    for axes in (left, right):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=7.5)
    return figure
