"""The oracle: reads scenes back from pixels and judges whether a picture shows what its caption asks.

Nothing in it is learned. It finds patches of one colour, draws all six shapes over each with the renderer's own
formulas, and keeps the one that fits (analysis by synthesis). What fits none is a failure with a reason.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from dalle_tutorial.data._reading import read_chunk
from dalle_tutorial.data.captions import parse
from dalle_tutorial.data.scenes import RELATIONS, Description, Scene, relation_holds
from dalle_tutorial.errors import PictureError

SIDES = (32, 64)
ATTRIBUTES = ("shape", "colour", "size", "place", "count", "relation")
_CHUNK = 128


@dataclass(frozen=True)
class Reading:
    """What the oracle sees in one picture: the objects it could read, and a sentence for each thing it could not."""

    scene: Scene
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """Whether a picture shows what its caption asks.

    `attributes` maps each of ATTRIBUTES to True, False, or None where the caption does not ask. `correct` holds if
    none is False and nothing in the picture stayed unread. `reasons` says in words what failed; `scene` is what was
    read.
    """

    correct: bool
    attributes: dict[str, bool | None]
    reasons: tuple[str, ...]
    scene: Scene


def _check(pictures):
    """Pictures (n, side, side, 3), 0 … 255; raises PictureError for anything but the two allowed kinds."""
    pictures = np.asarray(pictures)
    allowed = f"allowed are (pictures, side, side, 3) with side {' or '.join(map(str, SIDES))}"
    if pictures.ndim != 4 or pictures.shape[1] != pictures.shape[2] or pictures.shape[3] != 3:
        raise PictureError(f"pictures of shape {pictures.shape}: {allowed}")
    if pictures.shape[1] not in SIDES:
        raise PictureError(f"pictures of {pictures.shape[1]} pixels: {allowed}")
    if np.issubdtype(pictures.dtype, np.floating):
        if pictures.size and not (pictures.min() >= -1.001 and pictures.max() <= 1.001):
            span = f"from {pictures.min():.3g} to {pictures.max():.3g}"
            raise PictureError(f"float pictures with values {span}: allowed are -1 to 1, or uint8")
        pictures = (pictures.astype(np.float32) + 1) * 127.5
    elif pictures.dtype != np.uint8:
        raise PictureError(f"pictures of type {pictures.dtype}: allowed are uint8 (0 to 255) or floats (-1 to 1)")
    return pictures


def _shrink(pictures, detail):
    """64 pixels to 32 by averaging 2 × 2, so that one set of thresholds serves both."""
    if detail == 1:
        return pictures.astype(np.float32)
    parts = [pictures[:, i::detail, j::detail] for i, j in np.ndindex(detail, detail)]
    return sum(part.astype(np.float32) for part in parts) / detail**2


def examine(pictures):
    """Reads pictures: a list of `Reading`. See `read` for what is allowed."""
    return _examine(_check(pictures))


def _examine(pictures):
    detail = pictures.shape[1] // 32
    return [
        Reading(scene, unread)
        for start in range(0, len(pictures), _CHUNK)
        for scene, unread in read_chunk(_shrink(pictures[start : start + _CHUNK], detail), detail)
    ]


def read(pictures):
    """Reads pictures (n, side, side, 3), uint8 or floats in [−1, 1], 32 or 64 pixels: a list of `Scene`.

    Only what could be read is in a scene; `examine` also tells of the rest. Raises PictureError for another shape,
    type, range or size.
    """
    return [reading.scene for reading in examine(pictures)]


def score(pictures, captions):
    """Judges each picture against its caption: a list of `Verdict`.

    `captions` are strings (English or Chinese) or `Description`s, one for each picture. Raises PictureError as
    `read` does or if the numbers differ, CaptionError for a caption that cannot be read.
    """
    captions = [captions] if isinstance(captions, str | Description) else list(captions)
    pictures = _check(pictures)
    if len(captions) != len(pictures):
        raise PictureError(f"{len(pictures)} pictures but {len(captions)} captions: each picture needs one")
    asked = [parse(caption) if isinstance(caption, str) else caption for caption in captions]
    return [judge(reading, description) for reading, description in zip(_examine(pictures), asked, strict=True)]


def judge(reading, description):
    """The `Verdict` on one `Reading`: over all ways to match objects with what was asked, the best."""
    found, specs = reading.scene.objects, description.objects
    places = [*range(len(found)), *[None] * max(0, len(specs) - len(found))]
    matches = [
        [None if i is None else found[i] for i in chosen]
        for chosen in dict.fromkeys(permutations(places, len(specs)))
    ]
    match = max(matches, key=lambda match: _points(match, description))
    attributes = dict.fromkeys(ATTRIBUTES)
    for name in ("shape", "colour", "size", "place"):
        wanted = [(o, getattr(spec, name)) for o, spec in zip(match, specs, strict=True) if getattr(spec, name)]
        if wanted:
            attributes[name] = all(o is not None and getattr(o, name) == value for o, value in wanted)
    attributes["count"] = len(found) + len(reading.unread) == len(specs)
    if description.relations:
        attributes["relation"] = all(_relations(match, description))
    correct = not reading.unread and False not in attributes.values()
    return Verdict(correct, attributes, tuple(_reasons(match, reading, description)), reading.scene)


def _relations(match, description):
    """Whether each relation holds between the matched objects."""
    pairs = zip(description.relations, match, match[1:], strict=False)
    return [a is not None and b is not None and relation_holds(relation, a, b) for relation, a, b in pairs]


def _points(match, description):
    """How much of the description a matching fulfils: the objects first, then the relations."""
    alike = [
        getattr(o, name) == getattr(spec, name)
        for o, spec in zip(match, description.objects, strict=True) if o is not None
        for name in ("shape", "colour", "size", "place") if getattr(spec, name)
    ]
    held = _relations(match, description)
    return (all(alike) and all(held) and None not in match, sum(alike) + sum(held))


def _a(noun):
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _reasons(match, reading, description):
    """What failed, in words."""
    asked, found = len(description.objects), len(reading.scene.objects)
    yield from reading.unread
    if found != asked:
        yield f"asked for {asked} object{'s' if asked > 1 else ''}, found {found}"
    for o, spec in zip(match, description.objects, strict=True):
        names = [name for name in ("size", "colour", "shape") if getattr(spec, name)]
        wanted = " ".join(getattr(spec, name) for name in names)
        if o is None:
            if not reading.unread:  # else the unread thing may be it
                yield f"asked for {_a(wanted)}, found none"
            continue
        seen = " ".join(getattr(o, name) for name in names)
        if seen != wanted:
            yield f"asked for {_a(wanted)}, found {_a(seen)}"
        if spec.place and o.place != spec.place:
            yield f"asked for the {wanted} at the {spec.place}, found it at the {o.place}"
    for i, holds in enumerate(_relations(match, description)):
        a, b = match[i : i + 2]
        if not holds and a is not None and b is not None:
            true = [relation for relation in RELATIONS if relation_holds(relation, a, b)]
            names = [f"the {spec.colour} {spec.shape}" for spec in description.objects[i : i + 2]]
            what = f"found it {true[0]}" if true else "found it diagonal"
            yield f"asked for {names[0]} {description.relations[i]} {names[1]}, {what}"
