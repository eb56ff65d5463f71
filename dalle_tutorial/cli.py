"""The command line: python -m dalle_tutorial draw | train | evaluate | models.

Whatever a reader can get wrong ends in one line on stderr, that names it and what is allowed, and exit code 2; files
that were there stay as they were. Neither --help nor a wrong argument waits for TensorFlow.
"""

import argparse
import contextlib
import os
import sys

from dalle_tutorial import __version__, commands
from dalle_tutorial.errors import TutorialError

PROGRAM = "python -m dalle_tutorial"
PRESETS = ("smoke", "cpu", "gpu")
MOST_PICTURES, LARGEST_SCALE = 1024, 32

_MODEL = "cvae (the same as cvae-shapes), cvae-emoji, or a folder that `train` made (default: cvae)"
_CAPTIONS_FILE = "a text file (UTF-8) with one caption a line and no empty line"
_EXAMPLES = {
    "": """examples:
  {p} draw "a small red circle above a large blue square" --count 8 --out out.png
  {p} draw "fox" --model cvae-emoji --out fox.png
  {p} train cvae --preset cpu --out my-cvae
  {p} evaluate cvae --json report.json
`{p} COMMAND --help` says more about each.""",
    "draw": """examples:
  {p} draw "a small red circle above a large blue square" --model cvae --count 8 --seed 0 --out out.png
  {p} draw "three green stars" --model my-cvae --scale 1 --out stars.png
  {p} draw --captions captions.txt --out pictures
One caption makes one PNG: its pictures in rows of eight, two pixels apart, each pixel enlarged --scale times. With
--captions, line n becomes DIR/n.png at native resolution, 32 x 32; other files in DIR stay.""",
    "train": """examples:
  {p} train cvae --preset smoke --out try        does it run?
  {p} train cvae-emoji --preset cpu --out my-emoji
A run that was stopped goes on where it was when the same command is given again.""",
    "evaluate": """examples:
  {p} evaluate cvae --json report.json
  {p} evaluate my-cvae --n 200 --captions captions.txt --json report.json
The report holds {{"model", "seed", "alignment": {{"one_object": {{"rate", "low", "high", "n", ...}}, ...}}, ...}}; low
and high bound the 95 % Wilson interval. Emoji models are scored by retrieval. The summary goes to the screen.""",
    "models": """examples:
  {p} models""",
}  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {_one_line(message)} (`{self.prog} --help` lists what is allowed)\n")


def _one_line(text):
    return " ".join(str(text).split())


def _whole(low, high):
    """An argument that is a whole number from `low` to `high`."""
    def parse(text):
        with contextlib.suppress(ValueError):
            if low <= int(text) <= high:
                return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed: give a whole number from {low} to {high}")
    return parse


def _parser():
    def described(name, summary):
        return {"description": summary, "epilog": _EXAMPLES[name].format(p=PROGRAM), "allow_abbrev": False,
                "formatter_class": argparse.RawDescriptionHelpFormatter}

    def command(name, run, summary):
        added = subparsers.add_parser(name, help=summary, **described(name, summary[0].upper() + summary[1:] + "."))
        added.set_defaults(run=run)
        return added

    parser = _Parser(prog=PROGRAM, **described("", "Draws pictures from captions; trains and measures what draws."))
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    seed = {"type": _whole(0, 2**31 - 1), "default": 0, "metavar": "S", "help": "any whole number (default: 0)"}

    draw = command("draw", commands.draw, "draw pictures of a caption, or of every line of a file")
    draw.add_argument("caption", nargs="?", metavar="CAPTION", help='such as "a pink heart at the top left"')
    draw.add_argument("--captions", metavar="FILE", help=f"instead of CAPTION: {_CAPTIONS_FILE}")
    draw.add_argument("--model", default="cvae", help=_MODEL)
    draw.add_argument("--count", type=_whole(1, MOST_PICTURES), metavar="N", help="pictures of CAPTION (default: 1)")
    draw.add_argument("--scale", type=_whole(1, LARGEST_SCALE), metavar="K", help="enlarge K times (default: 4)")
    draw.add_argument("--seed", **seed)
    draw.add_argument("--out", required=True, metavar="PATH", help="the PNG to write; with --captions, the folder")

    train = command("train", commands.train, "train a model")
    train.add_argument("model", metavar="MODEL", help="cvae (the same as cvae-shapes) or cvae-emoji")
    train.add_argument("--preset", choices=PRESETS, default="cpu", help="how long and how large (default: cpu)")
    train.add_argument("--seed", **seed)
    train.add_argument("--out", required=True, metavar="DIR", help="where the run, its pictures and weights go")

    evaluate = command("evaluate", commands.evaluate, "measure how well a model draws what captions ask")
    evaluate.add_argument("model", metavar="MODEL", help=_MODEL.replace(" (default: cvae)", ""))
    evaluate.add_argument("--json", metavar="FILE", help="where the full report goes")
    evaluate.add_argument("--captions", metavar="FILE", help=f"captions to measure as well: {_CAPTIONS_FILE}")
    evaluate.add_argument("--samples", type=_whole(1, 1000), default=8, metavar="K",
                          help="pictures of each caption in FILE (default: 8)")
    evaluate.add_argument("--n", type=_whole(2, 100_000), default=1000, metavar="N", help="captions in a set (1000)")
    evaluate.add_argument("--seed", **seed)

    command("models", commands.models, "list the models that come with the package")
    return parser


def main(argv=None):
    """Runs one command; returns the exit code: 0, 2 for an error of the reader's, 130 for Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        return _complain(str(stop) or "stopped", 130)
    except BrokenPipeError:  # `| head` has read enough; what is left in the buffer has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        what = f"{error.filename}: " if error.filename is not None else ""
        return _complain(what + (error.strerror or str(error)), 2)
    except TutorialError as error:
        return _complain(error, 2)
    return 0


def _complain(message, code):
    print(f"{PROGRAM}: {_one_line(message)}", file=sys.stderr)
    return code
