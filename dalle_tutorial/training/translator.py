"""Recipes of the two jobs that the text encoder gets with a decoder that writes: code, and another language."""

from dataclasses import dataclass, replace

import numpy as np

from dalle_tutorial import weights
from dalle_tutorial.data import emoji, shapes, svg, svg_grammar
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.translator import Translator
from dalle_tutorial.text.tokenizers import PAD, WordTokenizer
from dalle_tutorial.training.readers import inherit, text_encoder
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import shapes_tokenizer


@dataclass(frozen=True)
class TranslatorRecipe(Recipe):
    """A `Translator` whose decoder has `width` and `depth`.

    `reader` names the trained model whose text encoder it begins with, None for a fresh one of the decoder's sizes. A
    `frozen` encoder stays as that model left it: one encoder then serves both, and only the decoder learns.
    """

    batch: int = 64
    width: int = 96
    depth: int = 3
    reader: str | None = "clip-shapes"
    frozen: bool = False

    def build(self, tokenizer):
        """A fresh, built `Translator`. Raises WeightsError where the model that `reader` names is not trained yet,
        TutorialError for a frozen encoder that would never learn the tokeniser's new words."""
        if self.frozen and not (self.reader and weights.load(self.reader).tokenizer.words == tokenizer.words):
            raise TutorialError("a frozen encoder must have learnt all words: name a `reader` that knows them")
        encoder = text_encoder(tokenizer, self.reader, width=self.width, depth=self.depth, causal=False)
        vocabulary_size, target_length, tasks = self.target_sizes(tokenizer)
        model = Translator(encoder, vocabulary_size, target_length, self.width, self.depth, tasks=tasks)
        model.build_for(tokenizer.max_length)
        if self.reader:
            inherit(encoder, self.reader, tokenizer)
        model.text_encoder.trainable = not self.frozen
        return model

    def target_sizes(self, tokenizer):
        """vocabulary_size, target_length and tasks of the `Translator`."""
        raise NotImplementedError


@dataclass(frozen=True)
class SVGRecipe(TranslatorRecipe):
    """Captions of the shapes world into SVG; a share `chinese` of the captions is Chinese."""

    frozen: bool = True
    chinese: float = 0.5

    limits = (
        "SVG of the shapes world's grammar: one to three shapes of eight colours, at whole numbers. It reads English "
        "and Chinese captions of that world."
    )

    def tokenizer(self):
        """The words of the shapes world, English and Chinese: CLIP's own tokeniser."""
        return shapes_tokenizer(chinese=True)

    def target_sizes(self, tokenizer):
        """Those of the grammar; files begin with its START."""
        return svg_grammar.VOCABULARY_SIZE, svg_grammar.MAX_LENGTH, 0

    def batches(self, tokenizer):
        """Fresh scenes: "ids" of a caption, "target", the code of one picture that shows it."""

        def make(size, seed):
            descriptions, scenes = shapes.sample(size, seed)
            rng = np.random.default_rng([*np.atleast_1d(seed), 1])
            captions = [shapes.describe(d, rng, "en" if rng.random() >= self.chinese else "zh") for d in descriptions]
            target = _filled([svg.encode(scene) for scene in scenes], svg_grammar.MAX_LENGTH)
            return {"ids": tokenizer(captions), "target": target}

        return make


@dataclass(frozen=True)
class TranslationRecipe(TranslatorRecipe):
    """English into Chinese and back, captions of the shapes world and names of emoji, a share `emoji_share` of these.

    What is read is worded at random, what is to be written is the canonical wording: of every caption there is one
    right translation. Learnt from are the training splits of both worlds.
    """

    emoji_share: float = 0.6

    limits = (
        "Captions of the shapes world and Unicode's names of emoji, one way or the other between English and "
        "Simplified Chinese. It knows by heart what single emoji are called, and composes skin tone, gender and "
        "occupation; it translates nothing else."
    )

    def tokenizer(self):
        """One for both sides: CLIP's words first, then those of the emoji world."""
        first, names = shapes_tokenizer(chinese=True), emoji.load()
        words = {word for language in shapes.LANGUAGES for word in names.vocabulary(language)}
        return WordTokenizer([*first.words, *sorted(words - set(first.words))], first.max_length)

    def target_sizes(self, tokenizer):
        """Those of the tokeniser; a target begins with the id of its language."""
        return tokenizer.vocabulary_size, tokenizer.max_length, len(shapes.LANGUAGES)

    def batches(self, tokenizer):
        """Pairs of captions, half of them each way: "ids" and "target"."""
        names = emoji.split(emoji.load(), "train").captions

        def pair(description, rng):
            source, target = rng.permutation(shapes.LANGUAGES)
            if description is None:
                row = rng.integers(len(names[source]))
                return names[source][row], target, names[target][row]
            return shapes.describe(description, rng, source), target, shapes.describe(description, language=target)

        def make(size, seed):
            rng = np.random.default_rng([*np.atleast_1d(seed), 1])
            described = size - rng.binomial(size, self.emoji_share)
            descriptions, _ = shapes.sample(described, seed) if described else ([], None)
            pairs = [pair(d, rng) for d in [*descriptions, *[None] * (size - described)]]
            ids, targets = tokenizer([source for source, _, _ in pairs]), tokenizer([target for _, _, target in pairs])
            targets[:, 0] = [tokenizer.vocabulary_size + shapes.LANGUAGES.index(language) for _, language, _ in pairs]
            return {"ids": ids, "target": targets}

        return make


def _filled(rows, length):
    """Rows of tokens as int32 (rows, length), PAD behind each."""
    filled = np.full((len(rows), length), PAD, "int32")
    for line, row in zip(filled, rows, strict=True):
        line[: len(row)] = row
    return filled


_SVG = SVGRecipe("svg-shapes", steps=4000)
_TRANSLATE = TranslationRecipe("translate", steps=2000)
_SMOKE = {"steps": 10, "batch": 8, "width": 32, "depth": 1, "reader": None}
_GPU = {"steps": 20000, "batch": 512, "width": 256, "depth": 6}
RECIPES = {
    "svg-shapes": {
        "smoke": replace(_SVG, **_SMOKE, frozen=False), "cpu": _SVG, "gpu": replace(_SVG, **_GPU),
    },
    "translate": {
        "smoke": replace(_TRANSLATE, **_SMOKE), "cpu": _TRANSLATE, "gpu": replace(_TRANSLATE, **_GPU),
    },
}
