"""Trains every shipped model again, measures it, and puts its weights, card, history and growing picture in place.

    python -m scripts.train_all [MODEL ...] [--preset cpu] [--seed 0] [--runs runs]

A run that is there already goes on where it was, so a killed call is simply repeated.
"""

import argparse
import functools
import json
import pathlib
import shutil

import numpy as np
from PIL import Image

from dalle_tutorial import evaluation, weights
from dalle_tutorial.report import report_on
from dalle_tutorial.training import MODELS, PRESETS, train

TEMPERATURES = (1.0, 0.8, 0.6, 0.4, 0.2)
LIMITS = {
    "cvae-shapes": (
        "32 × 32 pixels; English captions of the shapes grammar only; at most three objects. "
        "Its painter is told by its architecture that pictures are made of objects on a plain background."
    ),
    "cvae-emoji": (
        "32 × 32 pixels; the English names of the core emoji only, and it has seen each of them in training: "
        "its figures tell what it remembers, not what it can invent. Blurred where the art is fine."
    ),
}


def measure(trained, n, seed):
    """The figures of a card: what `evaluate` measures, of the weights as they are shipped."""
    found = report_on(trained, n, seed, progress=True)
    found.get("retrieval", {}).pop("nearest", None)  # a caption for each picture: too long for a card
    return {"n": n, **found}


def choose_temperature(trained, n, seed):
    """The temperature that draws most captions of the validation split right, and what each one reached."""
    reached = {}
    for temperature in TEMPERATURES:
        found = evaluation.alignment(
            functools.partial(trained.draw, temperature=temperature), n, seed, "validation",
            ("one_object", "two_objects"),
        )
        reached[temperature] = {name: rate.rate for name, rate in found.items()}
    return max(reached, key=lambda temperature: sum(reached[temperature].values())), reached


def strip(growing, chunks=(1, 2, 4, 8, 12, 16, 32, 50), side=32):
    """The rows of a growing picture that chapter 6 shows, as a PIL image: those drawn after these chunks."""
    rows = np.asarray(Image.open(growing).convert("RGB"))
    return Image.fromarray(np.concatenate([rows[side * (chunk - 1) : side * chunk] for chunk in chunks]))


def publish(name, run, n, seed):
    """Copies a finished run into the package and completes its card."""
    trained = weights.load(run)
    if name == "cvae-shapes":
        trained.card["temperature"], trained.card["validation"] = choose_temperature(trained, n // 4, seed)
    trained.card["figures"] = measure(trained, n, seed)
    trained.card["limits"] = LIMITS[name]
    target = weights.FOLDER / f"{name}.npz"
    target.parent.mkdir(exist_ok=True)
    trained.save(target)
    shutil.copy(run / "model.history.json", target.with_name(f"{name}.history.json"))
    shutil.copy(run / "growing.png", target.with_name(f"{name}.growing.png"))
    strip(run / "growing.png").save(target.with_name(f"{name}.strip.png"), optimize=True)
    return trained.card


def main():
    parser = argparse.ArgumentParser(prog="python -m scripts.train_all", description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", default=MODELS, help=f"any of {', '.join(MODELS)} (default: all)")
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=1000, help="captions for each figure")
    parser.add_argument("--runs", type=pathlib.Path, default=pathlib.Path("runs"), help="where checkpoints go")
    options = parser.parse_args()
    for name in options.models:
        run = options.runs / f"{name}-{options.preset}"
        train(name, options.preset, run, seed=options.seed)
        card = publish(name, run, options.n, seed=1)
        print(json.dumps(card["figures"], indent=1))


if __name__ == "__main__":
    main()
