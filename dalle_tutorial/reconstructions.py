"""What is left of a picture once it has been tokens? Everything here is fixed by its seed.

True pictures of unseen scenes become codes and pictures again. The oracle says whether these still show what the
caption asks: no model that writes such codes can reach more. Decibels say how near they are to the true ones.
"""

import numpy as np

from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.data.shapes import render, sample
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.evaluation import SETS, judge
from dalle_tutorial.models.codebook import perplexity
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.rates import mean_with_error
from dalle_tutorial.upsampling import psnr
from dalle_tutorial.weights import to_bytes


def reconstructions(model, n=1000, seed=0, split="test", sets=tuple(SETS)):
    """How well a picture survives a model of picture tokens (`models.vqvae`), or what encodes and decodes as they do.

    n pictures for each of `sets`; `split` takes the place of "test". Returns each of `sets` → the `Alignment` of the
    pictures that came back; "psnr", the same names → {"mean", "standard_error"} in decibels; "squared_error", likewise,
    of pixels that run from −1 to 1; "codebook": {"codes", "usage", "perplexity", "pictures"}, the size of the codebook,
    the share of it that occurs in the codes of all these pictures, and how many codes used alike would say as much.

    TutorialError for an unknown set or split and for n < 2.
    """
    if n < 2 or not sets:
        raise TutorialError(f"n is {n} and there are {len(sets)} sets: at least two pictures of one set are needed")
    for name in sets:
        check_choice("set", name, SETS)
    judged, near, errors, codes = {}, {}, {}, []
    for name in sets:
        its_split, kind = SETS[name]
        seeds = [seed, 19, list(SETS).index(name)]
        descriptions, scenes = sample(n, seeds, split if its_split == "test" else its_split, (kind,))
        truth = render(scenes, 32)
        codes.append(in_chunks(model.encode_codes, to_unit(truth)))
        again = in_chunks(model.decode_codes, codes[-1])
        judged[name] = judge(to_bytes(again), descriptions)
        near[name] = mean_with_error(psnr(to_bytes(again), truth))
        errors[name] = mean_with_error(np.square(again - to_unit(truth)).mean((1, 2, 3)))
    codes = np.concatenate(codes)
    return {
        "n": n, **judged, "psnr": near, "squared_error": errors,
        "codebook": {
            "codes": model.codes, "usage": model.usage(codes), "perplexity": perplexity(codes, model.codes),
            "pictures": len(codes),
        },
    }
