"""Do manipulated pictures show what they should? Everything here is fixed by its seed.

stack: a `models.unclip.UnCLIP`. All begins with true pictures of unseen scenes, and the oracle judges what became of
them (Ramesh et al. 2022, §3, which shows pictures and no figures).
"""

import dataclasses
import functools

import numpy as np

from dalle_tutorial.bindings import bindings
from dalle_tutorial.data import oracle
from dalle_tutorial.data.scenes import HELD_OUT_PAIRS, check_choice
from dalle_tutorial.data.shapes import Description, arrange, describe, render, sample
from dalle_tutorial.data.swaps import swap
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.models.slerp import slerp
from dalle_tutorial.rates import Rate, mean_with_error, plain

CHANGES = ("colour", "shape")
SIDES = {"left of": ("top left", "left", "bottom left"), "right of": ("top right", "right", "bottom right")}
"""Relation → the places where its first object stands, whole, in one half of the picture."""
_in_chunks = functools.partial(in_chunks, size=100)  # with another size, other noise: each chunk begins it anew


def reconstructions(stack, n=200, seed=0):
    """Pictures that were encoded and drawn again: the ceiling of all that is measured below.

    Returns "one_object" and "two_objects", the `Rate` of n pictures each that still show their caption, and "rmse",
    {"mean", "standard_error"} of the root mean square error of a picture, in 0…255.
    """
    found, errors = {}, []
    for stream, (name, kind) in enumerate({"one_object": "one", "two_objects": "two"}.items()):
        descriptions, pictures = _unseen(n, [seed, 20, stream], (kind,))
        again = _in_chunks(lambda rows: stack.render(*stack.encode(rows)), pictures)
        found[name] = _shown(again, descriptions)
        errors.append(_apart(again, pictures))
    return {**found, "rmse": mean_with_error(np.concatenate(errors))}


def variations(stack, n=200, seed=0, eta=1.0, guidance_scale=1.0):
    """One variation of each of n pictures of one or two objects (§3.1).

    Returns "shown", the `Rate` of variations that still show the caption of the picture; and "apart", {"mean",
    "standard_error"} of the root mean square difference from the picture drawn again without any dice, in 0…255.
    """
    descriptions, pictures = _unseen(n, [seed, 21], ("one", "two"))

    def both(rows):
        z, noise = stack.encode(rows)
        return tuple(stack.render(z, noise, guidance_scale, eta=dice, seed=seed) for dice in (eta, 0.0))

    varied, again = _in_chunks(both, pictures)
    return {"shown": _shown(varied, descriptions), "apart": mean_with_error(_apart(varied, again))}


def interpolations(stack, n=200, seed=0, frames=5):
    """n ways between two pictures of one object each (§3.2).

    Returns "ends": the `Rate` of ways whose first frame shows the first caption and whose last the second; and for
    "slerp" (z and x_T turn), "line" (both go straight) and "pixels" (the pictures are mixed): {"mean",
    "standard_error"} over the ways of the share of frames in between in which the oracle reads one object and nothing
    else. TutorialError for fewer than three frames.
    """
    if frames < 3:
        raise TutorialError(f"{frames} frames: of fewer than 3, none lies between the ends")
    descriptions, pictures = _unseen(2 * n, [seed, 22], ("one",))
    z, noise = _in_chunks(stack.encode, pictures)
    mixes, between = {"slerp": slerp, "line": lambda a, b, share: (1 - share) * a + share * b}, {}
    ends = _in_chunks(lambda rows: stack.render(z[rows], noise[rows]), np.arange(2 * n))
    right = np.array([verdict.correct for verdict in oracle.score(ends, descriptions)])
    shares = np.linspace(0, 1, frames)[1:-1]
    for name, mix in mixes.items():
        between[name] = [
            _in_chunks(lambda rows, mix=mix, share=share: stack.render(
                *(mix(x[:n][rows], x[n:][rows], share).astype("float32") for x in (z, noise))), np.arange(n))
            for share in shares
        ]
    between["pixels"] = [np.uint8((1 - share) * pictures[:n] + share * pictures[n:]) for share in shares]
    return {"ends": Rate.of(right[:n] & right[n:]), **{
        name: mean_with_error(np.mean([_lone(each) for each in drawn], axis=0)) for name, drawn in between.items()
    }}


def text_diffs(stack, n=200, seed=0, fraction=0.5, change="colour", guidance_scale=1.0):
    """n pictures of one object whose caption gets another colour, or shape, and nothing else (§3.3).

    Captions are in their canonical wording. No wanted picture is of a pair that training never showed.

    Returns three `Rate`s: "changed", what was to change is as asked; "kept", all else that the caption says is as it
    was, and there is one object; and "both". TutorialError for a `change` that is not one of CHANGES.
    """
    check_choice("change", change, CHANGES)
    sources, pictures = _unseen(n, [seed, 23], ("one",))
    rng = np.random.default_rng([seed, 24])
    targets = [_other(source, change, rng) for source in sources]
    pairs = np.array([(describe(a), describe(b)) for a, b in zip(sources, targets, strict=True)])

    def turn(rows):
        return stack.text_diff(pictures[rows], *pairs[rows].T.tolist(), fraction, guidance_scale)

    drawn = _in_chunks(turn, np.arange(n))
    verdicts = oracle.score(drawn, targets)
    rest = [[right for name, right in verdict.attributes.items() if name != change] for verdict in verdicts]
    return {
        "changed": Rate.of([verdict.attributes[change] for verdict in verdicts]),
        "kept": Rate.of([False not in those for those in rest]),
        "both": Rate.of([verdict.correct for verdict in verdicts]),
    }


def inpaintings(stack, n=200, seed=0):
    """n pictures of one object in the left or the right half; the other half is painted, so that a caption with two
    objects holds: "A left of B".

    Returns three `Rate`s: "shown", the caption is; "kept", the old object is still read in its half; "unchanged", all
    pixels outside the mask are the same.
    """
    asked, old, pictures, masks = half_pictures(n, [seed, 25])
    captions = [describe(description) for description in asked]

    def paint(rows):
        return stack.inpaint(pictures[rows], masks[rows], [captions[row] for row in rows], seed=seed)

    painted = _in_chunks(paint, np.arange(n))
    there = [
        any((o.shape, o.colour) == (spec.shape, spec.colour) and o.place in places for o in scene.objects)
        for scene, (spec, places) in zip(oracle.read(painted), old, strict=True)
    ]
    same = ((painted == pictures).all(axis=-1) | masks).all(axis=(1, 2))
    return {"shown": _shown(painted, asked), "kept": Rate.of(there), "unchanged": Rate.of(same)}


def half_pictures(n, seed):
    """What `inpaintings` begins with: n unseen descriptions "A left of B" or "A right of B"; for each (A, the places of
    its half); pictures of A alone there (n, 32, 32, 3); and masks (n, 32, 32) of the other half."""
    asked = [d for d in sample(4 * n + 20, seed, "test", ("two",))[0] if d.relations[0] in SIDES][:n]
    rng = np.random.default_rng([*np.atleast_1d(seed), 1])
    old = [(d.objects[0], SIDES[d.relations[0]]) for d in asked]
    alone = [Description((dataclasses.replace(spec, place=str(rng.choice(places))),)) for spec, places in old]
    masks = np.zeros((n, 32, 32), bool)
    for mask, description in zip(masks, asked, strict=True):
        mask[:, 16:] = description.relations[0] == "left of"
        mask[:, :16] = not mask[0, -1]
    return asked, old, render(arrange(alone, rng), 32), masks


def measure(stack, n=200, seed=0):
    """All of the above as plain values for a card: n pictures for each figure; variations and text diffs as the paper
    writes them, without guidance, and under "guided" with that for which `draw` is tuned."""
    return plain({
        "n": n, "reconstructions": reconstructions(stack, n, seed), **_at_scale(stack, n, seed, 1.0),
        "guided": guided(stack, n, seed), "interpolations": interpolations(stack, n, seed),
        "inpaintings": inpaintings(stack, n, seed), "bindings": bindings(stack, n, seed),
    })


def guided(stack, n=200, seed=0):
    """Variations and text diffs at the guidance scale of the stack's card, which comes with them: a dict."""
    scale = stack.card.get("guidance_scale", 2.0)
    return plain({"guidance_scale": scale, **_at_scale(stack, n, seed, scale)})


def _at_scale(stack, n, seed, scale):
    """The figures that depend on guidance, which is no part of what the paper calls variation or text diff."""
    return {
        "variations": {f"{eta:g}": variations(stack, n, seed, eta, scale) for eta in (0.5, 1.0)},
        "text_diffs": {change: {f"{fraction:g}": text_diffs(stack, n, seed, fraction, change, scale)
                                for fraction in (0.25, 0.5)} for change in CHANGES},
    }


def _unseen(n, seed, kinds):
    """n descriptions of the test split and a true picture of each."""
    descriptions, scenes = sample(n, seed, "test", kinds)
    return descriptions, render(scenes, 32)


def _shown(pictures, descriptions):
    return Rate.of([verdict.correct for verdict in oracle.score(pictures, descriptions)])


def _apart(pictures, others):
    """Root mean square differences (n,) of two arrays of pictures, in 0…255."""
    return np.sqrt(np.square(pictures.astype("float64") - others).mean((1, 2, 3)))


def _lone(pictures):
    """Whether the oracle reads one object and nothing else: (n,) bool."""
    return np.array([len(r.scene.objects) == 1 and not r.unread for r in oracle.examine(pictures)])


def _other(source, change, rng):
    """The description with another colour or shape, one that training has shown together."""
    while True:
        target = swap(source, change, rng)
        if (target.objects[0].colour, target.objects[0].shape) not in HELD_OUT_PAIRS:
            return target
