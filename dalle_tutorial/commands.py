"""What the commands do: draw, train, evaluate, models. `dalle_tutorial.cli` reads their arguments.

Each takes the parsed arguments, and raises TutorialError or OSError for what a reader can get wrong. TensorFlow takes
seconds to load, so it is loaded only after all that can be checked without it: files to read, places to write.
"""

import io
import json
from pathlib import Path

from dalle_tutorial import __version__, files
from dalle_tutorial.errors import CaptionError, TutorialError

SHORT_NAMES = {"cvae": "cvae-shapes"}
COLUMNS, GAP = 8, 2
_OF_THE_CODE = ("class", "config", "tokenizer")  # in a card, but for the program to read


def _load(name):
    """The trained model of a name or a folder. Raises TutorialError for one that is neither."""
    from dalle_tutorial import weights

    name = SHORT_NAMES.get(name, name)
    if name not in weights.names() and not Path(name).exists():
        raise TutorialError(f"unknown model {name!r}: allowed are {_shipped()}, or a folder that `train` made")
    return weights.load(name)


def _shipped():
    from dalle_tutorial import weights

    return ", ".join(sorted([*SHORT_NAMES, *weights.names()]))


def _read_captions(path):
    """The lines of a file of captions. Raises CaptionError for none, an empty one, or bytes that are not UTF-8."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CaptionError(f"{path}: byte {error.start + 1} is not UTF-8, which a file of captions must be") from error
    if not lines:
        raise CaptionError(f"{path}: the file is empty; needed is one caption a line")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise CaptionError(f"{path}, line {number}: the line is empty; each line must hold a caption")
    return lines


def _check_captions(path, captions, *checks):
    """Runs every check on every caption, and names the line that fails."""
    for number, caption in enumerate(captions, 1):
        for check in checks:
            try:
                check(caption)
            except CaptionError as error:
                raise CaptionError(f"{path}, line {number}: {error}") from error


def _png(picture, caption, arguments, scale=1):
    """PNG bytes of a uint8 picture (height, width, 3); caption, model and seed stand in its text fields."""
    from PIL import Image, PngImagePlugin

    notes, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, text in (("Title", caption), ("Software", f"dalle_tutorial {__version__}"), ("Comment",
                      f"model {SHORT_NAMES.get(arguments.model, arguments.model)}, seed {arguments.seed}")):
        notes.add_itxt(key, text)
    image = Image.fromarray(picture)
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    image.save(buffer, "PNG", pnginfo=notes)
    return buffer.getvalue()


def draw(arguments):
    """Draws one caption into a sheet, or each line of a file into a picture of its own."""
    if (arguments.caption is None) == (arguments.captions is None):
        raise TutorialError("give either one CAPTION or --captions FILE")
    return (_draw_one if arguments.captions is None else _draw_file)(arguments)


def _draw_one(arguments):
    from dalle_tutorial.viz.pixels import tile

    files.check_target(arguments.out)
    if not arguments.caption.strip():
        raise CaptionError("the caption is empty: it must hold at least one word")
    trained, count = _load(arguments.model), arguments.count or 1
    trained.tokenizer.encode(arguments.caption)
    sheet = tile(trained.draw([arguments.caption] * count, seed=arguments.seed), min(count, COLUMNS), GAP)
    files.write_files({arguments.out: _png(sheet, arguments.caption, arguments, arguments.scale or 4)})
    print(f"{arguments.out}: {count} picture{'s' if count > 1 else ''} of {arguments.caption!r}")


def _draw_file(arguments):
    for name in ("count", "scale"):
        if getattr(arguments, name) is not None:
            raise TutorialError(f"--{name} goes with one CAPTION; --captions draws one picture a line, 32 x 32")
    files.check_folder(arguments.out)
    captions = _read_captions(arguments.captions)
    trained = _load(arguments.model)
    _check_captions(arguments.captions, captions, trained.tokenizer.encode)
    pictures, folder = trained.draw(captions, seed=arguments.seed), Path(arguments.out)
    with files.folder(folder):
        files.write_files({
            folder / f"{number}.png": _png(picture, caption, arguments)
            for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True), 1)
        })
    print(f"{folder}: {len(captions)} picture{'s' if len(captions) > 1 else ''}, 1.png to {len(captions)}.png")


def train(arguments):
    """Trains a model, or goes on training it."""
    files.check_folder(arguments.out)
    from dalle_tutorial import training

    model = SHORT_NAMES.get(arguments.model, arguments.model)
    if model not in training.MODELS:
        allowed = ", ".join(sorted([*SHORT_NAMES, *training.MODELS]))
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


def models(arguments):
    """Prints the card of each model that comes with the package."""
    from dalle_tutorial import weights

    for name in weights.names():
        _print_card(name, weights.load(name).card)


def evaluate(arguments):
    """Measures a model, prints a summary and writes the report."""
    if arguments.json:
        files.check_target(arguments.json)
    captions = _read_captions(arguments.captions) if arguments.captions else None
    trained = _load(arguments.model)
    from dalle_tutorial.report import reader_of, report_on, summary

    if captions:
        _check_captions(arguments.captions, captions, trained.tokenizer.encode, reader_of(trained))
    report = report_on(trained, arguments.n, arguments.seed, captions, arguments.samples, progress=True)
    # first the screen: should the disk be full, the figures are not lost
    print("\n".join(summary(report)))
    if arguments.json:
        files.write_files({arguments.json: (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()})
        print(f"{arguments.json}: the full report")
