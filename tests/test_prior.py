"""The prior: causal, told by the caption, and of several candidates the nearest."""

from dataclasses import replace

import numpy as np
import pytest

from dalle_tutorial import weights
from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.prior import DiffusionPrior, PriorNetwork, nearest_candidate
from dalle_tutorial.text.tokenizers import END, START
from dalle_tutorial.training import RECIPES
from dalle_tutorial.training.streams import shapes_tokenizer
from dalle_tutorial.training.unclip import begin_with

array = keras.ops.convert_to_numpy
IDS = np.array([[START, 5, 6, END, 0, 0], [START, 6, 5, END, 0, 0]], "int32")
RNG = np.random.default_rng(0)
TEXT = RNG.standard_normal((2, 8)).astype("float32")
TEXT *= np.sqrt(8) / np.linalg.norm(TEXT, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def prior():
    keras.utils.set_random_seed(0)
    made = DiffusionPrior(PriorNetwork(12, 6, 8, 16, 2), "cosine", "x0", dropout={"text": 0.1})
    made.build_for(6)
    return made


def test_caption_text_embedding_noise_and_time_all_count(prior):
    x, t = np.ones((2, 8), "float32"), np.array([0.5, 0.5], "float32")
    told = {"ids": IDS[[0, 0]], "text": TEXT[[0, 0]]}
    base = array(prior.denoiser(x, t, told))
    changes = (
        (x, t, {**told, "ids": IDS}), (x, t, {**told, "text": TEXT}),
        (x * np.array([[1], [2]], "float32"), t, told), (x, np.array([0.5, 0.9], "float32"), told),
    )
    for changed in changes:
        out = array(prior.denoiser(*changed))
        assert np.abs(out[1] - base[1]).max() > 1e-4
        np.testing.assert_allclose(out[0], base[0], atol=1e-5)


def test_dropped_words_are_not_heard_and_padding_never_is(prior):
    x, t, keep = np.ones((2, 8), "float32"), np.array([0.5, 0.5], "float32"), np.zeros(2, "float32")
    out = array(prior.denoiser(x, t, {"ids": IDS, "text": TEXT, "keep_text": keep}))
    np.testing.assert_allclose(out[0], out[1], atol=1e-5)


def test_of_two_candidates_the_nearer_is_kept(prior):
    noise = RNG.standard_normal((2, 2, 8)).astype("float32")
    alone = [prior.generate(IDS, noise[:, k], TEXT, steps=4) for k in (0, 1)]
    both = prior.generate(IDS, noise, TEXT, steps=4)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), np.sqrt(8), rtol=1e-4)
    cosines = np.stack([(each * TEXT).sum(1) for each in alone])
    np.testing.assert_allclose((both * TEXT).sum(1), cosines.max(0), atol=1e-3)


def test_both_recipes_of_unclip_learn_from_what_clip_says():
    for name in ("prior-shapes", "unclip-shapes"):
        recipe = RECIPES[name]["smoke"]
        tokenizer = recipe.tokenizer()
        model, batch = recipe.build(tokenizer), recipe.batches(tokenizer)(4, 0)
        vectors = batch["x0"] if name == "prior-shapes" else batch["embedding"]
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 8, rtol=1e-3)
        loss = float(model.compute_loss(batch, y_pred=model(batch, training=True)))
        assert np.isfinite(loss) and loss > 0


def test_the_decoder_of_unclip_goes_on_from_another():
    keras.utils.set_random_seed(2)
    recipe = RECIPES["decoder-shapes"]["smoke"]
    tokenizer = recipe.tokenizer()
    trained = recipe.build(tokenizer)
    for weight in trained.denoiser.weights:
        weight.assign(RNG.standard_normal(weight.shape))
    trained = type(trained).from_config(trained.get_config())  # as it comes from a file: under other names
    trained.build_for(tokenizer.max_length)
    model = RECIPES["unclip-shapes"]["smoke"].build(tokenizer)
    begin_with(model, trained)
    for name in ("enter", "leave", "up"):
        old, new = (getattr(each.denoiser, name).kernel for each in (trained, model))
        np.testing.assert_array_equal(array(old), array(new))
    assert not array(model.denoiser.embedding.kernel).any() and array(model.denoiser.extra.kernel).any()
    other = replace(recipe, depth=2).build(tokenizer)
    with pytest.raises(TutorialError, match="block_1.* finds no place"):
        begin_with(model, other)


def test_the_decoder_starts_with_clips_reader_and_learns_near_noise():
    recipe = replace(RECIPES["decoder-shapes"]["smoke"], reader="clip-shapes")
    tokenizer, taught = recipe.tokenizer(), weights.load("clip-shapes")
    model = recipe.build(tokenizer)
    for own, theirs in zip(model.denoiser.text_encoder.weights, taught.model.text_encoder.weights, strict=True):
        np.testing.assert_array_equal(array(own), array(theirs))
    assert model.shift == 3
    with pytest.raises(TutorialError, match="must begin with those of clip-shapes"):
        recipe.build(shapes_tokenizer())


def test_it_learns_which_embedding_belongs_to_which_caption():
    keras.utils.set_random_seed(1)
    prior = DiffusionPrior(PriorNetwork(12, 6, 8, 16, 2), "cosine", "x0", dropout={"text": 0.1})
    prior.build_for(6)
    prior.compile(optimizer=keras.optimizers.Adam(5e-3))
    rows = RNG.integers(0, 2, 2048)
    targets = TEXT[::-1]  # the caption's picture is not the caption: the other one's text embedding
    data = {"x0": targets[rows], "ids": IDS[rows], "text": TEXT[rows]}
    prior.fit(data, batch_size=64, epochs=6, verbose=0)
    found = prior.generate(IDS, RNG.standard_normal((2, 8)).astype("float32"), TEXT, steps=8)
    assert ((found * TEXT[::-1]).sum(1) / 8 > 0.95).all()


def test_candidates_are_compared_by_direction_and_come_back_as_long_as_noise():
    candidates = np.float32([[[9, 9, 0, 0], [0.1, 0, 0, 0]], [[0, 0, -1, 0], [0, 0, 0, 5]]])
    text = np.float32([[2, 0, 0, 0], [0, 0, 0, 2]])
    found = nearest_candidate(candidates, text)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, text, atol=1e-6)
