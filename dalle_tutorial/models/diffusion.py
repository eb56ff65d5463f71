"""A diffusion model of anything: pictures, bigger pictures, CLIP vectors. It does not care about their rank.

A network, the denoiser, sees x_t = signal_rate · x0 + noise_rate · noise and the time t, and learns to tell the two
apart (Ho et al. 2020). Here are the training of it, and what samplers ask: `denoise(x, t) → (x0, noise)`.
"""

import math

from dalle_tutorial.backend import keras
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.guidance import CLIPS, KEEP, Guidance, clip_x0, doubled, kept
from dalle_tutorial.models.schedules import KINDS as PREDICTIONS
from dalle_tutorial.models.schedules import find_schedule, shifted, spread, target_of, to_x0_and_noise

ops = keras.ops
WEIGHTINGS = ("plain", "min-snr", "noise", "x0", "velocity", "flow")
TIMES = ("uniform", "logit-normal")
_EARLIEST = 1e-3  # a training time below it would ask for noise that float32 hardly shows
_STEEPEST = 1e-3  # bounds the weights where one kind of error is infinitely larger than another


def error_gain(kind, signal, noise_rate):
    """The squared error of a guess, measured on this kind of target, as a multiple of that on x0; times noise_rate².

    At a given x, an error e in x0 is one of e · signal / noise_rate in the noise, and so on. "min-snr" is the x0 error
    times min(SNR, 5) (Hang et al. 2023, §3.4), where SNR = (signal / noise_rate)².
    """
    if kind == "min-snr":
        return ops.minimum(signal**2, 5.0 * noise_rate**2)
    return {
        "noise": signal**2,
        "x0": noise_rate**2,
        "velocity": (signal**2 + noise_rate**2) ** 2,
        "flow": (signal + noise_rate) ** 2,
    }[kind]


@keras.saving.register_keras_serializable("dalle_tutorial")
class Diffusion(keras.Model):
    """Trains a denoiser with plain `fit` on dicts that hold "x0" (batch, …) and the conditions.

    denoiser: a Keras model, called as denoiser(x, t, conditions): x (batch, …) noised, t (batch,) in [0, 1], conditions
        a dict of tensors (batch, …). It returns an output of x's shape.
    schedule: "linear", "cosine" or "rectified-flow", or what `find_schedule` takes.
    prediction: what the output is: "noise", "x0", or "velocity", which is the schedule's own (signal · noise −
        noise_rate · x0; noise − x0 for a rectified flow); "flow" is noise − x0 for any. Where the schedule leaves no
        signal, "noise" tells nothing of x0, and sampling from t = 1 needs another one.
    weighting: of the squared error over noise levels. "plain": as measured on the output. The name of a prediction: as
        if measured on that. "min-snr": Hang et al. 2023. Weights that would grow beyond all bounds stop near 1,000.
    times: how training times are drawn: "uniform", or "logit-normal", more in the middle (Esser et al. 2024, §3.1).
    shift: crowds training times towards noise where it is above 1, away from it below (Esser et al. 2024, Eq. 23).
    dropout: {name: probability} of the conditions that are dropped in training, each independently of the others
        (unCLIP §2.1: text 0.5, embedding 0.1). For each the denoiser finds conditions["keep_" + name] (batch,): 1.0
        where it is to heed the condition, 0.0 where it is to put its own learned null vector in its place. The name
        need not be that of a tensor. Data may bring "keep_…" along: what they leave out stays out.
    """

    def __init__(self, denoiser, schedule="cosine", prediction="velocity", weighting="plain", times="uniform",
                 dropout=None, shift=1.0, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # noise is mixed in float32; a denoiser of another dtype casts for itself
        for what, value, allowed in (("prediction", prediction, PREDICTIONS), ("weighting", weighting, WEIGHTINGS),
                                     ("times", times, TIMES)):
            check_choice(what, value, allowed)
        self.denoiser, self.schedule, self.dropout = denoiser, find_schedule(schedule), dict(dropout or {})
        self.prediction, self.weighting, self.times = prediction, weighting, times
        for name, probability in self.dropout.items():
            if not 0 <= probability <= 1:
                raise TutorialError(f"dropout of {name!r} is {probability}: a probability lies between 0 and 1")
        if not 0 < shift < math.inf:
            raise TutorialError(f"shift is {shift}: it must be a number above 0, 1 for none")
        self.shift = shift
        self.kind = self._kind_of(prediction)
        self.seeds = keras.random.SeedGenerator(0)
        self.guidance = Guidance(denoiser)

    def _kind_of(self, name):
        return self.schedule.velocity if name == "velocity" else name

    def draw_times(self, batch):
        """Training times (batch,): even steps from a random start, so that each batch covers all noise levels (Kingma
        et al. 2021, App. I.1), bent towards the middle for "logit-normal"."""
        even = ops.arange(batch, dtype="float32") / ops.cast(batch, "float32")
        even = (even + keras.random.uniform((), seed=self.seeds)) % 1.0
        if self.times == "logit-normal":
            even = ops.sigmoid(math.sqrt(2.0) * ops.erfinv(ops.clip(2.0 * even - 1.0, -1.0 + 1e-6, 1.0 - 1e-6)))
        return _EARLIEST + (1.0 - _EARLIEST) * shifted(even, self.shift)

    def keeps(self, inputs, batch, training):
        """{"keep_" + name: (batch,) of 0.0 and 1.0} for each condition that may be dropped; drawn anew in training."""
        found = {}
        for name, probability in self.dropout.items():
            keep = ops.cast(inputs.get(KEEP + name, ops.ones((batch,))), "float32")
            if training:
                drawn = keras.random.uniform((batch,), seed=self.seeds) >= probability
                keep = keep * ops.cast(drawn, "float32")
            found[KEEP + name] = keep
        return found

    def weight(self, signal, noise_rate):
        """What the squared error of the output is multiplied by, at these rates."""
        if self.weighting == "plain":
            return ops.ones_like(signal)
        wanted = error_gain(self._kind_of(self.weighting), signal, noise_rate)
        return wanted / ops.maximum(error_gain(self.kind, signal, noise_rate), _STEEPEST)

    def call(self, inputs, training=False):
        """One guess for each x0, at a time and with noise drawn here. Returns all that the loss needs."""
        x0 = ops.cast(inputs["x0"], "float32")
        batch = ops.shape(x0)[0]
        t = self.draw_times(batch)
        signal, noise_rate = self.schedule.rates(t)
        noise = keras.random.normal(ops.shape(x0), seed=self.seeds)
        rates = spread(signal, x0), spread(noise_rate, x0)
        conditions = {name: value for name, value in inputs.items() if name != "x0"}
        conditions |= self.keeps(inputs, batch, training)
        output = self.denoiser(rates[0] * x0 + rates[1] * noise, t, conditions, training=training)
        return {
            "output": output, "target": target_of(self.kind, x0, noise, *rates),
            "weight": self.weight(signal, noise_rate), "t": t,
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The weighted squared error of the output, a mean over its numbers and over the batch."""
        error = ops.square(ops.cast(y_pred["output"], "float32") - y_pred["target"])
        loss = y_pred["weight"] * ops.mean(error, axis=tuple(range(1, len(error.shape))))
        if sample_weight is not None:
            loss = loss * ops.cast(sample_weight, loss.dtype)
        return ops.mean(loss)

    def denoise(self, conditions=None, guidance_scale=1.0, dropped=None, clip=None):
        """What samplers ask for these conditions (batch, …): a function (x, t) → (x0, noise), float32 arrays.

        guidance_scale: 1 heeds the conditions as learnt, more exaggerates them (Ho & Salimans 2022, Eq. 6, where it is
            1 + w), 0 ignores them. Any but 1 costs two evaluations, made as one of twice the batch.
        dropped: the conditions that guidance leads away from doing without; all of `dropout` if none are named.
        clip: None, or for pictures "static" or "dynamic" (see `clip_x0`); the noise is adapted to the x0 so clipped.
        """
        dropped = tuple(self.dropout if dropped is None else dropped)
        check_choice("clip", clip, CLIPS)
        for label in dropped:
            check_choice("condition to drop", label, tuple(self.dropout))
        if not 0 <= guidance_scale < math.inf:
            raise TutorialError(f"guidance_scale is {guidance_scale}: it must be a number of at least 0")
        scale = None if guidance_scale == 1 else guidance_scale
        if scale is not None and not dropped:
            raise TutorialError("this model cannot be guided: it never learnt to do without a condition (`dropout`)")
        conditions = kept(conditions or {}, self.dropout)
        batch = {len(value) for value in conditions.values()}
        conditions = doubled(conditions, dropped) if scale is not None else conditions
        conditions = {name: ops.convert_to_tensor(value) for name, value in conditions.items()}

        def denoise(x, t):
            x = ops.convert_to_numpy(x).astype("float32")
            if batch and batch != {len(x)}:
                raise TutorialError(f"x is a batch of {len(x)}, the conditions are one of {next(iter(batch))}")
            rates = self.schedule.rates(float(t))
            x0, noise = to_x0_and_noise(self.kind, self.guidance(x, t, conditions, scale), x, *rates)
            if clip is None:
                return x0, noise
            x0 = clip_x0(x0, clip)
            return x0, to_x0_and_noise("x0", x0, x, *rates)[1]

        return denoise

    def get_config(self):
        denoiser = keras.saving.serialize_keras_object(self.denoiser)
        denoiser.pop("build_config", None)  # it is built by its first call
        plain = {name: getattr(self, name) for name in ("prediction", "weighting", "times", "shift")}
        return {
            "denoiser": denoiser, "schedule": self.schedule.get_config(), **plain, "dropout": dict(self.dropout),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "denoiser": keras.saving.deserialize_keras_object(config["denoiser"])})
