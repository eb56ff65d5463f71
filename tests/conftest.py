"""What every test has: figures drawn without a display, and a fixed seed where a test draws numbers."""

import os
import pathlib

os.environ.setdefault("MPLBACKEND", "agg")

import hypothesis
import numpy as np
import pytest

# The same examples in every run, and none called slow because the machine is busy.
hypothesis.settings.register_profile("book", deadline=None, derandomize=True)
hypothesis.settings.load_profile("book")


@pytest.fixture(scope="session")
def root():
    """The repository's root."""
    return pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture
def rng():
    """A generator with the same numbers in every run."""
    return np.random.default_rng(2026)


@pytest.fixture(autouse=True)
def _no_figures_left():
    """A test that leaves figures open would let a later one draw on them."""
    yield
    import sys

    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
