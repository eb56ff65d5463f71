"""The oracle of the playground against Python's, computed live: the same verdicts on more than a thousand pictures.

Where a fit has nothing to hold to (a few pixels in a picture of noise), two shapes leave the same residual to the last
digit. Which comes first is then a matter of rounding, and of how NumPy sorts on this machine; the blob is unread either
way. So of two sentences that differ, only the place of such a blob, or the order of two names, may.
"""

import json
import re

import numpy as np
import pytest
from node import ROOT, run_node
from scipy import ndimage

from dalle_tutorial import weights
from dalle_tutorial.data.captions import LANGUAGES, describe, parse
from dalle_tutorial.data.oracle import Reading, judge, score
from dalle_tutorial.data.render import coverage, render
from dalle_tutorial.data.scenes import BACKGROUND, COLOURS, PALETTE, SHAPES, SPLITS, Description, ObjectSpec
from dalle_tutorial.data.shapes import sample
from dalle_tutorial.data.swaps import swaps

KINDS = ("true", "swapped", "noisy", "blurred", "mixed", "ambiguous", "overlaid", "cvae", "dalle", "decoder", "nothing")
DRAWN = {"cvae": 128, "dalle": 64, "decoder": 32}
JUDGE = ROOT / "tests" / "js" / "judge_pictures.mjs"


def _bytes(pictures):
    return np.clip(pictures + 0.5, 0, 255).astype(np.uint8)


def _ambiguous(n, rng):
    """Pictures of two shapes in one place, each drawn with a part of its strength, now and then in two colours."""
    pictures, asked = np.full((n, 32, 32, 3), BACKGROUND, np.float32), []
    for picture in pictures:
        shapes, colours = rng.choice(len(SHAPES), 2, replace=False), rng.integers(len(COLOURS), size=2)
        colours[1] = colours[int(rng.random() < 0.4)]
        (x, y), radius, share = rng.uniform(0.2, 0.8, 2), rng.uniform(2.2, 5.6) / 32, rng.random()
        for shape, colour, part in zip(shapes, colours, (share, 1 - share), strict=True):
            rgb = np.float32([*PALETTE.values()][colour])
            alpha = part * coverage(SHAPES[shape], [x], [y], [radius], 32, 32)[0]
            picture += alpha[..., None] * (rgb - np.float32(BACKGROUND))
        asked.append(Description((ObjectSpec(SHAPES[shapes[0]], COLOURS[colours[0]]),)))
    return _bytes(pictures), asked


def _drawn(kind, asked, captions):
    """What a shipped model makes of the captions; the decoder is given too few steps to draw well."""
    few = {"steps": 6} if kind == "decoder" else {}
    return weights.load(f"{kind}-shapes").draw(captions, seed=5, **few), asked


def _pictures(rng):
    """(kind, pictures, descriptions) of every kind but the models'."""
    parts = [sample(32, 40 + i, split) for i, split in enumerate(SPLITS)]
    asked = [description for descriptions, _ in parts for description in descriptions]
    clean = np.concatenate([render(scenes) for _, scenes in parts])
    yield "true", clean, asked
    n = len(clean)
    wrong = [(clean[i], other) for i in range(0, n, 3) for _, other in swaps(asked[i], rng)]
    yield "swapped", np.stack([picture for picture, _ in wrong]), [other for _, other in wrong]
    floats, other = clean.astype(np.float32), clean[rng.permutation(n)].astype(np.float32)
    sigma = rng.choice([5, 15, 30, 60], (100, 1, 1, 1))
    yield "noisy", _bytes(floats[:100] + sigma * rng.normal(size=(100, 32, 32, 3))), asked[:100]
    sigmas = rng.uniform(0.4, 2, 100)
    blurred = [ndimage.gaussian_filter(picture, (s, s, 0)) for picture, s in zip(floats[-100:], sigmas, strict=True)]
    yield "blurred", _bytes(np.stack(blurred)), asked[-100:]
    share = rng.random((120, 1, 1, 1))
    yield "mixed", _bytes(share * floats[:120] + (1 - share) * other[:120]), asked[:120]
    yield "ambiguous", *_ambiguous(120, rng)
    yield "overlaid", _bytes(np.minimum(floats, other)[:80]), asked[:80]
    uniform = rng.integers(0, 256, (4, 32, 32, 3), np.uint8)
    cloudy = ndimage.gaussian_filter(rng.normal(size=(8, 32, 32, 3)), (0, 1.5, 1.5, 0))
    blank = [np.full((32, 32, 3), grey, np.uint8) for grey in (0, 128, 240, 255)]
    yield "nothing", np.concatenate([uniform, _bytes(128 + 90 * cloudy / cloudy.std()), blank]), asked[:16]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Kind → pairs (Python's verdict, JavaScript's), and the milliseconds that each of the latter took."""
    rng, folder = np.random.default_rng(2026), tmp_path_factory.mktemp("oracle")
    sets = list(_pictures(rng))
    for kind, n in DRAWN.items():
        asked, _ = sample(n, 60, "test")
        sets.append((kind, *_drawn(kind, asked, [describe(d, rng) for d in asked])))
    kinds = [kind for kind, _, asked in sets for _ in asked]
    pictures = np.concatenate([pictures for _, pictures, _ in sets])
    captions = [describe(d, rng, LANGUAGES[i % 2]) for i, d in enumerate(d for *_, asked in sets for d in asked)]
    (folder / "pictures").write_bytes(pictures.tobytes())
    (folder / "captions").write_text(json.dumps(captions), encoding="utf-8")
    told = json.loads(run_node(JUDGE, folder / "pictures", folder / "captions"))
    found = {kind: [] for kind in KINDS}
    for kind, mine, theirs in zip(kinds, score(pictures, captions), told["verdicts"], strict=True):
        found[kind].append((mine, theirs))
    return found, told["milliseconds"]


def _plain(sentence):
    """A sentence without what rounding alone decides (see above)."""
    if "none of the six shapes" in sentence or " could be a " in sentence:
        sentence = re.sub(r"\(.*?\)", "(…)", sentence)
    pair = re.search(r"could be an? (\w+) or an? (\w+)$", sentence)
    return f"{sentence[: pair.start()]}{sorted(pair.groups())}" if pair else sentence


def _objects(verdict):
    return [(o.shape, o.colour, o.size, o.place) for o in verdict.scene.objects]


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_are_pythons(verdicts, kind):
    pairs = verdicts[0][kind]
    same = [mine.correct == theirs["correct"] and mine.attributes == theirs["attributes"] for mine, theirs in pairs]
    said = f"{sum(same)} of {len(same)} verdicts on {kind} pictures agree"
    print(said)
    assert all(same), said
    for mine, theirs in pairs:
        assert _objects(mine) == [tuple(o[name] for name in ("shape", "colour", "size", "place"))
                                  for o in theirs["objects"]]
        places = [(o.x, o.y, o.radius) for o in mine.scene.objects]
        np.testing.assert_allclose([(o["x"], o["y"], o["radius"]) for o in theirs["objects"]], places, atol=1e-4)
        assert [*map(_plain, mine.reasons)] == [*map(_plain, theirs["reasons"])]
    if kind != "nothing":       # word for word, but for the place of a blob that is no shape at all
        worded = [list(mine.reasons) == theirs["reasons"] for mine, theirs in pairs]
        assert np.mean(worded) > 0.97, f"{sum(worded)} of {len(worded)} verdicts on {kind} pictures read the same"


def test_there_were_enough_pictures_and_both_kinds_of_verdict(verdicts):
    pairs, milliseconds = [pair for pairs in verdicts[0].values() for pair in pairs], verdicts[1]
    right = sum(mine.correct for mine, _ in pairs)
    print(f"{right} of {len(pairs)} pictures are right; {np.median(milliseconds):.1f} ms a verdict")
    assert len(pairs) >= 1000 and right >= 250 and len(pairs) - right >= 250
    drawn = [mine.correct for kind in DRAWN for mine, _ in verdicts[0][kind]]
    assert 0.05 < np.mean(drawn) < 0.95
    assert np.median(milliseconds) < 100         # 3 on a machine at rest; here others may be busy beside it


def test_what_was_seen_in_words_is_a_caption_that_the_oracle_calls_right(verdicts):
    judged = 0
    for mine, theirs in verdicts[0]["true"] + verdicts[0]["decoder"]:
        if 1 <= len(mine.scene.objects) <= 3:
            judged += 1
            assert judge(Reading(mine.scene, ()), parse(theirs["seen"])).correct, theirs["seen"]
    assert judged >= 150
