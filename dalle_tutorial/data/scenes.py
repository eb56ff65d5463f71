"""The grammar of the shapes world: what a scene may hold, how a description is drawn, and which split it falls in.

A *description* says what a caption asks for; it leaves some things open (sizes not named, exact places). A
*scene* is one way of fulfilling it, with every number fixed. Lengths are fractions of the picture's side and y
points down, so a scene can be rendered at any resolution.
"""

from dataclasses import dataclass

import numpy as np

from dalle_tutorial.errors import TutorialError

SHAPES = ("circle", "square", "triangle", "star", "heart", "cross")
PALETTE = {
    "red": (214, 39, 40),
    "orange": (250, 140, 20),
    "yellow": (242, 211, 34),
    "green": (44, 150, 62),
    "blue": (38, 88, 214),
    "purple": (125, 52, 168),
    "pink": (245, 134, 190),
    "black": (28, 28, 32),
}
COLOURS = tuple(PALETTE)
BACKGROUND = (245, 243, 238)
SIZES = ("small", "large")
RADII = {"small": (3.2 / 32, 3.7 / 32), "large": (4.8 / 32, 5.4 / 32)}
RELATIONS = ("left of", "right of", "above", "below")
INVERSE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
PLACES = ("top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right")
KINDS = ("one", "two", "count", "three")
KIND_SHARES = {"one": 0.3, "two": 0.4, "count": 0.12, "three": 0.18}
SPLITS = ("train", "validation", "test", "held_out_pairs", "held_out_relations")

BOUND = 1.08  # every shape of radius r lies inside a disc of radius BOUND * r
GAP = 0.75 / 32  # at least this much background between the discs of two objects
EDGE = 0.5 / 32  # and between a disc and the border
RELATION_MARGIN = 0.75 / 32  # dx exceeds |dy| by this in every "left of" that is drawn
PLACE_MARGIN = 1.0 / 32  # a centre stays this far from the borders of its cell

# One pair for each shape, no colour twice: every colour and every shape is still seen in training, only never together.
HELD_OUT_PAIRS = (
    ("red", "star"), ("blue", "heart"), ("green", "circle"), ("yellow", "cross"), ("purple", "square"),
    ("orange", "triangle"),
)
# (shape, relation, shape): never seen in training in this order, nor as its mirror image ("B right of A").
HELD_OUT_RELATIONS = (
    ("circle", "left of", "square"), ("star", "left of", "heart"), ("triangle", "left of", "cross"),
    ("square", "above", "triangle"), ("heart", "above", "circle"), ("cross", "above", "star"),
)


@dataclass(frozen=True)
class ObjectSpec:
    """What a caption asks of one object. `size` and `place` are None where it does not say."""

    shape: str
    colour: str
    size: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Description:
    """What a caption asks for.

    `objects` holds one to three specs. `relations[i]` stands between objects i and i + 1, so three objects form a
    chain. A count ("three small green stars") is the same spec several times and no relation.
    """

    objects: tuple[ObjectSpec, ...]
    relations: tuple[str, ...] = ()

    @property
    def kind(self):
        """One of KINDS."""
        if len(self.objects) == 1:
            return "one"
        return "count" if not self.relations else ("two" if len(self.objects) == 2 else "three")


@dataclass(frozen=True)
class SceneObject:
    """One object of a scene: centre and radius in fractions of the side, y down."""

    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float

    @property
    def place(self):
        """The cell of the 3 × 3 grid that holds the centre, one of PLACES."""
        column, row = (min(max(int(value * 3), 0), 2) for value in (self.x, self.y))
        return PLACES[3 * row + column]


@dataclass(frozen=True)
class Scene:
    """What a picture shows: its objects, in no order that matters."""

    objects: tuple[SceneObject, ...]


def relation_holds(relation, a, b):
    """Whether object `a` is `relation` object `b`: along the axis on which their centres differ more."""
    dx, dy = b.x - a.x, b.y - a.y
    return {
        "left of": dx > abs(dy), "right of": -dx > abs(dy), "above": dy > abs(dx), "below": -dy > abs(dx),
    }[relation]


class Scenes:
    """Many scenes as arrays of shape (scenes, 3): `shape`, `colour`, `size` (indices, −1 = no object), `x`, `y`,
    `radius` (float32). An index gives a `Scene`, a slice or an array of indices gives `Scenes`."""

    def __init__(self, shape, colour, size, x, y, radius):
        self.shape, self.colour, self.size = shape, colour, size
        self.x, self.y, self.radius = x, y, radius

    def __len__(self):
        return len(self.shape)

    def __getitem__(self, i):
        if not isinstance(i, int | np.integer):
            return Scenes(self.shape[i], self.colour[i], self.size[i], self.x[i], self.y[i], self.radius[i])
        return Scene(tuple(
            SceneObject(SHAPES[s], COLOURS[c], SIZES[z], float(x), float(y), float(r))
            for s, c, z, x, y, r in zip(
                self.shape[i], self.colour[i], self.size[i], self.x[i], self.y[i], self.radius[i], strict=True
            )
            if s >= 0
        ))

    @classmethod
    def of(cls, scenes):
        """The arrays of a list of `Scene`."""
        arrays = [np.full((len(scenes), 3), -1, np.int8) for _ in range(3)]
        floats = [np.zeros((len(scenes), 3), np.float32) for _ in range(3)]
        for i, scene in enumerate(scenes):
            for j, o in enumerate(scene.objects):
                values = (SHAPES.index(o.shape), COLOURS.index(o.colour), SIZES.index(o.size), o.x, o.y, o.radius)
                for array, value in zip(arrays + floats, values, strict=True):
                    array[i, j] = value
        return cls(*arrays, *floats)


def check_choice(name, value, allowed):
    """Raises a TutorialError that names `value` and lists what is allowed."""
    if value not in allowed:
        raise TutorialError(f"unknown {name} {value!r}: allowed are {', '.join(map(str, allowed))}")
