"""Recipes of the decoder: diffusion from captions to pictures."""

from dataclasses import dataclass, replace

from dalle_tutorial.models.decoder import Decoder
from dalle_tutorial.models.unet import UNet
from dalle_tutorial.training.readers import inherit, text_encoder
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import SHAPES_SHOWN, fresh_scenes, shapes_tokenizer


@dataclass(frozen=True)
class DecoderRecipe(Recipe):
    """`reader` names the trained model whose text encoder this one starts from, and goes on teaching: CLIP's knows
    already which colour belongs to which shape and what stands where. None for a fresh one of `width` and `text_depth`.

    `width` is that of the U-Net at a quarter of the side, `fine` that at half of it; `depth` counts its transformer
    blocks. Of the captions a share of `chinese` is Chinese. `shift` crowds training times near pure noise: there alone
    a picture depends on the words that say where things are, a little later the noise shows it. `times`, `weighting`,
    `prediction` as for `Diffusion`; captions are dropped with probability `drop_text`; `ema` is the momentum of the
    moving average that becomes the weights."""

    reader: str | None = "clip-shapes"
    width: int = 128
    depth: int = 4
    fine: int = 48
    text_depth: int = 3
    chinese: float = 0.25
    shift: float = 3.0
    prediction: str = "x0"
    weighting: str = "flow"
    times: str = "uniform"
    drop_text: float = 0.1
    ema: float = 0.999

    convolutions = True
    shown = SHAPES_SHOWN
    choices = (("sampler", ("dpm-solver", "ddpm")), ("guidance_scale", (1.0, 1.5, 2.0, 3.0, 5.0)))
    milestones = ("one_object", "two_objects")
    limits = "32 × 32 pixels; captions of the shapes grammar only, English or Chinese; at most three objects."

    embedding_width = 0

    @property
    def dropout(self):
        """What is dropped in training, and how often."""
        return {"ids": self.drop_text}

    def tokenizer(self):
        """The words of the shapes world, English and Chinese: CLIP's own tokeniser."""
        return shapes_tokenizer(chinese=True)

    def build(self, tokenizer):
        """A fresh, built `Decoder` with the text encoder of `reader`. Raises WeightsError where that is not trained
        yet, TutorialError where it reads other words."""
        unet = UNet(32, (self.fine, self.width), self.depth, self.text_encoder(tokenizer), self.embedding_width,
                    name="unet")
        model = Decoder(unet, "rectified-flow", self.prediction, self.weighting, self.times, self.dropout, self.shift)
        model.build_for(tokenizer.max_length)
        if self.reader:
            inherit(unet.text_encoder, self.reader, tokenizer)
        return model

    def text_encoder(self, tokenizer):
        """A fresh `TextEncoder` of the reader's sizes, or of the recipe's own. It looks back only: the order of words
        then needs no counting."""
        return text_encoder(tokenizer, self.reader, width=self.width, depth=self.text_depth, causal=True)

    def batches(self, tokenizer):
        """Fresh scenes: "x0" and "ids"."""
        draw = fresh_scenes(tokenizer, self.chinese)

        def make(size, seed):
            ids, x0 = draw(size, seed)
            return {"x0": x0, "ids": ids}

        return make


_SHAPES = DecoderRecipe("decoder-shapes", steps=7000)
_SMOKE = {"reader": None, "steps": 10, "batch": 8, "width": 32, "fine": 16, "depth": 1, "text_depth": 1}
RECIPES = {
    "decoder-shapes": {
        "smoke": replace(_SHAPES, **_SMOKE), "cpu": _SHAPES,
        "gpu": replace(_SHAPES, steps=60000, batch=256, width=256, fine=96, depth=8),
    },
}
