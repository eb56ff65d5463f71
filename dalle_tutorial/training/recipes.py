"""What is trained, and how: one recipe for each model and each position of the one dial (smoke, cpu, gpu)."""

from dataclasses import asdict, dataclass, replace

from dalle_tutorial.backend import keras
from dalle_tutorial.data import emoji, shapes
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.models.cvae import CVAE
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import WordTokenizer
from dalle_tutorial.training.streams import EmojiBatches, shapes_batch

PRESETS = ("smoke", "cpu", "gpu")


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run, except its seed.

    `steps` train the whole model, `prior_steps` after them p(z|c) alone. `beta_start` is the weight of the KL term
    at the first step; it rises to 1 over `beta_steps`. `noise` is the standard deviation of a pixel under p(x|z,c).
    """

    model: str
    painter: str
    steps: int
    batch: int = 64
    width: int = 64
    depth: int = 2
    latent_tokens: int = 3
    latent_width: int = 4
    noise: float = 0.2
    learning_rate: float = 1e-3
    beta_start: float = 0.0
    beta_steps: int = 600
    prior_steps: int = 0


_SHAPES = Recipe("cvae-shapes", "objects", steps=7000, prior_steps=4000, noise=0.3)
_EMOJI = Recipe(
    "cvae-emoji", "patches", steps=2000, latent_tokens=2, latent_width=4, noise=0.1, learning_rate=2e-3
)
_SMOKE = {"steps": 10, "prior_steps": 4, "batch": 16, "width": 32, "depth": 1}
_GPU = {"batch": 256, "width": 192, "depth": 4}
RECIPES = {
    "cvae-shapes": {"smoke": replace(_SHAPES, **_SMOKE), "cpu": _SHAPES, "gpu": replace(_SHAPES, steps=60000, **_GPU)},
    "cvae-emoji": {"smoke": replace(_EMOJI, **_SMOKE), "cpu": _EMOJI, "gpu": replace(_EMOJI, steps=40000, **_GPU)},
}
MODELS = tuple(RECIPES)


def find(model, preset):
    """The recipe of a model at a position of the dial. Raises TutorialError for an unknown one."""
    check_choice("model", model, MODELS)
    check_choice("preset", preset, PRESETS)
    return RECIPES[model][preset]


def tokenizer_for(model):
    """The word tokeniser of a model's captions."""
    if model == "cvae-shapes":
        return WordTokenizer([word for word in shapes.VOCABULARY if word.isascii()], max_length=28)
    return WordTokenizer(emoji.core(32, ("en",)).vocabulary("en"), max_length=16)


def build(recipe, tokenizer):
    """A fresh, built model for a recipe."""
    text_encoder = TextEncoder(
        tokenizer.vocabulary_size, tokenizer.max_length, recipe.width, depth=3, name="text_encoder"
    )
    model = CVAE(
        text_encoder, recipe.latent_tokens, recipe.latent_width, recipe.width, recipe.depth,
        painter=recipe.painter, noise=recipe.noise,
    )
    model.build_for(tokenizer.max_length)
    return model


def batches_for(recipe):
    """The function (size, seed) → (captions, pictures) that a recipe learns from."""
    return shapes_batch() if recipe.model == "cvae-shapes" else EmojiBatches()


def optimizer_for(learning_rate, steps):
    """AdamW: a short warm-up, then a cosine down to a fiftieth (Loshchilov & Hutter 2019).

    The reconstruction's gradient is thousands of times that of the KL, and clipping shrinks both: with Adam's usual
    ε of 1e-7 what is left of the latter drowns in it, and the prior never learns to read.
    """
    rate = keras.optimizers.schedules.CosineDecay(
        1e-5, steps, alpha=0.02, warmup_target=learning_rate, warmup_steps=min(500, steps // 10)
    )
    return keras.optimizers.AdamW(rate, weight_decay=1e-4, beta_2=0.99, epsilon=1e-12, global_clipnorm=1.0)


def as_config(recipe):
    """A recipe as plain values, for cards and checkpoints."""
    return asdict(recipe)
