"""The recipe of the upsampler: diffusion from small pictures to larger ones."""

from dataclasses import dataclass, replace

from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.models.upsampler import FACTOR, DetailUNet, Upsampler
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import shapes_tokenizer

SIDE = 32


@dataclass(frozen=True)
class UpsamplerRecipe(Recipe):
    """`width` is that of the U-Net at a quarter of the larger side, `fine` that at half of it; it has no transformer
    blocks, so `depth` is 0. `weighting` and `times` as for `Diffusion`; `ema` is the momentum of the moving average
    that becomes the weights."""

    batch: int = 32
    width: int = 48
    depth: int = 0
    fine: int = 24
    weighting: str = "flow"
    times: str = "uniform"
    ema: float = 0.99

    convolutions = True
    limits = "32 × 32 to 64 × 64 pixels, of the shapes world only. It reads no captions and draws nothing by itself."

    def tokenizer(self):
        """That of the decoder. The upsampler reads nothing, but a trained model comes with a tokeniser."""
        return shapes_tokenizer()

    def build(self, tokenizer):
        """A fresh, built `Upsampler`."""
        unet = DetailUNet(FACTOR * SIDE, (self.fine, self.width), self.depth, low=True, name="unet")
        model = Upsampler(unet, "rectified-flow", "x0", self.weighting, self.times)
        model.build_for(tokenizer.max_length)
        return model

    def batches(self, tokenizer):
        """Fresh scenes, each drawn twice: "x0" with 64 × 64 pixels, "low" with 32 × 32."""

        def make(size, seed):
            _, scenes = shapes.sample(size, seed)
            return {
                "x0": to_unit(shapes.render(scenes, FACTOR * SIDE)), "low": to_unit(shapes.render(scenes, SIDE)),
            }

        return make


_SHAPES = UpsamplerRecipe("upsampler-shapes", steps=1500)
RECIPES = {
    "upsampler-shapes": {
        "smoke": replace(_SHAPES, steps=10, batch=8, width=16, fine=8), "cpu": _SHAPES,
        "gpu": replace(_SHAPES, steps=20000, batch=128, width=128, fine=64),
    },
}
