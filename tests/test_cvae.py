"""The CVAE as a whole: shapes, what depends on what, its bounds, its config. Nothing here trains for long."""

import numpy as np
import pytest

from dalle_tutorial.backend import keras
from dalle_tutorial.data.shapes import captions_and_pictures
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.cvae import CVAE
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.training import RECIPES
from dalle_tutorial.training.streams import to_unit

TOKENIZER = RECIPES["cvae-shapes"]["cpu"].tokenizer()


def make(painter="objects", prior="learned"):
    keras.utils.set_random_seed(0)
    encoder = TextEncoder(TOKENIZER.vocabulary_size, TOKENIZER.max_length, 16, depth=1, heads=2)
    model = CVAE(encoder, 3, 4, 16, 1, painter=painter, prior=prior)
    model.build_for(TOKENIZER.max_length)
    return model


@pytest.fixture(scope="module")
def batch():
    captions, pictures = captions_and_pictures(6, 0)
    return to_unit(pictures), TOKENIZER(captions)


@pytest.fixture(scope="module", params=["objects", "patches"])
def model(request):
    return make(request.param)


def test_shapes_of_everything(model, batch):
    x, ids = batch
    z_mean, z_log_var = model.encode(x, ids)
    assert z_mean.shape == z_log_var.shape == (6, 12)
    assert model.decode(z_mean, ids).shape == model.reconstruct(x, ids).shape == (6, 32, 32, 3)
    assert model.generate(ids, np.zeros((6, 12), "float32")).shape == (6, 32, 32, 3)
    assert model.interpolate(z_mean[0], z_mean[1], ids[:1], steps=5).shape == (5, 32, 32, 3)


def test_the_prior_goes_token_by_token(model, batch):
    """p(z|c) of a token may depend on the tokens before it, and must not depend on itself or on later ones."""
    _, ids = batch
    z = np.random.default_rng(0).standard_normal((6, 12)).astype("float32")
    changed = z.copy()
    changed[:, 4:8] += 1
    before, after = np.array(model.prior(z, ids)[0]), np.array(model.prior(changed, ids)[0])
    np.testing.assert_allclose(before[:, :8], after[:, :8], atol=1e-6)
    assert np.abs(before[:, 8:] - after[:, 8:]).max() > 1e-6


def test_a_sample_of_the_prior_has_the_density_it_was_drawn_from(model, batch):
    _, ids = batch
    noise = np.random.default_rng(1).standard_normal((6, 12)).astype("float32")
    z = model.sample_prior(noise, ids)
    mean, log_var = model.prior(z, ids)
    np.testing.assert_allclose((np.array(z) - mean) / np.exp(0.5 * np.array(log_var)), noise, atol=1e-4)


def test_the_second_prior_goes_number_by_number_and_changes_nothing_else(batch):
    x, ids = batch
    first = make()
    second = first.with_second_prior(TOKENIZER.max_length)
    np.testing.assert_array_equal(second.reconstruct(x, ids), first.reconstruct(x, ids))
    learning = {id(weight) for weight in second.guesser.weights}
    assert {id(weight) for weight in second.trainable_weights} == learning
    z = np.random.default_rng(3).standard_normal((6, 12)).astype("float32")
    changed = z.copy()
    changed[:, 5] += 1
    before, after = np.array(second.prior(z, ids)[0]), np.array(second.prior(changed, ids)[0])
    np.testing.assert_allclose(before[:, :6], after[:, :6], atol=1e-6)
    assert np.abs(before[:, 6:] - after[:, 6:]).max() > 1e-6


def test_a_painter_by_patches_can_have_a_second_prior_too(batch):
    x, ids = batch
    second = make(painter="patches").with_second_prior(TOKENIZER.max_length)
    assert np.isfinite(second.elbo(x, ids)).all() and not second.painter.trainable_weights


def test_the_caption_reaches_the_picture(model):
    z = np.zeros((2, 12), "float32")
    one, other = np.array(model.decode(z, TOKENIZER(["a red circle", "a blue square"])))
    assert np.abs(one - other).max() > 1e-4


def test_more_samples_never_loosen_the_bound_on_average(batch):
    x, ids = batch
    model = make("patches")
    elbo = np.mean(model.elbo(x, ids, samples=32, seed=0))
    bound = np.mean(model.importance_weighted_bound(x, ids, samples=32, seed=0))
    assert bound >= elbo  # with the same draws this is Jensen's inequality, not luck


def test_one_sample_of_either_bound_is_the_same_number(batch):
    x, ids = batch
    model = make("patches")
    one = model.elbo(x, ids, samples=1, seed=5)
    np.testing.assert_allclose(one, model.importance_weighted_bound(x, ids, samples=1, seed=5), rtol=1e-5)


def test_standard_prior_is_standard(batch):
    _, ids = batch
    model = make("patches", prior="standard")
    noise = np.random.default_rng(2).standard_normal((6, 12)).astype("float32")
    np.testing.assert_array_equal(model.sample_prior(noise, ids), noise)


def test_free_bits_are_charged_once_for_each_latent_number(batch):
    x, ids = batch
    model = make("patches")
    prediction = model({"pictures": x, "ids": ids})
    charged = []
    for free_bits in (100.0, 200.0):  # nats, far above any KL of an untrained model
        model.free_bits = free_bits
        charged.append(float(model.compute_loss({"pictures": x, "ids": ids}, y_pred=prediction)))
    assert charged[1] - charged[0] == pytest.approx(12 * 100, rel=1e-3)


def test_training_lowers_the_loss(batch):
    x, ids = batch
    model = make("patches")
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    model.optimizer.build(model.trainable_variables)
    losses = model.fit({"pictures": x, "ids": ids}, epochs=30, batch_size=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


def test_config_makes_the_same_model():
    model = make()
    twin = CVAE.from_config(model.get_config())
    twin.build_for(TOKENIZER.max_length)
    assert [weight.shape for weight in twin.weights] == [weight.shape for weight in model.weights]


@pytest.mark.parametrize(("name", "value"), [("prior", "flat"), ("painter", "crayons")])
def test_unknown_choices_are_named(name, value):
    with pytest.raises(TutorialError, match=f"unknown {name} '{value}': allowed are"):
        CVAE(None, **{name: value})
