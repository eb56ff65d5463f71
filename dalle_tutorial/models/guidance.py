"""Classifier-free guidance, as a wrapper around a denoiser (Ho & Salimans 2022), and what keeps pictures in range.

A condition that may be dropped is announced by conditions["keep_" + name] (batch,): 1.0 where the denoiser is to heed
it, 0.0 where it is to put its own learned null vector in its place.
"""

import numpy as np

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.schedules import spread

ops = keras.ops
KEEP = "keep_"
CLIPS = (None, "static", "dynamic")
_SHORTER = {"float64": "float32", "int64": "int32"}  # what NumPy makes of numbers, and what models reckon with
_MOST = 0.995  # the share of pixels that dynamic thresholding leaves within range


def clip_x0(x0, how):
    """Pictures (batch, …) brought back to [−1, 1]: "static" cuts; "dynamic" first divides by the 99.5th percentile of
    |x0| where that is above 1, so that strong guidance does not saturate colours (Saharia et al. 2022, §2.3)."""
    if how is None:
        return x0
    size = 1.0
    if how == "dynamic":
        size = np.quantile(np.abs(x0).reshape(len(x0), -1), _MOST, axis=1)
        size = spread(np.maximum(size, 1.0).astype(x0.dtype), x0)
    return np.clip(x0, -size, size) / size


def heeded(conditions, label, t):
    """The flag of a condition (batch,), ones where there is none, for times t (batch,)."""
    return conditions.get(KEEP + label, ops.ones_like(t))


def kept(conditions, labels):
    """The conditions as arrays (batch, …) of 32 bits, and a flag of ones for each label that has none yet.

    TutorialError unless they have one batch size.
    """
    conditions = {name: ops.convert_to_numpy(value) for name, value in conditions.items()}
    conditions = {name: value.astype(_SHORTER.get(value.dtype.name, value.dtype)) for name, value in conditions.items()}
    sizes = {len(value) for value in conditions.values()}
    if len(sizes) > 1 or (labels and not sizes):
        raise TutorialError(f"all conditions need one batch size, and there must be one at least: got {sorted(sizes)}")
    return {**{KEEP + label: np.ones(tuple(sizes), "float32") for label in labels}, **conditions}


def doubled(conditions, dropped):
    """The conditions twice over, (2 · batch, …), the second time with the flags of what is `dropped` at zero."""
    flags = {KEEP + label for label in dropped}
    return {
        name: np.concatenate([value, np.zeros_like(value) if name in flags else value])
        for name, value in conditions.items()
    }


class Guidance:
    """A denoiser's output, evaluated fast: once, or for conditions that were `doubled` with guidance.

    The network is traced for the first batch size and once more for all others, and not for each time or scale.
    """

    def __init__(self, denoiser):
        self.denoiser = denoiser
        self._once = compiled(self._plain, denoiser, any_size=True)
        self._twice = compiled(self._guided, denoiser, any_size=True)

    def _plain(self, x, t, conditions):
        return ops.cast(self.denoiser(x, t, conditions, training=False), "float32")

    def _guided(self, x, t, conditions, scale):
        both = self._plain(ops.concatenate([x, x]), ops.concatenate([t, t]), conditions)
        with_them, without = ops.split(both, 2)
        return without + scale * (with_them - without)

    def __call__(self, x, t, conditions, scale=None):
        """The output at x (batch, …) and one time t, an array like x; with a `scale`, that many times the way from
        what the denoiser says without the dropped conditions to what it says with them."""
        x, t = ops.convert_to_tensor(x), ops.full((len(x),), t, "float32")
        if scale is None:
            return ops.convert_to_numpy(self._once(x, t, conditions))
        return ops.convert_to_numpy(self._twice(x, t, conditions, ops.convert_to_tensor(scale, "float32")))
