"""Descriptions that are almost right: one attribute wrong, everything else as it was.

The oracle must refuse their captions, and CLIP must learn to.
"""

import dataclasses

from dalle_tutorial.data.scenes import COLOURS, INVERSE, PLACES, RELATIONS, SHAPES, SIZES, Description

_OF_AN_OBJECT = {"shape": SHAPES, "colour": COLOURS, "size": SIZES, "place": PLACES}


def _another(values, old, rng):
    others = [value for value in values if value != old]
    return others[int(rng.integers(len(others)))]


def swappable(description, which=0):
    """What can be swapped: the attributes of object `which`, then "relation" and "order of objects", or "count"."""
    found = [name for name in _OF_AN_OBJECT if getattr(description.objects[which], name)]
    if description.relations:
        return [*found, "relation", "order of objects"]
    return [*found, "count"] if len(description.objects) > 1 else found


def swap(description, name, rng, which=0):
    """The description with one attribute wrong, one of `swappable`; `rng` decides what it is instead.

    A scene that fulfils the one may still fulfil the other, where objects are alike or the attribute was not drawn to
    be seen: "a red circle left of a red circle".
    """
    objects, relations = description.objects, description.relations
    if name == "relation":
        i = int(rng.integers(len(relations)))
        return Description(objects, (*relations[:i], _another(RELATIONS, relations[i], rng), *relations[i + 1 :]))
    if name == "order of objects":
        return Description(objects[::-1], relations)
    if name == "count":
        return Description(objects[:1] * (5 - len(objects)))
    new = _another(_OF_AN_OBJECT[name], getattr(objects[which], name), rng)
    changed = dataclasses.replace(objects[which], **{name: new})
    if description.kind == "count":  # alike they stay
        return Description((changed,) * len(objects))
    return Description((*objects[:which], changed, *objects[which + 1 :]), relations)


def swaps(description, rng):
    """(attribute, description with that one attribute wrong), once for each attribute that one of its objects has."""
    which = int(rng.integers(len(description.objects)))
    for name in swappable(description, which):
        yield name, swap(description, name, rng, which)


def almost_right(description, rng):
    """One description near to this one and false of its scenes, for a contrastive loss.

    Where there are relations, half of the time one of them is turned round, which no bag of words could notice.
    """
    objects, relations = description.objects, description.relations
    if relations and rng.random() < 0.5:
        i = int(rng.integers(len(relations)))
        return Description(objects, (*relations[:i], INVERSE[relations[i]], *relations[i + 1 :]))
    which = int(rng.integers(len(objects)))
    names = [name for name in swappable(description, which) if name != "order of objects"]
    return swap(description, names[int(rng.integers(len(names)))], rng, which)
