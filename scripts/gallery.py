"""Draws the gallery that stands on the page Playground where no script runs: what each model makes of some captions.

    python -m scripts.gallery

Writes one small PNG for each caption and model, and gallery.json: captions, models, verdicts, reasons, of which
`_ext/playground_page.py` makes the page's HTML.
"""

import json
import pathlib

from PIL import Image

from dalle_tutorial import weights
from dalle_tutorial.data.captions import parse
from dalle_tutorial.data.oracle import score
from dalle_tutorial.errors import UnknownWordError

FOLDER = pathlib.Path(__file__).parent.parent / "_assets" / "playground" / "gallery"
MODELS = {"cvae": "cvae-shapes", "dalle": "dalle-shapes", "glide": "decoder-shapes", "unclip": "unclip-shapes"}
# Made up by hand; none was left out for how it came out.
CAPTIONS = (
    "a small red circle above a large blue square", "three green stars", "a pink heart at the top left",
    "a large purple cross left of a tiny black heart", "two big yellow hearts", "一个橙色三角形在一个红色五角星的左边",
)
SEED, PRECISION = 0, "int8"    # as the page draws


def drawn(model, caption):
    """(picture, verdict) of a caption, or (None, the error) where the model does not know its words."""
    try:
        picture, = model.draw([caption], seed=SEED)
    except UnknownWordError as error:
        return None, error
    return picture, score(picture[None], [parse(caption)])[0]


def main():
    """Writes the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = [{"caption": caption, "pictures": []} for caption in CAPTIONS]
    for short, name in MODELS.items():
        model = weights.as_used(weights.load(name, PRECISION), PRECISION)
        for number, row in enumerate(rows, 1):
            picture, said = drawn(model, row["caption"])
            if picture is None:
                row["pictures"].append({"model": short, "file": None, "unknown": said.word})
                continue
            file = f"{number}-{short}.png"
            Image.fromarray(picture).save(FOLDER / file, optimize=True)
            row["pictures"].append({"model": short, "file": file, "correct": said.correct, "reasons": said.reasons})
    text = json.dumps({"seed": SEED, "rows": rows}, indent=1, ensure_ascii=False)
    (FOLDER / "gallery.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
