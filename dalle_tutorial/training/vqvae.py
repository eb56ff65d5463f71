"""Recipes of the two models that make tokens of pictures."""

from dataclasses import dataclass, replace

from dalle_tutorial.backend import keras
from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.models.vqvae import DVAE, VQVAE
from dalle_tutorial.models.vqvae_parts import SIDE
from dalle_tutorial.training.callbacks import WarmUp
from dalle_tutorial.training.recipe import Recipe, Stage
from dalle_tutorial.training.streams import shapes_tokenizer


class Cooling(keras.callbacks.Callback):
    """Lowers the model's `temperature` from `start` to `end` over `steps` steps, by the same factor each (Jang et al.
    2017), then leaves it there. `first` is the number of the run's first step."""

    def __init__(self, start=1.0, end=1 / 16, steps=1000, first=0):
        super().__init__()
        self.start, self.end, self.steps, self.step = start, end, steps, first

    def on_train_batch_begin(self, batch, logs=None):
        share = min(1.0, self.step / max(1, self.steps))
        self.model.temperature.assign(self.start * (self.end / self.start) ** share)
        self.step += 1


@dataclass(frozen=True)
class PictureTokensRecipe(Recipe):
    """What both have: `width` and `depth` of the convolutions, `codes` in the codebook, each of `code_width` numbers,
    and `noise`, as for `PictureTokens`."""

    codes: int = 256
    code_width: int = 16
    noise: float = 0.1

    convolutions = True
    limits = (
        "32 × 32 pixels of the shapes world only. It reads no captions and draws nothing by itself: "
        "it makes 64 tokens of a picture, and a picture of 64 tokens."
    )

    def tokenizer(self):
        """The words of the shapes world. It reads none of them, but a trained model comes with a tokeniser."""
        return shapes_tokenizer()

    def batches(self, tokenizer):
        """The "pictures" of fresh scenes."""

        def make(size, seed):
            _, scenes = shapes.sample(size, seed)
            return {"pictures": to_unit(shapes.render(scenes, SIDE))}

        return make

    def _sizes(self):
        return self.codes, self.code_width, self.width, self.depth, self.noise


@dataclass(frozen=True)
class VQVAERecipe(PictureTokensRecipe):
    """A `VQVAE`; `commitment` is the weight of its features' distance to their codes."""

    commitment: float = 0.25

    def build(self, tokenizer):
        """A fresh, built `VQVAE`."""
        model = VQVAE(*self._sizes(), self.commitment)
        model.build_for(tokenizer.max_length)
        return model


@dataclass(frozen=True)
class DVAERecipe(PictureTokensRecipe):
    """A `DVAE`. `beta` is the weight of the KL term, which rises to it over the first `beta_steps`; the temperature
    falls from 1 to `coldest` over the first `cooling_steps`. (Ramesh et al. 2021: β = 6.6, and 1/16.)"""

    beta: float = 1.0
    beta_steps: int = 500
    coldest: float = 1 / 16
    cooling_steps: int = 2000

    def build(self, tokenizer):
        """A fresh, built `DVAE`."""
        model = DVAE(*self._sizes())
        model.build_for(tokenizer.max_length)
        return model

    def stages(self, network, tokenizer):
        """One, in which β rises and the temperature falls."""
        yield Stage("model", network, self.steps, self.make_optimizer(self.steps), lambda done: [
            WarmUp(0.0, self.beta, self.beta_steps, done), Cooling(1.0, self.coldest, self.cooling_steps, done),
        ])


_SIZES = {"width": 96, "codes": 512}
_VQVAE = VQVAERecipe("vqvae-shapes", steps=6000, **_SIZES)
_DVAE = DVAERecipe("dvae-shapes", steps=3000, **_SIZES)
_SMOKE = {"steps": 10, "batch": 8, "width": 16, "depth": 1, "codes": 16}
_GPU = {"steps": 20000, "batch": 512, "width": 128, "depth": 4}
RECIPES = {
    "vqvae-shapes": {"smoke": replace(_VQVAE, **_SMOKE), "cpu": _VQVAE, "gpu": replace(_VQVAE, **_GPU)},
    "dvae-shapes": {
        "smoke": replace(_DVAE, **_SMOKE, beta_steps=4, cooling_steps=8), "cpu": _DVAE,
        "gpu": replace(_DVAE, **_GPU, beta_steps=4000, cooling_steps=16000),
    },
}
