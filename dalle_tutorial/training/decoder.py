"""Recipes of the decoder: diffusion from captions to pictures."""

from dataclasses import dataclass, replace

from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.models.decoder import Decoder
from dalle_tutorial.models.unet import UNet
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.training.optimizers import optimizer_for
from dalle_tutorial.training.recipe import CHUNKS, Recipe, Stage
from dalle_tutorial.training.streams import SHAPES_SHOWN, shapes_tokenizer


@dataclass(frozen=True)
class DecoderRecipe(Recipe):
    """Two stages: `steps` at even times, in which outlines are learnt, and `layout_steps` whose times crowd near pure
    noise (`layout_shift`, as `shift` of a `Diffusion`). There alone a picture depends on the words that say where
    things are: a little later the noise shows it, and the words are not needed.

    `width` is that of the text encoder and of the U-Net at a quarter of the side, `fine` that at half of it; `depth`
    counts the U-Net's transformer blocks. `times`, `weighting`, `prediction` as for `Diffusion`; captions are dropped
    with probability `drop_text`; `ema` is the momentum of the moving average that becomes the weights."""

    width: int = 128
    depth: int = 4
    fine: int = 48
    text_depth: int = 3
    layout_steps: int = 0
    layout_shift: float = 6.0
    prediction: str = "x0"
    weighting: str = "flow"
    times: str = "uniform"
    drop_text: float = 0.1
    ema: float = 0.999

    convolutions = True
    shown = SHAPES_SHOWN
    choice = ("guidance_scale", (1.0, 1.5, 2.0, 3.0, 5.0))
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

    def stages(self, network, tokenizer):
        """Outlines, then layout. The first rate falls as if it were to go on: it need not settle."""
        share = self.steps / self.total_steps
        chunks = round(share * CHUNKS)

        def optimizer(steps):
            return optimizer_for(self.optimizer, self.learning_rate, steps, self.ema, self.convolutions)

        yield Stage("model", network, self.steps, optimizer(self.total_steps), ignores=("layout_",), chunks=chunks)
        if self.layout_steps:
            network.shift = self.layout_shift
            yield Stage("layout", network, self.layout_steps, optimizer(self.layout_steps), chunks=CHUNKS - chunks)

    @property
    def total_steps(self):
        """Steps of both stages together."""
        return self.steps + self.layout_steps

    def batches(self, tokenizer):
        """Fresh scenes: "x0" and "ids"."""

        def make(size, seed):
            captions, pictures = shapes.captions_and_pictures(size, seed)
            return {"x0": to_unit(pictures), "ids": tokenizer(captions)}

        return make


_SHAPES = DecoderRecipe("decoder-shapes", steps=4050, layout_steps=3450)
_SMOKE = {"steps": 10, "layout_steps": 10, "batch": 8, "width": 32, "fine": 16, "depth": 1, "text_depth": 1}
RECIPES = {
    "decoder-shapes": {
        "smoke": replace(_SHAPES, **_SMOKE), "cpu": _SHAPES,
        "gpu": replace(_SHAPES, steps=36000, layout_steps=24000, batch=256, width=256, fine=96, depth=8),
    },
}
