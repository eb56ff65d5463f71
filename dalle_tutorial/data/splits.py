"""Draws descriptions and keeps the splits apart: train, validation, test, and two kinds of held-out combination.

A description belongs to exactly one split, whatever its wording: "A left of B" and "B right of A" ask for the same
scenes and always fall on the same side.
"""

import numpy as np

from dalle_tutorial.data.layout import encode
from dalle_tutorial.data.scenes import (
    COLOURS,
    HELD_OUT_PAIRS,
    HELD_OUT_RELATIONS,
    KIND_SHARES,
    KINDS,
    PLACES,
    RELATIONS,
    SHAPES,
    SIZES,
    SPLITS,
    Description,
    ObjectSpec,
    check_choice,
)

TEST_SHARE, VALIDATION_SHARE = 0.10, 0.05
OPEN_SIZE, ASKED_PLACE = 0.25, 0.6  # shares of objects without a size, of single objects with a place
_SPLIT_SEED = 0x9E3779B97F4A7C15  # fixed for ever: another number would be other splits

_MIRROR = np.array([1, 0, 3, 2])  # index of the inverse relation
_HELD_PAIR = np.zeros((len(SHAPES), len(COLOURS)), bool)
for _colour, _shape in HELD_OUT_PAIRS:
    _HELD_PAIR[SHAPES.index(_shape), COLOURS.index(_colour)] = True
_HELD_RELATION = np.zeros((len(SHAPES), len(RELATIONS), len(SHAPES)), bool)
for _a, _relation, _b in HELD_OUT_RELATIONS:
    _i, _r, _j = SHAPES.index(_a), RELATIONS.index(_relation), SHAPES.index(_b)
    _HELD_RELATION[_i, _r, _j] = _HELD_RELATION[_j, _MIRROR[_r], _i] = True


def _mix(h):
    """splitmix64's last steps: every bit of the key reaches every bit of the hash."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def _key(codes, reverse):
    """One integer for each description, read from its first object to its last or from the last to the first."""
    count = (codes["shape"] >= 0).sum(1)
    order = np.arange(3)[None].repeat(len(count), 0)
    relation = codes["relation"]
    if reverse:
        order = np.where(order < count[:, None], count[:, None] - 1 - order, order)
        last = np.maximum(count - 2, 0)[:, None]
        swapped = np.where(np.arange(2) <= last, last - np.arange(2), np.arange(2))
        relation = np.take_along_axis(relation, swapped, 1)
        relation = np.where(relation >= 0, _MIRROR[relation], -1)
    key = np.zeros(len(count), np.uint64)
    for name in ("shape", "colour", "size", "place"):
        for column in np.take_along_axis(codes[name], order, 1).T:
            key = key * np.uint64(11) + (column + 1).astype(np.uint64)
    for column in relation.T:
        key = key * np.uint64(5) + (column + 1).astype(np.uint64)
    return key


def split_codes(codes):
    """The split of each encoded description, as an index into SPLITS."""
    shape, colour, relation = codes["shape"], codes["colour"], codes["relation"]
    held_pair = (_HELD_PAIR[shape, colour] & (shape >= 0)).any(1)
    held_relation = (_HELD_RELATION[shape[:, :2], relation, shape[:, 1:]] & (relation >= 0)).any(1)
    key = np.minimum(_key(codes, False), _key(codes, True)) + np.uint64(_SPLIT_SEED)
    chance = _mix(key).astype(np.float64) / 2.0**64
    split = np.where(chance < TEST_SHARE, 2, np.where(chance < TEST_SHARE + VALIDATION_SHARE, 1, 0))
    return np.where(held_pair, 3, np.where(held_relation, 4, split))


def split_of(description):
    """The name of the split a `Description` belongs to."""
    return SPLITS[int(split_codes(encode([description]))[0])]


def _draw(n, kinds, rng):
    """Codes of n random descriptions, of any split."""
    shares = np.array([KIND_SHARES[kind] for kind in kinds])
    kind = np.array([KINDS.index(kind) for kind in kinds])[rng.choice(len(kinds), n, p=shares / shares.sum())]
    count = np.select([kind == 0, kind == 1, kind == 3], [1, 2, 3], rng.integers(2, 4, n))
    present = np.arange(3) < count[:, None]
    shape, colour = rng.integers(0, len(SHAPES), (n, 3)), rng.integers(0, len(COLOURS), (n, 3))
    size = np.where(rng.random((n, 3)) < OPEN_SIZE, -1, rng.integers(0, len(SIZES), (n, 3)))
    place = np.where(rng.random((n, 3)) < ASKED_PLACE, rng.integers(0, len(PLACES), (n, 3)), -1)
    relation = rng.integers(0, len(RELATIONS), (n, 2))
    counted = (kind == 2)[:, None]
    codes = {
        name: np.where(present, np.where(counted, values[:, :1], values), -1).astype(np.int8)
        for name, values in (("shape", shape), ("colour", colour), ("size", size))
    }
    codes["place"] = np.where(present & (kind == 0)[:, None], place, -1).astype(np.int8)
    codes["relation"] = np.where(present[:, 1:] & ~counted, relation, -1).astype(np.int8)
    return codes


def draw_codes(n, rng, split="train", kinds=None):
    """Codes of n random descriptions of one split. `kinds` is a subset of KINDS (None = all)."""
    kinds = tuple(kinds or KINDS)
    check_choice("split", split, SPLITS)
    for kind in kinds:
        check_choice("kind of description", kind, KINDS)
    if split == "held_out_relations":
        kinds = tuple(kind for kind in kinds if kind in ("two", "three")) or ("two", "three")
    wanted, kept = SPLITS.index(split), []
    while sum(len(codes["shape"]) for codes in kept) < n:
        codes = _draw(4 * n + 64 if split != "train" else 2 * n + 64, kinds, rng)
        chosen = split_codes(codes) == wanted
        kept.append({name: values[chosen] for name, values in codes.items()})
    return {name: np.concatenate([codes[name] for codes in kept])[:n] for name in kept[0]}


def decode(codes):
    """The `Description` objects of encoded descriptions."""
    specs = [
        [
            ObjectSpec(SHAPES[s], COLOURS[c], SIZES[z] if z >= 0 else None, PLACES[p] if p >= 0 else None)
            for s, c, z, p in zip(*rows, strict=True)
            if s >= 0
        ]
        for rows in zip(*(codes[name].tolist() for name in ("shape", "colour", "size", "place")), strict=True)
    ]
    relations = codes["relation"].tolist()
    return [
        Description(tuple(objects), tuple(RELATIONS[r] for r in row if r >= 0))
        for objects, row in zip(specs, relations, strict=True)
    ]
