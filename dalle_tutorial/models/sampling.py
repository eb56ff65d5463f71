"""Writing token by token: how the next token is chosen from logits, and the loops that write whole sequences.

A model is known here by one function, `step(tokens, position, cache) → (logits, cache)`: it is told the int32 tokens
(rows,) written last and the `position` where they stand, and says what it expects next, (rows, vocabulary). `cache` is
what it remembers of all before, any nest of dicts and lists of tensors (rows, …). It has read the prefix, a caption
say, beforehand: the loops are given the `logits` of the first token to write, and the cache.

What is drawn is decided by given numbers from 0 to 1, in float64 and row by row: the same numbers give the same tokens,
whatever else is in the batch. A grammar may forbid tokens: `allowed(tokens)` is told those written so far, int32
(rows, k), and returns bool (rows, vocabulary); of a row that has ended, anything. Where a row may end, PAD is never
written before its end.
"""

import math

import numpy as np
from scipy.special import log_softmax

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops


def check_settings(guidance_scale=1.0, temperature=1.0, top_k=None, top_p=None):
    """Raises TutorialError for a setting of `choose`, or a scale of `guided`, that is not allowed."""
    for name, value in (("guidance_scale", guidance_scale), ("temperature", temperature)):
        if not 0 <= value < math.inf:
            raise TutorialError(f"{name} is {value}: it must be a number of at least 0")
    if top_k is not None and (top_k != int(top_k) or top_k < 1):
        raise TutorialError(f"top_k is {top_k}: it must be a whole number of at least 1, or None for all tokens")
    if top_p is not None and not 0 < top_p <= 1:
        raise TutorialError(f"top_p is {top_p}: it must lie above 0 and be at most 1, or None for all tokens")


def guided(logits, scale):
    """Classifier-free guidance: logits of a doubled batch (2 · rows, …), told the caption first and without it second,
    → (rows, …), `scale` times the way from what is said without it to what is said with it."""
    told, without = ops.split(logits, 2)
    return without + scale * (told - without)


def inverse_cdf(logits, uniforms, temperature=1.0):
    """Tokens (rows,) drawn with numbers (rows,) in [0, 1] from softmax(logits / temperature), (rows, vocabulary).

    The token is the first whose cumulated probability reaches its number and is not zero. Temperature 0 takes the
    likeliest.
    """
    if temperature == 0:
        return np.argmax(logits, axis=-1).astype("int32")
    scaled = logits.astype("float64") / temperature
    cumulated = np.cumsum(np.exp(scaled - scaled.max(-1, keepdims=True)), axis=-1)
    # What comes before a row's first possible token is zero throughout, and a number may be zero too.
    passed = (cumulated < uniforms[:, None] * cumulated[:, -1:]) | (cumulated == 0)
    return np.sum(passed[:, :-1], axis=-1).astype("int32")


def choose(logits, uniforms, temperature=1.0, top_k=None, top_p=None, allowed=None):
    """The next tokens, int32 (rows,), from logits (rows, vocabulary) and numbers (rows,) in [0, 1].

    temperature: below 1 prefers likely tokens, 0 takes the likeliest. top_k: only the k likeliest stay (Fan et al.
    2018). top_p: only the fewest likely ones whose probabilities reach this sum stay, the nucleus (Holtzman et al.
    2020). allowed: bool (rows, vocabulary), at least one in each row: what a grammar lets through, before all else.
    """
    logits = np.asarray(logits, "float64")
    if allowed is not None:
        logits = np.where(allowed, logits, -np.inf)
    if temperature and not (top_k is top_p is None):
        order = np.argsort(-logits, axis=-1, kind="stable")  # the likeliest first; of equals, the first
        ranked = np.take_along_axis(logits, order, axis=-1) / temperature
        stays = np.arange(logits.shape[-1]) < (top_k or logits.shape[-1])
        shares = np.where(stays, np.exp(ranked - ranked[:, :1]), 0.0)
        if top_p is not None:
            before = np.cumsum(shares, axis=-1) - shares
            stays = stays & (before < top_p * shares.sum(-1, keepdims=True))
        back = np.argsort(order, axis=-1)
        logits = np.where(np.take_along_axis(np.broadcast_to(stays, order.shape), back, axis=-1), logits, -np.inf)
    return inverse_cdf(logits, uniforms, temperature)


def write(step, logits, cache, uniforms, start=0, end=None, allowed=None, **how):
    """Writes `length` tokens a row, one after another: a generator of int32 tokens (rows, k), k = 1 … length.

    uniforms (rows, length) decide them. start: the position of the first one. end: the id that ends a row; what
    follows it is PAD, and when all rows have ended, so has this. how: as for `choose`.
    """
    uniforms = np.asarray(uniforms)
    tokens = np.full(uniforms.shape, PAD, "int32")
    ended = np.zeros(len(tokens), bool)
    for k in range(tokens.shape[1]):
        if k:
            logits, cache = step(tokens[:, k - 1], start + k - 1, cache)
        logits = ops.convert_to_numpy(logits)
        lets = _lets(logits.shape, tokens[:, :k], ended, end, allowed)
        chosen = choose(logits, uniforms[:, k], allowed=lets, **how)
        tokens[:, k] = np.where(ended, PAD, chosen)
        ended |= tokens[:, k] == end
        yield tokens[:, : k + 1].copy()
        if ended.all():
            return


def written(steps, length):
    """What `write` has written at its end, filled with PAD: int32 (rows, length)."""
    *_, tokens = steps
    return np.pad(tokens, ((0, 0), (0, length - tokens.shape[1])), constant_values=PAD)


def take_rows(cache, rows):
    """The rows of a nest of tensors (batch, …) with these numbers, in this order."""
    rows = ops.convert_to_tensor(rows, "int32")
    return keras.tree.map_structure(lambda tensor: ops.take(tensor, rows, axis=0), cache)


def beam_search(step, logits, cache, length, end, beams=4, start=0, allowed=None, length_penalty=0.0):
    """The likeliest sequences that are found when at every step the `beams` likeliest beginnings of a row are kept.

    Returns tokens, int32 (rows, length), filled with PAD behind `end`; and their log-probabilities (rows,), float64.
    length_penalty: α of Wu et al. (2016), Eq. 14. The finished sequence with the greatest log-probability divided by
    ((5 + tokens) / 6)^α is taken: with 0 short ones win, as each token costs something. One that fills `length`
    counts as finished. TutorialError for fewer beams than one, and where a grammar allows nothing.
    """
    if beams != int(beams) or beams < 1:
        raise TutorialError(f"beams is {beams}: it must be a whole number of at least 1")
    rows = len(logits)
    logits, cache = (take_rows(part, np.repeat(np.arange(rows), beams)) for part in (logits, cache))
    tokens = np.full((rows, beams, length), PAD, "int32")
    ended = np.zeros((rows, beams), bool)
    # All beams begin alike: but one is out, or the first step would find the same beginning several times.
    scores = np.where(np.arange(beams) == 0, 0.0, -np.inf) + np.zeros((rows, 1))
    for k in range(length):
        if k:
            logits, cache = step(tokens[:, :, k - 1].reshape(-1), start + k - 1, cache)
        found = _log_probabilities(logits, tokens[:, :, :k], ended, end, allowed)
        vocabulary = found.shape[-1]
        found = (scores[:, :, None] + found).reshape(rows, -1)
        best = np.argsort(-found, axis=-1, kind="stable")[:, :beams]
        scores = np.take_along_axis(found, best, axis=-1)
        best = np.where(np.isfinite(scores), best, best[:, :1])  # fewer are possible than beams: the best again, out
        parents = best // vocabulary
        tokens = np.take_along_axis(tokens, parents[:, :, None], axis=1)
        tokens[:, :, k] = best % vocabulary
        ended = np.take_along_axis(ended, parents, axis=1) | (tokens[:, :, k] == end)
        if ended.all():
            break
        cache = take_rows(cache, (parents + beams * np.arange(rows)[:, None]).reshape(-1))
    penalty = ((5 + np.sum(tokens != PAD, axis=-1)) / 6) ** length_penalty
    chosen = np.argmax(scores / penalty, axis=-1)
    return tokens[np.arange(rows), chosen], scores[np.arange(rows), chosen]


def _lets(shape, tokens, ended, end, allowed):
    """Which tokens may be written next: bool (rows, vocabulary), or None for all. TutorialError where there is none."""
    if end is None and allowed is None:
        return None
    lets = np.ones(shape, bool) if allowed is None else np.array(allowed(tokens), bool)
    if end is not None:
        lets[:, PAD] = False
    if not (lets.any(-1) | ended).all():
        raise TutorialError("the grammar allows no token: each row needs at least one until it ends")
    return lets | ended[:, None]


def _log_probabilities(logits, tokens, ended, end, allowed):
    """Of each next token, for each beam: (rows, beams, vocabulary). What has ended goes on with PAD, at no cost."""
    logits = ops.convert_to_numpy(logits).astype("float64")
    lets = _lets(logits.shape, tokens.reshape(len(logits), -1), ended.reshape(-1), end, allowed)
    if lets is not None:
        logits = np.where(lets, logits, -np.inf)
    only_pad = np.where(np.arange(logits.shape[-1]) == PAD, 0.0, -np.inf)
    found = np.where(ended.reshape(-1, 1), only_pad, log_softmax(logits, axis=-1))
    return found.reshape(*ended.shape, -1)
