"""Where the objects of a description may stand: rejection sampling, vectorised over scenes and proposals."""

import numpy as np

from dalle_tutorial.data.scenes import (
    BOUND,
    COLOURS,
    EDGE,
    GAP,
    PLACE_MARGIN,
    PLACES,
    RADII,
    RELATION_MARGIN,
    RELATIONS,
    SHAPES,
    SIZES,
    Scenes,
)
from dalle_tutorial.errors import TutorialError

_RADII = np.array([RADII[size] for size in SIZES], np.float32)
_FEW = 8  # scenes that are sought together once a search among all has left them over
# dx and dy of "left of", "right of", "above", "below", from the first object to the second
_DIRECTION = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)


def encode(descriptions):
    """The descriptions as int8 arrays: shape, colour, size, place (n, 3) and relation (n, 2); −1 = absent or open."""
    n = len(descriptions)
    codes = {name: np.full((n, 3), -1, np.int8) for name in ("shape", "colour", "size", "place")}
    codes["relation"] = np.full((n, 2), -1, np.int8)
    for i, description in enumerate(descriptions):
        for j, spec in enumerate(description.objects):
            codes["shape"][i, j] = SHAPES.index(spec.shape)
            codes["colour"][i, j] = COLOURS.index(spec.colour)
            if spec.size:
                codes["size"][i, j] = SIZES.index(spec.size)
            if spec.place:
                codes["place"][i, j] = PLACES.index(spec.place)
        for j, relation in enumerate(description.relations):
            codes["relation"][i, j] = RELATIONS.index(relation)
    return codes


def _proposals(size, place, relation, rng, tries):
    """Radii and centres (n, tries, 3), uniform inside the border or the asked cell; sizes left open are drawn."""
    n = len(size)
    sizes = np.where(size[:, None] < 0, rng.integers(0, 2, (n, tries, 3)), size[:, None])
    low, high = _RADII[sizes, 0], _RADII[sizes, 1]
    radius = low + (high - low) * rng.random((n, tries, 3), np.float32)
    centre = []
    for cell in (place % 3, place // 3):
        least, most = BOUND * radius + EDGE, 1 - BOUND * radius - EDGE
        asked = (place >= 0)[:, None]
        least = np.where(asked, np.maximum(least, cell[:, None] / 3 + PLACE_MARGIN), least)
        most = np.where(asked, np.minimum(most, (cell[:, None] + 1) / 3 - PLACE_MARGIN), most)
        centre.append(least + (most - least) * _chances(relation, len(centre), rng, tries))
    return sizes, radius, centre[0], centre[1]


def _chances(relation, axis, rng, tries):
    """Uniform numbers (n, tries, 3). Three objects in a row are rare among free draws, so their numbers are put in
    order along the row: found six times sooner, the kept scenes are spread as before but for unequal radii."""
    chance = rng.random((len(relation), tries, 3), np.float32)
    for index in (2 * axis, 2 * axis + 1):
        row = np.flatnonzero((relation == index).all(1))
        chance[row] = np.sort(chance[row], axis=2)[..., :: 1 if index % 2 == 0 else -1]
    return chance


def _valid(present, relation, x, y, radius):
    """(n, tries): no two objects touch, and every relation holds with its margin."""
    ok = np.ones(x.shape[:2], bool)
    for i, j in ((0, 1), (1, 2), (0, 2)):
        both = (present[:, i] & present[:, j])[:, None]
        dx, dy = x[..., j] - x[..., i], y[..., j] - y[..., i]
        apart = dx**2 + dy**2 > (BOUND * (radius[..., i] + radius[..., j]) + GAP) ** 2
        ok &= apart | ~both
        if j == i + 1:
            asked = (relation[:, i] >= 0)[:, None]
            direction = _DIRECTION[relation[:, i]][:, None]
            along = dx * direction[..., 0] + dy * direction[..., 1]
            across = np.abs(dx * direction[..., 1]) + np.abs(dy * direction[..., 0])
            ok &= (along > across + RELATION_MARGIN) | ~asked
    return ok


def arrange(descriptions, rng, tries=4, rounds=400):
    """One scene for each description, uniform over all that fulfil it.

    `descriptions` is a list of `Description` or the arrays of `encode`; `rng` a NumPy generator. Returns `Scenes`.
    Raises TutorialError if some description has found no room in `rounds` rounds of proposals, the first of `tries`;
    by then it has had millions of them at the default.
    """
    codes = encode(descriptions) if not isinstance(descriptions, dict) else descriptions
    n = len(codes["shape"])
    size, (x, y, radius) = np.full((n, 3), -1, np.int8), np.zeros((3, n, 3), np.float32)
    scenes = Scenes(codes["shape"].copy(), codes["colour"].copy(), size, x, y, radius)
    left = _fill(scenes, codes, np.arange(n), rng, tries, rounds)
    # Of many, each had few proposals. Three large objects in a row, the rarest, fit one time in forty thousand.
    for few in np.split(left, range(_FEW, len(left), _FEW)):
        if len(missing := _fill(scenes, codes, few, rng, 32768 // _FEW, rounds)):
            raise TutorialError(
                f"found no room for description {missing[0] + 1} of {n}: its objects do not fit in one picture"
            )
    return scenes


def _fill(scenes, codes, left, rng, tries, rounds):
    """Places the objects of the scenes whose indices are `left`; returns the indices that found no room."""
    present = codes["shape"] >= 0
    for _ in range(rounds):
        if not len(left):
            break
        sizes, r, px, py = _proposals(*(codes[name][left] for name in ("size", "place", "relation")), rng, tries)
        ok = _valid(present[left], codes["relation"][left], px, py, r)
        done, first = ok.any(1), ok.argmax(1)
        rows, picks = np.flatnonzero(done), first[done]
        kept, there = left[rows], present[left[rows]]
        scenes.size[kept] = np.where(there, sizes[rows, picks], -1)
        for target, values in ((scenes.x, px), (scenes.y, py), (scenes.radius, r)):
            target[kept] = np.where(there, values[rows, picks], 0)
        left = left[~done]
        tries = min(4 * tries, max(16, 32768 // max(1, len(left))))
    return left
