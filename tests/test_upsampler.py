"""The upsampler begins as plain enlargement, sees faults in training, and is measured against true larger pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from dalle_tutorial import report, upsampling, weights
from dalle_tutorial.backend import keras
from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_bytes, to_unit
from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.models.samplers import noise_for_each
from dalle_tutorial.models.upsampler import Upsampler, blur
from dalle_tutorial.training import RECIPES, train
from dalle_tutorial.weights import Trained

array = keras.ops.convert_to_numpy
RECIPE = RECIPES["upsampler-shapes"]["smoke"]
TOKENIZER = RECIPE.tokenizer()
BATCH = RECIPE.batches(TOKENIZER)(8, 0)
SMALL = to_bytes(BATCH["low"])


@pytest.fixture(scope="module")
def fresh():
    """An untrained upsampler."""
    keras.utils.set_random_seed(0)
    return RECIPE.build(TOKENIZER)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with a short run in it, and the upsampler that it gave."""
    folder = tmp_path_factory.mktemp("upsampler")
    return folder, train("upsampler-shapes", "smoke", folder, progress=False)


def noise_of(n, seed=0):
    return noise_for_each(n, (64, 64, 3), seed)


def test_a_batch_holds_each_scene_in_two_sizes():
    assert BATCH["x0"].shape == (8, 64, 64, 3) and BATCH["low"].shape == (8, 32, 32, 3)
    shrunk = BATCH["x0"].reshape(8, 32, 2, 32, 2, 3).mean((2, 4))
    assert np.abs(shrunk - BATCH["low"]).mean() < 0.01
    again = RECIPE.batches(TOKENIZER)(8, 0)
    np.testing.assert_array_equal(again["x0"], BATCH["x0"])
    assert np.abs(BATCH["x0"] - RECIPE.batches(TOKENIZER)(8, 1)["x0"]).max() > 0.1


def test_blur_is_a_gaussian_that_keeps_flat_colours():
    x = np.zeros((2, 5, 5, 1), "float32")
    x[:, 2, 2] = 1
    sigmas = np.array([0.5, 0.8])
    beside = np.exp(-0.5 / sigmas**2).reshape(2, 1, 1, 1).astype("float32")
    for found, sigma in zip(array(blur(x, beside)), sigmas, strict=True):
        far = np.arange(-1, 2) ** 2
        kernel = np.exp(-(far[:, None] + far) / (2 * sigma**2))
        np.testing.assert_allclose(found[1:4, 1:4, 0], kernel / kernel.sum(), atol=1e-6)
    np.testing.assert_allclose(array(blur(np.ones_like(x), beside)), 1, atol=1e-6)
    np.testing.assert_array_equal(array(blur(x, 0 * beside)), x)


def test_corruption_is_slight_and_anew_for_each_picture(fresh):
    same = np.repeat(BATCH["low"][:1], 400, axis=0)
    found = array(fresh.corrupt(same))
    off = np.sqrt(np.square(found - same).mean((1, 2, 3)))
    assert 0 < off.min() < 0.02 and off.max() < 0.15 and len(np.unique(off)) == 400
    edges = np.abs(same[0] - same[0, 0, 0]).max(-1) > 0.2
    change = np.square(found - same).mean(-1)
    blurred = change[:, edges].mean(1) > 2 * change[:, ~edges].mean(1) + 1e-3
    assert 0.35 < blurred.mean() < 0.65


def test_it_is_corrupted_in_training_only(fresh):
    seen = []
    fresh_enlarge = fresh.enlarge
    try:
        fresh.enlarge = lambda low: seen.append(array(low)) or fresh_enlarge(low)
        fresh(BATCH, training=False)
        fresh(BATCH, training=True)
    finally:
        del fresh.enlarge
    np.testing.assert_array_equal(seen[0], BATCH["low"])
    assert np.abs(seen[1] - BATCH["low"]).max() > 1e-3


def test_enlarging_is_what_pillow_calls_bilinear(fresh):
    pillow = np.stack([np.asarray(Image.fromarray(x).resize((64, 64), Image.Resampling.BILINEAR)) for x in SMALL])
    found = array(fresh.enlarge(BATCH["low"]))
    np.testing.assert_allclose(found, to_unit(pillow), atol=0.01)


def test_untrained_it_enlarges_plainly_whatever_the_noise(fresh):
    found = fresh.generate(BATCH["low"], noise_of(8), steps=2)
    np.testing.assert_allclose(found, array(fresh.enlarge(BATCH["low"])), atol=1e-5)


def test_every_part_learns(fresh, run):
    """`fresh` is what the run began with."""
    model, losses = run[1].model, []
    for each in (fresh, model):
        each.seeds.state.assign(0 * each.seeds.state)
        losses.append(np.mean([float(each.compute_loss(y_pred=each(BATCH))) for _ in range(4)]))
    assert losses[1] < losses[0]
    pairs = zip(model.trainable_variables, fresh.trainable_variables, strict=True)
    assert not [new.path for new, old in pairs if np.array_equal(array(new), array(old))]
    assert not any("block" in w.path or "text" in w.path for w in model.weights), "no attention and no words (§2.1)"


def test_it_comes_back_as_it_went(run):
    folder, trained = run
    loaded = weights.load(folder)
    assert isinstance(loaded.model, Upsampler) and loaded.card["class"] == "Upsampler"
    one, other = (upsampling.enlarge(each, SMALL, steps=3).astype(int) for each in (trained, loaded))
    assert one.shape == (8, 64, 64, 3) and np.abs(one - other).max() <= 2


def test_a_picture_depends_on_itself_the_seed_and_its_number_alone(run):
    trained = run[1]
    for weight in trained.model.trainable_variables:  # what ten steps leave at zero would heed no noise
        if "leave" in weight.path:
            weight.assign_add(0.02 * np.random.default_rng(0).standard_normal(weight.shape))
    both = upsampling.enlarge(trained, SMALL[:2], seed=2).astype(int)
    among = upsampling.enlarge(trained, SMALL[[5, 1, 6]], seed=2)
    assert np.abs(both[1] - among[1]).max() <= 1 and np.abs(both[0] - among[0]).max() > 1
    assert np.abs(both[1] - upsampling.enlarge(trained, SMALL[:2], seed=3)[1]).max() > 1


def test_what_it_cannot_do_is_said(fresh):
    trained = Trained(fresh, TOKENIZER, {"name": "upsampler-shapes"})
    with pytest.raises(TutorialError, match="upsampler-shapes draws no pictures"):
        trained.draw(["a red circle"])
    with pytest.raises(TutorialError, match="--captions is for models that do"):
        report.report_on(trained, captions=["a red circle"])
    with pytest.raises(PictureError, match=r"shape \(8, 64, 64, 3\): allowed are \(pictures, 32, 32, 3\)"):
        fresh.generate(BATCH["x0"], noise_of(8))
    for pictures in (SMALL, 127.5 * BATCH["low"]):
        with pytest.raises(PictureError, match="floats from -1 to 1"):
            fresh.generate(pictures, noise_of(8))
    with pytest.raises(TutorialError, match="unknown sampler 'magic': allowed are ddpm"):
        fresh.generate(BATCH["low"], noise_of(8), sampler="magic")
    with pytest.raises(TutorialError, match="x is a batch of 3, the conditions are one of 8"):
        fresh.generate(BATCH["low"], noise_of(3))
    with pytest.raises(PictureError, match=r"type float32: allowed is uint8 \(pictures, 32, 32, 3\)"):
        upsampling.enlarge(trained, BATCH["low"])


def test_psnr_is_ten_decibels_for_each_tenth_of_the_squared_error():
    truth = np.full((2, 4, 4, 3), 100, np.uint8)
    np.testing.assert_allclose(upsampling.psnr(truth + np.uint8(10), truth), 20 * np.log10(25.5))
    np.testing.assert_allclose(upsampling.psnr(truth, truth), 10 * np.log10(12 * 255**2))
    assert upsampling.psnr(np.zeros_like(truth), truth).shape == (2,)


def test_the_measure_knows_the_truth_from_a_plain_way_and_from_nothing(monkeypatch):
    kept = {}

    def keep(scenes, side):
        kept[side] = shapes.render(scenes, side)
        return kept[side]

    monkeypatch.setattr(upsampling, "render", keep)
    perfect = upsampling.upsampling(lambda small, seed: kept[64], n=40)
    assert perfect["model"].rate == 1 == perfect["nearer"].rate
    assert perfect["psnr"]["model"]["mean"] > 58 > perfect["psnr"]["bicubic"]["mean"]
    plain = upsampling.upsampling(lambda small, seed: upsampling.plainly(small), n=40)
    assert plain["model"] == plain["bicubic"] and plain["nearer"].rate == 0
    assert plain["psnr"]["model"] == plain["psnr"]["bicubic"] == perfect["psnr"]["bicubic"]
    grey = upsampling.upsampling(lambda small, seed: np.zeros((len(small), 64, 64, 3), np.uint8), n=4)
    assert grey["model"].rate == 0


def test_measuring_refuses_what_is_no_larger_picture():
    with pytest.raises(PictureError, match=r"allowed is uint8 \(4, 64, 64, 3\)"):
        upsampling.upsampling(lambda small, seed: small, n=4)
    with pytest.raises(TutorialError, match="n is 1: at least two"):
        upsampling.upsampling(lambda small, seed: small, n=1)


def test_the_report_of_an_upsampler(run):
    found = report.report_on(run[1], n=4, seed=1)
    json.dumps(found, allow_nan=False)
    assert (found["model"], found["upsampling"]["n"]) == ("upsampler-shapes", 4)
    lines = report.summary(found)
    assert len(lines) == 1 + 2 * 3 + 1 and lines[1].startswith("enlarged, model  ") and " dB" in lines[2]


def test_publishing_puts_the_figures_into_the_card(run, tmp_path, monkeypatch):
    from scripts.train_all import publish

    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    publish("upsampler-shapes", run[0], n=4, seed=1)
    card = weights.load("upsampler-shapes").card
    assert card["figures"]["upsampling"]["nearer"]["n"] == 4 and "64 × 64" in card["limits"]
