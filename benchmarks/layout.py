"""How soon a decoder heeds "at the top left": the error that knowing the place saves, after a short training, one line.

    python benchmarks/layout.py [--reader clip-shapes | none] [--positions waves | random] [--steps 240]

A fresh decoder learns at times near pure noise only, where alone words can say where things are. Then single objects of
the validation split are noised to t = 0.95 and guessed twice: told the caption, and told it without its place. A run of
240 steps takes about two minutes on two idle cores. Errors are means over pixels in [−1, 1], squared, with the standard
error of the mean.
"""

import argparse
from dataclasses import replace

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.training import recipes
from dalle_tutorial.training.streams import Stream

NEAR_NOISE = 30.0  # the shift of times: half of them above 0.97
T = 0.95


def errors(model, x0, ids, seed):
    """The squared error (n,) of guesses at x0, told these ids."""
    found = []
    for i in range(0, len(x0), 64):
        part = x0[i : i + 64]
        noise = np.random.default_rng([seed, i]).standard_normal(part.shape).astype("float32")
        guess = model.denoise({"ids": ids[i : i + 64]})((1 - T) * part + T * noise, T)[0]
        found.append(np.mean((np.asarray(guess) - part) ** 2, axis=(1, 2, 3)))
    return np.concatenate(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reader", default="clip-shapes", help="whose text encoder it starts from; none: a fresh one")
    parser.add_argument("--positions", choices=("waves", "random"), default="waves")
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--n", type=int, default=512, help="pictures to measure with")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    reader = None if options.reader == "none" else options.reader
    recipe = replace(recipes.find("decoder-shapes", "cpu"), reader=reader, shift=NEAR_NOISE, ema=None)
    keras.utils.set_random_seed(options.seed)
    tokenizer = recipe.tokenizer()
    model = recipe.build(tokenizer)
    if options.positions == "random":
        table = model.denoiser.positions.table
        table.assign(0.02 * np.random.default_rng(options.seed).standard_normal(table.shape))
    model.compile(optimizer=recipe.make_optimizer(options.steps))
    model.fit(Stream(recipe.batches(tokenizer), recipe.batch, options.steps, options.seed), epochs=1, shuffle=False,
              verbose=0)
    descriptions, scenes = shapes.sample(4 * options.n, [options.seed, 1], "validation", ("one",))
    rows = [i for i, each in enumerate(descriptions) if each.objects[0].place][: options.n]
    x0 = to_unit(shapes.render(scenes, 32)[rows])
    placed = [descriptions[i] for i in rows]
    anywhere = [shapes.Description((replace(each.objects[0], place=None),)) for each in placed]
    told, untold = (
        errors(model, x0, tokenizer([shapes.describe(d) for d in those]), 2) for those in (placed, anywhere)
    )
    saved = untold - told
    print(f"reader {options.reader}, positions {options.positions}, {options.steps} steps: error {told.mean():.4f}, "
          f"the place saves {saved.mean():.4f} ± {saved.std() / np.sqrt(len(saved)):.4f} (n = {len(saved)})")


if __name__ == "__main__":
    main()
