"""Recipes of the decoder: diffusion from captions to pictures."""

from dataclasses import dataclass, replace

from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.models.decoder import Decoder
from dalle_tutorial.models.unet import UNet
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import SHAPES_SHOWN, shapes_tokenizer


@dataclass(frozen=True)
class DecoderRecipe(Recipe):
    """`width` is that of the text encoder and of the U-Net at a quarter of the side, `fine` that at half of it; `depth`
    counts the U-Net's transformer blocks. `times`, `weighting`, `prediction` as for `Diffusion`; captions are dropped
    with probability `drop_text`; `ema` is the momentum of the moving average that becomes the weights."""

    width: int = 96
    depth: int = 4
    fine: int = 32
    text_depth: int = 3
    prediction: str = "velocity"
    weighting: str = "plain"
    times: str = "uniform"
    drop_text: float = 0.1
    ema: float = 0.999

    shown = SHAPES_SHOWN
    choice = ("guidance_scale", (1.0, 1.5, 2.0, 3.0, 4.0, 6.0))
    milestones = ("one_object", "two_objects")
    limits = "32 × 32 pixels; English captions of the shapes grammar only; at most three objects."

    embedding_width = 0

    @property
    def dropout(self):
        """What is dropped in training, and how often."""
        return {"ids": self.drop_text}

    def tokenizer(self):
        """The words of the shapes world, English only."""
        return shapes_tokenizer()

    def build(self, tokenizer):
        """A fresh, built `Decoder`. Its text encoder looks back only: the order of words then needs no counting."""
        text_encoder = TextEncoder(
            tokenizer.vocabulary_size, tokenizer.max_length, self.width, self.text_depth, causal=True,
            name="text_encoder",
        )
        unet = UNet(32, (self.fine, self.width), self.depth, text_encoder, self.embedding_width, name="unet")
        model = Decoder(unet, "rectified-flow", self.prediction, self.weighting, self.times, dropout=self.dropout)
        model.build_for(tokenizer.max_length)
        return model

    def batches(self, tokenizer):
        """Fresh scenes: "x0" and "ids"."""

        def make(size, seed):
            captions, pictures = shapes.captions_and_pictures(size, seed)
            return {"x0": to_unit(pictures), "ids": tokenizer(captions)}

        return make


_SHAPES = DecoderRecipe("decoder-shapes", steps=7000)
_SMOKE = {"steps": 10, "batch": 8, "width": 32, "fine": 16, "depth": 1, "text_depth": 1}
RECIPES = {
    "decoder-shapes": {
        "smoke": replace(_SHAPES, **_SMOKE), "cpu": _SHAPES,
        "gpu": replace(_SHAPES, steps=60000, batch=256, width=256, fine=96, depth=8),
    },
}
