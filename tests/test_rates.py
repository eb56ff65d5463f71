"""Means with their errors, and findings as plain values; `Rate` itself is tested with the evaluation."""

import json

import numpy as np
import pytest

from dalle_tutorial.evaluation import judge
from dalle_tutorial.rates import Rate, mean_with_error, plain


def test_the_standard_error_is_that_of_the_mean(rng):
    samples = rng.standard_normal((2000, 25))
    errors = [mean_with_error(sample)["standard_error"] for sample in samples]
    assert np.mean(errors) == pytest.approx(samples.mean(1).std(), rel=0.05)
    assert mean_with_error(np.float32([1, 2, 6])) == {"mean": 3.0, "standard_error": pytest.approx(np.sqrt(7 / 3))}


def test_of_one_number_there_is_no_error():
    found = mean_with_error([4])
    assert found["mean"] == 4 and np.isnan(found["standard_error"])


def test_plain_values_are_left_and_rates_are_taken_apart_however_deep():
    rate, one = Rate.of([True, False]), np.full((1, 32, 32, 3), 245, np.uint8)
    found = plain({"n": 3, "deep": {"deeper": {"rate": rate}}, "judged": judge(one, ["a red circle"]), "names": ["a"]})
    assert found == json.loads(json.dumps(found)) | {"judged": found["judged"]}
    assert found["deep"]["deeper"]["rate"] == {"rate": 0.5, "low": rate.low, "high": rate.high, "n": 2} == plain(rate)
    assert found["judged"]["attributes"]["shape"]["rate"] == 0.0
