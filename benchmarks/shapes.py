"""How fast the shapes world makes examples: one table.

    taskset -c 0 env OMP_NUM_THREADS=1 python benchmarks/shapes.py [--count 20000]

On one core; the clock and the processor's own time differ where other programs run beside it. Ends with 1 if fewer than
10,000 pictures of 32 × 32 are drawn in a second of processor time.
"""

import argparse
import sys
import time

import numpy as np

from dalle_tutorial.data.shapes import captions_and_pictures, describe, render, sample


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    count = parser.parse_args().count
    descriptions, scenes = sample(count, 0)
    rng = np.random.default_rng(0)
    jobs = (
        ("render, 32 px", count, lambda n: render(scenes[:n], 32)),
        ("render, 64 px", count // 4, lambda n: render(scenes[:n], 64)),
        ("descriptions and layouts", count, lambda n: sample(n, 1)),
        ("captions, English", count, lambda n: [describe(d, rng) for d in descriptions[:n]]),
        ("captions, Chinese", count, lambda n: [describe(d, rng, "zh") for d in descriptions[:n]]),
        ("captioned pictures, 32 px, all of it", count, lambda n: captions_and_pictures(n, 2)),
    )
    print(f"{'a second, on one core':<40} {'by the clock':>14} {'processor time':>16}")
    speeds = {}
    for name, n, job in jobs:
        job(min(n, 500))  # warm the caches
        wall, cpu = time.perf_counter(), time.process_time()
        job(n)
        speeds[name] = n / (time.process_time() - cpu)
        print(f"{name:<40} {n / (time.perf_counter() - wall):>14,.0f} {speeds[name]:>16,.0f}", flush=True)
    return speeds["render, 32 px"] < 10_000


if __name__ == "__main__":
    sys.exit(main())
