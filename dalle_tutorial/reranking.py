"""Drawing several pictures of a caption and keeping the best, as DALL·E does with CLIP (Ramesh et al. 2021, §2.6).

`draw` is always a function `(captions, seed) -> uint8 pictures (n, 32, 32, 3)`, of any model; equal captions are to
give different pictures, as with `Trained.draw`. `clip` is a `Trained` whose model is a `CLIP`. Two judges choose: CLIP,
by the cosine of picture and caption; and the oracle, which takes a right picture wherever there is one, so that nobody
could choose better. Everything here is fixed by its seed.
"""

from math import comb

import numpy as np
from tqdm.auto import tqdm

from dalle_tutorial.data import oracle
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.evaluation import asked, draw_in_chunks
from dalle_tutorial.matching import image_vectors, text_vectors
from dalle_tutorial.rates import Rate, wilson_interval

SIZES = (1, 2, 4, 8, 16, 32)
JUDGES = ("clip", "oracle")


def candidates(draw, captions, count, seed=0, progress=None):
    """`count` pictures of each caption: uint8 (captions, count, 32, 32, 3). `progress` is a tqdm bar, or None.
    TutorialError for a count that is no whole number of at least 1."""
    if count != int(count) or count < 1:
        raise TutorialError(f"{count} candidates: the number must be a whole one of at least 1")
    repeated = [caption for caption in captions for _ in range(int(count))]
    pictures = draw_in_chunks(draw, repeated, seed, progress)
    return pictures.reshape(len(captions), int(count), *pictures.shape[1:])


def similarities(clip, pictures, captions):
    """CLIP's cosine of each candidate with its caption: pictures (captions, count, 32, 32, 3) → (captions, count).
    Raises as CLIP's tokeniser does."""
    text = text_vectors(clip, captions)
    image = image_vectors(clip, pictures.reshape(-1, *pictures.shape[2:]))
    return np.einsum("cnw,cw->cn", image.reshape(len(text), -1, text.shape[1]), text)


def verdicts(pictures, captions):
    """Whether each candidate shows what its caption asks: pictures (captions, count, 32, 32, 3) → bool (captions,
    count)."""
    repeated = [caption for caption in captions for _ in range(pictures.shape[1])]
    found = oracle.score(pictures.reshape(-1, *pictures.shape[2:]), repeated)
    return np.array([verdict.correct for verdict in found]).reshape(pictures.shape[:2])


def best_of(draw, clip, count):
    """A `draw` of its own: of `count` pictures that `draw` gives for each caption, the one that CLIP finds nearest."""

    def best(captions, seed=0):
        pictures = candidates(draw, captions, count, seed)
        chosen = similarities(clip, pictures, captions).argmax(axis=1)
        return pictures[np.arange(len(captions)), chosen]

    return best


def expected_best(scores, right, size):
    """How often the best of `size` candidates is right, for each caption: (captions,) in 0…1.

    scores, right: (captions, count). It is the mean over *all* ways to take `size` of the `count` candidates, of which
    the one with the highest score is kept: no candidate is wasted, and no more are drawn for a smaller size. The one of
    rank r is the best of C(count − r, size − 1) of all C(count, size) choices. Of equal scores the right one ranks
    first. TutorialError for a size that is not between 1 and count.
    """
    count = scores.shape[1]
    if not 1 <= size <= count:
        raise TutorialError(f"the best of {size}: there are {count} candidates, so allowed are 1 to {count}")
    order = np.lexsort((~right, -scores), axis=1)
    chance = np.array([comb(count - rank, size - 1) for rank in range(1, count + 1)]) / comb(count, size)
    return np.take_along_axis(right, order, axis=1) @ chance


def curve(scores, right, sizes=SIZES):
    """Size → `Rate` of the best of so many: arguments as for `expected_best`, which gives the rate.

    The interval is Wilson's for as many trials as there are captions. It errs on the wide side: of one caption's
    expected share, a number in 0…1, the variance is at most that of a coin that falls so often.
    """
    found = {}
    for size in sizes:
        shares = expected_best(scores, right, size)
        found[size] = Rate(float(shares.mean()), *wilson_interval(round(shares.sum()), len(shares)), len(shares))
    return found


def reranking(draw, clip, n=250, seed=0, split="test", sets=("one_object", "two_objects"), sizes=SIZES, progress=False):
    """How alignment grows with the number of candidates: set → judge → size → `Rate`.

    `n` captions a set of `evaluation.SETS`, `max(sizes)` candidates of each; `split` takes the place of "test". Judges
    are JUDGES. TutorialError as `evaluation.asked` raises it.
    """
    found, wanted = {}, {name: asked(name, n, seed, split)[1] for name in sets}
    with tqdm(total=n * max(sizes) * len(sets), unit="picture", disable=None if progress else True) as bar:
        for name, captions in wanted.items():
            pictures = candidates(draw, captions, max(sizes), seed, bar)
            right = verdicts(pictures, captions)
            scores = {"clip": similarities(clip, pictures, captions), "oracle": right.astype("float64")}
            found[name] = {judge: curve(scores[judge], right, sizes) for judge in JUDGES}
    return found
