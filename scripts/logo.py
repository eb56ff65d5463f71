"""Draws the book's logo and favicon with the book's own renderer: a picture that comes out of noise.

    python -m scripts.logo          writes _assets/logo.png and _assets/favicon.png

The scene is the book's running example, "a small red circle above a large blue square". Towards the bottom left it
gives way to noise, as in the diffusion chapters. Deterministic: the same bytes every time.
"""

import pathlib

import numpy as np
from PIL import Image

from dalle_tutorial.data.scenes import COLOURS, PALETTE, Scene, SceneObject
from dalle_tutorial.data.shapes import render

ASSETS = pathlib.Path(__file__).resolve().parent.parent / "_assets"
SCENE = Scene((
    SceneObject("circle", "red", "small", 0.56, 0.23, 0.15),
    SceneObject("square", "blue", "large", 0.56, 0.68, 0.33),
))
CELLS = 8          # the noise is made of 8 × 8 tiles
SEED = 0
SUPERSAMPLE = 4    # drawn larger and shrunk, so that rounded corners and tile edges are smooth


def noise_tiles(side, seed=SEED):
    """Tiles of the palette's colours (side, side, 3) and their opacity (side, side), densest in one corner."""
    rng = np.random.default_rng(seed)
    palette = np.array([PALETTE[name] for name in COLOURS if name != "black"], np.float32)
    tiles = palette[rng.integers(len(palette), size=(CELLS, CELLS))]
    row, column = np.mgrid[:CELLS, :CELLS] / (CELLS - 1)
    distance = 0.35 * (1 - row) + column                 # from the bottom left corner
    opacity = (rng.random((CELLS, CELLS)) > 1.5 * distance).astype(np.float32)
    grow = side // CELLS
    return tiles.repeat(grow, 0).repeat(grow, 1), opacity.repeat(grow, 0).repeat(grow, 1)


def rounded(side, corner=0.19):
    """Opacity (side, side) of a square with rounded corners; `corner` is a fraction of the side."""
    half = side / 2
    axis = np.abs(np.arange(side) + 0.5 - half) - half * (1 - 2 * corner)
    u, v = np.meshgrid(np.maximum(axis, 0), np.maximum(axis, 0))
    return np.clip(half * 2 * corner - np.hypot(u, v) + 0.5, 0, 1)


def logo(side, noise=True):
    """The logo as a PIL image in RGBA, `side` pixels each way."""
    big = side * SUPERSAMPLE
    picture = render(SCENE, big)[0].astype(np.float32)
    if noise:
        tiles, opacity = noise_tiles(big)
        picture += opacity[..., None] * (tiles - picture)
    rgba = np.dstack([picture, 255 * rounded(big)])
    return Image.fromarray(rgba.round().astype(np.uint8), "RGBA").resize((side, side), Image.LANCZOS)


def main():
    """Writes both files."""
    logo(256).save(ASSETS / "logo.png", optimize=True)
    logo(64, noise=False).save(ASSETS / "favicon.png", optimize=True)


if __name__ == "__main__":
    main()
