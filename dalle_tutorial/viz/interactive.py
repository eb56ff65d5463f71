"""Figures that move without a kernel: on the published page, in Jupyter and in Colab alike.

Each function returns an `Html` object: one <figure> that holds its pictures as base64 PNG and its own small script,
asks no server for anything, and has no ids, so that any number of them may stand on one page. All the content is in
the HTML itself; the script only shows one part at a time. Where no script runs (an untrusted notebook, a preview,
print) a strip of still frames, a plane of pictures or a table of numbers stands there instead.
"""

import numpy as np

from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.viz._html import LIMIT, Html, figure, image, language, slider, tag, text
from dalle_tutorial.viz.figures import verdict_of
from dalle_tutorial.viz.pixels import as_batch, png, same_length
from dalle_tutorial.viz.style import BookFigure, to_png

__all__ = ["Html", "frames", "gallery", "grid2d", "steps", "tokens_view"]

_LIVE = '<span class="d2-live" aria-live="polite"></span>'


def _encoded(pictures):
    """(PNG bytes, width, height, pixelated) of each picture; palettes shrink as far as the size limit demands."""
    if isinstance(pictures, (list, tuple)) and pictures and isinstance(pictures[0], (BookFigure, bytes)):
        items = []
        for item in pictures:
            data = to_png(item) if isinstance(item, BookFigure) else item
            # Width and height stand at a fixed place of every PNG file.
            width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
            items.append((data, width, height, False))
        return items
    batch = as_batch(pictures)
    for colours in (None, 128, 32):
        files = [png(picture, colours) for picture in batch]
        if sum(map(len, files)) * 4 / 3 < LIMIT - 50_000:
            break
    return [(data, batch.shape[2], batch.shape[1], True) for data in files]


def _at_width(item, alt, width):
    data, native_width, native_height, pixels = item
    return image(data, alt, width, round(width * native_height / native_width), pixels)


def _key_frames(count, most=6):
    return set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist())


def _start(value, count, what):
    if not 0 <= value < count:
        raise TutorialError(f"start is {value}; allowed is 0 to {count - 1}, one of the {count} {what}")
    return int(value)


def _panels(contents, labels, says, *, kind="d2-strip", **attributes):
    keys = _key_frames(len(contents))
    items = (
        tag(
            "li",
            content + tag("span", text(label), class_="d2-label"),
            data_say=say,
            class_="d2-key" if i in keys else None,
        )
        for i, (content, label, say) in enumerate(zip(contents, labels, says, strict=True))
    )
    return tag("ol", "".join(items), class_=f"d2-panels {kind}", **attributes)


def _controls(sliders, play):
    button = tag("button", "▶︎ Play", type="button", class_="d2-play") if play else ""
    return tag("div", button + sliders, class_="d2-controls", hidden=True)


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
    streams = {name: _encoded(pictures) for name, pictures in named.items()}
    for stream in streams.values():
        same_length(stream, labels, "labels")
        if alts is not None:
            same_length(stream, alts, "alt texts")
    start = _start(start, len(labels), "frames")
    contents, says = [], []
    for i, label in enumerate(labels):
        said = alts[i] if alts is not None else f"{alt}: {label}"
        shown = ""
        for name, stream in streams.items():
            picture = _at_width(stream[i], said if name is None else f"{name}. {said}", width)
            shown += picture if name is None else tag("span", picture + text(name), class_="d2-one")
        contents.append(tag("div", shown, class_="d2-set"))
        says.append(said)
    body = _controls(slider(slider_name, labels, start), play=True) + _panels(contents, labels, says) + _LIVE
    what = f"{len(labels)} frames under a slider"
    note = f"{min(6, len(labels))} of {len(labels)} frames; where scripts run, a slider shows them all."
    return figure(
        body, what, title=title, caption=caption, still=note, data_kind="panels", data_interval=int(interval)
    )


def grid2d(
    images, x_values, y_values, title, *, alt, x_label, y_label, caption=None, width=256, start=(0, 0)
):
    """A plane of pictures under two sliders. images: (rows, columns, height, width, 3); rows follow `y_values`.

    start: (column, row) shown first. Without script the whole plane is shown.
    """
    images = np.asarray(images)
    if images.ndim != 5 or images.shape[:2] != (len(y_values), len(x_values)):
        raise PictureError(
            f"images have the shape {images.shape}; needed is "
            f"({len(y_values)}, {len(x_values)}, height, width, 3): a row for each y value, a column for each x value"
        )
    encoded = _encoded(images.reshape(-1, *images.shape[2:]))
    labels = [f"{x_label} {x}, {y_label} {y}" for y in y_values for x in x_values]
    says = [f"{alt}: {label}" for label in labels]
    contents = [_at_width(item, say, width) for item, say in zip(encoded, says, strict=True)]
    columns = len(x_values)
    sliders = slider(x_label, x_values, _start(start[0], columns, "x values")) + slider(
        y_label, y_values, _start(start[1], len(y_values), "y values"), stride=columns
    )
    plane = _panels(contents, labels, says, kind="d2-plane", style=f"--d2-columns: {columns}")
    note = f"Left to right: {x_label}, {x_values[0]} to {x_values[-1]}. Top to bottom: {y_label}, {y_values[0]} to {y_values[-1]}."
    what = f"{columns} × {len(y_values)} pictures under two sliders"
    return figure(
        _controls(sliders, play=False) + plane + _LIVE,
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


def tokens_view(weights, tokens, title, *, column_tokens=None, names=None, caption=None, start=0):
    """Attention, one chosen token at a time: every other token is shaded by its weight, with the number as text.

    weights: (tokens, column tokens), or (heads, …) with one name for each head in `names`; values 0…1.
    column_tokens: what is looked at, by default the same tokens. A table beneath holds every number.
    """
    weights = np.asarray(weights, float)
    columns = tokens if column_tokens is None else column_tokens
    heads = weights[None] if weights.ndim == 2 else weights
    if heads.ndim != 3 or heads.shape[1:] != (len(tokens), len(columns)):
        raise PictureError(
            f"weights have the shape {weights.shape}; needed is ({len(tokens)}, {len(columns)}), or that after the heads"
        )
    if not (heads.min() >= 0 and heads.max() <= 1 + 1e-4):
        raise PictureError(
            f"weights reach from {heads.min():.3g} to {heads.max():.3g}; needed are values in 0…1"
        )
    names = [f"head {i + 1}" for i in range(len(heads))] if names is None else list(names)
    same = [text(t) for t in tokens]
    if len(names) != len(heads):
        raise PictureError(f"{len(names)} names for {len(heads)} heads")
    choose = ""
    if len(heads) > 1:
        options = "".join(tag("option", text(name)) for name in names)
        choose = tag(
            "div",
            tag("label", tag("span", "Attention of") + tag("select", options)),
            class_="d2-controls",
            hidden=True,
        )
    buttons = "".join(tag("button", t, type="button", aria_pressed="false", lang=language(t)) for t in same)
    chips = "".join(
        tag("span", text(t) + tag("span", ""), class_="d2-token d2-weight", lang=language(t)) for t in columns
    )
    live = (
        tag("p", "Choose a token:", style="margin:0") + tag("div", buttons, class_="d2-row")
        + tag("p", "It takes from:", style="margin:0") + tag("div", chips, class_="d2-row")
    )  # fmt: skip
    tables = "".join(_table(head, name, same, columns) for head, name in zip(heads, names, strict=True))
    details = tag("details", tag("summary", "All numbers as a table") + tables, open=True)
    body = choose + tag("div", live, class_="d2-choose", hidden=True) + details + _LIVE
    what = f"attention of {len(tokens)} tokens, {len(heads)} head{'s' * (len(heads) > 1)}"
    return figure(
        body, what, title=title, caption=caption,
        data_kind="attention", data_start=_start(start, len(tokens), "tokens"),
    )  # fmt: skip


def _table(head, name, row_names, columns):
    top = "<td></td>" + "".join(tag("th", text(t), scope="col") for t in columns)
    rows = "".join(
        tag("tr", tag("th", row_name, scope="row") + "".join(f"<td>{value:.2f}</td>" for value in values))
        for row_name, values in zip(row_names, head, strict=True)
    )
    table = tag("table", tag("caption", text(name)) + tag("thead", tag("tr", top)) + tag("tbody", rows))
    return tag("div", table, class_="d2-scroll", tabindex=0, role="group", aria_label=f"table, {name}")


def steps(states, labels, title, *, caption=None, slider_name="step"):
    """Lists of tokens that change step by step (the merges of a BPE). Tokens that a step brings are marked.

    states: a list of strings for each step; a space is drawn as ␣. labels: one text for each step.
    """
    same_length(states, labels, "labels")
    contents, says, before = [], [], None
    for state, label in zip(states, labels, strict=True):
        chips = "".join(
            tag(
                "span",
                text(token.replace(" ", "␣").replace("\n", "⏎")),
                lang=language(token),
                class_="d2-token d2-new" if before is not None and token not in before else "d2-token",
            )  # fmt: skip
            for token in state
        )
        contents.append(tag("div", chips, class_="d2-row"))
        says.append(f"{label}: {len(state)} tokens")
        before = set(state)
    body = _controls(slider(slider_name, labels, 0), play=True) + _panels(contents, labels, says) + _LIVE
    what = f"{len(states)} steps under a slider"
    note = f"{min(6, len(states))} of {len(states)} steps; where scripts run, a slider shows them all."
    return figure(body, what, title=title, caption=caption, still=note, data_kind="panels", data_interval=900)
