"""How good are enlarged pictures? Everything here is fixed by its seed.

Larger pictures of unseen scenes are compared with true ones, drawn at that size, and judged by the oracle; beside them
the same for what Pillow makes without having learnt anything.
"""

import numpy as np
from PIL import Image

from dalle_tutorial.data.shapes import render, sample
from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.evaluation import judge
from dalle_tutorial.rates import Rate, mean_with_error

SIDES = (32, 64)
PLAIN = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
"""Ways to enlarge that learn nothing: between the 2 × 2 nearest pixels, or by a curve through the 4 × 4 nearest."""
_ROUNDING = 1 / 12  # the squared error of the nearest byte: no picture of bytes is nearer than that


def enlarge(trained, pictures, seed=0, **settings):
    """Pictures uint8 (n, 32, 32, 3), enlarged by a trained `Upsampler`: uint8 (n, 64, 64, 3).

    Seed and settings as for `Upsampler.upsample`. Raises PictureError for pictures that are not of this kind.
    """
    return trained.model.upsample(_checked(pictures, SIDES[0], "to enlarge"), seed, **settings)


def plainly(pictures, how="bicubic"):
    """Pictures uint8 (n, 32, 32, 3), enlarged in one of the ways of PLAIN: uint8 (n, 64, 64, 3)."""
    pictures = _checked(pictures, SIDES[0], "to enlarge")
    return np.stack([np.asarray(Image.fromarray(each).resize((SIDES[1],) * 2, PLAIN[how])) for each in pictures])


def psnr(pictures, truth):
    """The peak signal-to-noise ratio of uint8 pictures (n, height, width, 3), in decibels: (n,).

    10 · log10(255² / mean squared error): 20 dB more is a tenth of the error. Bytes reach 58.9 dB at most.
    """
    error = np.square(np.asarray(pictures, "float64") - truth).mean((1, 2, 3))
    return 10 * np.log10(255**2 / np.maximum(error, _ROUNDING))


def upsampling(enlarge, n=1000, seed=0, split="test"):
    """What `enlarge` makes of true small pictures of n unseen scenes, beside the plain ways.

    enlarge: a function (uint8 pictures (n, 32, 32, 3), seed=) → uint8 (n, 64, 64, 3).

    Returns "model" and each name of PLAIN, the `Alignment` of what was enlarged so: do the larger pictures still show
    what the small ones did? That tells whether something broke and not how sharp it is: the oracle shrinks a picture
    before it reads it, and finds no fault with the plain ways. "psnr" does: the same names → {"mean", "standard_error"}
    in decibels, against the scene drawn with 64 × 64 pixels. "nearer": the `Rate` of pictures where the model is nearer
    to that than the best of the plain ways. TutorialError for n < 2, PictureError if `enlarge` returns something else.
    """
    if n < 2:
        raise TutorialError(f"n is {n}: at least two scenes are needed")
    descriptions, scenes = sample(n, [seed, 15], split)
    small, truth = (render(scenes, side) for side in SIDES)
    made = {"model": _checked(enlarge(small, seed=seed), SIDES[1], "that were enlarged", n)}
    made |= {how: plainly(small, how) for how in PLAIN}
    near = {name: psnr(pictures, truth) for name, pictures in made.items()}
    return {
        "n": n, **{name: judge(pictures, descriptions) for name, pictures in made.items()},
        "psnr": {name: mean_with_error(values) for name, values in near.items()},
        "nearer": Rate.of(near["model"] > np.max([near[how] for how in PLAIN], axis=0)),
    }


def _checked(pictures, side, what, n=None):
    """The pictures as an array; PictureError unless they are uint8 (n, side, side, 3), any n where that is None."""
    pictures = np.asarray(pictures)
    fits = pictures.dtype == np.uint8 and pictures.ndim == 4 and pictures.shape[1:] == (side, side, 3)
    if not fits or not len(pictures) or len(pictures) != (n or len(pictures)):
        raise PictureError(
            f"pictures {what}, of shape {pictures.shape} and type {pictures.dtype}: "
            f"allowed is uint8 ({n or 'pictures'}, {side}, {side}, 3)"
        )
    return pictures
