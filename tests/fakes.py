"""A model that needs no training: it parses captions and renders them, so every figure about it is known."""

import hashlib

import numpy as np

from dalle_tutorial.data import emoji, shapes
from dalle_tutorial.data.layout import encode
from dalle_tutorial.text.tokenizers import WordTokenizer


def ideal(captions, seed=0):
    """Draws every caption right; the scene is a function of the caption and the seed."""
    codes = [encode([shapes.parse(caption)]) for caption in captions]
    rngs = [np.random.default_rng([seed, *hashlib.sha256(caption.encode()).digest()]) for caption in captions]
    return np.concatenate([shapes.render(shapes.arrange(*both)) for both in zip(codes, rngs, strict=True)])


class IdealModel:
    """Reconstructs perfectly, and has bounds that are easy to check."""

    def reconstruct(self, pictures, ids):
        """The pictures themselves, a little beyond their range as a decoder may be."""
        return np.asarray(pictures) * 1.01

    def elbo(self, pictures, ids, samples, seed):
        """0, 1, 2, …"""
        return np.arange(len(pictures), dtype="float32")

    def importance_weighted_bound(self, pictures, ids, samples, seed):
        """Half a nat above the ELBO."""
        return self.elbo(pictures, ids, samples, seed) + 0.5


class Ideal:
    """Looks like a `Trained` of the shapes world."""

    draw = staticmethod(ideal)

    def __init__(self):
        self.card, self.model = {"name": "cvae-shapes", "seed": 0}, IdealModel()
        self.tokenizer = WordTokenizer(shapes.VOCABULARY, 28)


class IdealEmoji:
    """Looks like a `Trained` of the emoji world; it has learnt every picture by heart."""

    def __init__(self):
        self.card, self.model = {"name": "cvae-emoji", "seed": 0}, object()
        self.set = emoji.core(32, ("en",))
        self.tokenizer = WordTokenizer(self.set.vocabulary("en"), 16)

    def draw(self, captions, seed=0):
        """The real picture of each caption."""
        return np.stack([self.set.pictures[self.set.find(caption)[0]] for caption in captions])
