"""The parts that the kernel-free figures are made of: the Html object, the style, the script, escaped elements."""

import html
import json
import re
from importlib import resources

import numpy as np

from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.viz.pixels import data_uri

LIMIT = 1_500_000  # bytes of one figure: more makes a page slow on a phone


def _packaged(name):
    text = resources.files("dalle_tutorial.viz").joinpath(name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


# The same for every figure, so that a strict Content-Security-Policy can allow each by one hash.
STYLE = _packaged("interactive.css")
SCRIPT = _packaged("interactive.js")


class Html:
    """Self-contained HTML that a notebook, Colab or the published page shows; `size` is its length in bytes."""

    def __init__(self, source, what):
        self.source, self.what = source, what
        self.size = len(source.encode("utf-8"))
        if self.size > LIMIT:
            raise PictureError(
                f"{what}: {self.size / 1e6:.1f} MB of HTML, and at most {LIMIT / 1e6:.1f} MB are allowed; "
                "show fewer or smaller pictures"
            )

    def __repr__(self):
        return f"<Html: {self.what}>"

    def _repr_html_(self):
        return self.source


def text(value):
    """`value` as text for HTML: nothing in it is taken for markup."""
    return html.escape(str(value), quote=True)


def tag(name, inside="", **attributes):
    """One element; attribute values are escaped, `inside` is HTML. `class_` → class, a_b → a-b; True → bare name."""
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        parts.append(key if value is True else f'{key}="{text(value)}"')
    opening = f"<{' '.join(parts)}>"
    return opening if name in ("img", "input") else f"{opening}{inside}</{name}>"


def language(words):
    """ "zh" for text with Chinese characters, so that it is read aloud and drawn as such; else None."""
    return "zh" if re.search(r"[\u3400-\u9fff]", str(words)) else None


def image(data, alt, width, height, pixels):
    """An <img> of PNG bytes; `pixels` asks for enlargement without smoothing. "dark-light": no filter at night."""
    shown = "dark-light d2-pixels" if pixels else "dark-light"
    return tag("img", src=data_uri(data), alt=alt, width=width, height=height, class_=shown)


def slider(name, texts, start, stride=1):
    """A labelled range control over `texts`, one for each position."""
    control = tag(
        "input", type="range", min=0, max=len(texts) - 1, step=1, value=start, data_stride=stride,
        data_texts=json.dumps([str(t) for t in texts], ensure_ascii=False), aria_valuetext=texts[start],
    )  # fmt: skip
    return tag("label", tag("span", text(name)) + control)


def figure(body, what, *, title=None, caption=None, still=None, script=True, **attributes):
    """The whole output: style, <figure> with title and caption, a note for pages without script, the script."""
    parts = [tag("p", text(title), class_="d2-title")] if title else []
    parts.append(body)
    if still:
        parts.append(tag("p", text(still), class_="d2-still"))
    if caption:
        parts.append(tag("figcaption", text(caption)))
    name = None if caption else title
    whole = tag("figure", "".join(parts), class_="d2 tex2jax_ignore", aria_label=name, **attributes)
    source = f"<style>{STYLE}</style>\n{whole}\n"
    return Html(source + (f"<script>{SCRIPT}</script>" if script else ""), what)


# What changes is said aloud here, once the reader's hand or the playing stops.
LIVE = '<span class="d2-live" aria-live="polite"></span>'


def start_at(value, count, what):
    """`value`, if it is the place of one of `count` things; `what` names them in the TutorialError."""
    if not 0 <= value < count:
        raise TutorialError(f"start is {value}; allowed is 0 to {count - 1}, one of the {count} {what}")
    return int(value)


def panels(contents, labels, says, *, kind="d2-strip", **attributes):
    """A list of panels of which the script shows one. Without it up to six, the key frames, stand in a strip.

    contents: HTML for each; labels: text beneath each; says: what a screen reader hears when it is chosen.
    """
    keys = set(np.linspace(0, len(contents) - 1, min(len(contents), 6)).round().astype(int).tolist())
    items = []
    for i, (content, label, say) in enumerate(zip(contents, labels, says, strict=True)):
        inside = content + tag("span", text(label), class_="d2-label")
        items.append(tag("li", inside, data_say=say, class_="d2-key" if i in keys else None))
    return tag("ol", "".join(items), class_=f"d2-panels {kind}", **attributes)


def controls(sliders, play):
    """Sliders and, if asked for, a play button; hidden until the script runs."""
    button = tag("button", "▶︎ Play", type="button", class_="d2-play") if play else ""
    return tag("div", button + sliders, class_="d2-controls", hidden=True)
