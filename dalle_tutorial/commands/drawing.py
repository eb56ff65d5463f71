"""The command draw: pictures of captions."""

import functools
from pathlib import Path

from dalle_tutorial import files
from dalle_tutorial.commands import shared
from dalle_tutorial.errors import CaptionError, TutorialError


def read_captions(path):
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


def check_captions(path, captions, *checks):
    """Runs every check on every caption, and names the line that fails."""
    for number, caption in enumerate(captions, 1):
        for check in checks:
            try:
                check(caption)
            except CaptionError as error:
                raise CaptionError(f"{path}, line {number}: {error}") from error


def draw(arguments):
    """Draws one caption into a sheet, or each line of a file into a picture of its own."""
    if (arguments.caption is None) == (arguments.captions is None):
        raise TutorialError("give either one CAPTION or --captions FILE")
    return (_draw_one if arguments.captions is None else _draw_file)(arguments)


def _draw_one(arguments):
    files.check_target(arguments.out)
    shared.check_caption(arguments.caption)
    trained, count = shared.load(arguments.model, arguments.precision), arguments.count or 1
    shared.check_caption(arguments.caption, trained.tokenizer)
    pictures = _drawn([arguments.caption] * count, arguments, trained)
    said = f"{shared.count_of(count)} of {arguments.caption!r}"
    shared.write_sheet(pictures, arguments.caption, said, arguments)


def _draw_file(arguments):
    for name in ("count", "scale"):
        if getattr(arguments, name) is not None:
            raise TutorialError(f"--{name} goes with one CAPTION; --captions draws one picture a line, not enlarged")
    files.check_folder(arguments.out)
    captions = read_captions(arguments.captions)
    trained = shared.load(arguments.model, arguments.precision)
    check_captions(arguments.captions, captions, trained.tokenizer.encode)
    pictures, folder = _drawn(captions, arguments, trained), Path(arguments.out)
    with files.folder(folder):
        files.write_files({
            folder / f"{number}.png": shared.png(picture, caption, arguments)
            for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True), 1)
        })
    print(f"{folder}: {shared.count_of(len(captions))}, 1.png to {len(captions)}.png")


def _drawn(captions, arguments, trained):
    told, enlarge = shared.settings(arguments, trained), shared.enlarger(arguments, trained)
    draw = functools.partial(trained.draw, **told)
    return enlarge(_choosy(draw, arguments.best_of, trained)(captions, seed=arguments.seed))


def _choosy(draw, count, trained):
    """`draw`, or where a count is given, the best of so many. Raises as CLIP's tokeniser does when it draws."""
    if count is None:
        return draw
    from dalle_tutorial import emoji_rates, reranking, weights

    if emoji_rates.emoji_of(trained) is not None:
        raise TutorialError("--best-of is for the shapes world: its CLIP has seen no emoji")
    return reranking.best_of(draw, weights.load("clip-shapes"), count)
