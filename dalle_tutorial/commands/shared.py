"""What several commands do: find a model, hand on options, enlarge pictures, write them."""

import functools
import io
from pathlib import Path

from dalle_tutorial import __version__, files
from dalle_tutorial.errors import CaptionError, TutorialError

SHORT_NAMES = {
    "cvae": "cvae-shapes", "dalle": "dalle-shapes", "glide": "decoder-shapes", "unclip": "unclip-shapes",
}
SETTINGS = {
    "guidance_scale": "guidance", "steps": "steps", "sampler": "sampler", "prior": "prior",
    "temperature": "temperature", "top_k": "top-k", "top_p": "top-p",
}
"""What models call a setting → what the option is called."""
COLUMNS, GAP = 8, 2
# in a PNG, where they were given
_NOTED = (*SETTINGS.values(), "best-of", "eta", "fraction", "size", "precision")


def known(name):
    """The full name of a model, or a folder as it is. Raises TutorialError for what is neither."""
    from dalle_tutorial import weights

    name = SHORT_NAMES.get(name, name)
    if name not in {*weights.names(), *SHORT_NAMES.values()} and not Path(name).exists():
        short = [short for short, long in SHORT_NAMES.items() if long in weights.names()]
        allowed = ", ".join(sorted([*short, *weights.names()]))
        raise TutorialError(f"unknown model {name!r}: allowed are {allowed}, or a folder that `train` made")
    return name


def load(name, precision=None):
    """The trained model of a name or a folder; for unCLIP's decoder the whole `UnCLIP`, which is how it is used.

    precision: of the weights, as for `weights.load`. Raises TutorialError for a name that is neither, WeightsError
    where weights are missing or damaged.
    """
    from dalle_tutorial import weights

    return weights.as_used(weights.load(known(name), precision), precision)


def option_of(arguments, name):
    """What the option `name`, as it is typed, was given; None where it was not, or where a command has no such."""
    return getattr(arguments, name.replace("-", "_"), None)


def settings(arguments, trained):
    """The options that were given, as the model calls them. Raises TutorialError for one that it does not know."""
    given = {name: option_of(arguments, option) for name, option in SETTINGS.items()}
    given = {name: value for name, value in given.items() if value is not None}
    known = getattr(trained, "settings", None) or getattr(trained.model, "settings", ())
    for name in given:
        if name not in known:
            its_own = ", ".join(f"--{option}" for name, option in SETTINGS.items() if name in known)
            raise TutorialError(f"--{SETTINGS[name]} is not for the model {arguments.model!r}: "
                                f"of these options it knows {its_own or 'none'}")
    return given


def enlarger(arguments, trained):
    """The function that makes pictures of the size that --size asks for. With --size 64 it needs the upsampler, and
    raises WeightsError, before anything is drawn, where there is none."""
    if arguments.size != 64:
        return lambda pictures: pictures
    from dalle_tutorial import emoji_rates, upsampling, weights

    if emoji_rates.emoji_of(trained) is not None:
        raise TutorialError("--size 64 is for the shapes world: the upsampler has seen no emoji")
    if getattr(trained, "upsampler", None) is not None:
        return functools.partial(trained.upsample, seed=arguments.seed)
    return functools.partial(upsampling.enlarge, weights.load("upsampler-shapes"), seed=arguments.seed)


def check_caption(caption, *tokenizers, option=None):
    """Raises CaptionError, naming the option, for a caption that is empty or that a tokeniser refuses."""
    where = f"{option}: " if option else ""
    if not caption.strip():
        raise CaptionError(f"{where}the caption is empty: it must hold at least one word")
    for tokenizer in tokenizers:
        try:
            tokenizer.encode(caption)
        except CaptionError as error:
            raise CaptionError(f"{where}{error}") from error


def png(picture, title, arguments, scale=1):
    """PNG bytes of a uint8 picture (height, width, 3); title, model, seed and options stand in its text fields."""
    from PIL import Image, PngImagePlugin

    options = [f", {name} {value}" for name in _NOTED if (value := option_of(arguments, name)) is not None]
    comment = f"model {SHORT_NAMES.get(arguments.model, arguments.model)}, seed {arguments.seed}{''.join(options)}"
    notes, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, text in (("Title", title), ("Software", f"dalle_tutorial {__version__}"), ("Comment", comment)):
        notes.add_itxt(key, text)
    image = Image.fromarray(picture)
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    image.save(buffer, "PNG", pnginfo=notes)
    return buffer.getvalue()


def write_sheet(pictures, title, said, arguments):
    """Writes uint8 pictures (n, side, side, 3) as one PNG, in rows of eight, enlarged; says what it is."""
    from dalle_tutorial.viz.pixels import tile

    sheet = tile(pictures, min(len(pictures), COLUMNS), GAP)
    files.write_files({arguments.out: png(sheet, title, arguments, arguments.scale or 4)})
    print(f"{arguments.out}: {said}")


def count_of(number, what="picture"):
    """'1 picture', '2 pictures'."""
    return f"{number} {what}{'' if number == 1 else 's'}"
