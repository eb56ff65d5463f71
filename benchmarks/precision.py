"""What it costs to draw with int8 weights, as the pages do: the same captions and noise, with float16 and with int8.

    python benchmarks/precision.py [--models cvae-shapes unclip-shapes] [--n 500]

One row for each model and kind of caption (test split): how many pictures are as asked with each, with 95 % intervals;
how many went from right to wrong, and back; and how far the pictures lie apart, in levels of 255. Not timed.
"""

import argparse

import numpy as np
from tqdm.auto import tqdm

from dalle_tutorial import weights
from dalle_tutorial.data import oracle
from dalle_tutorial.data.shapes import describe, sample
from dalle_tutorial.evaluation import SETS
from dalle_tutorial.rates import Rate

MODELS = ("cvae-shapes", "dalle-shapes", "decoder-shapes", "unclip-shapes")
KINDS = ("one_object", "two_objects")
_CHUNK = 50


def drawn(trained, captions, label):
    """Pictures of all captions, a few at a time."""
    starts = tqdm(range(0, len(captions), _CHUNK), desc=label, leave=False)
    return np.concatenate([trained.draw(captions[i : i + _CHUNK], seed=i) for i in starts])


def row(rate):
    """A rate and its interval, in percent."""
    return f"{100 * rate.rate:5.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--n", type=int, default=500, help="captions of each kind")
    options = parser.parse_args()
    print(f"{'':32}{'float16, %':24}{'int8, %':24}{'lost':>6}{'won':>6}{'apart':>8}")
    for name in options.models:
        models = {kind: weights.as_used(weights.load(name, kind), kind) for kind in ("float16", "int8")}
        for kind in KINDS:
            split, what = SETS[kind]
            descriptions, _ = sample(options.n, 7, split, kinds=(what,))
            captions = [describe(description) for description in descriptions]
            pictures = {precision: drawn(model, captions, f"{name}, {kind}, {precision}")
                        for precision, model in models.items()}
            right = {precision: np.array([verdict.correct for verdict in oracle.score(those, captions)])
                     for precision, those in pictures.items()}
            apart = np.abs(pictures["float16"].astype(int) - pictures["int8"]).mean()
            print(f"{name + ', ' + kind:32}{row(Rate.of(right['float16'])):24}{row(Rate.of(right['int8'])):24}"
                  f"{(right['float16'] & ~right['int8']).sum():6}{(~right['float16'] & right['int8']).sum():6}"
                  f"{apart:8.2f}", flush=True)


if __name__ == "__main__":
    main()
