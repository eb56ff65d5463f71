"""Recipes of the emoji world: a CLIP and a decoder of everything in it, people in all their combinations included."""

from dataclasses import dataclass, replace

import numpy as np

from dalle_tutorial.data import emoji
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.text.tokenizers import WordTokenizer
from dalle_tutorial.training.clip import CLIPRecipe
from dalle_tutorial.training.decoder import DecoderRecipe
from dalle_tutorial.training.streams import moved

MAX_LENGTH = 20  # the longest of its names takes so many tokens, in Chinese
_LIMITS = (
    "32 × 32 pixels; Unicode's English and Chinese names of emoji, without flags and symbols. All of them but the "
    "held-out combinations of occupation, gender and skin tone were seen in training: figures for those tell what it "
    "remembers, only the held-out ones what it composes. " + emoji.ATTRIBUTION
)


def emoji_tokenizer():
    """The words of all names of the emoji world, English and Chinese. The held-out ones hold no word of their own."""
    names = emoji.load()
    words = {word for language in emoji.LANGUAGES for word in names.vocabulary(language)}
    return WordTokenizer(sorted(words), MAX_LENGTH)


class Names:
    """(size, seed) → the rows of the training set that a batch shows, all different, and a name of each.

    A concept that comes in fifteen combinations is not drawn fifteen times as often as a thing that comes in one, but
    √15 times. A share `chinese` of the names is Chinese.
    """

    def __init__(self, chinese):
        self.set, self.chinese = emoji.split(emoji.load(32), "train"), chinese
        counts = np.bincount(self.set.concept_ids)[self.set.concept_ids]
        self.shares = counts**-0.5 / (counts**-0.5).sum()

    def __call__(self, size, seed):
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(self.set), size, replace=False, p=self.shares)
        languages = np.where(rng.random(size) < self.chinese, "zh", "en").tolist()
        return rows, languages, rng

    def captions(self, rows, languages):
        """The names of these rows, each in its language."""
        return [self.set.captions[language][row] for row, language in zip(rows, languages, strict=True)]

    def nearly(self, row, language, rng):
        """Another row that shows almost the same under another name: of the same concept where there is one (a farmer
        of another skin tone), else of the same group (another animal)."""
        names = self.set.captions[language]
        for kin in (self.set.concepts, self.set.groups):
            others = np.flatnonzero(kin == kin[row])
            others = [other for other in rng.permutation(others)[:4] if names[other] != names[row]]
            if others:
                return others[0]
        raise AssertionError("every group has more than one name")


@dataclass(frozen=True)
class EmojiCLIPRecipe(CLIPRecipe):
    """CLIP on emoji, each moved by up to a pixel; its almost right captions differ in skin tone or gender where they
    can."""

    limits = _LIMITS + " It draws nothing."

    def tokenizer(self):
        """The words of all names, English and Chinese."""
        return emoji_tokenizer()

    def batches(self, tokenizer):
        """Emoji of the training set, all different: "pictures", "ids" of their names, "wrong_ids" of other names."""
        names = Names(chinese=0.5)

        def make(size, seed):
            rows, languages, rng = names(size, seed)
            wrong = [names.nearly(row, language, rng) for row, language in zip(rows, languages, strict=True)]
            return {
                "pictures": to_unit(moved(names.set.pictures[rows], 1, rng)),
                "ids": tokenizer(names.captions(rows, languages)),
                "wrong_ids": tokenizer(names.captions(wrong, languages)),
            }

        return make


@dataclass(frozen=True)
class EmojiDecoderRecipe(DecoderRecipe):
    """The decoder of chapter 11 on emoji, as they stand."""

    reader: str | None = "clip-emoji"

    shown = ("grinning face", "cat face", "red apple", "snowman", "automobile", "woman farmer with dark skin tone")
    choices, milestones = (), ()  # without the oracle there is no validation split; guidance is the decoder's own
    limits = _LIMITS

    def tokenizer(self):
        """The words of all names, English and Chinese: its CLIP's own tokeniser."""
        return emoji_tokenizer()

    def batches(self, tokenizer):
        """Emoji of the training set: "x0" and "ids"."""
        names = Names(self.chinese)

        def make(size, seed):
            rows, languages, _ = names(size, seed)
            return {"x0": to_unit(names.set.pictures[rows]), "ids": tokenizer(names.captions(rows, languages))}

        return make


_CLIP = EmojiCLIPRecipe("clip-emoji", steps=1200)
_DECODER = EmojiDecoderRecipe("decoder-emoji", steps=5000)
RECIPES = {
    "clip-emoji": {
        "smoke": replace(_CLIP, steps=10, batch=16, width=48, depth=1), "cpu": _CLIP,
        "gpu": replace(_CLIP, steps=10000, batch=512, width=256, depth=6),
    },
    "decoder-emoji": {
        "smoke": replace(_DECODER, reader=None, steps=10, batch=8, width=32, fine=16, depth=1, text_depth=1),
        "cpu": _DECODER, "gpu": replace(_DECODER, steps=60000, batch=256, width=256, fine=96, depth=8),
    },
}
