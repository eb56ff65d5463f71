"""Tokens as HTML text, which draws any language: attention, and lists that change step by step. Public in
`interactive`."""

import numpy as np

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz._html import LIVE, controls, figure, language, panels, slider, start_at, tag, text
from dalle_tutorial.viz.pixels import same_length


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
            f"weights have the shape {weights.shape}; needed is ({len(tokens)}, {len(columns)}), "
            "or that with the heads before it"
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
    body = choose + tag("div", live, class_="d2-choose", hidden=True) + details + LIVE
    what = f"attention of {len(tokens)} tokens, {len(heads)} head{'s' * (len(heads) > 1)}"
    return figure(
        body, what, title=title, caption=caption,
        data_kind="attention", data_start=start_at(start, len(tokens), "tokens"),
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
        chips = ""
        for token in state:
            new = before is not None and token not in before
            shown = text(token.replace(" ", "␣").replace("\n", "⏎"))
            chips += tag("span", shown, lang=language(token), class_="d2-token d2-new" if new else "d2-token")
        contents.append(tag("div", chips, class_="d2-row"))
        says.append(f"{label}: {len(state)} tokens")
        before = set(state)
    body = controls(slider(slider_name, labels, 0), play=True) + panels(contents, labels, says) + LIVE
    what = f"{len(states)} steps under a slider"
    note = f"{min(6, len(states))} of {len(states)} steps; where scripts run, a slider shows them all."
    return figure(body, what, title=title, caption=caption, still=note, data_kind="panels", data_interval=900)
