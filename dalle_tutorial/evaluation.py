"""Does a picture show what its caption asked? Alignment with confidence intervals, diversity, bounds, retrieval.

`draw` is always a function `(captions, seed) -> uint8 pictures (n, 32, 32, 3)`; `Trained.draw` is one, and so is
anything else that a reader wants to measure. Everything here is fixed by its seed.
"""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
from tqdm.auto import tqdm

from dalle_tutorial.data import emoji, oracle
from dalle_tutorial.data.layout import encode
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.data.shapes import LANGUAGES, arrange, captions_and_pictures, describe, render, sample
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.rates import Rate, mean_with_error, wilson_interval

__all__ = [
    "SETS", "Alignment", "Rate", "alignment", "asked", "bounds", "diversity", "draw_in_chunks", "emoji_retrieval",
    "judge", "languages", "reconstruction", "wilson_interval",
]

SETS = {
    "one_object": ("test", "one"), "two_objects": ("test", "two"), "three_objects": ("test", "three"),
    "counts": ("test", "count"), "held_out_pairs": ("held_out_pairs", "one"),
    "held_out_relations": ("held_out_relations", "two"),
}
"""Name → (split, kind of description). The held-out sets differ from "one_object" and "two_objects" in nothing but the
combination that training never showed, so that the difference of two rates is its price."""

_CHUNK = 100
_EXAMPLES = 5
_WHERE = re.compile(r" at \([^)]*\)|: RGB .*")


@dataclass(frozen=True)
class Alignment(Rate):
    """The share of pictures that show what was asked, with what went right and wrong in them.

    `attributes`: shape, colour, size, place, count, relation → `Rate` among the captions that ask for it (an object
    that is missing is wrong in all of them). `failures`: what failed → in how many pictures, the commonest first; a
    picture may count under several. `examples`: the first failures, with the oracle's words.
    """

    attributes: dict[str, Rate]
    failures: dict[str, int]
    examples: tuple[dict, ...]


def judge(pictures, captions):
    """The oracle's verdict on pictures (n, side, side, 3), one caption each: an `Alignment`.

    Raises PictureError and CaptionError as `oracle.score` does, TutorialError for no pictures.
    """
    verdicts = oracle.score(pictures, captions)
    rate = Rate.of([verdict.correct for verdict in verdicts])
    told = {name: [verdict.attributes[name] for verdict in verdicts] for name in oracle.ATTRIBUTES}
    asked = {name: [right for right in those if right is not None] for name, those in told.items()}
    failures = Counter(kind for verdict in verdicts for kind in sorted(set(_failures(verdict))))
    examples = [
        {"caption": caption if isinstance(caption, str) else describe(caption), "reasons": list(verdict.reasons)}
        for caption, verdict in zip(captions, verdicts, strict=True) if not verdict.correct
    ]
    return Alignment(
        *asdict(rate).values(), {name: Rate.of(right) for name, right in asked.items() if right},
        dict(failures.most_common()), tuple(examples[:_EXAMPLES]),
    )


def _failures(verdict):
    """What failed in one picture, without what is particular to it."""
    yield from (f"wrong {name}" for name, right in verdict.attributes.items() if right is False and name != "count")
    yield from (_WHERE.sub("", reason) for reason in verdict.reasons if not re.match("asked for (a|the) ", reason))


def draw_in_chunks(draw, captions, seed=0, progress=None):
    """Draws any number of captions a hundred at a time, each chunk with its own seed: uint8 (n, 32, 32, 3).

    `progress` is a tqdm bar to move, a step a picture, or None.
    """
    if not captions:
        raise TutorialError("there is no caption to draw")
    seeds = np.random.default_rng([seed, 1])

    def next_chunk(chunk):
        pictures = draw(list(chunk), seed=int(seeds.integers(2**31)))
        if progress is not None:
            progress.update(len(chunk))
        return pictures

    return in_chunks(next_chunk, captions, size=_CHUNK)


def asked(name, n, seed=0, split="test", language="en"):
    """The captions of one of SETS: their descriptions, and as many strings, worded at random.

    `split` takes the place of "test"; in the other language the same things are asked. Raises TutorialError for an
    unknown set, split or language, or n < 1.
    """
    if name not in SETS:
        raise TutorialError(f"unknown set {name!r}: allowed are {', '.join(SETS)}")
    if n < 1:
        raise TutorialError(f"n is {n}: at least one caption is needed")
    its_split, kind = SETS[name]
    descriptions, _ = sample(n, [seed, list(SETS).index(name)], split if its_split == "test" else its_split, (kind,))
    words = np.random.default_rng([seed, 2])
    return descriptions, [describe(description, words, language) for description in descriptions]


def alignment(draw, n=1000, seed=0, split="test", sets=tuple(SETS), language="en", progress=False):
    """How often `draw` gives what the caption asks, for each of `sets`: a dict name → `Alignment`.

    `n` captions a set, drawn from its split with wording at random; `split` takes the place of "test", say for
    "validation" during training. A caption is drawn once. The interval tells how far the rate may be from that of
    all captions of this split, as often drawn; a split holds only so many descriptions, and they come back.

    Raises `TutorialError` for an unknown set or n < 1, and what `draw` raises.
    """
    captions = {name: asked(name, n, seed, split, language)[1] for name in sets}
    with tqdm(total=n * len(sets), unit="picture", desc="alignment", disable=None if progress else True) as bar:
        return {name: judge(draw_in_chunks(draw, those, seed, bar), those) for name, those in captions.items()}


def languages(draw, n=1000, seed=0, split="test", sets=("one_object", "two_objects"), progress=False):
    """The same things asked in each language, from the same noise: set → language → `Rate`, and "gap".

    "gap" is by how much more often the first language of LANGUAGES is drawn right than the last: {"mean",
    "standard_error"} of the difference, in −1…1, caption by caption. Errors as in `alignment`.
    """
    found = {}
    with tqdm(total=n * len(sets) * len(LANGUAGES), unit="picture", disable=None if progress else True) as bar:
        for name in sets:
            right = []
            for language in LANGUAGES:
                _, captions = asked(name, n, seed, split, language)
                verdicts = oracle.score(draw_in_chunks(draw, captions, seed, bar), captions)
                right.append(np.array([verdict.correct for verdict in verdicts]))
            found[name] = {language: Rate.of(those) for language, those in zip(LANGUAGES, right, strict=True)}
            found[name]["gap"] = mean_with_error(right[0].astype(int) - right[-1])
    return found


def _spread(pictures):
    """The root mean square difference (in 0…255) of two pictures of one caption, over all pairs: uint8
    (captions, samples, height, width, 3) → one number."""
    pairs = combinations(pictures.astype("float32").swapaxes(0, 1), 2)
    return float(np.mean([np.sqrt(np.square(a - b).mean((1, 2, 3))) for a, b in pairs]))


def diversity(draw, captions=50, samples=8, seed=0):
    """How much pictures of one caption differ, beside how much true scenes of that caption do.

    Returns "drawn" and "real", root mean square differences in 0…255 averaged over pairs and captions, and their
    "ratio": 0 for a model that draws one picture for a caption; about 1 for one that places what the caption leaves
    open as freely as the world does. Blur lowers it and dirt raises it: read it beside the alignment.
    """
    descriptions, _ = sample(captions, [seed, 3], "test")
    words = [describe(description) for description in descriptions]
    drawn = np.stack([np.asarray(draw(words, seed=seed + k)) for k in range(samples)], axis=1)
    codes = {name: np.repeat(values, samples, axis=0) for name, values in encode(descriptions).items()}
    real = render(arrange(codes, np.random.default_rng([seed, 4])), drawn.shape[2])
    drawn, real = _spread(drawn), _spread(real.reshape(captions, samples, *real.shape[1:]))
    return {"drawn": drawn, "real": real, "ratio": drawn / real, "captions": captions, "samples": samples}


def reconstruction(trained, n=1000, seed=0):
    """The `Alignment` of unseen true pictures that went through z and back: what the decoder can draw at best."""
    captions, pictures = captions_and_pictures(n, [seed, 5], "test")
    again = in_chunks(trained.model.reconstruct, to_unit(pictures), trained.tokenizer(captions), size=_CHUNK)
    return judge(np.clip(again, -1, 1), captions)


def bounds(trained, n=128, samples=32, seed=0):
    """ELBO and importance-weighted bound of log p(x|c) on unseen pictures, in nats a picture.

    Each is {"mean", "standard_error"} over `n` pictures, of the same `samples` draws of z for each; the second is the
    tighter one (Burda, Grosse & Salakhutdinov 2015). Their gap tells how far q(z|x,c) is from the true posterior.
    """
    captions, pictures = captions_and_pictures(n, [seed, 6], "test")
    x, ids = to_unit(pictures), trained.tokenizer(captions)
    elbo = trained.model.elbo(x, ids, samples=samples, seed=seed)
    tighter = trained.model.importance_weighted_bound(x, ids, samples=samples, seed=seed)
    found = {"n": n, "samples": samples}
    for name, values in (("elbo", elbo), ("importance_weighted", tighter)):
        found[name] = mean_with_error(values)
    return found


def emoji_retrieval(draw, emoji_set, captions=None, seed=0, progress=False):
    """Is the nearest real picture the captioned one, and is it among the five nearest? See `data.emoji.retrieval`.

    `captions`: of `emoji_set`; None for each of its English ones. Returns "top1" and "top5", each a `Rate`, "gallery",
    the number of real pictures to choose from, and "nearest", the caption of the nearest for each picture.
    """
    names = emoji_set.captions["en"]
    captions = list(names if captions is None else captions)
    with tqdm(total=len(captions), unit="picture", desc="retrieval", disable=None if progress else True) as bar:
        found = emoji.retrieval(draw_in_chunks(draw, captions, seed, bar), captions, emoji_set)
    return {
        "top1": Rate.of(found.ranks <= 1), "top5": Rate.of(found.ranks <= 5), "gallery": len(emoji_set),
        "nearest": [names[row[0]] for row in found.nearest],
    }
