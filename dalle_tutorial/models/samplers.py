"""From noise to a picture, step by step, and back: generators that yield every step; the last one's x is the result.

All share one interface. `denoise(x, t) → (x0, noise)` guesses what x, at time t, was mixed from; `schedule` says how it
was mixed; x is a NumPy array (batch, …) at the first time, and keeps its precision; `steps` is how many steps to take
from t = 1 to t = 0 (`invert`: from 0 to 1), or all the times themselves. What is drawn on the way comes from `seed`, or
is given as `noise`: one array like x for each step. The same seed gives the same numbers on every machine.

Whoever takes a step does the same thing: forget x, keep the guess, and mix again with less noise,

    x = signal_rate · x0 + noise_rate · noise.

With a rectified flow that is the Euler method (Liu et al. 2022), else DDIM (Song et al. 2021).
"""

import collections
import itertools
import math
from typing import NamedTuple

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.schedules import target_of, to_x0_and_noise


class Step(NamedTuple):
    """x (batch, …) as it is at time t, and the x0 (batch, …) that the step towards it aimed at."""

    t: float
    x: np.ndarray
    x0: np.ndarray


def initial_noise(shape, seed=0):
    """Standard normal numbers to begin with, float32; other than those that a sampler of the same seed draws."""
    return _generator(seed, 0).standard_normal(shape, "float32")


def noise_for_each(n, shape, seed=0):
    """Standard normal numbers (n, *shape), float32. Number i depends on `seed` and on i, and not on how many others
    there are."""
    seed = np.atleast_1d(seed).tolist()
    return np.stack([np.random.default_rng([*seed, i]).standard_normal(shape) for i in range(n)]).astype("float32")


def last(steps):
    """The result of a sampler: the x of its last step."""
    return collections.deque(steps, maxlen=1).pop().x


def own_dice(noise):
    """What is drawn on the way from `noise` (batch, …), for each row by dice of its own: an endless iterator of float32
    arrays like it. A row's first four numbers seed them, so that it hangs on itself alone, whatever is beside it."""
    noise = np.ascontiguousarray(_array(noise), "float32")
    seeds = noise.reshape(len(noise), -1)[:, :4].view("uint32")
    dice = [np.random.default_rng(row) for row in seeds.tolist()]
    while True:
        yield np.stack([each.standard_normal(noise.shape[1:], "float32") for each in dice])


def sample(name, denoise, schedule, noise, steps):
    """The `Step`s of the sampler of this name from `noise` (batch, …), each row with its own dice (`own_dice`).

    Raises TutorialError for an unknown name, and for steps that are not allowed.
    """
    check_choice("sampler", name, SAMPLERS)
    return SAMPLERS[name](denoise, schedule, noise, steps, noise=own_dice(noise))


def ddim(denoise, schedule, x, steps, *, eta=0.0, seed=0, noise=None):
    """Mixes the guess again, with a share of fresh noise instead of the guessed (Song et al. 2021, Eq. 12).

    eta: from 0, where x decides everything, to 1, where as much is fresh as in DDPM. TutorialError outside.
    """
    if not 0 <= eta <= 1:
        raise TutorialError(f"eta is {eta}: it must lie between 0 (nothing drawn) and 1 (as DDPM)")
    x, fresh = _array(x), _fresh_noise(x, seed, noise)
    for t, t_next in itertools.pairwise(times_of(steps)):
        x0, guess = denoise(x, t)
        signal, noise_rate = schedule.rates(t_next)
        drawn = eta * _posterior_deviation(schedule, t, t_next)
        x = signal * x0 + math.sqrt(max(noise_rate**2 - drawn**2, 0.0)) * guess
        if drawn:
            x = x + drawn * next(fresh)
        yield Step(t_next, x, x0)


def ddpm(denoise, schedule, x, steps, *, seed=0, noise=None):
    """Ancestral sampling, each step from the posterior q(x_next | x, x0) (Ho et al. 2020, Algorithm 2 with Eq. 7).

    That is `ddim` with η = 1 (Song et al. 2021, §4.1). Of the two variances in §3.2 this is the smaller, β̃.
    """
    return ddim(denoise, schedule, x, steps, eta=1.0, seed=seed, noise=noise)


def dpm_solver(denoise, schedule, x, steps, *, seed=0, noise=None):
    """DPM-Solver++(2M): second order with one evaluation a step (Lu et al. 2022, Algorithm 2). Nothing is drawn.

    In λ = log(signal / noise) x0 changes almost linearly, so the guess before tells where this one is heading. The last
    step, to λ = ∞, knows no heading and is of first order; so is one that comes from pure noise.
    """
    x, before, stride_before = _array(x), None, None
    for t, t_next in itertools.pairwise(times_of(steps)):
        (signal, noise_rate), (signal_next, noise_next) = schedule.rates(t), schedule.rates(t_next)
        x0, _ = denoise(x, t)
        stride = _log_ratio(signal_next, noise_next) - _log_ratio(signal, noise_rate)
        heading = 0.0
        if before is not None and math.isfinite(stride) and math.isfinite(stride_before):
            heading = 0.5 * stride / stride_before * (x0 - before)
        kept = noise_next / noise_rate
        x = kept * x + (signal_next - kept * signal) * (x0 + heading)
        before, stride_before = x0, stride
        yield Step(t_next, x, x0)


def invert(denoise, schedule, x, steps, *, refine=0, seed=0, noise=None):
    """DDIM backwards: from a picture to the noise that `ddim` (η = 0, as many steps) draws it from. Nothing is drawn.

    (Dhariwal & Nichol 2021, App. F; unCLIP §3.1.) A step of `ddim` uses the guess at its noisier end, and that end is
    what is sought. The guess at x stands in for it; then `refine` more evaluations for each step solve for the end. One
    round is worth far more than twice the steps; after a few the way back is exact, if the steps are small.
    """
    x = _array(x)
    # What of the guess at x is kept: the noise, as in the papers; along a straight line its direction.
    first = "flow" if schedule.velocity == "flow" else "noise"
    for t, t_next in itertools.pairwise(times_of(steps, backwards=True)):
        rates, (signal_next, noise_next) = schedule.rates(t), schedule.rates(t_next)
        end = x
        for kind in [first, *["flow"] * refine]:
            kept = target_of(kind, *denoise(end, t_next), *rates)
            x0, guess = to_x0_and_noise(kind, kept, x, *rates)
            end = signal_next * x0 + noise_next * guess
        x = end
        yield Step(t_next, x, x0)


SAMPLERS = {"ddpm": ddpm, "ddim": ddim, "dpm-solver": dpm_solver}


def _generator(seed, stream):
    """PCG64 gives the same numbers on every machine; different streams of one seed have nothing in common."""
    if seed != int(seed) or seed < 0:
        raise TutorialError(f"seed is {seed}: it must be a whole number of at least 0")
    return np.random.Generator(np.random.PCG64([int(seed), stream]))


def _array(x):
    return keras.ops.convert_to_numpy(x)


def times_of(steps, backwards=False):
    """The times that a sampler passes through, the first one included: a list of floats.

    steps: how many, evenly from 1 to 0, or the times themselves; backwards: from 0 to 1. Raises TutorialError for fewer
    than one, for what is no whole number, and for times that do not go one way within [0, 1].
    """
    if np.ndim(steps) == 0:
        if steps != int(steps) or steps < 1:
            raise TutorialError(f"steps is {steps}: a sampler needs a whole number of them, at least 1")
        times = np.linspace(1.0, 0.0, int(steps) + 1)[:: -1 if backwards else 1]
    else:
        times = np.asarray(steps, float)
        falls = np.diff(times) * (-1 if backwards else 1) < 0
        if len(times) < 2 or not falls.all() or times.min() < 0 or times.max() > 1:
            way = "rise" if backwards else "fall"
            raise TutorialError(f"the times of a sampler must {way} within [0, 1], and be two at least: got {steps}")
    return times.tolist()


def _fresh_noise(x, seed, noise):
    """An iterator of arrays like x."""
    if noise is not None:
        yield from map(_array, noise)
        raise TutorialError("noise must hold one array for each step that draws: there are too few")
    x, generator = _array(x), _generator(seed, 1)
    while True:
        yield generator.standard_normal(x.shape, "float32").astype(x.dtype)


def _posterior_deviation(schedule, t, t_next):
    """The standard deviation of q(x_next | x, x0), t_next < t (Ho et al. 2020, Eq. 7, for any two rates)."""
    (signal, noise), (signal_next, noise_next) = schedule.rates(t), schedule.rates(t_next)
    added = noise**2 - (signal / signal_next * noise_next) ** 2  # the variance that the way from t_next to t brings
    return noise_next / noise * math.sqrt(max(added, 0.0))


def _log_ratio(signal, noise):
    """λ = log(signal / noise), infinite at the ends."""
    if not signal or not noise:
        return math.inf if signal else -math.inf
    return math.log(signal / noise)
