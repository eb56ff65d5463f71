"""The commands train, export, evaluate and models."""

import json
from pathlib import Path

from dalle_tutorial import files
from dalle_tutorial.commands import shared
from dalle_tutorial.commands.drawing import check_captions, read_captions
from dalle_tutorial.errors import TutorialError

_OF_THE_CODE = ("class", "config", "tokenizer")  # in a card, but for the program to read


def train(arguments):
    """Trains a model, or goes on training it."""
    files.check_folder(arguments.out)
    from dalle_tutorial import training

    model = shared.SHORT_NAMES.get(arguments.model, arguments.model)
    if model not in training.MODELS:
        allowed = ", ".join(sorted([*shared.SHORT_NAMES, *training.MODELS]))
        raise TutorialError(f"unknown model {model!r}: allowed are {allowed}")
    try:
        trained = training.train(model, arguments.preset, arguments.out, arguments.seed)
    except KeyboardInterrupt:
        message = f"stopped; the same command goes on from the last checkpoint in {arguments.out}"
        raise KeyboardInterrupt(message) from None
    _print_card(arguments.out, trained.card)


def _print_card(name, card):
    print(name)
    for key, value in card.items():
        if key not in _OF_THE_CODE:
            print(f"  {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def export(arguments):
    """Writes a model as ONNX files, each checked against Keras."""
    files.check_folder(arguments.out)
    from dalle_tutorial import weights
    from dalle_tutorial.export import export as write

    name = shared.known(arguments.model)
    found = write(weights.load(name, arguments.precision), arguments.out, arguments.precision)
    for role, graph in found["graphs"].items():
        print(f"{Path(arguments.out) / graph['file']}: {role}, {graph['bytes']:,} bytes; differs from Keras by at most "
              f"{graph['difference']:.1g} of its largest number")
    print(f"{Path(arguments.out) / found['weights']['file']}: {found['weights']['bytes']:,} bytes, the weights of all, "
          f"{found['precision']}")


def models(arguments):
    """Prints the card of each model that comes with the package."""
    from dalle_tutorial import weights

    for name in weights.names():
        _print_card(name, weights.load(name).card)


def evaluate(arguments):
    """Measures a model, prints a summary and writes the report."""
    if arguments.json:
        files.check_target(arguments.json)
    captions = read_captions(arguments.captions) if arguments.captions else None
    trained = shared.load(arguments.model, arguments.precision)
    from dalle_tutorial.report import reader_of, report_on, summary

    if captions:
        check_captions(arguments.captions, captions, trained.tokenizer.encode, reader_of(trained))
    report = report_on(trained, arguments.n, arguments.seed, captions, arguments.samples, progress=True)
    # first the screen: should the disk be full, the figures are not lost
    print("\n".join(summary(report)))
    if arguments.json:
        files.write_files({arguments.json: (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()})
        print(f"{arguments.json}: the full report")
