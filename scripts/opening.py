"""Draws the picture that the book opens with: twelve captions, what the shipped model makes of them, and the verdicts.

    python -m scripts.opening
"""

import pathlib

from dalle_tutorial import weights
from dalle_tutorial.data.oracle import score
from dalle_tutorial.viz.figures import picture_grid, to_png

TARGET = pathlib.Path(__file__).parent.parent / "_assets" / "opening.png"
# Made up by hand; none was left out for how it came out.
CAPTIONS = (
    "a small red circle above a large blue square", "a large green star at the top left",
    "a tiny black heart left of a big pink cross", "three small purple triangles", "an orange disc in the centre",
    "a red star at the bottom right", "two big yellow hearts", "a pink triangle on the right",
    "a small green square right of a large orange triangle", "a violet cross at the bottom",
    "a large yellow circle below a small black star", "three large blue stars",
)


def main():
    """Writes the file."""
    pictures = weights.load("cvae-shapes").draw(CAPTIONS, seed=0)
    figure = picture_grid(pictures, list(CAPTIONS), columns=4, verdicts=score(pictures, CAPTIONS))
    TARGET.write_bytes(to_png(figure))


if __name__ == "__main__":
    main()
