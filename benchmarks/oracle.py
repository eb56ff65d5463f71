"""How far the oracle can be trusted: one table, from pictures whose truth is known.

    OMP_NUM_THREADS=1 python benchmarks/oracle.py [--share 1.0] [--seed 0]

True renders: every combination of shape, colour, size and place; of relation, both shapes and both sizes; of counts;
chains of three; and the splits that training never sees. A reading is right if the verdict on the true caption, with
every attribute spelled out, is `correct`. Then the same pictures under captions of which one attribute is wrong, and
pictures that were blurred or made noisy. Intervals are Wilson's, 95 %. Ends with 1 if a target is missed.
"""

import argparse
import dataclasses
import itertools
import sys
import time

import numpy as np
from scipy import ndimage, stats

from dalle_tutorial.data.oracle import examine, judge
from dalle_tutorial.data.shapes import (
    COLOURS,
    PLACES,
    RELATIONS,
    SHAPES,
    SIZES,
    Description,
    ObjectSpec,
    arrange,
    relation_holds,
    render,
    sample,
)
from dalle_tutorial.data.swaps import swaps


def one_object(repeat):
    """Every shape × colour × size × place."""
    specs = [ObjectSpec(*values) for values in itertools.product(SHAPES, COLOURS, SIZES, PLACES)]
    return [Description((spec,)) for spec in specs] * repeat


def two_objects(repeat, rng):
    """Every relation × shape × shape × size × size, in random colours."""
    combinations = list(itertools.product(RELATIONS, SHAPES, SHAPES, SIZES, SIZES)) * repeat
    colours = rng.choice(COLOURS, (len(combinations), 2))
    return [
        Description((ObjectSpec(a, str(c), p), ObjectSpec(b, str(d), q)), (relation,))
        for (relation, a, b, p, q), (c, d) in zip(combinations, colours, strict=True)
    ]


def counts(repeat):
    """Two and three of every shape × colour × size."""
    specs = [ObjectSpec(*values) for values in itertools.product(SHAPES, COLOURS, SIZES)]
    return [Description((spec,) * n) for n in (2, 3) for spec in specs] * repeat


def fulfils(scene, description):
    """Whether the numbers of a scene fulfil a description, by trying every order; independent of the oracle."""

    def fits(o, spec):
        return all(value in (None, getattr(o, name)) for name, value in dataclasses.asdict(spec).items())

    return len(scene.objects) == len(description.objects) and any(
        all(fits(o, spec) for o, spec in zip(order, description.objects, strict=True))
        and all(relation_holds(r, a, b) for r, a, b in zip(description.relations, order, order[1:], strict=False))
        for order in itertools.permutations(scene.objects)
    )


class Table:
    """Prints rows as they come and remembers whether a target was missed."""

    def __init__(self):
        self.missed = []

    def row(self, name, hits, n, least=None, most=None):
        interval = stats.binomtest(hits, n).proportion_ci(method="wilson")
        ok = (least is None or hits / n >= least) and (most is None or hits / n <= most)
        target = f"≥ {least:.1%}" if least is not None else f"≤ {most:.1%}" if most is not None else ""
        print(f"{name:<46} {hits:>7,} of {n:>7,}  {hits / n:8.3%}  [{interval.low:.3%}, {interval.high:.3%}]  "
              f"{target}{'' if ok else '  MISSED'}", flush=True)  # fmt: skip
        self.missed += [] if ok else [name]


def verdicts(descriptions, pictures):
    """Verdicts of the oracle on pictures and the descriptions they were drawn from."""
    return [judge(reading, d) for reading, d in zip(examine(pictures), descriptions, strict=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="share of the full number of pictures")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, table = np.random.default_rng(options.seed), Table()

    def times(n):
        return max(1, round(n * options.share))

    sets = {
        "one object: shape × colour × size × place": one_object(times(12)),
        "two objects: relation × shapes × sizes": two_objects(times(18), rng),
        "counts: 2, 3 × shape × colour × size": counts(times(16)),
    }
    for name, split, kinds in (
        ("chains of three", "test", ["three"]), ("split test", "test", None),
        ("split held_out_pairs", "held_out_pairs", None), ("split held_out_relations", "held_out_relations", None),
    ):  # fmt: skip
        sets[name] = sample(times(3000), [options.seed, 1], split, kinds)[0]
    print("True renders, right")
    accepted = {}
    for size in (32, 64):
        right = total = 0
        for name, descriptions in sets.items():
            if size == 64:
                descriptions = descriptions[::2]
            scenes = arrange(descriptions, rng)
            readings = examine(render(scenes, size))
            n = sum(judge(r, d).correct for r, d in zip(readings, descriptions, strict=True))
            table.row(f"  {size} px, {name}", n, len(descriptions), least=0.999)
            right, total = right + n, total + len(descriptions)
            for i, (reading, description) in enumerate(zip(readings, descriptions, strict=True)):
                for attribute, wrong in swaps(description, rng):
                    if not fulfils(scenes[i], wrong):
                        accepted.setdefault(attribute, []).append(judge(reading, wrong).correct)
        table.row(f"  {size} px, all", right, total, least=0.999)
    print("Captions with one attribute swapped, accepted")
    for attribute, hits in accepted.items():
        table.row(f"  {attribute}", sum(hits), len(hits), most=0.001)
    print("Damaged renders of split test, right (σ in pixels of 32; noise on the 0 … 255 scale)")
    for size in (32, 64):
        descriptions, scenes = sample(times(6000 if size == 32 else 3000), [options.seed, 2], "test")
        pictures = render(scenes, size).astype(np.float32)
        for blur, noise, least in ((0.5, 0, 0.99), (0, 8, 0.99), (0.5, 8, 0.99), (1.0, 0, None), (0, 16, None)):
            width = blur * size / 32
            harmed = ndimage.gaussian_filter(pictures, (0, width, width, 0)) if blur else pictures
            harmed = np.clip(harmed + rng.normal(0, noise, pictures.shape) + 0.5, 0, 255).astype(np.uint8)
            n = sum(verdict.correct for verdict in verdicts(descriptions, harmed))
            table.row(f"  {size} px, blur σ {blur}, noise σ {noise}", n, len(descriptions), least=least)
    print("Speed (one thread)")
    for size in (32, 64):
        descriptions, scenes = sample(times(2000), [options.seed, 3], "test")
        pictures = render(scenes, size)
        wall, cpu = time.perf_counter(), time.process_time()
        verdicts(descriptions, pictures)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        n = len(pictures)
        print(f"  {size} px: {n / wall:,.0f} pictures a second by the clock, {n / cpu:,.0f} by processor time")
        table.missed += [] if n / cpu >= 500 else [f"speed at {size}"]
    if table.missed:
        print("missed:", "; ".join(table.missed))
    return bool(table.missed)


if __name__ == "__main__":
    sys.exit(main())
