"""Endless training data: batch number i is a function of the seed and i alone, so a run can stop and go on anywhere."""

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.data import emoji, shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.text.tokenizers import WordTokenizer

SHAPES_SHOWN = (
    "a small red circle", "a large blue square", "three small purple stars", "a pink heart above a black cross",
    "a large yellow triangle left of a small green square", "a large orange circle at the top left",
)
"""Captions that a growing picture shows while a model of the shapes world learns."""


def shapes_tokenizer(chinese=False):
    """The words of the shapes world: the English ones, with `chinese` all; as long as its longest caption needs."""
    words = [word for word in shapes.VOCABULARY if chinese or word.isascii()]
    return WordTokenizer(words, max_length=44 if chinese else 28)


def shapes_batch(kinds=None, split="train"):
    """A function (size, seed) → (captions, uint8 pictures) of fresh scenes of the shapes world."""
    return lambda size, seed: shapes.captions_and_pictures(size, seed, split, kinds)


def fresh_scenes(tokenizer, chinese=0.5):
    """The function (size, seed) → (ids, pictures in [−1, 1]) of fresh scenes, a share `chinese` of the captions in that
    language."""

    def draw(size, seed):
        descriptions, scenes = shapes.sample(size, seed)
        rng = np.random.default_rng([*np.atleast_1d(seed), 1])
        ids = tokenizer([shapes.describe(d, rng, "en" if rng.random() >= chinese else "zh") for d in descriptions])
        return ids, to_unit(shapes.render(scenes, 32))

    return draw


def moved(pictures, shift, rng):
    """uint8 pictures (n, side, side, 3), each moved by up to `shift` pixels either way; the ground fills the rest."""
    n, side = pictures.shape[:2]
    found = np.empty_like(pictures)
    found[:] = shapes.BACKGROUND
    shifts = rng.integers(-shift, shift + 1, (n, 2))
    for after, before, by in zip(found, pictures, shifts, strict=True):
        there = [slice(max(d, 0), side + min(d, 0)) for d in by]
        here = [slice(max(-d, 0), side + min(-d, 0)) for d in by]
        after[*there] = before[*here]
    return found


class EmojiBatches:
    """(size, seed) → (captions, uint8 pictures) of the core emoji, each moved by up to `shift` pixels: that is what
    a caption leaves open, and so what z has to say."""

    def __init__(self, shift=1):
        self.set, self.shift = emoji.core(32, ("en",)), shift

    def __call__(self, size, seed):
        rng = np.random.default_rng(seed)
        rows = rng.integers(0, len(self.set.pictures), size)
        return [self.set.captions["en"][row] for row in rows], moved(self.set.pictures[rows], self.shift, rng)


def captioned(draw, tokenizer):
    """Makes of `draw` (size, seed) → (captions, uint8 pictures) a function (size, seed) → {"pictures", "ids"}."""

    def make(size, seed):
        captions, pictures = draw(size, seed)
        return {"pictures": to_unit(pictures), "ids": tokenizer(captions)}

    return make


class Stream(keras.utils.PyDataset):
    """Batches for `fit`, in chunks of `steps` that follow one another.

    `make(size, seed)` gives a dict of arrays, such as "pictures" and "ids". `start` is the number of the first batch;
    after each chunk the stream goes on where it was.
    """

    def __init__(self, make, batch, steps, seed=0, start=0):
        super().__init__()
        self.make, self.batch = make, batch
        self.steps, self.seed, self.start = steps, seed, start

    def __len__(self):
        return self.steps

    def __getitem__(self, i):
        return (self.make(self.batch, [self.seed, self.start + i]),)

    def on_epoch_end(self):
        self.start += self.steps
