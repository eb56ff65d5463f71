"""The commands vary, interpolate, text-diff and inpaint: pictures in, pictures out, by unCLIP (Ramesh et al. 2022, §3).

Pictures and masks are PNG files of 32 × 32 pixels.
"""

import warnings
import zlib

import numpy as np

from dalle_tutorial import files
from dalle_tutorial.commands import shared
from dalle_tutorial.errors import PictureError, TutorialError

SIDE = 32
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, zlib.error)
_OF_PICTURES = ("RGB", "RGBA"), "RGB, or RGBA without transparency (`draw --scale 1` writes such a picture)"
_OF_MASKS = ("1", "L", "P", "RGB", "RGBA"), "1, L, P, RGB or RGBA, without transparency"


def read_picture(path):
    """The picture in a PNG file: uint8 (32, 32, 3). Raises PictureError for one of another size or mode, for
    transparency and for what is no PNG; OSError for what cannot be opened."""
    return _read(path, *_OF_PICTURES)


def read_mask(path):
    """The mask in a PNG file: bool (32, 32), True where it is white. Raises PictureError as `read_picture` does, for
    pixels that are neither black nor white, and where none is white."""
    pixels = _read(path, *_OF_MASKS)
    clear = (pixels == 0).all(-1) | (pixels == 255).all(-1)
    if not clear.all():
        y, x = np.argwhere(~clear)[0]
        raise PictureError(f"{path}: the pixel in column {x}, row {y} is RGB {tuple(pixels[y, x].tolist())}: allowed "
                           "are white, where to paint, and black, where not")
    if not pixels.any():
        raise PictureError(f"{path}: no pixel is white, so there is nothing to paint")
    return pixels[..., 0] == 255


def _read(path, modes, described):
    from PIL import Image

    allowed = f"allowed is a PNG of {SIDE} × {SIDE} pixels, mode {described}"
    with open(path, "rb") as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about its size, which is looked at before it is unpacked
                image = Image.open(file, formats=("PNG",))
            found = f"{path}: {image.width} × {image.height} pixels, mode {image.mode}"
            if image.size != (SIDE, SIDE) or image.mode not in modes:
                raise PictureError(f"{found}: {allowed}")
            pixels = np.asarray(image.convert("RGBA"))
        except PictureError:
            raise
        except (*_DAMAGED, Image.DecompressionBombError) as error:
            raise PictureError(f"{path} is no PNG file, or a damaged one: {allowed}") from error
    if (pixels[..., 3] < 255).any():
        raise PictureError(f"{found}, partly transparent: {allowed}")
    return pixels[..., :3]


def vary(arguments):
    """Draws variations of a picture."""
    files.check_target(arguments.out)
    picture = read_picture(arguments.picture)

    def change(stack, **told):
        return stack.vary(picture, arguments.n, arguments.eta, arguments.seed, **told)

    _write(arguments, f"{shared.count_of(arguments.n, 'variation')} of {arguments.picture}", change)


def interpolate(arguments):
    """Draws the way from one picture to another."""
    files.check_target(arguments.out)
    first, second = (read_picture(path) for path in (arguments.first, arguments.second))

    def change(stack, **told):
        return stack.interpolate(first, second, arguments.frames, **told)

    _write(arguments, f"{arguments.frames} pictures from {arguments.first} to {arguments.second}", change)


def text_diff(arguments):
    """Changes a picture as one caption differs from another."""
    files.check_target(arguments.out)
    picture, captions = read_picture(arguments.picture), {"--from": arguments.source, "--to": arguments.target}
    for option, caption in captions.items():
        shared.check_caption(caption, option=option)
    if arguments.source.split() == arguments.target.split():
        raise TutorialError("--from and --to are the same caption: there is nothing to change")

    def change(stack, **told):
        for option, caption in captions.items():
            shared.check_caption(caption, stack.clip.tokenizer, option=option)
        return stack.text_diff(picture[None], [arguments.source], [arguments.target], arguments.fraction, **told)

    _write(arguments, f"{arguments.picture}, from {arguments.source!r} to {arguments.target!r}", change)


def inpaint(arguments):
    """Paints the white part of a mask anew, so that the whole picture shows a caption."""
    files.check_target(arguments.out)
    picture, mask = read_picture(arguments.picture), read_mask(arguments.mask)
    shared.check_caption(arguments.caption, option="--caption")

    def change(stack, **told):
        tokenizers = (stack.decoder.tokenizer, stack.clip.tokenizer)
        shared.check_caption(arguments.caption, *tokenizers, option="--caption")
        return stack.inpaint(picture[None], mask[None], [arguments.caption], arguments.seed, **told)

    _write(arguments, f"{arguments.picture}, {arguments.caption!r} where {arguments.mask} is white", change)


def _write(arguments, title, change):
    """Loads the stack, changes pictures with it, and writes what comes out."""
    stack = shared.load(arguments.model, arguments.precision)
    enlarge = shared.enlarger(arguments, stack)
    given = {"guidance_scale": arguments.guidance, "steps": arguments.steps}
    told = {name: value for name, value in given.items() if value is not None}
    shared.write_sheet(enlarge(change(stack, **told)), title, title, arguments)
