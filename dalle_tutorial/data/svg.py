"""Scenes as code: a small language of tokens that spell SVG.

Every token stands for a piece of text, and the pieces, joined, are the file. A token is an element, a colour, or a
whole number, which stands in the code as it was written. `data.svg_grammar` says which token may follow which, and
`data.svg_render` draws the file.
"""

import math

from dalle_tutorial.data.scenes import BACKGROUND, COLOURS, PALETTE, RADII, SHAPES, SIZES, Scene, SceneObject
from dalle_tutorial.data.svg_grammar import (
    COLOUR,
    ELEMENT,
    END,
    MEASURE,
    MOST_OBJECTS,
    NUMBER,
    OBJECT_LENGTH,
    SIDE,
    SIZE_RANGE,
    START,
    check_tokens,
)
from dalle_tutorial.errors import TutorialError

_SIZE_BORDER = (RADII["small"][1] + RADII["large"][0]) / 2  # where the oracle has it


def _hexadecimal(rgb):
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _star():
    """The ten corners of `render.star`, tips and notches in turn."""
    corners = [(1.08 if k % 2 == 0 else 0.46, math.pi * k / 5) for k in range(10)]
    points = [(radius * math.sin(turn), -radius * math.cos(turn)) for radius, turn in corners]
    return " ".join(",".join(f"{round(number, 2) + 0.0:g}" for number in point) for point in points)  # 0, not -0


HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">\n'
    f'  <rect width="{SIDE}" height="{SIDE}" fill="{_hexadecimal(BACKGROUND)}"/>\n'
)
"""What START spells: the canvas and its background."""
TAIL = "</svg>\n"
"""What END spells."""

# The text of a shape's element and of its three numbers. A circle and a square are measured in units of the canvas; the
# others are drawn around (0, 0) with the radius 1, as in `render`, then enlarged and moved.
_CROSS = (
    "-0.31,-0.95 0.31,-0.95 0.31,-0.31 0.95,-0.31 0.95,0.31 0.31,0.31 "
    "0.31,0.95 -0.31,0.95 -0.31,0.31 -0.95,0.31 -0.95,-0.31 -0.31,-0.31"
)
_MOVED = (' transform="translate({}', " {})", ' scale({})"/>\n')
_TEXT = {
    "circle": ("circle", (' cx="{}"', ' cy="{}"', ' r="{}"/>\n')),
    "square": ("rect", (' x="{}"', ' y="{}"', ' width="{0}" height="{0}"/>\n')),
    "triangle": ('polygon points="0,-1.08 0.94,0.54 -0.94,0.54"', _MOVED),
    "star": (f'polygon points="{_star()}"', _MOVED),
    "heart": ('path d="M0 0.9 L0.81 0.1 A0.57 0.57 0 0 0 0 -0.71 A0.57 0.57 0 0 0 -0.81 0.1 Z"', _MOVED),
    "cross": (f'polygon points="{_CROSS}"', _MOVED),
}  # fmt: skip


def _nearest(value, low, high):
    return NUMBER + min(max(round(value), low), high)


def encode(scene):
    """The tokens of a `Scene`, from START to END: a list of ints, at most MAX_LENGTH. Objects keep their order.

    Places and sizes go to the nearest number of the grammar, half a pixel of 32 from the next. TutorialError for no
    object, or for more than three.
    """
    if not 1 <= len(scene.objects) <= MOST_OBJECTS:
        raise TutorialError(f"the scene has {len(scene.objects)} objects: allowed are 1 to {MOST_OBJECTS}")
    tokens = [START]
    for o in scene.objects:
        size = _nearest(SIDE * o.radius * MEASURE[o.shape], *SIZE_RANGE[o.shape])
        corner = (size - NUMBER) / 2 if o.shape == "square" else 0  # a square is placed by its corner
        x, y = (_nearest(SIDE * centre - corner, 0, SIDE) for centre in (o.x, o.y))
        tokens += [ELEMENT + SHAPES.index(o.shape), COLOUR + COLOURS.index(o.colour), x, y, size]
    return [*tokens, END]


def decode(tokens):
    """The `Scene` that whole tokens describe. TutorialError where they break the grammar or have no end."""
    row, objects = check_tokens(tokens, whole=True), []
    for i in range(1, len(row) - 1, OBJECT_LENGTH):
        element, colour, *numbers = row[i : i + OBJECT_LENGTH]
        shape, (x, y, size) = SHAPES[element - ELEMENT], (number - NUMBER for number in numbers)
        corner, radius = size / 2 if shape == "square" else 0, size / MEASURE[shape] / SIDE
        named = SIZES[0] if radius < _SIZE_BORDER else SIZES[1]
        place = ((x + corner) / SIDE, (y + corner) / SIDE)
        objects.append(SceneObject(shape, COLOURS[colour - COLOUR], named, *place, radius))
    return Scene(tuple(objects))


def pieces(tokens):
    """The text that each token adds, a list of strings: joined, they are the file as far as it is written.

    `tokens` from START on, whole or not; what follows END adds nothing. TutorialError where they break the grammar.
    """
    row, texts, found = check_tokens(tokens), (), []
    for i, token in enumerate(row):
        if token < ELEMENT:
            found.append(HEAD if token == START else TAIL)
        elif token < COLOUR:
            name, texts = _TEXT[SHAPES[token - ELEMENT]]
            found.append(f"  <{name}")
        elif token < NUMBER:
            found.append(f' fill="{_hexadecimal(PALETTE[COLOURS[token - COLOUR]])}"')
        else:
            found.append(texts[(i - 3) % OBJECT_LENGTH].format(token - NUMBER))
    return found


def to_svg(tokens):
    """The file that whole tokens spell, a string. TutorialError where they break the grammar or have no end."""
    return "".join(pieces(check_tokens(tokens, whole=True)))
