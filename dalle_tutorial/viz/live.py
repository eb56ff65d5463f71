"""Figures in which the book's own models draw, where a page can; everywhere else, pictures that they drew before.

`live` returns an `Html` object without any script: Jupyter, Colab, print and a page whose scripts are off show the
pictures in it. On the published page _assets/playground/live puts a button beneath them; once the reader has pressed
it, controls and a canvas take their place.
"""

import json

from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.viz._html import STYLE, Html, image, tag, text
from dalle_tutorial.viz.pixels import as_batch, png, same_length

__all__ = ["KINDS", "live"]

KINDS = ("decode", "guidance", "prior", "sampling", "text-diff")
"""What a live figure may do: one module each in _assets/playground/live/kinds."""


def live(kind, fallback, label, alt, *, labels=None, width=96, caption=None, **data):
    """A live figure with its fallback.

    kind: one of KINDS. fallback: pictures (n, height, width, 3), or a dict from a name to such, one row each. label:
    the figure's title. alt says what every picture shows; the alt text of one is “alt: its label”. labels: one text
    for each picture of a row. width: of one picture, in CSS pixels. caption: for notebooks that are not published.
    data: what the module is told, as data-… attributes; what is no string, as JSON. Raises TutorialError for another
    kind, PictureError for labels that do not fit and above 1.5 MB.
    """
    check_choice("kind", kind, KINDS)
    rows = fallback if isinstance(fallback, dict) else {None: fallback}
    still = "".join(_row(name, as_batch(pictures), labels, alt, width) for name, pictures in rows.items())
    parts = [tag("p", text(label), class_="d2-title"), tag("div", still, class_="live-still")]
    if caption:
        parts.append(tag("figcaption", text(caption)))
    told = {f"data_{name}": value if isinstance(value, str) else _json(value) for name, value in data.items()}
    whole = tag(
        "figure", "".join(parts), class_="d2 live-figure tex2jax_ignore", data_live=kind, aria_label=label, **told
    )
    return Html(f"<style>{STYLE}</style>\n{whole}\n", f"live figure, {kind}")


def _row(name, pictures, labels, alt, width):
    """One row of the fallback: a list of pictures, with a name above it if it has one."""
    if labels is not None:
        same_length(pictures, labels, "labels")
    cells = []
    for i, picture in enumerate(pictures):
        said = ": ".join(str(part) for part in (name, alt, labels and labels[i]) if part)
        height = round(width * picture.shape[0] / picture.shape[1])
        shown = image(png(picture), said, width, height, True)
        cells.append(tag("li", shown + (tag("span", text(labels[i])) if labels is not None else "")))
    above = tag("p", text(name), class_="live-name") if name else ""
    return above + tag("ul", "".join(cells), class_="d2-gallery", style=f"--d2-width: {int(width)}px")


def _json(value):
    return json.dumps(value, ensure_ascii=False)
