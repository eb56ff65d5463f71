"""How well a prior knows, before there is a picture, which embedding it will have. Everything is fixed by its seed.

CLIP's embedding of a caption and that of a picture of it are not the same; the prior leads from one to the other
(Ramesh et al. 2022, §2.2).
"""

import numpy as np

from dalle_tutorial.data.layout import encode
from dalle_tutorial.data.shapes import arrange, describe, render
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.matching import distinct
from dalle_tutorial.rates import Rate, mean_with_error

KINDS = ("imagined", "text", "another")
"""What is compared with the embedding of the true picture: what the prior imagines; the caption's own embedding, as
there would be without a prior; and the embedding of another true picture of the caption, which no prior can tell from
the first."""


def imagination(stack, n=1000, seed=0, split="test", language="en", **settings):
    """Is what a prior imagines near to the embedding of the caption's picture, of which it has seen the caption only?

    stack: a `models.unclip.UnCLIP`, or what embeds and imagines as that does; it needs no decoder. settings: as for
    `UnCLIP.imagine`.

    n captions of unseen scenes are drawn, no two of one description, and a picture of each. Returns, for each of KINDS,
    the `Rate` of captions whose embedding is nearer to their own picture's than to those of the other n − 1; under
    "cosine", the cosine to their own picture's embedding, {"mean", "standard_error"}; "gallery", which is n, and
    "language". Raises TutorialError for n < 2 or more than the split has, and what the stack raises.
    """
    if n < 2:
        raise TutorialError(f"n is {n}: at least two captions are needed")
    descriptions, scenes = distinct(n, [seed, 16], split)
    words = np.random.default_rng([seed, 17])
    captions = [describe(description, words, language) for description in descriptions]
    others = arrange(encode(descriptions), np.random.default_rng([seed, 18]))
    true, cosine, found = _directions(stack.embed(render(scenes, 32))), {}, {}
    embeddings = (stack.imagine(captions, seed, **settings), stack.embed_captions(captions),
                  stack.embed(render(others, 32)))
    for kind, vectors in zip(KINDS, embeddings, strict=True):
        cosines = _directions(vectors) @ true.T
        own = cosines.diagonal()
        found[kind] = Rate.of(cosines.argmax(1) == np.arange(n))
        cosine[kind] = mean_with_error(own)
    return {**found, "cosine": cosine, "gallery": n, "language": language}


def _directions(vectors):
    """Vectors (n, width) brought to length one."""
    vectors = np.asarray(vectors, "float64")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
