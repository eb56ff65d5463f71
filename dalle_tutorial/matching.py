"""How well CLIP matches pictures and captions it has never seen. Everything here is fixed by its seed.

`trained` is a `Trained` whose model is a `CLIP`.
"""

import numpy as np

from dalle_tutorial.data.oracle import Reading, judge
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.data.shapes import COLOURS, PLACES, SHAPES, Description, ObjectSpec, describe, render, sample
from dalle_tutorial.data.swaps import swaps
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.rates import Rate

_CHUNK = 250


def image_vectors(trained, pictures):
    """The vectors of uint8 pictures (n, 32, 32, 3): (n, embedding_width), each of length one."""
    return in_chunks(trained.model.encode_image, to_unit(pictures), size=_CHUNK)


def text_vectors(trained, captions):
    """The vectors of captions: (n, embedding_width), each of length one. Raises as the tokeniser does."""
    return in_chunks(trained.model.encode_text, trained.tokenizer(list(captions)), size=_CHUNK)


def distinct(n, seed, split="test"):
    """n descriptions of a split, no two alike, and a scene of each. Raises TutorialError where a split has fewer."""
    descriptions, scenes = sample(4 * n, seed, split)
    first = {}  # kept in the order in which they were first drawn: any other would prefer what is drawn seldom
    for row, description in enumerate(descriptions):
        first.setdefault(description, row)
    rows = list(first.values())[:n]
    if len(rows) < n:
        raise TutorialError(f"the split {split!r} gave {len(rows)} distinct descriptions, {n} were asked for")
    return [descriptions[row] for row in rows], scenes[np.array(rows)]


def retrieval(trained, n=1000, seed=0, split="test", language="en"):
    """Among n distinct captions, is the nearest to a picture its own; among n pictures, the nearest to a caption?

    Returns "caption" (top-1 of picture → caption) and "picture" (the other way), each a `Rate`; "true_caption", how
    often the nearest caption is *true* of the picture, though it need not be the one it was made for; and "ceiling":
    what a reader would reach who knows which captions are true and picks among them at random. A picture of a small
    red circle at the top shows "a red circle" as well.
    """
    descriptions, scenes = distinct(n, [seed, 10], split)
    words = np.random.default_rng([seed, 11])
    text = text_vectors(trained, [describe(description, words, language) for description in descriptions])
    image = image_vectors(trained, render(scenes, 32))
    cosines = image @ text.T
    chosen, own = cosines.argmax(1), np.arange(n)
    holds = [_true_of(scenes[row], descriptions) for row in range(n)]
    return {
        "caption": Rate.of(chosen == own), "picture": Rate.of(cosines.argmax(0) == own),
        "true_caption": Rate.of([pick in those for pick, those in zip(chosen, holds, strict=True)]),
        "ceiling": float(np.mean([1 / len(those) for those in holds])), "gallery": n, "language": language,
    }


def _true_of(scene, descriptions):
    """Which of these descriptions a scene fulfils: a set of indices."""
    shown = sorted((o.shape, o.colour) for o in scene.objects)
    reading = Reading(scene, ())
    return {
        row for row, description in enumerate(descriptions)
        if sorted((o.shape, o.colour) for o in description.objects) == shown and judge(reading, description).correct
    }


def refusals(trained, n=1000, seed=0, split="test"):
    """How often a picture is nearer to its own caption than to one with a single attribute wrong: name → `Rate`.

    A bag of words gets "order of objects" right half of the time.
    """
    descriptions, scenes = sample(n, [seed, 12], split)
    rng = np.random.default_rng([seed, 13])
    wrong = [(row, name, other) for row, d in enumerate(descriptions) for name, other in swaps(d, rng)
             if not judge(Reading(scenes[row], ()), other).correct]
    image = image_vectors(trained, render(scenes, 32))
    own = (image * text_vectors(trained, [describe(d) for d in descriptions])).sum(1)
    rows = np.array([row for row, _, _ in wrong])
    others = (image[rows] * text_vectors(trained, [describe(other) for _, _, other in wrong])).sum(1)
    found = {}
    for (row, name, _), cosine in zip(wrong, others, strict=True):
        found.setdefault(name, []).append(bool(own[row] > cosine))
    return {name: Rate.of(right) for name, right in found.items()}


def zero_shot(trained, n=500, seed=0, split="test"):
    """Attributes of single objects, read off by asking which caption fits best (Radford et al. 2021, §3.1): the shape
    among 6, the colour among 8, the place among 9, each with the rest of the caption as it is. Name → `Rate`."""
    _, scenes = sample(n, [seed, 14], split, ("one",))
    image, found = image_vectors(trained, render(scenes, 32)), {}
    for name, values in (("shape", SHAPES), ("colour", COLOURS), ("place", PLACES)):
        truths, captions = [], []
        for row in range(n):
            o = scenes[row].objects[0]
            fields = {"shape": o.shape, "colour": o.colour}
            truths.append(values.index(getattr(o, name)))
            captions += [describe(Description((ObjectSpec(**{**fields, name: value}),))) for value in values]
        text = text_vectors(trained, captions).reshape(n, len(values), -1)
        found[name] = Rate.of(np.einsum("nd,nvd->nv", image, text).argmax(1) == np.array(truths))
    return found
