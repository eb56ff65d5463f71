"""What a `Translator` does with captions, and how well: SVG that the oracle reads back, English ↔ Chinese."""

import functools
import json

import numpy as np
from scipy.special import ndtr

from dalle_tutorial.data import emoji, svg, svg_grammar, svg_render
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.data.shapes import LANGUAGES, describe, language_of
from dalle_tutorial.errors import CaptionError, TutorialError
from dalle_tutorial.evaluation import SETS, alignment, asked
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.models.samplers import noise_for_each
from dalle_tutorial.models.translator import Translator
from dalle_tutorial.rates import Rate
from dalle_tutorial.text.tokenizers import START, split_words

LANGUAGE_NAMES = {"en": "English", "zh": "Chinese"}
WAYS = {"en to zh": ("en", "zh"), "zh to en": ("zh", "en")}
_BOOTSTRAP = 1000  # resamplings behind the interval of chrF


def is_translator(trained, tasks=None):
    """Whether a `Trained` is a `Translator`, and one with so many tasks."""
    return isinstance(trained.model, Translator) and tasks in (None, trained.model.tasks)


def _check(trained, tasks):
    if not is_translator(trained, tasks):
        job, shipped = ("translate", "translate") if tasks else ("write SVG", "svg-shapes")
        raise TutorialError(f"{trained.card.get('name', 'this model')} does not {job}: allowed are {shipped} and what "
                            f"`train {shipped}` made")


def write_tokens(trained, captions, seed=0, temperature=0.0):
    """The code of each caption as tokens, START to END: int32 (captions, svg_grammar.MAX_LENGTH).

    temperature: 0 takes the likeliest token each time; 1 draws from what the model expects, differently for another
    seed. Row i depends on caption i, on `seed` and on i, and on no other caption. The grammar leaves only ways that end
    in a whole file. Raises CaptionError or UnknownWordError for a caption, TutorialError for a temperature that is not
    allowed or a model that writes no code.
    """
    _check(trained, 0)
    ids = trained.tokenizer(list(captions))
    # What `DALLE` does with the same noise: its probabilities are numbers from 0 to 1.
    uniforms = ndtr(noise_for_each(len(ids), (svg_grammar.MAX_LENGTH - 1,), seed).astype("float64"))

    def write(ids, uniforms):
        allowed = svg_grammar.allowed_after_start
        return trained.model.write(ids, START, uniforms, allowed, temperature=temperature)

    written = in_chunks(write, ids, uniforms)
    return np.pad(written, ((0, 0), (1, 0)), constant_values=START)


def write_svg(trained, captions, seed=0, temperature=0.0):
    """The SVG file of each caption, a list of strings. Arguments and errors as in `write_tokens`."""
    return [svg.to_svg(tokens) for tokens in write_tokens(trained, captions, seed, temperature)]


def draw_svg(trained, captions, seed=0, temperature=0.0, size=svg_grammar.SIDE):
    """The pictures of those files: uint8 (captions, size, size, 3). Errors as in `write_tokens` and `svg_render`."""
    return svg_render.render(write_svg(trained, captions, seed, temperature), size)


def code_alignment(trained, n=1000, seed=0, split="test", language="en", temperature=0.0):
    """How often the oracle reads from the code's pictures, at 64 pixels, what the caption asked: as `alignment`."""
    draw = functools.partial(draw_svg, trained, temperature=temperature)
    return alignment(draw, n, seed, split, language=language)


# --- translation


def translate(trained, captions, to, beams=1):
    """Captions in the other language: a list of strings.

    to: "en" or "zh". beams: 1 takes the likeliest word each time, more search for the likeliest sentence. Raises
    CaptionError for a caption that is in that language already, is empty or too long, UnknownWordError for a word, and
    TutorialError for another language, number of beams, or a model that does not translate.
    """
    check_choice("language", to, LANGUAGES)
    _check(trained, len(LANGUAGES))
    ids = trained.tokenizer(list(captions))
    for caption in captions:
        if language_of(caption) == to:
            other = LANGUAGE_NAMES[next(language for language in LANGUAGES if language != to)]
            raise CaptionError(f"{caption!r} is {LANGUAGE_NAMES[to]} already: to {to!r} it must be {other}")
    first = trained.model.vocabulary_size + LANGUAGES.index(to)

    def write(ids):
        return trained.model.write(ids, first) if beams == 1 else trained.model.beam_search(ids, first, beams)[0]

    return [trained.tokenizer.decode(row) for row in in_chunks(write, ids)]


def pairs(name, n, seed, source, target):
    """n captions in the language `source` and their right translations into `target`: two lists of strings.

    name: one of `evaluation.SETS`, whose captions are worded at random and translated into the canonical wording; or
    "emoji_seen" or "emoji_held_out", names of emoji that training showed and combinations that it held out. Of those
    there may be fewer than n. TutorialError for another name.
    """
    check_choice("set of captions", name, [*SETS, *_EMOJI])
    if name in _EMOJI:
        names = emoji.split(emoji.load(), _EMOJI[name]).captions
        # In Chinese, too, "dna" is called that: to see what language it is in, a caption must have a sign of its own.
        order = np.random.default_rng([seed, 2]).permutation(len(names[source]))
        rows = [row for row in order if language_of(names[source][row]) == source][:n]
        return [names[source][row] for row in rows], [names[target][row] for row in rows]
    descriptions, captions = asked(name, n, seed, language=source)
    return captions, [describe(description, language=target) for description in descriptions]


_EMOJI = {"emoji_seen": "train", "emoji_held_out": "held_out"}


def exact_match(found, wanted):
    """The `Rate` of captions that hold the wanted words in their order; capitals, spaces and commas do not count."""
    return Rate.of([split_words(a) == split_words(b) for a, b in zip(found, wanted, strict=True)])


def chrf(found, wanted):
    """How alike two lists of captions are, letter by letter: chrF of the corpus (Popović 2015), from 0 to 100.

    Returns "chrf", the interval "low" to "high" that holds it in 95 % of resamplings, and "n", all plain numbers.
    TutorialError where sacrebleu is not installed, with the command that installs it.
    """
    metric = _metric()
    score = metric.corpus_score(list(found), [list(wanted)], n_bootstrap=_BOOTSTRAP)
    told = json.loads(score.format(signature=str(metric.get_signature()), is_json=True))
    middle, half = (told.get(f"confidence_{key}", default) for key, default in (("mean", told["score"]), ("var", 0.0)))
    low, high = min(middle - half, told["score"]), max(middle + half, told["score"])
    return {"chrf": told["score"], "low": max(0.0, low), "high": min(100.0, high), "n": len(found)}


def _metric():
    try:
        from sacrebleu.metrics import CHRF
    except ModuleNotFoundError as error:
        message = "chrF is measured by sacrebleu, which is not installed: run `pip install sacrebleu`"
        raise TutorialError(message) from error
    return CHRF()


def translation_rates(trained, n=1000, seed=0, beams=1):
    """How well a model translates unseen captions of the shapes world, and names of emoji.

    Returns {"en to zh": {"exact": set → `Rate`, "chrf": emoji set → as `chrf`}, "zh to en": …}. Errors as `translate`.
    """
    found, _ = {}, _metric()  # what is missing is better said before all is translated than after
    for way, (source, target) in WAYS.items():
        both = {name: pairs(name, n, seed, source, target) for name in (*SETS, *_EMOJI)}
        told = {name: translate(trained, captions, target, beams) for name, (captions, _) in both.items()}
        found[way] = {
            "exact": {name: exact_match(told[name], wanted) for name, (_, wanted) in both.items()},
            "chrf": {name: chrf(told[name], both[name][1]) for name in _EMOJI},
        }
    return found
