"""SVG as pictures: a file is checked against a list of what is harmless, then drawn by resvg."""

import io
import re
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from dalle_tutorial.data.svg_grammar import SIDE
from dalle_tutorial.errors import TutorialError

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_NUMBER = r"-?\d{1,4}(?:\.\d{1,4})?"
_NUMBERS = rf"{_NUMBER}(?:[ ,]{_NUMBER})*"
# Each element and its attributes; each attribute and what may stand in it. Nothing here can run, load or refer.
_ATTRIBUTES = {
    "svg": ("viewBox",), "rect": ("x", "y", "width", "height", "fill"), "circle": ("cx", "cy", "r", "fill"),
    "polygon": ("points", "fill", "transform"), "path": ("d", "fill", "transform"),
}  # fmt: skip
_VALUES = {
    "fill": r"#[0-9a-f]{6}", "points": _NUMBERS, "viewBox": _NUMBERS, "d": rf"(?:[MLAZ](?:{_NUMBERS})? ?)+",
    "transform": rf"translate\({_NUMBERS}\) scale\({_NUMBER}\)",
}  # fmt: skip


def check(code):
    """Raises TutorialError, saying what is not allowed, unless `code` is an <svg> of plain shapes and nothing else.

    Allowed are rect, circle, polygon and path with numbers and a hexadecimal fill. No script, style, link, text, entity
    or comment, and nothing within another shape.
    """
    if re.search(r"<[!?]", code):  # before parsing: an entity may be a bomb
        raise TutorialError("the SVG holds a declaration, an instruction or a comment: allowed are elements only")
    try:
        root = ElementTree.fromstring(code)
    except ElementTree.ParseError as error:
        raise TutorialError(f"the SVG does not parse: {error}") from error
    if root.tag != f"{_NAMESPACE}svg":
        raise TutorialError(f"the root is {root.tag!r}: allowed is svg in its namespace")
    for element in root.iter():
        name = element.tag.removeprefix(_NAMESPACE)
        if name not in _ATTRIBUTES or (name == "svg") != (element is root) or (len(element) and element is not root):
            raise TutorialError(f"the SVG holds {name!r} where it may not: allowed in svg are {', '.join(_ATTRIBUTES)}")
        if ((element.text or "") + (element.tail or "")).strip():
            raise TutorialError(f"the SVG holds text beside {name!r}: allowed are elements only")
        for key, value in element.attrib.items():
            if key not in _ATTRIBUTES[name]:
                raise TutorialError(f"{name!r} has {key!r}: allowed are {', '.join(_ATTRIBUTES[name])}")
            if not re.fullmatch(_VALUES.get(key, _NUMBER), value):
                raise TutorialError(f"{key!r} of {name!r} is {value!r}: allowed are plain numbers and #rrggbb")


def _resvg():
    try:
        import resvg_py
    except ModuleNotFoundError as error:
        message = "SVG is drawn by resvg, which is not installed: run `pip install resvg-py`"
        raise TutorialError(message) from error
    return resvg_py


def render(codes, size=SIDE):
    """Draws SVG files as uint8 pictures (files, size, size, 3).

    `codes` is a list of strings, each as `check` allows; `size` the side in pixels, 8 to 1024. TutorialError for
    another size, for code that is not allowed, and where resvg is not installed, with the command that installs it.
    """
    if not (isinstance(size, int | np.integer) and 8 <= size <= 1024):
        raise TutorialError(f"picture size {size!r}: allowed are whole numbers from 8 to 1024 pixels")
    resvg, pictures = _resvg(), np.empty((len(codes), size, size, 3), np.uint8)
    for picture, code in zip(pictures, codes, strict=True):
        check(code)
        data = resvg.svg_to_bytes(svg_string=code, width=int(size), height=int(size), skip_system_fonts=True)
        with Image.open(io.BytesIO(bytes(data))) as image:
            picture[:] = np.asarray(image.convert("RGB"))
    return pictures
