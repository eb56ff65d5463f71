"""Recipes of CLIP."""

from dataclasses import dataclass, replace

import numpy as np

from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.data.swaps import almost_right
from dalle_tutorial.models.clip import CLIP
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import shapes_tokenizer


@dataclass(frozen=True)
class CLIPRecipe(Recipe):
    """`width` and `depth` are those of both encoders, `embedding_width` that of the vectors that meet. Half of the
    captions are Chinese."""

    batch: int = 192
    width: int = 96
    depth: int = 3
    embedding_width: int = 64

    limits = "32 × 32 pixels of the shapes world; its English and Chinese captions only. It draws nothing."

    def tokenizer(self):
        """The words of the shapes world, English and Chinese; the longest caption takes 42 tokens."""
        return shapes_tokenizer(chinese=True)

    def build(self, tokenizer):
        """A fresh, built `CLIP`, whose text encoder looks back only (Radford et al. 2021, §2.4)."""
        text_encoder = TextEncoder(
            tokenizer.vocabulary_size, tokenizer.max_length, self.width, self.depth, causal=True, name="text_encoder"
        )
        model = CLIP(text_encoder, self.embedding_width, self.width, self.depth)
        model.build_for(tokenizer.max_length)
        return model

    def batches(self, tokenizer):
        """Fresh scenes: "pictures", "ids" of their captions, "wrong_ids" of captions that are almost right."""

        def make(size, seed):
            descriptions, scenes = shapes.sample(size, seed)
            rng = np.random.default_rng([*np.atleast_1d(seed), 1])
            languages = ["en" if rng.random() < 0.5 else "zh" for _ in descriptions]
            wrong = [almost_right(description, rng) for description in descriptions]
            right, near = (
                tokenizer([shapes.describe(d, rng, language) for d, language in zip(those, languages, strict=True)])
                for those in (descriptions, wrong)
            )
            return {"pictures": to_unit(shapes.render(scenes, 32)), "ids": right, "wrong_ids": near}

        return make


_SHAPES = CLIPRecipe("clip-shapes", steps=3000)
_SMOKE = {"steps": 10, "batch": 16, "width": 48, "depth": 1}
RECIPES = {
    "clip-shapes": {
        "smoke": replace(_SHAPES, **_SMOKE), "cpu": _SHAPES,
        "gpu": replace(_SHAPES, steps=30000, batch=1024, width=256, depth=6),
    },
}
