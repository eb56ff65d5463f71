"""The command line: python -m dalle_tutorial COMMAND, from draw to evaluate.

Whatever a reader can get wrong ends in one line on stderr, that names it and what is allowed, and exit code 2; files
that were there stay as they were. Neither --help nor a wrong argument waits for TensorFlow.
"""

import argparse
import contextlib
import math
import os
import sys

from dalle_tutorial import __version__, commands
from dalle_tutorial.commands import texts
from dalle_tutorial.errors import TutorialError

PROGRAM = "python -m dalle_tutorial"
PRESETS = ("smoke", "cpu", "gpu")
SAMPLERS = ("ddpm", "ddim", "dpm-solver")
PRIORS = ("diffusion", "autoregressive")
LANGUAGES = ("en", "zh")
PRECISIONS = ("float16", "int8")
MOST_PICTURES, MOST_FRAMES, MOST_STEPS, LARGEST_SCALE, MOST_GUIDANCE = 1024, 64, 1000, 32, 100
MOST_TEMPERATURE, MOST_BEAMS, MOST_CODES, MOST_CANDIDATES = 100, 16, 10_000, 512


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


def _number(low, high):
    """An argument that is any number from `low` to `high`."""
    def parse(text):
        with contextlib.suppress(ValueError):
            if math.isfinite(float(text)) and low <= float(text) <= high:
                return float(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed: give a number from {low} to {high}")
    return parse


def _parser():
    def described(name, summary):
        epilog = texts.EXAMPLES[name].format(p=PROGRAM, picture=texts.PICTURE)
        return {"description": summary, "epilog": epilog, "allow_abbrev": False,
                "formatter_class": argparse.RawDescriptionHelpFormatter}

    def command(name, run, summary):
        added = subparsers.add_parser(name, help=summary, **described(name, summary[0].upper() + summary[1:] + "."))
        added.set_defaults(run=run)
        return added

    parser = _Parser(prog=PROGRAM, **described("", "Draws pictures from captions; trains and measures what draws."))
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    seed = {"type": _whole(0, 2**31 - 1), "default": 0, "metavar": "S", "help": "any whole number (default: 0)"}
    steps = {"type": _whole(1, MOST_STEPS), "metavar": "N", "help": "steps from noise to picture, or back"}
    scale = {"type": _whole(1, LARGEST_SCALE), "metavar": "K", "help": "enlarge each pixel K times (default: 4)"}
    precision = {"choices": PRECISIONS, "help": "of weights: int8 as on the page that draws (default: float16)"}
    size = {"type": int, "choices": (32, 64), "help": "64: with the upsampler for the shapes world (default: 32)"}

    draw = command("draw", commands.draw, "draw pictures of a caption, or of every line of a file")
    draw.add_argument("caption", nargs="?", metavar="CAPTION", help='such as "a pink heart at the top left"')
    draw.add_argument("--captions", metavar="FILE", help=f"instead of CAPTION: {texts.CAPTIONS_FILE}")
    draw.add_argument("--model", default="cvae", help=f"{texts.MODEL} (default: cvae)")
    draw.add_argument("--count", type=_whole(1, MOST_PICTURES), metavar="N", help="pictures of CAPTION (default: 1)")
    draw.add_argument("--guidance", type=_number(0, MOST_GUIDANCE), metavar="G",
                      help="dalle, glide, unclip: how much to exaggerate the caption; 1 is not at all")
    draw.add_argument("--steps", **steps | {"help": "glide, unclip: steps from noise to picture"})
    draw.add_argument("--sampler", choices=SAMPLERS, help="glide, unclip: how the steps are taken")
    draw.add_argument("--prior", choices=PRIORS, help="unclip: what leads from the caption to a CLIP embedding")
    draw.add_argument("--temperature", type=_number(0, MOST_TEMPERATURE), metavar="T",
                      help="cvae, dalle: how freely to choose; 0 is always the likeliest, 1 as learnt")
    draw.add_argument("--top-k", type=_whole(1, MOST_CODES), metavar="K", help="dalle: of the K likeliest codes only")
    draw.add_argument("--top-p", type=_number(0, 1), metavar="P",
                      help="dalle: of the likeliest codes only, that have P of all probability between them")
    draw.add_argument("--best-of", type=_whole(1, MOST_CANDIDATES), metavar="N",
                      help="draw N for each picture and keep the one that CLIP finds nearest to the caption")
    draw.add_argument("--precision", **precision)
    draw.add_argument("--size", **size)
    draw.add_argument("--scale", **scale)
    draw.add_argument("--seed", **seed)
    draw.add_argument("--out", required=True, metavar="PATH", help="the PNG to write; with --captions, the folder")

    louder = {"type": _number(0, MOST_GUIDANCE), "metavar": "G",
              "help": "how much to exaggerate what is to be seen; 1, not at all, draws the nearest to the picture"}

    def on_pictures(name, run, summary, *pictures):
        added = command(name, run, summary)
        for picture, dest in pictures:
            added.add_argument(dest, metavar=picture, help="a PNG, 32 x 32")
        added.set_defaults(model="unclip")
        for option, kind in (("guidance", louder), ("seed", seed), ("steps", steps), ("size", size), ("scale", scale),
                             ("precision", precision)):
            added.add_argument(f"--{option}", **kind)
        added.add_argument("--out", required=True, metavar="FILE.png", help="the PNG to write")
        return added

    vary = on_pictures("vary", commands.vary, "draw variations of a picture", ("PICTURE", "picture"))
    vary.add_argument("--n", type=_whole(1, MOST_FRAMES), default=8, metavar="N", help="how many (default: 8)")
    vary.add_argument("--eta", type=_number(0, 1), default=1.0, metavar="E",
                      help="from 0, the picture again, to 1, as different as can be (default: 1)")

    interpolate = on_pictures("interpolate", commands.interpolate, "draw the way from one picture to another",
                              ("A", "first"), ("B", "second"))
    interpolate.add_argument("--frames", type=_whole(2, MOST_FRAMES), default=8, metavar="N",
                             help="pictures on the way, both ends included (default: 8)")

    text_diff = on_pictures("text-diff", commands.text_diff, "change a picture as one caption differs from another",
                            ("PICTURE", "picture"))
    text_diff.add_argument("--from", dest="source", required=True, metavar="CAPTION", help="what the picture shows")
    text_diff.add_argument("--to", dest="target", required=True, metavar="CAPTION", help="what it is to show")
    text_diff.add_argument("--fraction", type=_number(0, 1), default=0.5, metavar="F",
                           help="how far to turn towards the change, 0 to 1 (default: 0.5)")

    inpaint = on_pictures("inpaint", commands.inpaint, "paint part of a picture anew", ("PICTURE", "picture"))
    inpaint.add_argument("--mask", required=True, metavar="MASK.png", help="a PNG, 32 x 32, white where to paint")
    inpaint.add_argument("--caption", required=True, metavar="CAPTION", help="what the whole picture is to show")

    code = command("code", commands.code, "write a caption's picture as SVG code")
    code.add_argument("caption", metavar="CAPTION", help='such as "a pink heart at the top left"')
    code.add_argument("--model", default="svg-shapes", help="svg-shapes (the default) or a folder that `train` made")
    code.add_argument("--temperature", type=_number(0, MOST_TEMPERATURE), default=0.0, metavar="T",
                      help="0, the likeliest code (default), or more, drawn anew for each --seed")
    code.add_argument("--seed", **seed)
    code.add_argument("--out", metavar="FILE.svg", help="where the code goes, instead of the screen")
    code.add_argument("--png", metavar="FILE.png", help="where its picture goes, drawn by resvg")
    code.add_argument("--size", type=_whole(8, 1024), default=256, metavar="N", help="pixels a side (default: 256)")

    translate = command("translate", commands.translate, "translate a caption, English into Chinese or back")
    translate.add_argument("caption", metavar="CAPTION", help='such as "two red stars" or "cat face"')
    translate.add_argument("--to", required=True, choices=LANGUAGES, help="zh: into Chinese, en: into English")
    translate.add_argument("--model", default="translate", help="translate (the default) or a folder of `train`")
    translate.add_argument("--beam", type=_whole(1, MOST_BEAMS), default=1, metavar="N",
                           help="sentences to follow at once (default: 1)")

    train = command("train", commands.train, "train a model")
    train.add_argument("model", metavar="MODEL", help=texts.TRAINED)
    train.add_argument("--preset", choices=PRESETS, default="cpu", help="how long and how large (default: cpu)")
    train.add_argument("--seed", **seed)
    train.add_argument("--out", required=True, metavar="DIR", help="where the run, its pictures and weights go")

    evaluate = command("evaluate", commands.evaluate, "measure how well a model draws what captions ask")
    evaluate.add_argument("model", metavar="MODEL", help=f"{texts.MODEL}; or clip-shapes and other parts")
    evaluate.add_argument("--json", metavar="FILE", help="where the full report goes")
    evaluate.add_argument("--captions", metavar="FILE", help=f"captions to measure as well: {texts.CAPTIONS_FILE}")
    evaluate.add_argument("--samples", type=_whole(1, 1000), default=8, metavar="K",
                          help="pictures of each caption in FILE (default: 8)")
    evaluate.add_argument("--n", type=_whole(2, 100_000), default=1000, metavar="N", help="captions in a set (1000)")
    evaluate.add_argument("--precision", **precision)
    evaluate.add_argument("--seed", **seed)

    export = command("export", commands.export, "write a model as ONNX, which runs without Python")
    export.add_argument("model", metavar="MODEL", help=f"{texts.MODEL}; or clip-shapes and other parts")
    export.add_argument("--out", required=True, metavar="DIR", help="where the files go")
    export.add_argument("--precision", **precision | {"default": "float16"})

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
