"""How a picture turns into noise: x_t = signal_rate(t) · x0 + noise_rate(t) · noise, t from 0 (picture) to 1 (noise).

And what a network may be asked to predict of it: the noise, x0, or a mixture of both; each can be had from the others.
"""

import math

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.data.scenes import check_choice

ops = keras.ops
KINDS = ("noise", "x0", "velocity", "flow")
_NOTHING = 1e-6  # a rate below this is taken for 0: float32 holds nothing of what it multiplies


def _library(t):
    """keras.ops for tensors, NumPy for numbers and arrays: a sampler's arithmetic stays in the reader's precision."""
    return ops if ops.is_tensor(t) else np


class Schedule:
    """Rates at time t, which may be a number, an array or a tensor; the result is of the same sort and shape.

    `velocity` is the kind of target (one of KINDS) that goes by the name of velocity with this schedule.
    """

    name, velocity = None, "velocity"

    def signal_rate(self, t):
        """What is left of the picture at time t, from 1 down to (almost) 0."""
        raise NotImplementedError

    def noise_rate(self, t):
        """How much noise there is at time t: a standard deviation, from 0 to 1."""
        raise NotImplementedError

    def rates(self, t):
        """(signal_rate, noise_rate) at time t; for one number t two plain floats, which change no array's precision."""
        both = self.signal_rate(t), self.noise_rate(t)
        return both if ops.is_tensor(t) or np.ndim(t) else tuple(float(rate) for rate in both)

    def get_config(self):
        """Plain values; `find_schedule` makes the same schedule of them."""
        return {"name": self.name}


class LinearSchedule(Schedule):
    """β grows linearly over `steps` steps (Ho et al. 2020, §4); signal_rate² = ᾱ = Π (1 − β).

    The paper's step i, counted from 0, stands at t = (i + 1) / steps; between the steps log ᾱ is interpolated. Some
    signal is left at t = 1: 0.6 %.
    """

    name = "linear"

    def __init__(self, steps=1000, first=1e-4, last=0.02):
        self.steps, self.first, self.last = steps, first, last
        self.log_table = np.concatenate([[0.0], np.cumsum(np.log1p(-np.linspace(first, last, steps)))])

    def log_signal_squared(self, t):
        """log ᾱ at time t."""
        if not ops.is_tensor(t):
            return np.interp(t, np.linspace(0.0, 1.0, self.steps + 1), self.log_table)
        place = self.steps * ops.clip(t, 0.0, 1.0)
        before = ops.minimum(ops.floor(place), self.steps - 1.0)
        table = ops.convert_to_tensor(self.log_table, place.dtype)
        low, high = (ops.take(table, ops.cast(before, "int32") + more) for more in (0, 1))
        return low + (place - before) * (high - low)

    def signal_rate(self, t):
        """√ᾱ."""
        return _library(t).exp(0.5 * self.log_signal_squared(t))

    def noise_rate(self, t):
        """√(1 − ᾱ), without the subtraction, in which small rates would lose their digits."""
        return _library(t).sqrt(-_library(t).expm1(self.log_signal_squared(t)))

    def get_config(self):
        return {"name": self.name, "steps": self.steps, "first": self.first, "last": self.last}


class CosineSchedule(Schedule):
    """signal_rate = cos(a) / cos(a₀), where a goes from a₀, just above 0, to π/2 (Nichol & Dhariwal 2021, §3.2).

    The paper caps β at 0.999, so that 0.005 % of the signal is left at t = 1; so here.
    """

    name = "cosine"

    def __init__(self, offset=0.008):
        self.offset = offset
        self.start = self._angle(0.0)
        self.least = math.sqrt(0.001) * math.cos(self._angle(0.999)) / math.cos(self.start)

    def _angle(self, t):
        return (t + self.offset) / (1 + self.offset) * (math.pi / 2)

    def signal_rate(self, t):
        """cos(a) / cos(a₀), or where the cap comes to bear, what that leaves."""
        lib = _library(t)
        return lib.maximum(lib.cos(self._angle(t)) / math.cos(self.start), self.least)

    def noise_rate(self, t):
        """√(1 − signal_rate²), by cos² a₀ − cos² a = sin(a − a₀) · sin(a + a₀): no digits are lost near t = 0."""
        lib, gone = _library(t), t / (1 + self.offset) * (math.pi / 2)
        return lib.sqrt(lib.sin(gone) * lib.sin(gone + 2 * self.start)) / math.cos(self.start)

    def get_config(self):
        return {"name": self.name, "offset": self.offset}


class RectifiedFlow(Schedule):
    """A straight line from picture to noise: signal 1 − t, noise t (Liu et al. 2022). Its velocity is noise − x0."""

    name, velocity = "rectified-flow", "flow"

    def signal_rate(self, t):
        """1 − t."""
        return 1.0 - t

    def noise_rate(self, t):
        """t."""
        return 1.0 * t


SCHEDULES = {schedule.name: schedule for schedule in (LinearSchedule, CosineSchedule, RectifiedFlow)}


def find_schedule(which):
    """A schedule from its name, from what its get_config gave, or itself. An unknown name is a TutorialError."""
    if isinstance(which, Schedule):
        return which
    config = {"name": which} if isinstance(which, str) else dict(which)
    name = config.pop("name", None)
    check_choice("schedule", name, SCHEDULES)
    return SCHEDULES[name](**config)


def check_kind(kind):
    """TutorialError unless `kind` is one of KINDS."""
    check_choice("kind of prediction", kind, KINDS)


def shifted(t, shift):
    """Times in [0, 1], numbers or arrays, crowded towards noise where `shift` is above 1, away from it below.

    (Esser et al. 2024, Eq. 23.)
    """
    return shift * t / (1.0 + (shift - 1.0) * t)


def spread(rate, x):
    """One rate for each item, (batch,) → (batch, 1, …), so that it multiplies x (batch, …)."""
    return _library(rate).reshape(rate, (-1, *[1] * (len(x.shape) - 1)))


def target_of(kind, x0, noise, signal, noise_rate):
    """What a network of this kind is to predict; the rates are floats, or of a shape that multiplies x0.

    "noise" and "x0" say what they are; "velocity" is signal · noise − noise_rate · x0 (Salimans & Ho 2022, App. D), and
    "flow" is noise − x0 (Liu et al. 2022).
    """
    check_kind(kind)
    if kind == "velocity":
        return signal * noise - noise_rate * x0
    return {"noise": noise, "x0": x0, "flow": noise - x0}[kind]


def to_x0_and_noise(kind, output, x, signal, noise_rate):
    """The inverse of `target_of`: from the output and x = signal · x0 + noise_rate · noise to (x0, noise).

    The two equations are solved for the two unknowns. "velocity" and "flow" can be solved everywhere, for their
    determinants signal² + noise_rate² and signal + noise_rate never come near 0. Of pure noise, "noise" says nothing
    about x0, and of a clean picture "x0" says nothing about the noise; there the unknown is given as 0.
    """
    check_kind(kind)
    if kind == "noise":
        return _over(x - noise_rate * output, signal), output
    if kind == "x0":
        return output, _over(x - signal * output, noise_rate)
    if kind == "velocity":
        size = signal * signal + noise_rate * noise_rate
        return (signal * x - noise_rate * output) / size, (noise_rate * x + signal * output) / size
    x0 = (x - noise_rate * output) / (signal + noise_rate)
    return x0, x0 + output


def _over(x, rate):
    """x / rate; 0 where the rate is nothing."""
    if isinstance(rate, float):
        return x / rate if rate > _NOTHING else 0.0 * x
    lib = _library(rate)
    return lib.where(rate > _NOTHING, x / lib.maximum(rate, _NOTHING), 0.0)
