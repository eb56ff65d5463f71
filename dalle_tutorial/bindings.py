"""Does an embedding say which colour is whose? Everything here is fixed by its seed.

The paper shows pictures in which two objects have exchanged their colours, and suspects that CLIP embeddings do not
bind attributes to objects (Ramesh et al. 2022, §7, Fig. 14 and 15). Here it is counted.
"""

import numpy as np

from dalle_tutorial.data import oracle
from dalle_tutorial.data.pixels import to_bytes
from dalle_tutorial.data.shapes import describe, render, sample
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.models.samplers import noise_for_each
from dalle_tutorial.rates import Rate

_CHUNK = 100


def bindings(stack, n=200, seed=0):
    """Pictures of two objects that differ in shape and in colour, drawn anew from their embedding and fresh noise.

    stack: a `models.unclip.UnCLIP`. The scenes are unseen. Returns what `bound` does, for "embedding" alone, and for
    "with_caption", where the decoder is told the caption too.
    """
    descriptions, pictures = pairs_of_objects(n, [seed, 26])
    model, scale = stack.decoder.model, stack.card.get("guidance_scale", 2.0)
    noise, embedding = noise_for_each(n, model.noise_shape, [seed, 27]), stack.embed(pictures)
    ids, found = stack.decoder.tokenizer([describe(description) for description in descriptions]), {}
    for name, words in (("embedding", None), ("with_caption", ids)):
        def draw(rows, words=words):
            told = None if words is None else words[rows]
            return to_bytes(model.generate(told, noise[rows], embedding=embedding[rows], guidance_scale=scale))

        found[name] = bound(in_chunks(draw, np.arange(n), size=_CHUNK), descriptions)
    return found


def pairs_of_objects(n, seed):
    """n unseen descriptions of two objects that differ in shape and in colour, and a true picture of each. Raises
    TutorialError for n < 1."""
    if n < 1:
        raise TutorialError(f"n is {n}: at least one picture is needed")
    unseen, scenes = sample(3 * n + 50, seed, "test", ("two",))
    rows = [row for row, description in enumerate(unseen) if _differ(*description.objects)][:n]
    return [unseen[row] for row in rows], render(scenes[np.array(rows)], 32)


def bound(pictures, descriptions):
    """What became of the two objects of each description: three `Rate`s.

    "shown": the picture shows all that is asked. "swapped": both shapes are there, with each other's colours.
    "turned": shapes and colours are right, and the relation is not.
    """
    verdicts = oracle.score(pictures, descriptions)
    seen = [sorted((o.shape, o.colour) for o in verdict.scene.objects) for verdict in verdicts]
    asked = [sorted((o.shape, o.colour) for o in description.objects) for description in descriptions]
    crossed = [sorted([(a[0], b[1]), (b[0], a[1])]) for a, b in asked]
    turned = [verdict.attributes["relation"] is False for verdict in verdicts]
    return {
        "shown": Rate.of([verdict.correct for verdict in verdicts]),
        "swapped": Rate.of([found == other for found, other in zip(seen, crossed, strict=True)]),
        "turned": Rate.of([found == own and wrong for found, own, wrong in zip(seen, asked, turned, strict=True)]),
    }


def _differ(a, b):
    return a.shape != b.shape and a.colour != b.colour
