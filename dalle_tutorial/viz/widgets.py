"""Controls that call Python: they need a running kernel, and work with ipywidgets 7.7 (Colab) and 8.

On the published page there is no kernel, and a slider that moves and changes nothing would mislead. So every control
shows itself as two MIME types: the live widget for Jupyter and Colab, and a note as text/html, which the page shows
once the notebooks' normaliser has dropped the widget view. Put a view from `viz.interactive` beside each.
"""

import asyncio
import html

import ipywidgets
import numpy as np

from dalle_tutorial.errors import TutorialError
from dalle_tutorial.viz._html import Html
from dalle_tutorial.viz.pixels import as_batch, png, tile
from dalle_tutorial.viz.style import BookFigure, to_png

__all__ = ["LiveControl", "beta_slider", "caption_box", "explore", "latent_sliders"]

DELAY = 0.08  # seconds without a new value before the function is called: dragging doesn't queue up calls
VIEW = "application/vnd.jupyter.widget-view+json"


class LiveControl(ipywidgets.VBox):
    """Controls, a result and a message; `refresh()` calls the function now with the controls' values.

    function(**values) returns pictures, a BookFigure, PNG bytes, Html or text. A TutorialError is shown as its one
    line, any other error with its name as well; the last good result stays, and nothing is raised into the kernel.
    """

    # ipywidgets 7 shows itself through this method, which would win over the bundle below.
    _ipython_display_ = None

    def __init__(self, function, controls, *, title="", note=None, extra=()):
        self._function, self._controls, self._note, self._pending = function, controls, note, None
        self.picture = ipywidgets.Image(format="png", value=b"")
        self.words = ipywidgets.HTML()
        self.message = ipywidgets.HTML()
        for result in (self.picture, self.words, self.message):
            result.layout.display = "none"
        self.picture.layout.max_width = "100%"
        self.picture.layout.object_fit = "contain"
        heading = [ipywidgets.HTML(f"<b>{html.escape(title)}</b>")] if title else []
        super().__init__([*heading, *controls.values(), *extra, self.message, self.picture, self.words])
        for control in controls.values():
            control.observe(self._changed, names="value")
        self.refresh()

    def __repr__(self):
        return f"<LiveControl: {', '.join(self._controls)}>"

    def _repr_mimebundle_(self, include=None, exclude=None, **_):
        note = self._note or "Run this notebook in Jupyter or Colab to use it."
        names = ", ".join(control.description or name for name, control in self._controls.items())
        words = f"<em>A live control ({html.escape(names)}). {html.escape(note)}</em>"
        return {
            "text/plain": repr(self),
            "text/html": f'<p class="d2-live-note">{words}</p>',
            VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id},
        }

    def _changed(self, _):
        if self._pending is not None:
            self._pending.cancel()
        try:
            self._pending = asyncio.get_running_loop().call_later(DELAY, self.refresh)
        except RuntimeError:  # no event loop runs: a script or a test
            self.refresh()

    def refresh(self):
        """Call the function with the present values and show what it returns, or its error."""
        self._pending = None
        try:
            self._show(self._function(**{name: control.value for name, control in self._controls.items()}))
            self._say("")
        except TutorialError as error:
            self._say(str(error))
        except Exception as error:  # noqa: BLE001 - a traceback raised here would vanish into the kernel's log
            self._say(f"{type(error).__name__}: {error}")

    def _say(self, line):
        self.message.value = line and f'<span role="alert">⚠ {html.escape(line)}</span>'
        self.message.layout.display = None if line else "none"

    def _show(self, result):
        words = None
        if isinstance(result, Html):
            words = result.source
        elif isinstance(result, str):
            words = f'<div style="white-space: pre-wrap">{html.escape(result)}</div>'
        elif isinstance(result, BookFigure):
            self.picture.value = to_png(result)
        elif isinstance(result, bytes):
            self.picture.value = result
        else:
            self.picture.value = enlarged(result)
        if words is not None:
            self.words.value = words
        self.words.layout.display = "none" if words is None else None
        self.picture.layout.display = "none" if words is not None else None


def enlarged(pictures, width=640, largest=256):
    """PNG bytes of one or more pictures in rows, each pixel drawn as a square, at most `width` pixels wide."""
    batch = as_batch(pictures)
    columns = min(len(batch), 4)
    factor = max(1, min(largest // batch.shape[2], width // (columns * (batch.shape[2] + 1))))
    big = batch.repeat(factor, axis=1).repeat(factor, axis=2)
    return png(tile(big, columns, gap=max(2, factor)))


def _control(name, value):
    """The widget for a short description of allowed values; see `explore`."""
    if isinstance(value, ipywidgets.Widget):
        value.description = value.description or name
        return value
    name = name.replace("_", " ")
    # Long names are cut off at ipywidgets' fixed width unless asked otherwise.
    wide = {"description": name, "style": {"description_width": "initial"}}
    if isinstance(value, bool):
        return ipywidgets.Checkbox(value=value, **wide)
    if isinstance(value, str):
        return ipywidgets.Text(value=value, continuous_update=False, layout={"width": "90%"}, **wide)
    if isinstance(value, tuple) and len(value) in (2, 3) and all(np.isreal(v) for v in value):
        low, high, *step = value
        if all(isinstance(v, int) for v in value):
            return ipywidgets.IntSlider(value=low, min=low, max=high, step=step[0] if step else 1, **wide)
        step = step[0] if step else (high - low) / 50
        # Zero where the range holds it: the mean of a latent, no change.
        first = min(max(0.0, low), high)
        return ipywidgets.FloatSlider(value=first, min=low, max=high, step=step, readout_format=".2f", **wide)
    if isinstance(value, (list, dict)) and value:
        options = list(value.items()) if isinstance(value, dict) else list(value)
        return ipywidgets.Dropdown(options=options, **wide)
    raise TutorialError(
        f"control {name!r} is {value!r}; allowed are (low, high[, step]), a list, a dict, a bool, a str, or a widget"
    )


def explore(function, *, title="", note=None, **controls):
    """function(**values) called anew whenever a control changes.

    controls: name=(low, high[, step]) is a slider (whole numbers if all are), a list or a dict (label to value) a
    choice, a bool a check box, a str a line of text, and a widget itself. note: what the published page says.
    """
    made = {name: _control(name, value) for name, value in controls.items()}
    return LiveControl(function, made, title=title, note=note)


def latent_sliders(decode, dims, *, names=None, limit=3.0, note=None):
    """A slider from -limit to limit for each latent dimension. decode(z), z float32 (1, dims), returns pictures."""
    names = [f"z{i + 1}" for i in range(dims)] if names is None else list(names)
    if len(names) != dims:
        raise TutorialError(f"{len(names)} names for {dims} dimensions")
    sliders = {name: _control(name, (-float(limit), float(limit), 0.1)) for name in names}
    zero = ipywidgets.Button(description="all to zero")

    def reset(_):
        for slider in sliders.values():
            slider.value = 0.0

    zero.on_click(reset)
    return LiveControl(
        lambda **values: decode(np.array([[values[name] for name in names]], np.float32)),
        sliders,
        title="A point of the latent space",
        note=note,
        extra=[zero],
    )


def caption_box(draw, *, caption="a small red circle", count=4, note=None):
    """A line for a caption and a button for other samples. draw(caption, seed, count) returns pictures."""
    text = _control("caption", caption)
    seed = ipywidgets.BoundedIntText(value=0, min=0, max=2**31 - 1, description="seed")
    again = ipywidgets.Button(description="other samples")

    def next_seed(_):
        seed.value += 1

    again.on_click(next_seed)
    return LiveControl(
        lambda **values: draw(values["caption"], values["seed"], count),
        {"caption": text, "seed": seed},
        title="Your caption",
        note=note,
        extra=[again],
    )


def beta_slider(draw, betas, *, note=None):
    """A slider over the values of β for which a model was trained. draw(beta) returns what to show."""
    if not len(betas):
        raise TutorialError("betas is empty; needed is at least one value of β")
    slider = ipywidgets.SelectionSlider(
        options=[(f"{beta:g}", beta) for beta in betas], description="β", continuous_update=True
    )
    return LiveControl(
        lambda beta: draw(beta), {"beta": slider}, title="The weight of the KL term", note=note
    )
