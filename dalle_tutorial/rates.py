"""Figures with their uncertainty: shares (`Rate`) and means; and all of them as plain values."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import binomtest

from dalle_tutorial.errors import TutorialError


def wilson_interval(successes, n, confidence=0.95):
    """The interval (low, high) around successes / n, both in 0…1 (Wilson 1927).

    Near 0 and 1 it stays inside, where the textbook's rate ± 1.96 standard errors does not. Raises `TutorialError`
    for no trials, and for successes that are not between 0 and n.
    """
    if n < 1 or not 0 <= successes <= n:
        raise TutorialError(f"{successes} successes in {n} trials: needed are at least one trial and 0 to n successes")
    interval = binomtest(int(successes), int(n)).proportion_ci(confidence, "wilson")
    # The interval holds the rate; at 0 and 1 rounding may say otherwise.
    return min(float(interval.low), successes / n), max(float(interval.high), successes / n)


@dataclass(frozen=True)
class Rate:
    """A share of `n` trials with its 95 % Wilson interval; all in 0…1."""

    rate: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, right):
        """The rate of a list or array of bools. Raises `TutorialError` if it is empty."""
        right = np.asarray(right, bool)
        return cls(float(right.mean()) if right.size else 0.0, *wilson_interval(right.sum(), right.size), right.size)

    def __str__(self):
        return f"{self.rate:6.1%}  [{self.low:.1%}, {self.high:.1%}]  n = {self.n}"


def mean_with_error(values):
    """{"mean", "standard_error"} of numbers (n,), as plain floats; of one number, the error is NaN."""
    values = np.asarray(values, "float64")
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return {"mean": float(values.mean()), "standard_error": error}


def plain(found):
    """`found` without dataclasses, so that JSON can hold it: a `Rate`, or a dict of what is found, in dicts in turn."""
    if isinstance(found, dict):
        return {name: plain(value) for name, value in found.items()}
    return asdict(found) if isinstance(found, Rate) else found
