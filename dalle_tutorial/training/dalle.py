"""The recipe of DALL·E: a transformer that learns to write the codes of pictures behind their captions."""

from dataclasses import dataclass, replace

from dalle_tutorial import weights
from dalle_tutorial.models.dalle import DALLE
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.streams import SHAPES_SHOWN, fresh_scenes, shapes_tokenizer


@dataclass(frozen=True)
class DALLERecipe(Recipe):
    """`autoencoder` names the trained model whose codes are written; it stays as it is (§2.1 and §2.2 are two stages).
    A share `chinese` of the captions is Chinese. `heads`, `drop_text`, `text_weight` as for `DALLE`; `ema` is the
    momentum of the moving average that becomes the weights."""

    width: int = 192
    depth: int = 6
    heads: int = 6
    autoencoder: str = "vqvae-shapes"
    chinese: float = 0.0
    drop_text: float = 0.1
    text_weight: float = 1 / 8
    ema: float = 0.999

    shown = SHAPES_SHOWN
    choices = (
        ("guidance_scale", (1.0, 1.5, 2.0, 3.0, 4.0)),
        ("temperature", (1.0, 0.9, 0.8, 0.7, 0.6)),
    )
    milestones = ("one_object", "two_objects")
    limits = "32 × 32 pixels, written as 64 codes; captions of the shapes grammar only; at most three objects."

    def tokenizer(self):
        """The words of the shapes world: English ones, and Chinese ones where there are such captions."""
        return shapes_tokenizer(chinese=self.chinese > 0)

    def build(self, tokenizer):
        """A fresh, built `DALLE` around a copy of the trained autoencoder. WeightsError where there is none yet."""
        model = DALLE(
            self._trained_autoencoder(), tokenizer.vocabulary_size, tokenizer.max_length, self.width, self.depth,
            self.heads, self.drop_text, self.text_weight,
        )
        model.build()
        return model

    def _trained_autoencoder(self):
        return weights.load(self.autoencoder).model

    def batches(self, tokenizer):
        """Fresh scenes: "ids" of their captions, and the "codes" of their pictures."""
        encode, draw = self._trained_autoencoder().encode_codes, fresh_scenes(tokenizer, self.chinese)

        def make(size, seed):
            ids, pictures = draw(size, seed)
            return {"ids": ids, "codes": encode(pictures)}

        return make


_SHAPES = DALLERecipe("dalle-shapes", steps=5500)
RECIPES = {
    "dalle-shapes": {
        "smoke": replace(_SHAPES, steps=10, batch=8, width=32, depth=1, heads=2), "cpu": _SHAPES,
        "gpu": replace(_SHAPES, steps=60000, batch=512, width=384, depth=12, heads=8),
    },
}
