"""The U-Net heeds what it is told, and nothing that was dropped; the decoder draws what its seed says."""

import numpy as np
import pytest

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.unet import UNet, fold, unfold
from dalle_tutorial.training import RECIPES
from dalle_tutorial.training.streams import Stream
from dalle_tutorial.weights import Trained

array = keras.ops.convert_to_numpy
RECIPE = RECIPES["decoder-shapes"]["smoke"]
TOKENIZER = RECIPE.tokenizer()


def waken(model):
    """Gives the layers that start at zero something to say, as training would."""
    rng = np.random.default_rng(0)
    for weight in model.trainable_variables:
        if not np.any(array(weight)):
            weight.assign(0.1 * rng.standard_normal(weight.shape))
    return model


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return waken(RECIPE.build(TOKENIZER))


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(1).standard_normal((2, 32, 32, 3)).astype("float32")


def test_folding_loses_nothing(x):
    folded = fold(x, 2)
    assert folded.shape == (2, 16, 16, 12)
    np.testing.assert_array_equal(array(unfold(folded, 2)), x)
    np.testing.assert_array_equal(array(folded)[0, 3, 5].reshape(2, 2, 3), x[0, 6:8, 10:12])


def test_words_their_order_and_the_time_reach_the_picture(model, x):
    ids = TOKENIZER(["a red circle above a blue star", "a blue star above a red circle"])
    same = np.stack([x[0], x[0]])
    out = array(model.denoiser(same, np.array([0.5, 0.5], "float32"), {"ids": ids}))
    assert np.abs(out[0] - out[1]).max() > 1e-4
    later = array(model.denoiser(same, np.array([0.9, 0.9], "float32"), {"ids": ids}))
    assert np.abs(out - later).max() > 1e-4


def test_what_is_dropped_is_not_heard(model, x):
    t, keep = np.array([0.5, 0.5], "float32"), np.zeros(2, "float32")
    captions = (["a red circle", "a blue star"], ["three small black hearts", "a pink cross above a red star"])
    one, other = (array(model.denoiser(x, t, {"ids": TOKENIZER(list(c)), "keep_ids": keep})) for c in captions)
    np.testing.assert_allclose(one, other, atol=1e-5)
    heard = array(model.denoiser(x, t, {"ids": TOKENIZER(captions[0])}))
    assert np.abs(heard - one).max() > 1e-4


def test_an_embedding_is_heard_and_can_be_dropped(x):
    keras.utils.set_random_seed(0)
    unet = UNet(32, (8, 16), 1, embedding_width=6)
    t, keep = np.array([0.5, 0.5], "float32"), np.ones(2, "float32")
    rng = np.random.default_rng(2)
    vectors = [rng.standard_normal((2, 6)).astype("float32") for _ in range(2)]
    unet(x, t, {"embedding": vectors[0]})
    waken(unet)
    one, other = (array(unet(x, t, {"embedding": v, "keep_embedding": keep})) for v in vectors)
    assert np.abs(one - other).max() > 1e-4
    one, other = (array(unet(x, t, {"embedding": v, "keep_embedding": 0 * keep})) for v in vectors)
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_an_upsampler_has_neither_words_nor_attention():
    keras.utils.set_random_seed(0)
    unet = UNet(64, (8, 16), 0, low=True)
    x, low = np.random.default_rng(0).standard_normal((2, 1, 64, 64, 3)).astype("float32")
    t = np.array([0.3], "float32")
    assert unet(x, t, {"low": low}).shape == (1, 64, 64, 3)
    assert not any("block" in weight.path for weight in unet.weights if "blocks" in weight.path)
    again = UNet.from_config(unet.get_config())
    again(x, t, {"low": low})
    again.set_weights(unet.get_weights())
    np.testing.assert_allclose(array(again(x, t, {"low": low})), array(unet(x, t, {"low": low})), atol=1e-6)


def test_every_part_learns():
    keras.utils.set_random_seed(1)
    model = waken(RECIPE.build(TOKENIZER))
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    before = [array(weight).copy() for weight in model.trainable_variables]
    seen = model.fit(Stream(RECIPE.batches(TOKENIZER), 8, 6), epochs=2, verbose=0).history["loss"]
    assert seen[-1] < seen[0]
    still = [w.path for w, old in zip(model.trainable_variables, before, strict=True) if np.array_equal(array(w), old)]
    assert not still


@pytest.mark.parametrize("sampler", ["dpm-solver", "ddpm"])
def test_a_picture_depends_on_its_caption_its_seed_and_its_number_alone(model, sampler):
    trained = Trained(model, TOKENIZER, {"name": "decoder-shapes"})
    told = {"steps": 3, "guidance_scale": 2.0, "sampler": sampler}
    alone = trained.draw(["a red circle", "a blue star"], seed=2, **told).astype(int)
    other = trained.draw(["two green hearts", "a blue star", "a pink cross"], seed=2, **told)
    assert alone.shape == (2, 32, 32, 3) and np.abs(alone[1] - other[1]).max() <= 1
    assert np.abs(alone[1] - trained.draw(["a red circle", "a blue star"], seed=3, **told)[1]).max() > 1


def test_settings_that_are_not_allowed(model):
    trained = Trained(model, TOKENIZER, {"name": "decoder-shapes"})
    with pytest.raises(TutorialError, match="unknown setting 'temperature': allowed are guidance_scale"):
        trained.draw(["a red circle"], temperature=1.0)
    with pytest.raises(TutorialError, match="unknown sampler 'magic'"):
        trained.draw(["a red circle"], sampler="magic")


def test_the_sampler_asks_the_wrapped_guess_in_place_of_the_model(model, x):
    asked, known = [], np.full_like(x, 0.25)

    def wrap(guess):
        def denoise(now, t):
            asked.append(guess(now, t)[0])
            signal, noise_rate = model.schedule.rates(t)
            return known, (now - signal * known) / noise_rate

        return denoise

    ids = TOKENIZER(["a red circle", "a blue star"])
    np.testing.assert_allclose(model.generate(ids, x, steps=3, wrap=wrap), known, atol=1e-5)
    assert len(asked) == 3 and np.abs(asked[0] - known).max() > 1e-3
