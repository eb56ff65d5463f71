"""Each shipped model is measured by what it is for."""

import pytest

from dalle_tutorial import weights
from dalle_tutorial.measurements import measurements_of

DRAWN = ["alignment", "diversity"]
PARTS = {
    "clip-shapes": ["matching", "refusals", "zero_shot"], "cvae-emoji": ["retrieval"],
    "cvae-shapes": [*DRAWN, "reconstruction", "bounds"], "decoder-shapes": [*DRAWN, "languages"],
    "prior-shapes": ["imagination"], "svg-shapes": ["code"], "translate": ["translation"],
    "unclip-shapes": [*DRAWN, "languages", "manipulations", "priors"], "upsampler-shapes": ["upsampling"],
    "vqvae-shapes": ["reconstructions"], "dvae-shapes": ["reconstructions"], "dalle-shapes": [*DRAWN, "reranking"],
    "prior-ar-shapes": ["imagination"], "clip-emoji": ["naming"], "decoder-emoji": ["showing"],
}


@pytest.mark.parametrize("name", weights.names())
def test_the_parts_of_a_report(name):
    assert list(measurements_of(weights.as_used(weights.load(name)))) == PARTS[name]
