"""Sketches: one fixed picture for each description, a job from which a text encoder learns what captions say.

A scene of the shapes world is one of many that its caption allows. A sketch leaves nothing to chance: whatever the
wording, the same description gives the same picture.
"""

import numpy as np

from dalle_tutorial.data.shapes import PLACES, Scene, SceneObject, Scenes, describe, render, sample

LOW, MIDDLE, HIGH = 0.27, 0.5, 0.73
SPOTS = {
    "left of": ((LOW, MIDDLE), (HIGH, MIDDLE)), "right of": ((HIGH, MIDDLE), (LOW, MIDDLE)),
    "above": ((MIDDLE, LOW), (MIDDLE, HIGH)), "below": ((MIDDLE, HIGH), (MIDDLE, LOW)),
}
"""Where the first and the second object of a relation stand: (x, y) in fractions of the side, y down."""
CELLS = {place: ((i % 3 + 0.5) / 3, (i // 3 + 0.5) / 3) for i, place in enumerate(PLACES)}
RADIUS = {"small": 0.11, None: 0.15, "large": 0.2}


def sketch(description):
    """The `Scene` that stands for a description of one object or of two with their relation.

    Two objects stand side by side or one above the other, one stands where the caption says or in the middle. A size
    that the caption leaves open is drawn in between.
    """
    relation = description.relations[0] if description.relations else None
    spots = SPOTS.get(relation, ((MIDDLE, MIDDLE),))
    return Scene(tuple(
        SceneObject(o.shape, o.colour, o.size or "small", *CELLS.get(o.place, spot), RADIUS[o.size])
        for o, spot in zip(description.objects, spots, strict=True)
    ))


def sketches(descriptions, size=16):
    """The sketches of some descriptions as uint8 pictures (n, size, size, 3)."""
    return render(Scenes.of([sketch(description) for description in descriptions]), size)


def captions_and_sketches(n, seed, split="train", size=16):
    """n captions of one or two objects, in wordings that vary, and their sketches: uint8 (n, size, size, 3)."""
    descriptions, _ = sample(n, seed, split, kinds=("one", "two"))
    rng = np.random.default_rng([seed, 1])
    return [describe(description, rng) for description in descriptions], sketches(descriptions, size)
