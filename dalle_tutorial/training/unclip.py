"""Recipes of unCLIP: the prior, from captions to CLIP image embeddings, and the decoder that draws what they say.

Both need a trained CLIP, which stays as it is (Ramesh et al. 2022, §2).
"""

from dataclasses import dataclass, replace

from dalle_tutorial import weights
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.clip import encoders
from dalle_tutorial.models.prior import DiffusionPrior, PriorNetwork
from dalle_tutorial.training.decoder import DecoderRecipe
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import fresh_scenes, shapes_tokenizer

CLIP_MODEL = "clip-shapes"


def frozen_clip():
    """The `encoders` of the shipped CLIP. Raises WeightsError where no CLIP has been trained yet."""
    return encoders(weights.load(CLIP_MODEL).model)


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
    in ten (§2.1), each by itself.

    `start` is the trained text-conditional decoder that it goes on from, None for none: unCLIP's decoder is GLIDE's
    with another condition. What is new in it begins at zero or small, so that at first it draws as before.
    """

    drop_text: float = 0.5
    drop_embedding: float = 0.1
    start: str | None = "decoder-shapes"

    embedding_width = 64
    choices, milestones = (("guidance_scale", (1.0, 2.0, 3.0)),), ()

    @property
    def dropout(self):
        """What is dropped in training, and how often."""
        return {"ids": self.drop_text, "embedding": self.drop_embedding}

    def build(self, tokenizer):
        """A `Decoder` with the weights of `start` where it has them. WeightsError where that is not trained yet."""
        model = super().build(tokenizer)
        if self.start:
            begin_with(model, weights.load(self.start).model)
        return model

    def batches(self, tokenizer):
        """Fresh scenes: "x0", "ids" and "embedding"."""
        (see, _), make = frozen_clip(), super().batches(tokenizer)

        def with_embedding(size, seed):
            found = make(size, seed)
            return found | {"embedding": see(found["x0"])}

        return with_embedding


def begin_with(model, trained):
    """Copies the weights of `trained` into those of the same path and shape in `model`, and silences the projections of
    the embedding, which `trained` has not. Raises TutorialError where a weight of `trained` finds no place."""
    def inner(weight):  # without the names of the model and of its denoiser
        return weight.path.split("/", 2)[-1]

    old = {inner(weight): weight for weight in trained.denoiser.weights}
    for weight in model.denoiser.weights:
        found = old.pop(inner(weight), None)
        if found is not None:
            weight.assign(found)
    if old:
        raise TutorialError(f"the model to start from is another: its {next(iter(old))} finds no place")
    model.denoiser.embedding.kernel.assign(0 * model.denoiser.embedding.kernel)


_PRIOR = PriorRecipe("prior-shapes", steps=2000)
_DECODER = UnCLIPRecipe("unclip-shapes", steps=1800)
RECIPES = {
    "prior-shapes": {
        "smoke": replace(_PRIOR, steps=10, batch=8, width=32, depth=1), "cpu": _PRIOR,
        "gpu": replace(_PRIOR, steps=60000, batch=512, width=384, depth=8),
    },
    "unclip-shapes": {
        "smoke": replace(
            _DECODER, steps=10, batch=8, width=32, fine=16, depth=1, text_depth=1, start=None, reader=None,
        ),
        "cpu": _DECODER,
        "gpu": replace(_DECODER, steps=60000, batch=256, width=256, fine=96, depth=8, start=None),
    },
}
