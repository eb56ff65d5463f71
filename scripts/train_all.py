"""Trains every shipped model again, measures it, and puts its weights, card, history and a strip of pictures in place.

    python -m scripts.train_all [MODEL ...] [--preset cpu] [--seed 0] [--runs runs]

A run that is there already goes on where it was, so a killed call is simply repeated.
"""

import argparse
import functools
import json
import pathlib

import numpy as np
from PIL import Image

from dalle_tutorial import evaluation, weights
from dalle_tutorial.report import report_on
from dalle_tutorial.training import MODELS, PRESETS, RECIPES, train
from scripts.notebooks import notebooks


def measure(trained, n, seed):
    """The figures of a card: what `evaluate` measures, of the weights as they are shipped."""
    found = report_on(trained, n, seed, progress=True)
    found.get("retrieval", {}).pop("nearest", None)  # a caption for each picture: too long for a card
    return {"n": n, **found}


def choose(trained, setting, values, n, seed):
    """Chooses a setting on the validation split, and tells what each value reached there.

    `values` begin with what gives the most varied pictures, or costs least. The first that is at most one point behind
    the best wins: neither is to be given away for what is within chance.
    """
    reached = {}
    for value in values:
        found = evaluation.alignment(
            functools.partial(trained.draw, **{setting: value}), n, seed, "validation", ("one_object", "two_objects")
        )
        reached[value] = {name: rate.rate for name, rate in found.items()}
    total = {value: sum(rates.values()) for value, rates in reached.items()}
    return next(value for value in values if total[value] >= max(total.values()) - 0.01), reached


def strip(growing, chunks=(1, 2, 4, 8, 12, 16, 32, 50), side=32):
    """The rows of a growing picture that the chapters show, as a PIL image: those drawn after these chunks."""
    rows = np.asarray(Image.open(growing).convert("RGB"))
    return Image.fromarray(np.concatenate([rows[side * (chunk - 1) : side * chunk] for chunk in chunks]))


def history(run):
    """What a run's first stage noted at the end of each chunk."""
    return json.loads((run / "model.history.json").read_text())


def settle(trained, recipe, n, seed):
    """Chooses the recipe's settings one after another, each with those before; returns the model as it is used."""
    for setting, _ in recipe.choices:
        trained.card.pop(setting, None)
    whole = weights.as_used(trained)
    for setting, values in recipe.choices:
        chosen, reached = choose(whole, setting, values, n // 4, seed)
        trained.card.setdefault("validation", {})[setting] = reached
        trained.card[setting] = whole.card[setting] = chosen
        print(f"{setting}: {chosen}, as on the validation split {reached}", flush=True)
    return whole


def publish(name, run, n, seed):
    """Copies a finished run into the package and completes its card."""
    trained, recipe = weights.load(run), RECIPES[name]["cpu"]
    trained.card["figures"] = measure(settle(trained, recipe, n, seed), n, seed)
    trained.card["limits"] = recipe.limits
    target = weights.FOLDER / f"{name}.npz"
    target.parent.mkdir(exist_ok=True)
    trained.save(target)
    target.with_name(f"{name}.history.json").write_text(json.dumps(history(run), indent=1))
    if recipe.shown:
        strip(run / "growing.png").save(target.with_name(f"{name}.strip.png"), optimize=True)
    return trained.card


def measure_again(name, n, seed, only):
    """Measures some parts of a shipped model's figures, and puts them in its card beside the others."""
    trained, path = weights.load(name), weights.FOLDER / f"{name}.npz"
    found = report_on(weights.as_used(trained), n, seed, progress=True, only=only)
    trained.card["figures"] |= {part: found[part] for part in only}
    weights.write_card(path, trained.card)
    return trained.card


def settle_again(name, n, seed):
    """Chooses a shipped model's settings again, and measures it all again: its weights stay."""
    trained, path = weights.load(name), weights.FOLDER / f"{name}.npz"
    trained.card["figures"] = measure(settle(trained, RECIPES[name]["cpu"], n, seed), n, seed)
    weights.write_card(path, trained.card)
    return trained.card


def told_in(name):
    """The notebooks that name a model, or load the stack that it is part of, as paths: what they print of its card is
    no longer true once that changes."""
    words = (name, "load_unclip") if name in weights.UNCLIP_PARTS else (name,)
    return [path for path in notebooks() if any(word in path.read_text(encoding="utf-8") for word in words)]


def main():
    parser = argparse.ArgumentParser(prog="python -m scripts.train_all", description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", default=MODELS, help=f"any of {', '.join(MODELS)} (default: all)")
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=1000, help="captions for each figure")
    parser.add_argument("--runs", type=pathlib.Path, default=pathlib.Path("runs"), help="where checkpoints go")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--only", nargs="+", metavar="PART", help="train nothing: measure these parts of the report, "
                       "as `evaluate` names them, of the shipped weights again")
    again.add_argument("--settle", action="store_true", help="train nothing: choose the settings of the shipped "
                       "weights again, on the validation split, and measure them again")
    options = parser.parse_args()
    for name in options.models:
        if options.settle:
            card = settle_again(name, options.n, seed=1)
        elif options.only:
            card = measure_again(name, options.n, 1, options.only)
        else:
            run = options.runs / f"{name}-{options.preset}"
            train(name, options.preset, run, seed=options.seed)
            card = publish(name, run, options.n, seed=1)
        print(json.dumps(card["figures"], indent=1))
        if files := " ".join(f"chapters/{path.name}" for path in told_in(name)):
            print(f"These notebooks tell of {name}. Run them anew, and read what they say of it:")
            print(f'  make notebooks FILES="{files}"')


if __name__ == "__main__":
    main()
