"""The two optimisers of the recipes, and the learning rate that both follow."""

import inspect
import math

from dalle_tutorial.backend import keras
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.errors import TutorialError

ops = keras.ops
OPTIMIZERS = ("adamw", "muon")
# What Muon leaves to AdamW besides all that is no matrix: tables that are looked up, and layers that write results.
_NOT_ROTATED = (
    "embedding", "table", "mean", "log_var", "outline", "colour", "present", "radius", "nudge", "/out_", "leave",
)


class Muon(keras.optimizers.Muon):
    """Keras's Muon, mended for gradients whose shape TensorFlow does not know while it traces.

    Momentum, then the nearest orthogonal matrix instead of the gradient itself (Jordan et al. 2024): every direction
    of a weight matrix learns at the same pace, the rare ones too, which Adam's loud ones drown. Here those are the
    directions that bind a colour to its shape and a relation to its objects. Scaled so that learning rates mean what
    they mean to Adam (Liu et al. 2025, §2.2). With `convolutions` their kernels are matrices too, from a neighbourhood
    to a pixel; without, AdamW has them.
    """

    def __init__(self, *args, convolutions=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.convolutions = convolutions

    def _should_use_adamw(self, variable):
        if self.convolutions and len(variable.shape) == 4:
            return any(name in variable.path for name in self.exclude_layers)
        return super()._should_use_adamw(variable)

    def _muon_update_step(self, gradient, variable, lr, m):
        gradient = ops.reshape(gradient, variable.shape)
        self.assign_add(m, gradient + (self.momentum - 1) * m)
        matrix = (-1, variable.shape[-1])
        update = ops.reshape(gradient + self.momentum * m, matrix)
        update = ops.reshape(self.zeropower_via_newtonschulz5(update, self.ns_steps), variable.shape)
        longer = max(math.prod(variable.shape[:-1]), variable.shape[-1])
        self.assign_sub(variable, lr * 0.2 * math.sqrt(longer) * update)


def optimizer_for(name, learning_rate, steps, ema=None, convolutions=False):
    """One of OPTIMIZERS, with a short warm-up and then a cosine down to a fiftieth (Loshchilov & Hutter 2019).

    Of a CVAE, the reconstruction's gradient is thousands of times that of the KL, and clipping shrinks both: with
    Adam's usual ε of 1e-7 what is left of the latter drowns in it, and the prior never learns to read. Hence 1e-12.
    `ema`, where given, is the momentum of a moving average of the weights, which takes their place when `fit` ends.
    `convolutions` gives their kernels to Muon as well.
    Raises TutorialError for an unknown name, and for Muon with a Keras that is too old for it.
    """
    check_choice("optimizer", name, OPTIMIZERS)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-5, steps, alpha=0.02, warmup_target=learning_rate, warmup_steps=min(500, steps // 10)
    )
    common = {"weight_decay": 1e-4, "epsilon": 1e-12, "global_clipnorm": 1.0}
    if ema:
        common |= {"use_ema": True, "ema_momentum": ema}
    if name == "muon":
        if "adam_weight_decay" not in inspect.signature(keras.optimizers.Muon).parameters:
            raise TutorialError(f"Muon learns under TensorFlow from Keras 3.13 on; this is Keras {keras.__version__}")
        common |= {"adam_weight_decay": 1e-4, "adam_beta_2": 0.99, "exclude_layers": list(_NOT_ROTATED)}
        return Muon(rate, convolutions=convolutions, **common)
    return keras.optimizers.AdamW(rate, beta_2=0.99, **common)
