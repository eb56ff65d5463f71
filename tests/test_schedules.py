"""Noise schedules against their papers' formulas, and the kinds of prediction against one another."""

import json

import numpy as np
import pytest

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.schedules import (
    KINDS,
    SCHEDULES,
    CosineSchedule,
    LinearSchedule,
    Schedule,
    find_schedule,
    spread,
    target_of,
    to_x0_and_noise,
)

array = keras.ops.convert_to_numpy
GRID = np.arange(1, 1001) / 1000
TIMES = np.array([0.0, 1e-9, 1e-4, 0.001, 0.01, 0.3, 0.5005, 0.9, 0.999, 1 - 1e-9, 1.0])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_runs_from_picture_to_noise(name):
    schedule, t = find_schedule(name), np.linspace(0, 1, 501)
    signal, noise = schedule.rates(t)
    assert (signal[0], noise[0]) == (1, 0)
    assert signal[-1] < 0.01 and noise[-1] > 0.9999
    assert (np.diff(signal) < 0).all() and (np.diff(noise) > 0).all()
    if name != "rectified-flow":
        np.testing.assert_allclose(signal**2 + noise**2, 1, atol=1e-8)


def test_linear_is_the_table_of_ddpm():
    """α̅ of Ho et al. 2020 as they write it, at every one of the thousand steps."""
    alpha_bar = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
    np.testing.assert_allclose(LinearSchedule().signal_rate(GRID) ** 2, alpha_bar, rtol=1e-10)
    np.testing.assert_allclose(LinearSchedule().noise_rate(GRID) ** 2, 1 - alpha_bar, rtol=1e-10)


def test_cosine_is_the_table_of_its_paper():
    """β capped at 0.999, as Nichol & Dhariwal 2021 do, also at the last step."""
    f = np.cos((np.arange(1001) / 1000 + 0.008) / 1.008 * np.pi / 2) ** 2
    alpha_bar = np.cumprod(1 - np.minimum(1 - f[1:] / f[:-1], 0.999))
    np.testing.assert_allclose(CosineSchedule().signal_rate(GRID) ** 2, alpha_bar, rtol=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
def test_tensors_and_arrays_and_numbers_agree(name):
    schedule = find_schedule(name)
    for rate in (schedule.signal_rate, schedule.noise_rate):
        from_tensor = rate(keras.ops.convert_to_tensor(TIMES.astype("float32")))
        assert keras.ops.is_tensor(from_tensor) and array(from_tensor).dtype == np.float32
        np.testing.assert_allclose(array(from_tensor), rate(TIMES), rtol=3e-4, atol=1e-6)
        np.testing.assert_allclose([rate(t) for t in TIMES], rate(TIMES), rtol=1e-12)
    assert all(type(rate) is float for rate in schedule.rates(0.3))


@pytest.mark.parametrize("name", SCHEDULES)
def test_small_rates_keep_their_digits_in_float32(name):
    t = np.array([1e-3, 2e-3, 5e-3])
    schedule = find_schedule(name)
    single = array(schedule.noise_rate(keras.ops.convert_to_tensor(t.astype("float32"))))
    np.testing.assert_allclose(single, schedule.noise_rate(t), rtol=1e-4)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_config_makes_the_same_schedule(name):
    config = json.loads(json.dumps(find_schedule(name).get_config()))
    np.testing.assert_array_equal(find_schedule(config).rates(GRID), find_schedule(name).rates(GRID))
    schedule = find_schedule(name)
    assert find_schedule(schedule) is schedule


def test_a_config_keeps_what_was_chosen():
    assert find_schedule({"name": "linear", "last": 0.01}).get_config()["last"] == 0.01


def test_unknown_names_say_what_is_allowed():
    with pytest.raises(TutorialError, match="unknown schedule 'sine': allowed are linear, cosine, rectified-flow"):
        find_schedule("sine")
    with pytest.raises(TutorialError, match="'score': allowed are noise, x0, velocity, flow"):
        target_of("score", 0.0, 0.0, 1.0, 0.0)
    with pytest.raises(TutorialError, match="allowed are noise"):
        to_x0_and_noise("score", 0.0, 0.0, 1.0, 0.0)
    with pytest.raises(NotImplementedError):
        Schedule().rates(0.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_conversions_are_exact_inverses(name, kind, rng):
    """To the last digits, also close to both ends; at an end what cannot be known is 0, and never infinite."""
    x0, noise = rng.standard_normal((2, len(TIMES), 3, 4))
    signal, noise_rate = (spread(rate, x0) for rate in find_schedule(name).rates(TIMES))
    x = signal * x0 + noise_rate * noise
    found = to_x0_and_noise(kind, target_of(kind, x0, noise, signal, noise_rate), x, signal, noise_rate)
    # dividing by a rate magnifies what rounding left in x
    known_x0 = np.ones(len(TIMES), bool) if kind != "noise" else signal.ravel() > 1e-6
    known_noise = np.ones(len(TIMES), bool) if kind != "x0" else noise_rate.ravel() > 1e-6
    np.testing.assert_allclose(found[0][known_x0], x0[known_x0], atol=1e-9)
    np.testing.assert_allclose(found[1][known_noise], noise[known_noise], atol=1e-9)
    assert (found[0][~known_x0] == 0).all() and (found[1][~known_noise] == 0).all()
    for i, t in enumerate(TIMES):  # with plain floats for rates, as a sampler has them
        rates = find_schedule(name).rates(float(t))
        alone = to_x0_and_noise(kind, target_of(kind, x0[i], noise[i], *rates), x[i], *rates)
        np.testing.assert_allclose(alone, [found[0][i], found[1][i]], atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_conversions_of_float32_tensors(name, kind, rng):
    x0, noise = rng.standard_normal((2, len(TIMES), 6)).astype("float32")
    tensors = [keras.ops.convert_to_tensor(values) for values in (x0, noise)]
    t = keras.ops.convert_to_tensor(TIMES.astype("float32"))
    signal, noise_rate = (spread(rate, x0) for rate in find_schedule(name).rates(t))
    x = signal * tensors[0] + noise_rate * tensors[1]
    output = target_of(kind, *tensors, signal, noise_rate)
    found = [array(values) for values in to_x0_and_noise(kind, output, x, signal, noise_rate)]
    assert np.isfinite(found).all()
    wide = (array(signal) > 0.01).ravel() & (array(noise_rate) > 0.009).ravel()
    assert wide.sum() >= 3
    np.testing.assert_allclose(found[0][wide], x0[wide], atol=1e-4)
    np.testing.assert_allclose(found[1][wide], noise[wide], atol=1e-4)
    # whatever the rates, what was found gives x back
    again = array(signal) * found[0] + array(noise_rate) * found[1]
    np.testing.assert_allclose(again, array(x), atol=2e-6)


def test_the_velocity_of_a_rectified_flow_is_noise_minus_x0():
    assert find_schedule("rectified-flow").velocity == "flow"
    assert {find_schedule(name).velocity for name in ("linear", "cosine")} == {"velocity"}
    assert target_of("flow", 2.0, 5.0, 0.3, 0.7) == 3.0
