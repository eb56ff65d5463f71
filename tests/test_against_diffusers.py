"""Our samplers step by step against the schedulers of `diffusers`: what it gave once, and what it gives where it is."""

import numpy as np
import pytest

from benchmarks import against_diffusers as both


@pytest.fixture(scope="module")
def record():
    return both.recorded()[0]


def test_every_scheduler_is_compared():
    assert {case.theirs for case in both.CASES} == {
        "DDPMScheduler", "DDIMScheduler", "DDIMInverseScheduler", "DPMSolverMultistepScheduler",
        "FlowMatchEulerDiscreteScheduler",
    }


@pytest.mark.parametrize("case", both.CASES, ids=str)
def test_every_step_is_what_diffusers_recorded(case, record):
    found = both.ours(case)
    assert found.shape == (both.STEPS, *both.SHAPE) and np.abs(found).max() < 20
    np.testing.assert_allclose(found, record[case], atol=1e-5)


def test_the_record_tells_the_samplers_apart(record):
    """A comparison that any sampler would pass says nothing."""
    ddim = both.Case("DDIMScheduler", "ddim", "linear", "noise", 0.0)
    for other in (ddim._replace(eta=0.5), both.Case("DPMSolverMultistepScheduler", "dpm_solver", "linear", "noise")):
        assert np.abs(record[ddim] - record[other])[-1].max() > 1e-2


@pytest.mark.skipif(not both.LIBRARY, reason="diffusers and torch are not installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", both.CASES, ids=str)
def test_every_step_is_what_diffusers_gives(case):
    np.testing.assert_allclose(both.ours(case), both.theirs(case), atol=1e-5)
