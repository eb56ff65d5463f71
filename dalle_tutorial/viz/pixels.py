"""Pictures as the figures need them: checked, as uint8, tiled, and as small PNG files."""

import base64
import io

import numpy as np
from PIL import Image

from dalle_tutorial.data.pixels import to_bytes
from dalle_tutorial.errors import PictureError


def as_uint8(pictures):
    """uint8 copies of pictures (..., height, width, 3): uint8 as they are, floats from [-1, 1] (clipped) to 0…255.

    Greyscale with one channel is repeated to three. Raises PictureError for any other shape, for other whole
    numbers than uint8, and for floats that are not finite or lie far outside [-1, 1].
    """
    pictures = np.asarray(pictures)
    if pictures.ndim < 3 or pictures.shape[-1] not in (1, 3) or 0 in pictures.shape:
        raise PictureError(
            f"pictures have the shape {pictures.shape}; needed is (height, width, 3) or (batch, height, width, 3)"
        )
    if pictures.dtype != np.uint8:
        if pictures.dtype.kind != "f":
            raise PictureError(f"pictures are {pictures.dtype}; needed is uint8, or float in [-1, 1]")
        extreme = np.abs(pictures).max()
        # A decoder may overshoot a little; 0…255 stored as float is a mistake that clipping would hide.
        if not extreme <= 4.0:
            raise PictureError(
                f"float pictures reach {extreme:.4g} in size; needed are finite values in [-1, 1]"
            )
        pictures = to_bytes(pictures)
    return np.repeat(pictures, 3, axis=-1) if pictures.shape[-1] == 1 else pictures


def as_batch(pictures):
    """uint8 pictures (batch, height, width, 3); one picture becomes a batch of one, a list of pictures a batch."""
    pictures = as_uint8(pictures)
    if pictures.ndim == 3:
        pictures = pictures[None]
    if pictures.ndim != 4:
        raise PictureError(f"pictures have the shape {pictures.shape}; needed is (batch, height, width, 3)")
    return pictures


def same_length(pictures, others, what):
    """Raise PictureError unless `others` (named `what`) has one item for each picture."""
    if len(others) != len(pictures):
        raise PictureError(
            f"{len(pictures)} pictures but {len(others)} {what}: needed is one for each picture"
        )


def tile(pictures, columns=None, gap=2, background=255):
    """One uint8 picture (height, width, 3) of a batch laid out in rows of `columns` (default: one row).

    `gap` is in pixels; cells left over in the last row stay `background` (a grey level).
    """
    pictures = as_batch(pictures)
    count, height, width, _ = pictures.shape
    columns = min(columns or count, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), background, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def png(picture, colours=None):
    """PNG bytes of one picture (height, width, 3); with `colours` (2…256) as a palette picture, which is smaller."""
    image = Image.fromarray(as_uint8(picture))
    if colours:
        image = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    elif len(found := image.getcolors(256) or []):
        # A palette of the very colours that occur loses nothing.
        exact = image.quantize(len(found), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        if np.array_equal(np.asarray(exact.convert("RGB")), np.asarray(image)):
            image = exact
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def data_uri(data):
    """A `data:` address that holds PNG bytes."""
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
