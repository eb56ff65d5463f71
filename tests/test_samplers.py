"""Samplers with ideal denoisers, whose results are known before anything is trained."""

import itertools

import numpy as np
import pytest

from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.samplers import (
    SAMPLERS,
    ddim,
    ddpm,
    dpm_solver,
    initial_noise,
    invert,
    last,
    noise_for_each,
    own_dice,
    sample,
)
from dalle_tutorial.models.schedules import SCHEDULES, find_schedule

CASES = list(itertools.product(SAMPLERS, SCHEDULES))
POINTS = np.array([[-1.0, 0.5], [0.8, 0.8], [0.1, -0.9]])
SHARES = np.array([0.5, 0.3, 0.2])


def normal(shape, seed=0):
    """The noise to start from, in double precision: what is left is the sampler's own error."""
    return initial_noise(shape, seed).astype("float64")


def gaussian_denoiser(schedule, mean=0.4, deviation=0.5):
    """Ideal for data N(mean, deviation²): E[x0 | x] and E[noise | x] are linear in x."""

    def denoise(x, t):
        signal, noise_rate = schedule.rates(t)
        variance = signal**2 * deviation**2 + noise_rate**2
        away = (x - signal * mean) / variance
        return mean + signal * deviation**2 * away, noise_rate * away

    return denoise


def points_denoiser(schedule):
    """Ideal for data that are three points: each, weighed by how likely x came from it (the exact score)."""

    def denoise(x, t):
        signal, noise_rate = schedule.rates(t)
        squares = ((x[:, None] - signal * POINTS) ** 2).sum(-1)  # (batch, points)
        scores = np.log(SHARES) - squares / (2 * noise_rate**2)
        weights = np.exp(scores - scores.max(1, keepdims=True))
        x0 = weights / weights.sum(1, keepdims=True) @ POINTS
        return x0, (x - signal * x0) / noise_rate

    return denoise


@pytest.mark.parametrize(("name", "schedule"), CASES)
def test_gaussian_data_come_out_with_their_mean_and_deviation(name, schedule):
    schedule = find_schedule(schedule)
    x = last(SAMPLERS[name](gaussian_denoiser(schedule), schedule, normal((20_000, 1)), 100, seed=3))
    assert abs(x.mean() - 0.4) < 0.015
    # at 100 steps the first-order samplers are a little too narrow; drawing on the way costs them most
    assert abs(x.std() - 0.5) < {"ddpm": 0.035, "ddim": 0.02, "dpm-solver": 0.005}[name]


@pytest.mark.parametrize(("name", "schedule"), CASES)
def test_samples_land_on_the_points_in_the_right_shares(name, schedule):
    schedule = find_schedule(schedule)
    x = last(SAMPLERS[name](points_denoiser(schedule), schedule, normal((10_000, 2)), 100, seed=5))
    distances = np.linalg.norm(x[:, None] - POINTS, axis=-1)
    assert (distances.min(1) < 1e-3).mean() > 0.995
    shares = np.bincount(distances.argmin(1), minlength=3) / len(x)
    np.testing.assert_allclose(shares, SHARES, atol=0.02)


def exact_flow(schedule, x, start, end=0.0, mean=0.4, deviation=0.5):
    """Where the probability flow of Gaussian data takes x from one time to another: the same quantile."""
    (signal, rate), (signal_end, rate_end) = schedule.rates(start), schedule.rates(end)
    quantile = (x - signal * mean) / np.hypot(signal * deviation, rate)
    return signal_end * mean + np.hypot(signal_end * deviation, rate_end) * quantile


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_second_order_converges_faster(schedule):
    """Twice the steps halve the error of DDIM and quarter the solver's, away from the ends, where λ is infinite; and
    on the whole way the solver gets nearer with 40 steps than DDIM with 160."""
    schedule, x = find_schedule(schedule), normal((64, 1))
    denoise = gaussian_denoiser(schedule)

    def error(sampler, start, end, steps):
        found = last(sampler(denoise, schedule, x, np.linspace(start, end, steps + 1)))
        return np.abs(found - exact_flow(schedule, x, start, end)).max()

    first, second = ([error(sampler, 0.8, 0.3, steps) for steps in (80, 160, 320)] for sampler in (ddim, dpm_solver))
    np.testing.assert_allclose(np.divide(first[:-1], first[1:]), 2, atol=0.1)
    np.testing.assert_allclose(np.divide(second[:-1], second[1:]), 4, atol=0.4)
    assert error(dpm_solver, 1, 0, 40) < error(ddim, 1, 0, 160) / 1.5


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_inversion_and_ddim_return_to_the_start(schedule):
    schedule, picture = find_schedule(schedule), 0.4 + 0.5 * normal((64, 3), 1)
    denoise = gaussian_denoiser(schedule)

    def error(steps, refine):
        noise = last(invert(denoise, schedule, picture, steps, refine=refine))
        return np.abs(last(ddim(denoise, schedule, noise, steps)) - picture).max()

    plain, finer = error(50, 0), error(200, 0)
    assert plain < 0.1 and finer < plain / 3, (plain, finer)
    assert error(25, 1) < plain / 4  # for the price of 50 steps
    assert error(50, 6) < 1e-6


def test_inverted_gaussian_data_are_standard_normal():
    schedule = find_schedule("cosine")
    noise = last(invert(gaussian_denoiser(schedule), schedule, 0.4 + 0.5 * normal((20_000, 1)), 100, refine=3))
    assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03


def test_a_rectified_flow_walks_by_euler():
    """x ← x + (t_next − t) · velocity, which is noise − x0."""
    schedule, x = find_schedule("rectified-flow"), normal((5, 2))
    denoise = points_denoiser(schedule)
    for step in ddim(denoise, schedule, x, 7):
        x0, noise = denoise(x, step.t + 1 / 7)
        x = x - (noise - x0) / 7
        np.testing.assert_allclose(step.x, x, atol=1e-12)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_ddpm_is_the_posterior_of_its_paper(schedule):
    """Bayes' rule for x_next given x and x0, worked out from precisions instead of Eq. 7."""
    schedule, x, noise = find_schedule(schedule), np.array([[0.7], [-1.2]]), np.array([[0.3], [2.0]])
    denoise = gaussian_denoiser(schedule)
    (signal, rate), (signal_next, rate_next) = schedule.rates(0.8), schedule.rates(0.5)
    x0, _ = denoise(x, 0.8)
    share = signal / signal_next
    added = rate**2 - (share * rate_next) ** 2
    precision = 1 / rate_next**2 + share**2 / added
    mean = (signal_next * x0 / rate_next**2 + share * x / added) / precision
    step = next(ddpm(denoise, schedule, x, [0.8, 0.5], noise=[noise]))
    np.testing.assert_allclose(step.x, mean + noise / np.sqrt(precision), atol=1e-12)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_step_is_yielded_and_the_last_is_the_picture(name):
    schedule, x = find_schedule("cosine"), normal((2, 4, 4, 3))
    kept = x.copy()
    steps = list(SAMPLERS[name](gaussian_denoiser(schedule), schedule, x, 4))
    np.testing.assert_allclose([step.t for step in steps], [0.75, 0.5, 0.25, 0], atol=1e-12)
    assert all(step.x.shape == step.x0.shape == x.shape for step in steps)
    np.testing.assert_allclose(steps[-1].x, steps[-1].x0, atol=1e-12)
    np.testing.assert_array_equal(x, kept)


def test_each_sampler_asks_once_a_step():
    schedule = find_schedule("linear")
    ideal = gaussian_denoiser(schedule)
    for sampler, expected in ((ddpm, 6), (ddim, 6), (dpm_solver, 6), (invert, 6)):
        asked = []
        list(sampler(lambda x, t, asked=asked: (asked.append(t), ideal(x, t))[1], schedule, normal((1, 1)), 6))
        assert len(asked) == expected


def test_a_seed_decides_everything():
    schedule = find_schedule("linear")
    denoise = gaussian_denoiser(schedule)
    np.testing.assert_array_equal(initial_noise((3, 2), 7), initial_noise((3, 2), 7))
    assert np.abs(initial_noise((3, 2), 7) - initial_noise((3, 2), 8)).max() > 0.1
    first, again, other = (last(ddpm(denoise, schedule, initial_noise((3, 2)), 10, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
    # PCG64 is the same on every machine
    np.testing.assert_allclose(initial_noise((1, 3))[0], INITIAL, atol=1e-6)


INITIAL = [1.117622, -1.387125, -0.426572]


def test_noise_on_the_way_is_not_the_noise_of_the_start():
    """With one seed for both, what a step adds must be unknown to x."""
    schedule = find_schedule("rectified-flow")
    step = next(ddpm(lambda x, t: (0 * x, x), schedule, 0 * initial_noise((500, 1), 4), 2, seed=4))
    assert abs(np.corrcoef(step.x.ravel(), initial_noise((500, 1), 4).ravel())[0, 1]) < 0.15


@pytest.mark.parametrize("sampler", [ddpm, ddim, dpm_solver, invert])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_is_kept(sampler, dtype):
    schedule = find_schedule("cosine")
    x = last(sampler(gaussian_denoiser(schedule), schedule, initial_noise((2, 3)).astype(dtype), 3))
    assert x.dtype == dtype


def test_any_times_may_be_given():
    """A start on the way, uneven steps: what pictures are edited with."""
    schedule, x = find_schedule("cosine"), normal((4, 1))
    denoise = gaussian_denoiser(schedule)
    steps = list(ddim(denoise, schedule, x, [0.6, 0.5, 0.1, 0.0]))
    assert [step.t for step in steps] == [0.5, 0.1, 0.0]
    fine = last(ddim(denoise, schedule, x, np.linspace(0.6, 0, 500)))
    np.testing.assert_allclose(fine, exact_flow(schedule, x, 0.6), atol=0.01)
    assert [step.t for step in invert(denoise, schedule, x, [0.0, 0.2, 0.7])] == [0.2, 0.7]


def test_bad_input_says_what_is_allowed():
    schedule, x = find_schedule("linear"), normal((1, 1))
    denoise = gaussian_denoiser(schedule)
    for steps in (0, -3, 2.5):
        with pytest.raises(TutorialError, match=f"steps is {steps}: .* at least 1"):
            last(ddim(denoise, schedule, x, steps))
    for eta in (-0.1, 1.1, float("nan")):
        with pytest.raises(TutorialError, match="eta is .* between 0"):
            last(ddim(denoise, schedule, x, 5, eta=eta))
    for sampler, times, way in ((ddim, [0, 1], "fall"), (invert, [1, 0], "rise"), (ddim, [1.2, 0], "fall"),
                                (ddim, [0.4], "fall")):
        with pytest.raises(TutorialError, match=rf"must {way} within \[0, 1\]"):
            last(sampler(denoise, schedule, x, times))
    with pytest.raises(TutorialError, match="seed is -1: .* at least 0"):
        initial_noise((1, 1), -1)
    with pytest.raises(TutorialError, match="too few"):
        last(ddpm(denoise, schedule, x, 3, noise=[x]))
    with pytest.raises(TutorialError, match="unknown sampler 'euler': allowed are ddpm, ddim, dpm-solver"):
        sample("euler", denoise, schedule, x, 3)


def test_each_row_has_its_own_dice():
    noise = noise_for_each(5, (2, 3), seed=1)
    first, second = itertools.islice(own_dice(noise), 2)
    assert first.shape == noise.shape and first.dtype == np.float32
    assert len(np.unique(np.concatenate([first, second]))) == 60  # neither rows nor steps repeat each other
    for alone, among in zip(own_dice(noise[3:4]), (first, second), strict=False):
        np.testing.assert_array_equal(alone[0], among[3])
    assert abs(next(own_dice(noise_for_each(400, (50,)))).std() - 1) < 0.02


def test_what_comes_of_a_row_does_not_hang_on_the_rows_beside_it():
    schedule = find_schedule("cosine")
    noise = noise_for_each(4, (2,), seed=7)
    for name in SAMPLERS:
        whole = last(sample(name, points_denoiser(schedule), schedule, noise, 10))
        part = last(sample(name, points_denoiser(schedule), schedule, noise[1:3], 10))
        np.testing.assert_allclose(whole[1:3], part, atol=1e-5)
