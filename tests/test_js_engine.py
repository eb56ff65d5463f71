"""The page's engine against Python: the same weights, caption, seed and settings draw the same pictures.

It runs the exported models in Node, with the runtime that browsers run. Without exported models it is skipped.
"""

import base64
import functools
import json

import numpy as np
import pytest
from node import ROOT, run_node

from dalle_tutorial import weights
from dalle_tutorial.models.unclip import UnCLIP

MODELS = ROOT / "_assets" / "vendor" / "models"
RUNTIME = ROOT / "node_modules" / "onnxruntime-web"
pytestmark = [
    pytest.mark.skipif(not (MODELS / "index.json").exists(), reason="no exported models in _assets/vendor/models"),
    pytest.mark.skipif(not RUNTIME.exists(), reason="no node_modules/onnxruntime-web: make setup fetches it"),
]
FURTHEST = 2  # of 255
TWO, ONE = "a small red circle above a large blue square", "a green star at the top left"
CHINESE = "一个黄色圆形在一个蓝色正方形的左边"


@functools.cache
def trained(name):
    """A model in Python with the very weights that were exported."""
    index = json.loads((MODELS / "index.json").read_text(encoding="utf-8"))["models"]
    precision = json.loads((MODELS / index[name]["json"]).read_text(encoding="utf-8"))["precision"]
    return weights.load(name, **({"precision": precision} if precision == "int8" else {}))


@functools.cache
def unclip():
    """The whole stack in Python."""
    decoder = trained("unclip-shapes")
    return UnCLIP(trained("clip-shapes"), {"diffusion": trained("prior-shapes")}, decoder, card=decoder.card)


def played(*jobs):
    """What the engine does with [(task, parameters)], one result each, pictures as uint8 (n, 32, 32, 3)."""
    def packed(value):
        return base64.b64encode(value.tobytes()).decode() if isinstance(value, np.ndarray) else value

    asked = [{"task": task, "parameters": {name: packed(value) for name, value in told.items()}} for task, told in jobs]
    told = json.dumps({"models": str(MODELS), "jobs": asked}).encode()
    results = json.loads(run_node(ROOT / "tests" / "js" / "draw.mjs", input=told))
    for result in results:
        raw = result.get("pictures") or [result["picture"]]
        held = [np.frombuffer(base64.b64decode(one), "uint8").reshape(32, 32, 3) for one in raw]
        result["pictures"] = np.stack(held)
    return results


def check_same(found, expected):
    """No number of a picture is further than FURTHEST from Python's."""
    apart = np.abs(found.astype(int) - expected.astype(int))
    print(f"furthest {apart.max()} of 255; {np.mean(apart.max(-1) > 0):.2%} of pixels differ at all")
    assert apart.max() <= FURTHEST


@pytest.mark.parametrize("model, name, captions, settings", [
    ("cvae", "cvae-shapes", (TWO, ONE), {}),
    ("cvae", "cvae-shapes", (ONE,), {"temperature": 1.0}),
    ("dalle", "dalle-shapes", (TWO, ONE), {}),
    ("dalle", "dalle-shapes", (TWO,), {"guidance": 1.0, "temperature": 1.0}),
    ("glide", "decoder-shapes", (TWO, CHINESE), {}),
    ("glide", "decoder-shapes", (ONE,), {"guidance": 1.0, "steps": 9, "sampler": "ddim"}),
    ("glide", "decoder-shapes", (ONE,), {"guidance": 4.0, "steps": 7, "sampler": "ddpm"}),
    ("unclip", "unclip-shapes", (TWO, CHINESE), {}),
])
def test_draws_what_python_draws(model, name, captions, settings):
    told = {"guidance_scale" if key == "guidance" else key: value for key, value in settings.items()}
    source = unclip() if model == "unclip" else trained(name)
    expected = np.concatenate([source.draw([caption] * 2, seed=3, **told)[1:] for caption in captions])
    jobs = [("draw", {"model": model, "caption": caption, "seed": 3, "index": 1, **settings}) for caption in captions]
    check_same(np.concatenate([result["pictures"] for result in played(*jobs)]), expected)


@functools.cache
def two_pictures():
    return unclip().draw([TWO, ONE], seed=5)


def test_imagines_what_python_imagines():
    result, = played(("draw", {"model": "unclip", "caption": TWO, "seed": 7, "steps": 1}))
    np.testing.assert_allclose(result["embedding"], unclip().imagine([TWO], seed=7)[0], atol=1e-3)


def test_varies_as_python_does():
    jobs = [("vary", {"picture": two_pictures()[0], "n": 3, "eta": eta, "seed": 2, "steps": 10}) for eta in (0.0, 0.8)]
    for (_, told), result in zip(jobs, played(*jobs), strict=True):
        check_same(result["pictures"], unclip().vary(told["picture"], n=3, eta=told["eta"], seed=2, steps=10))
        assert result["verdicts"] is None


def test_interpolates_and_changes_as_python_does():
    first, second = two_pictures()
    turned, changed = played(
        ("interpolate", {"first": first, "second": second, "frames": 4, "steps": 10}),
        ("textDiff", {"picture": second, "source": ONE, "target": "a red star", "fraction": 0.4, "steps": 10,
                      "guidance": 2.0}),
    )
    check_same(turned["pictures"], unclip().interpolate(first, second, frames=4, steps=10))
    assert len(turned["readings"]) == 4
    expected = unclip().text_diff([second], [ONE], ["a red star"], 0.4, guidance_scale=2.0, steps=10)
    check_same(changed["pictures"], expected)


def test_inpaints_as_python_does():
    mask = np.zeros((32, 32), bool)
    mask[16:, 3:29] = True
    picture, caption = two_pictures()[0], "a small red circle above a large green heart"
    result, = played(("inpaint", {"picture": picture, "mask": mask.astype("uint8"), "caption": caption, "seed": 4}))
    check_same(result["pictures"], unclip().inpaint([picture], mask[None], [caption], seed=4))
    assert np.array_equal(result["pictures"][0][~mask], picture[~mask])
