"""Recipes of the conditional VAE, on shapes and on emoji."""

from dataclasses import dataclass, replace

from dalle_tutorial.data import emoji
from dalle_tutorial.models.cvae import CVAE
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import WordTokenizer
from dalle_tutorial.training.callbacks import WarmUp
from dalle_tutorial.training.optimizers import optimizer_for
from dalle_tutorial.training.recipe import Recipe, Stage
from dalle_tutorial.training.streams import SHAPES_SHOWN, EmojiBatches, captioned, shapes_batch, shapes_tokenizer


@dataclass(frozen=True)
class CVAERecipe(Recipe):
    """`steps` train the whole model, `prior_steps` after them p(z|c) alone. `beta_start` is the weight of the KL term
    at the first step; it rises to 1 over `beta_steps`. `noise` is the standard deviation of a pixel under p(x|z,c)."""

    painter: str = "objects"
    latent_tokens: int = 3
    latent_width: int = 4
    noise: float = 0.3
    beta_start: float = 0.0
    beta_steps: int = 600
    prior_steps: int = 0
    prior_learning_rate: float = 2e-3

    shown = SHAPES_SHOWN
    choices = (("temperature", (1.0, 0.8, 0.6, 0.4, 0.2)),)
    limits = (
        "32 × 32 pixels; English captions of the shapes grammar only; at most three objects. "
        "Its painter is told by its architecture that pictures are made of objects on a plain background."
    )

    def tokenizer(self):
        """The words of the shapes world, English only."""
        return shapes_tokenizer()

    def build(self, tokenizer):
        """A fresh, built `CVAE`."""
        text_encoder = TextEncoder(
            tokenizer.vocabulary_size, tokenizer.max_length, self.width, depth=3, name="text_encoder"
        )
        model = CVAE(
            text_encoder, self.latent_tokens, self.latent_width, self.width, self.depth,
            painter=self.painter, noise=self.noise,
        )
        model.build_for(tokenizer.max_length)
        return model

    def batches(self, tokenizer):
        """Fresh scenes: "pictures" and "ids"."""
        return captioned(shapes_batch(), tokenizer)

    def stages(self, network, tokenizer):
        """The whole model; then a new prior, where the others have settled."""
        yield Stage(
            "model", network, self.steps, self.make_optimizer(self.steps),
            lambda done: [WarmUp(self.beta_start, 1.0, self.beta_steps, first=done)], ignores=("prior_",),
        )
        if self.prior_steps:
            optimizer = optimizer_for("muon", self.prior_learning_rate, self.prior_steps)
            network = network.with_second_prior(tokenizer.max_length)
            yield Stage("prior", network, self.prior_steps, optimizer, draws=False)

    @property
    def total_steps(self):
        """Steps of both stages together."""
        return self.steps + self.prior_steps


@dataclass(frozen=True)
class EmojiCVAERecipe(CVAERecipe):
    """The same for the core emoji, whose painter knows nothing of objects."""

    painter: str = "patches"
    latent_tokens: int = 2
    noise: float = 0.1

    shown = ("grinning face", "cat face", "red apple", "snowman", "automobile", "rainbow")
    choices = ()  # it has seen every caption: there is no validation split
    limits = (
        "32 × 32 pixels; the English names of the core emoji only, and it has seen each of them in training: "
        "its figures tell what it remembers, not what it can invent. Blurred where the art is fine."
    )

    def tokenizer(self):
        """The words of the core emoji's English names."""
        return WordTokenizer(emoji.core(32, ("en",)).vocabulary("en"), max_length=16)

    def batches(self, tokenizer):
        """Emoji, moved by up to a pixel: "pictures" and "ids"."""
        return captioned(EmojiBatches(), tokenizer)


_SHAPES = CVAERecipe("cvae-shapes", steps=7000, learning_rate=1e-3, optimizer="adamw", prior_steps=6000)
_EMOJI = EmojiCVAERecipe("cvae-emoji", steps=6000, width=96, prior_steps=1500)
_SMOKE = {"steps": 10, "prior_steps": 4, "batch": 16, "width": 32, "depth": 1}
_GPU = {"batch": 256, "width": 192, "depth": 4}
RECIPES = {
    "cvae-shapes": {"smoke": replace(_SHAPES, **_SMOKE), "cpu": _SHAPES, "gpu": replace(_SHAPES, steps=60000, **_GPU)},
    "cvae-emoji": {"smoke": replace(_EMOJI, **_SMOKE), "cpu": _EMOJI, "gpu": replace(_EMOJI, steps=40000, **_GPU)},
}
