"""Recipes of unCLIP: the prior, from captions to CLIP image embeddings, and the decoder that draws what they say.

Both need a trained CLIP, which stays as it is (Ramesh et al. 2022, §2).
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from dalle_tutorial import weights
from dalle_tutorial.backend import compiled
from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.models.prior import DiffusionPrior, PriorNetwork
from dalle_tutorial.training.decoder import DecoderRecipe
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import shapes_tokenizer

CLIP_MODEL = "clip-shapes"


def frozen_clip():
    """What CLIP makes of pictures and of ids: two functions to vectors (batch, width), times √width, so that their
    numbers are about as large as noise. Raises WeightsError where no CLIP has been trained yet."""
    clip = weights.load(CLIP_MODEL).model
    scale = math.sqrt(clip.embedding_width)
    encoders = [compiled(encode, clip) for encode in (clip.encode_image, clip.encode_text)]
    return [lambda x, encode=encode: scale * np.asarray(encode(x)) for encode in encoders]


def fresh_scenes(tokenizer):
    """The function (size, seed) → (ids, pictures in [−1, 1]); half of the captions are Chinese."""

    def draw(size, seed):
        descriptions, scenes = shapes.sample(size, seed)
        rng = np.random.default_rng([*np.atleast_1d(seed), 1])
        ids = tokenizer([shapes.describe(d, rng, "en" if rng.random() < 0.5 else "zh") for d in descriptions])
        return ids, to_unit(shapes.render(scenes, 32))

    return draw


@dataclass(frozen=True)
class PriorRecipe(Recipe):
    """A `DiffusionPrior`; the caption and its text embedding are dropped with probability `drop_text`."""

    width: int = 128
    depth: int = 4
    batch: int = 128
    drop_text: float = 0.1
    ema: float = 0.999

    limits = "CLIP embeddings of the shapes world, for its English and Chinese captions. It draws nothing by itself."

    def tokenizer(self):
        """CLIP's own."""
        return shapes_tokenizer(chinese=True)

    def build(self, tokenizer):
        """A fresh, built `DiffusionPrior`, which predicts the embedding itself (§2.2)."""
        network = PriorNetwork(
            tokenizer.vocabulary_size, tokenizer.max_length, width=self.width, depth=self.depth, name="network"
        )
        model = DiffusionPrior(network, "cosine", "x0", dropout={"text": self.drop_text})
        model.build_for(tokenizer.max_length)
        return model

    def batches(self, tokenizer):
        """CLIP's vectors of fresh scenes: "x0", those of the pictures, "ids" and "text"."""
        (see, read), draw = frozen_clip(), fresh_scenes(tokenizer)

        def make(size, seed):
            ids, x = draw(size, seed)
            return {"x0": see(x), "ids": ids, "text": read(ids)}

        return make


@dataclass(frozen=True)
class UnCLIPRecipe(DecoderRecipe):
    """A `Decoder` that is also told CLIP's vector of the picture. Text is dropped half of the time, the vector one time
    in ten (§2.1), each by itself."""

    drop_text: float = 0.5
    drop_embedding: float = 0.1

    embedding_width = 64
    shown, choice, milestones = (), None, ()
    limits = "32 × 32 pixels; English or Chinese captions of the shapes grammar; embeddings of the shipped CLIP."

    @property
    def dropout(self):
        """What is dropped in training, and how often."""
        return {"ids": self.drop_text, "embedding": self.drop_embedding}

    def tokenizer(self):
        """CLIP's own."""
        return shapes_tokenizer(chinese=True)

    def batches(self, tokenizer):
        """Fresh scenes: "x0", "ids" and "embedding"."""
        (see, _), draw = frozen_clip(), fresh_scenes(tokenizer)

        def make(size, seed):
            ids, x = draw(size, seed)
            return {"x0": x, "ids": ids, "embedding": see(x)}

        return make


_PRIOR = PriorRecipe("prior-shapes", steps=6000)
_DECODER = UnCLIPRecipe("unclip-shapes", steps=8000)
RECIPES = {
    "prior-shapes": {
        "smoke": replace(_PRIOR, steps=10, batch=8, width=32, depth=1), "cpu": _PRIOR,
        "gpu": replace(_PRIOR, steps=60000, batch=512, width=384, depth=8),
    },
    "unclip-shapes": {
        "smoke": replace(_DECODER, steps=10, batch=8, width=32, fine=16, depth=1, text_depth=1), "cpu": _DECODER,
        "gpu": replace(_DECODER, steps=60000, batch=256, width=256, fine=96, depth=8),
    },
}
