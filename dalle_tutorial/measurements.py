"""Which measurements fit which model: one function for each part of a report."""

import functools

from dalle_tutorial import (
    emoji_rates,
    imagination,
    manipulations,
    matching,
    reconstructions,
    reranking,
    translation,
    upsampling,
    weights,
)
from dalle_tutorial.data import emoji
from dalle_tutorial.data.shapes import LANGUAGES
from dalle_tutorial.errors import CaptionError
from dalle_tutorial.evaluation import alignment, bounds, diversity, emoji_retrieval, languages, reconstruction
from dalle_tutorial.models.clip import CLIP
from dalle_tutorial.models.dalle import DALLE
from dalle_tutorial.models.unclip import UnCLIP
from dalle_tutorial.models.upsampler import Upsampler
from dalle_tutorial.models.vqvae import PictureTokens

RERANKED = (1, 2, 4, 8, 16)


def measurements_of(trained):
    """Name of a part of the report → a function `(n, seed, progress)` that measures it, in the order of the report.

    What each name holds, `report.report_on` tells.
    """
    if instead := _instead_of_drawing(trained):
        return instead
    if (emoji_set := emoji_rates.emoji_of(trained)) is not None:
        return {"showing": _showing} if "people" in emoji_set.groups else {"retrieval": _retrieval}
    model = trained.model
    found = {"alignment": _alignment, "diversity": _diversity}
    if hasattr(model, "reconstruct"):
        found["reconstruction"] = lambda trained, n, seed, progress: reconstruction(trained, n, seed)
    if hasattr(model, "importance_weighted_bound"):
        found["bounds"] = lambda trained, n, seed, progress: bounds(trained, min(n, 128), seed=seed)
    if _reads_chinese(trained):
        found["languages"] = _languages
    if isinstance(model, DALLE):
        found["reranking"] = _reranking
    if isinstance(trained, UnCLIP):
        found |= {"manipulations": _manipulations, "priors": _priors}
    return found


def _instead_of_drawing(trained):
    """The measurements of a model that draws nothing from captions; none for one that does."""
    if isinstance(trained.model, CLIP) and emoji_rates.emoji_of(trained) is not None:
        return {"naming": _naming}
    if isinstance(trained.model, CLIP):
        return {"matching": _matching, "refusals": _refusals, "zero_shot": _zero_shot}
    if isinstance(trained.model, Upsampler):
        return {"upsampling": _upsampling}
    if isinstance(trained.model, PictureTokens):
        return {"reconstructions": _reconstructions}
    if translation.is_translator(trained):
        return {"translation": _translation} if trained.model.tasks else {"code": _code}
    return {"imagination": _imagination} if trained.card["name"].startswith("prior") else {}


def _reads_chinese(trained):
    try:
        trained.tokenizer.encode("一个红色的圆形")
    except CaptionError:
        return False
    return True


def _in_each_language(measure):
    return {language: measure(language=language) for language in LANGUAGES}


# Each takes what `measurements_of` says of its functions, after the model.


def _alignment(trained, n, seed, progress):
    return alignment(trained.draw, n, seed, progress=progress)


def _diversity(trained, n, seed, progress):
    return diversity(trained.draw, seed=seed)


def _languages(trained, n, seed, progress):
    return languages(trained.draw, max(2, n // 2), seed, progress=progress)


def _reranking(trained, n, seed, progress):
    clip = weights.load("clip-shapes")
    return reranking.reranking(trained.draw, clip, max(2, n // 4), seed, sizes=RERANKED, progress=progress)


def _manipulations(trained, n, seed, progress):
    return manipulations.measure(trained, max(2, n // 10), seed)


def _priors(trained, n, seed, progress):
    return {
        kind: alignment(functools.partial(trained.draw, prior=kind), max(2, n // 2), seed,
                        sets=("one_object", "two_objects"), progress=progress)
        for kind in trained.priors
    }


def _retrieval(trained, n, seed, progress):
    return emoji_retrieval(trained.draw, emoji.core(), seed=seed, progress=progress)


def _showing(trained, n, seed, progress):
    return _in_each_language(
        functools.partial(emoji_rates.showing, trained.draw, max(2, n // 2), seed, progress=progress)
    )


def _naming(trained, n, seed, progress):
    return _in_each_language(functools.partial(emoji_rates.naming, trained))


def _matching(trained, n, seed, progress):
    return _in_each_language(functools.partial(matching.retrieval, trained, n, seed))


def _refusals(trained, n, seed, progress):
    return matching.refusals(trained, n, seed)


def _zero_shot(trained, n, seed, progress):
    return matching.zero_shot(trained, n // 2, seed)


def _upsampling(trained, n, seed, progress):
    return upsampling.upsampling(functools.partial(upsampling.enlarge, trained), n, seed)


def _reconstructions(trained, n, seed, progress):
    return reconstructions.reconstructions(trained.model, n, seed)


def _code(trained, n, seed, progress):
    return _in_each_language(functools.partial(translation.code_alignment, trained, n, seed))


def _translation(trained, n, seed, progress):
    return translation.translation_rates(trained, n, seed)


def _imagination(trained, n, seed, progress):
    # To imagine, a stack needs no decoder, so the prior stands in that place too.
    stack = UnCLIP(weights.load("clip-shapes"), {trained.card["name"]: trained}, trained)
    return _in_each_language(functools.partial(imagination.imagination, stack, n, seed))
