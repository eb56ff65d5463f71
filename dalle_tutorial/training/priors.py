"""The recipe of the other prior: the same data as the diffusion prior's, learnt token by token."""

from dataclasses import dataclass, replace

import numpy as np

from dalle_tutorial.models.autoregressive_prior import AutoregressivePrior
from dalle_tutorial.training.unclip import PriorRecipe

_PART = 256  # scenes that CLIP reads at once while principal components are sought
_FIRST = 2022  # the seed of those scenes: another than that of a run, or its first batches would be among them


@dataclass(frozen=True)
class ARPriorRecipe(PriorRecipe):
    """An `AutoregressivePrior` of `dimensions` × `buckets`; caption, text embedding and dot product are dropped with
    probability `drop_text`. Its principal components are those of `fitted_on` fresh scenes, a multiple of 256."""

    batch: int = 64
    dimensions: int = 24
    buckets: int = 64
    fitted_on: int = 4096

    def build(self, tokenizer):
        """A fresh, built `AutoregressivePrior`, its principal components fitted."""
        model = AutoregressivePrior(
            tokenizer.vocabulary_size, tokenizer.max_length, width=self.width, depth=self.depth,
            dimensions=self.dimensions, buckets=self.buckets, drop_text=self.drop_text,
        )
        make = self.batches(tokenizer)
        parts = [make(_PART, [_FIRST, i]) for i in range(self.fitted_on // _PART)]
        model.fit_pca(*(np.concatenate([part[name] for part in parts]) for name in ("x0", "text")))
        return model


_PRIOR = ARPriorRecipe("prior-ar-shapes", steps=2800)  # as many minutes as the diffusion prior
RECIPES = {
    "prior-ar-shapes": {
        "smoke": replace(_PRIOR, steps=10, batch=8, width=32, depth=1, fitted_on=256), "cpu": _PRIOR,
        "gpu": replace(_PRIOR, steps=60000, batch=512, width=384, depth=8, dimensions=32),
    },
}
