"""Our samplers beside the schedulers of the `diffusers` library: same start, same noise, same network outputs.

    python -m benchmarks.against_diffusers [--record]

The library needs PyTorch, which is no part of this book's environment; on Linux the ordinary package brings gigabytes
for graphics cards along. Put `diffusers`, a CPU build of `torch`, and this package into an environment of their own;
KERAS_BACKEND=torch then spares it TensorFlow. Where they are missing, ours are held against what `--record` wrote down.
"""

import importlib.util
import pathlib
import sys
from typing import NamedTuple

import numpy as np

from dalle_tutorial.models import samplers
from dalle_tutorial.models.schedules import find_schedule, target_of, to_x0_and_noise

RECORD = pathlib.Path(__file__).resolve().parent.parent / "tests" / "recorded" / "diffusers.npz"
LIBRARY = all(importlib.util.find_spec(name) for name in ("diffusers", "torch"))
THEIR_BETAS = {"linear": "linear", "cosine": "squaredcos_cap_v2"}
THEIR_KINDS = {"noise": "epsilon", "x0": "sample", "velocity": "v_prediction", "flow": "flow_prediction"}
STEPS, SHAPE = 20, (4, 3)
_GENERATOR = np.random.default_rng(0)
START, NOISE = _GENERATOR.standard_normal(SHAPE), _GENERATOR.standard_normal((STEPS, *SHAPE))


class Case(NamedTuple):
    """One comparison: their class, our sampler and its options, schedule, kind of prediction."""

    theirs: str
    sampler: str
    schedule: str
    kind: str
    eta: float = 0.0

    def __str__(self):
        eta = f" η={self.eta:g}" if self.sampler == "ddim" else ""
        return f"{self.theirs}, {self.schedule}, {self.kind}{eta}"


VP = [(schedule, kind) for schedule in THEIR_BETAS for kind in ("noise", "x0", "velocity")]
CASES = [
    *(Case("DDPMScheduler", "ddpm", *both) for both in VP),
    *(Case("DDIMScheduler", "ddim", *both, eta) for both in VP for eta in (0.0, 0.5, 1.0)),
    *(Case("DPMSolverMultistepScheduler", "dpm_solver", *both) for both in [*VP, ("rectified-flow", "flow")]),
    *(Case("DDIMInverseScheduler", "invert", schedule, "noise") for schedule in THEIR_BETAS),
    Case("FlowMatchEulerDiscreteScheduler", "ddim", "rectified-flow", "flow"),
]


def network(case, x, t):
    """What stands in for a network: a curved guess at x0 that never strays, as an output of the case's kind."""
    rates = find_schedule(case.schedule).rates(t)
    x0 = 0.3 + 0.5 * np.sin(2 * x + 3 * t)
    return target_of(case.kind, x0, (x - rates[0] * x0) / rates[1], *rates)


def times(case):
    """How many steps; their solver for flows shuns pure noise and begins at 0.999."""
    begins_late = case.theirs == "DPMSolverMultistepScheduler" and case.kind == "flow"
    return np.linspace(0.999, 0, STEPS + 1) if begins_late else STEPS


def ours(case):
    """x after every step: (steps, *SHAPE)."""
    schedule = find_schedule(case.schedule)
    options = {"ddim": {"eta": case.eta, "noise": NOISE}, "ddpm": {"noise": NOISE}}.get(case.sampler, {})
    steps = getattr(samplers, case.sampler)(
        lambda x, t: to_x0_and_noise(case.kind, network(case, x, t), x, *schedule.rates(t)),
        schedule, START, times(case), **options,
    )
    return np.stack([step.x for step in steps])


def scheduler_for(case):
    """Their scheduler, set to pass through the times that ours passes through, its tables in double precision.

    In single, the cosine schedule's last step, where 0.005 % of the signal is left, rounds to differences of 2e-4.
    """
    import diffusers
    import torch

    options = {}
    if case.theirs.startswith("DDIM") or case.theirs == "DDPMScheduler":
        options = {"clip_sample": False}
    if case.theirs == "DPMSolverMultistepScheduler":
        options = {"final_sigmas_type": "zero", "use_flow_sigmas": case.kind == "flow"}
    if case.schedule != "rectified-flow":
        options |= {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": THEIR_BETAS[case.schedule]}
    if case.theirs != "FlowMatchEulerDiscreteScheduler":
        options |= {"prediction_type": THEIR_KINDS[case.kind], "timestep_spacing": "trailing"}
    scheduler = getattr(diffusers, case.theirs)(**options)
    if case.theirs == "FlowMatchEulerDiscreteScheduler":
        scheduler.set_timesteps(sigmas=np.linspace(1, 1 / STEPS, STEPS))
        return scheduler
    if case.kind != "flow":
        scheduler.alphas_cumprod = (1 - scheduler.betas.double()).cumprod(0)
    scheduler.set_timesteps(STEPS)
    if case.theirs == "DPMSolverMultistepScheduler" and case.kind != "flow":
        alpha_bar = scheduler.alphas_cumprod[scheduler.timesteps]
        scheduler.sigmas = torch.cat([(1 / alpha_bar - 1).sqrt(), torch.zeros(1)])
    return scheduler


def theirs(case):
    """The same from the library. Their step i of 1000 is our t = (i + 1) / 1000; a flow's t is its noise rate."""
    from unittest import mock

    import torch

    scheduler, x, found = scheduler_for(case), torch.tensor(START), []
    ours_at = scheduler.sigmas if case.kind == "flow" else (scheduler.timesteps.double() + 1) / 1000
    for t, our_t, noise in zip(scheduler.timesteps, ours_at, torch.tensor(NOISE), strict=False):
        output = torch.tensor(network(case, x.numpy(), float(our_t)))
        options = {"eta": case.eta, "variance_noise": noise} if case.theirs == "DDIMScheduler" else {}
        with mock.patch("diffusers.schedulers.scheduling_ddpm.randn_tensor", return_value=noise):
            x = scheduler.step(output, t, x, **options).prev_sample.to(torch.float64)
        found.append(x.numpy())
    return np.stack(found)


def recorded():
    """What the library gave when `--record` was last run, {case: (steps, *SHAPE)}, and which versions it was."""
    with np.load(RECORD) as file:
        return {case: file[str(case)] for case in CASES}, str(file["versions"])


def asked():
    """The same, from the library itself."""
    from importlib.metadata import version

    versions = ", ".join(f"{name} {version(name)}" for name in ("diffusers", "torch"))
    return {case: theirs(case) for case in CASES}, versions


def main():
    """Prints one table: the largest difference over all steps, where x is of size 1."""
    reference, versions = asked() if LIBRARY else recorded()
    if "--record" in sys.argv[1:]:
        if not LIBRARY:
            raise SystemExit("diffusers and torch are not installed: nothing to record")
        RECORD.parent.mkdir(exist_ok=True)
        arrays = {str(case): values.astype("float32") for case, values in reference.items()}
        np.savez_compressed(RECORD, versions=versions, **arrays)
    print(f"largest difference from {versions}{'' if LIBRARY else ' (recorded)'} over {STEPS} steps")
    for case in CASES:
        print(f"{np.abs(ours(case) - reference[case]).max():9.1e}  {case}")


if __name__ == "__main__":
    main()
