"""Figures that move without a kernel: on the published page, in Jupyter and in Colab alike.

Each function returns an `Html` object: one <figure> that holds its pictures as base64 PNG and its own small script,
asks no server for anything, and has no ids, so that any number of them may stand on one page. All the content is in
the HTML itself; the script only shows one part at a time. Where no script runs (an untrusted notebook, a preview,
print) a strip of still frames, a plane of pictures or a table of numbers stands there instead.
"""

import numpy as np

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz._html import (
    LIMIT,
    LIVE,
    Html,
    controls,
    figure,
    image,
    language,
    panels,
    slider,
    start_at,
    tag,
    text,
)
from dalle_tutorial.viz.figures import verdict_of
from dalle_tutorial.viz.pixels import as_batch, png, same_length
from dalle_tutorial.viz.style import BookFigure, to_png
from dalle_tutorial.viz.tokens import steps, tokens_view

__all__ = ["Html", "frames", "gallery", "grid2d", "steps", "tokens_view"]


def _encoded(pictures, share=1):
    """(PNG bytes, width, height, pixelated) of each picture; with fewer colours if they would not fit in `share`
    of the size limit."""
    if isinstance(pictures, (list, tuple)) and pictures and isinstance(pictures[0], (BookFigure, bytes)):
        items = []
        for item in pictures:
            data = to_png(item, colours=64) if isinstance(item, BookFigure) else item  # a third of the bytes
            # Width and height stand at a fixed place of every PNG file.
            width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
            items.append((data, width, height, False))
        return items
    batch = as_batch(pictures)
    room = (LIMIT - 50_000) * share
    for colours in (None, 128, 32):
        files = [png(picture, colours) for picture in batch]
        size = sum(map(len, files)) * 4 / 3  # base64
        if size < room or size > 4 * room:  # far too big: fewer colours will not help
            break
    return [(data, batch.shape[2], batch.shape[1], True) for data in files]


def _at_width(item, alt, width):
    data, native_width, native_height, pixels = item
    return image(data, alt, width, round(width * native_height / native_width), pixels)


def frames(
    images,
    labels,
    title,
    *,
    alt,
    alts=None,
    caption=None,
    slider_name="frame",
    width=256,
    start=0,
    interval=300,
):
    """Frames under one slider, with a button that plays them once.

    images: pictures (n, height, width, 3), a list of BookFigures, or a dict from a name to either: then the named
    frames stand side by side and move together. labels: one text for each frame. alt says what every frame shows;
    a frame's own alt text is “alt: label” unless `alts` gives it. width: of one picture, in CSS pixels. interval:
    milliseconds a frame. Raises PictureError for unequal lengths and above 1.5 MB.
    """
    named = images if isinstance(images, dict) else {None: images}
    streams = {name: _encoded(pictures, 1 / len(named)) for name, pictures in named.items()}
    for stream in streams.values():
        same_length(stream, labels, "labels")
        if alts is not None:
            same_length(stream, alts, "alt texts")
    start = start_at(start, len(labels), "frames")
    contents, says = [], []
    for i, label in enumerate(labels):
        said = alts[i] if alts is not None else f"{alt}: {label}"
        shown = ""
        for name, stream in streams.items():
            picture = _at_width(stream[i], said if name is None else f"{name}. {said}", width)
            shown += picture if name is None else tag("span", picture + text(name), class_="d2-one")
        contents.append(tag("div", shown, class_="d2-set"))
        says.append(said)
    body = controls(slider(slider_name, labels, start), play=True) + panels(contents, labels, says) + LIVE
    what = f"{len(labels)} frames under a slider"
    note = f"{min(6, len(labels))} of {len(labels)} frames; where scripts run, a slider shows them all."
    return figure(
        body, what, title=title, caption=caption, still=note, data_kind="panels", data_interval=int(interval)
    )


def grid2d(
    images, x_values, y_values, title, *, alt, x_label, y_label, caption=None, width=256, start=(0, 0)
):
    """A plane of pictures under two sliders. images: (rows, columns, height, width, 3), or a list of rows of
    BookFigures; rows follow `y_values`.

    start: (column, row) shown first. Without script the whole plane is shown.
    """
    images = np.asarray(images)
    drawn = images.dtype == object  # an array of BookFigures
    if images.ndim != (2 if drawn else 5) or images.shape[:2] != (len(y_values), len(x_values)):
        raise PictureError(
            f"images have the shape {images.shape}; needed is "
            f"({len(y_values)}, {len(x_values)}, height, width, 3): a row for each y value, a column for each x value"
        )
    encoded = _encoded(list(images.ravel()) if drawn else images.reshape(-1, *images.shape[2:]))
    labels = [f"{x_label} {x}, {y_label} {y}" for y in y_values for x in x_values]
    says = [f"{alt}: {label}" for label in labels]
    contents = [_at_width(item, say, width) for item, say in zip(encoded, says, strict=True)]
    columns = len(x_values)
    sliders = slider(x_label, x_values, start_at(start[0], columns, "x values")) + slider(
        y_label, y_values, start_at(start[1], len(y_values), "y values"), stride=columns
    )
    plane = panels(contents, labels, says, kind="d2-plane", style=f"--d2-columns: {columns}")
    note = (
        f"Left to right: {x_label}, {x_values[0]} to {x_values[-1]}. "
        f"Top to bottom: {y_label}, {y_values[0]} to {y_values[-1]}."
    )
    what = f"{columns} × {len(y_values)} pictures under two sliders"
    return figure(
        controls(sliders, play=False) + plane + LIVE,
        what,
        title=title,
        caption=caption,
        still=note,
        data_kind="panels",
    )


def gallery(pictures, captions, *, title=None, verdicts=None, caption=None, alt=None, width=96):
    """Pictures with their captions as text (any language), which wrap to the width of the page.

    verdicts: for each picture True, False, None, or the oracle's Verdict, whose reasons are written beneath.
    alt: one text for each picture; by default it says for which caption the picture was made.
    """
    encoded = _encoded(pictures)
    alts = alt if alt is not None else [f"picture for the caption “{words}”" for words in captions]
    for items, what in ((captions, "captions"), (alts, "alt texts"), (verdicts, "verdicts")):
        if items is not None:
            same_length(encoded, items, what)
    cells = []
    for i, (item, words) in enumerate(zip(encoded, captions, strict=True)):
        right, reasons = verdict_of(verdicts[i] if verdicts is not None else None)
        cell = _at_width(item, alts[i], width) + tag("span", text(words), lang=language(words))
        if right is not None:
            cell += tag("span", "✓ right" if right else "✗ wrong", class_="d2-verdict")
            cell += "".join(tag("span", text(reason)) for reason in reasons)
        cells.append(tag("li", cell, class_={True: "d2-right", False: "d2-wrong", None: None}[right]))
    wall = tag("ul", "".join(cells), class_="d2-gallery", style=f"--d2-width: {int(width)}px")
    return figure(wall, f"{len(encoded)} pictures with captions", title=title, caption=caption, script=False)
