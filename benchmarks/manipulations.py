"""How often unCLIP's manipulations do what they should, by the oracle: one table, with intervals.

    python benchmarks/manipulations.py [--n 100] [--seed 1] [--decoder FOLDER]

With the default arguments it measures what the card of unclip-shapes holds. A decoder that was trained elsewhere may
take the place of the shipped one.
"""

import argparse

from dalle_tutorial import manipulations, weights
from dalle_tutorial.rates import Rate


def rows(found, name=""):
    """(name, text) of every rate and mean in nested dicts."""
    if "rate" in found:
        yield name, str(Rate(*(found[key] for key in ("rate", "low", "high", "n"))))
    elif "standard_error" in found:
        yield name, f"{found['mean']:8.3f} ± {1.96 * found['standard_error']:.3f}"
    else:
        for key, value in found.items():
            if isinstance(value, dict):
                yield from rows(value, f"{name} {key}".strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=100, help="pictures for each figure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decoder", help="a folder made by `train`, or an .npz file")
    options = parser.parse_args()
    stack = weights.load_unclip(weights.load(options.decoder) if options.decoder else None)
    for name, text in rows(manipulations.measure(stack, options.n, options.seed)):
        print(f"{name:42} {text}")


if __name__ == "__main__":
    main()
