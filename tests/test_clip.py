"""CLIP: vectors of length one, a symmetric loss, and a search that finds what belongs together."""

import numpy as np
import pytest

from dalle_tutorial import matching
from dalle_tutorial.backend import keras
from dalle_tutorial.models.clip import CLIP, LARGEST_SCALE, encoders
from dalle_tutorial.training import RECIPES
from dalle_tutorial.training.streams import Stream
from dalle_tutorial.weights import Trained

array = keras.ops.convert_to_numpy
RECIPE = RECIPES["clip-shapes"]["smoke"]
TOKENIZER = RECIPE.tokenizer()


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return RECIPE.build(TOKENIZER)


@pytest.fixture(scope="module")
def batch():
    return RECIPE.batches(TOKENIZER)(12, 0)


def cross_entropy(logits):
    """−log softmax on the diagonal, by hand."""
    return np.log(np.exp(logits).sum(1)) - np.diag(logits)


def test_vectors_have_length_one(model, batch):
    for vectors in (model.encode_image(batch["pictures"]), model.encode_text(batch["ids"])):
        np.testing.assert_allclose(np.linalg.norm(array(vectors), axis=1), 1, atol=1e-4)


def test_the_loss_is_the_symmetric_cross_entropy(model, batch):
    pairs = {name: batch[name] for name in ("pictures", "ids")}
    found = model(pairs)
    loss = float(model.compute_loss(pairs, y_pred=found))
    logits = array(model.scale) * array(found["image"]) @ array(found["text"]).T
    np.testing.assert_allclose(loss, (cross_entropy(logits).mean() + cross_entropy(logits.T).mean()) / 2, rtol=1e-4)
    with_wrong = float(model.compute_loss(batch, y_pred=model(batch)))
    assert with_wrong > loss  # more captions to choose from


def test_the_temperature_is_learned_and_bounded(model):
    assert any(weight is model.logit_scale for weight in model.trainable_variables)
    before = array(model.logit_scale)
    model.logit_scale.assign(10.0)
    assert float(model.scale) == LARGEST_SCALE
    model.logit_scale.assign(before)
    np.testing.assert_allclose(float(model.scale), 1 / 0.07, rtol=1e-5)


def test_both_languages_and_wrong_captions_are_in_a_batch(batch):
    captions = [TOKENIZER.decode(row[1:]) for row in batch["ids"]]
    assert any(caption.isascii() for caption in captions) and not all(caption.isascii() for caption in captions)
    assert (batch["ids"] != batch["wrong_ids"]).any(1).all()


def test_word_order_reaches_the_vector(model):
    ids = TOKENIZER(["a red circle above a blue star", "a blue star above a red circle"])
    one, other = array(model.encode_text(ids))
    assert np.abs(one - other).max() > 1e-4


def test_a_few_steps_lower_the_loss_and_the_config_remakes_the_model():
    keras.utils.set_random_seed(1)
    model = RECIPE.build(TOKENIZER)
    model.compile(optimizer=keras.optimizers.Adam(2e-3))
    seen = model.fit(Stream(RECIPE.batches(TOKENIZER), 32, 12), epochs=2, verbose=0).history["loss"]
    assert seen[-1] < seen[0]
    again = CLIP.from_config(model.get_config())
    again.build_for(TOKENIZER.max_length)
    again.set_weights(model.get_weights())
    ids = TOKENIZER(["a red circle"])
    np.testing.assert_allclose(array(again.encode_text(ids)), array(model.encode_text(ids)), atol=1e-6)


class Ideal:
    """A model that knows what a picture shows: its vectors name the caption a picture was drawn for."""

    def encode_image(self, x):
        return np.eye(40)[: len(x)]

    def encode_text(self, ids):
        return np.eye(40)[: len(ids)]


def test_retrieval_of_a_perfect_model_is_perfect_and_its_ceiling_is_below_one():
    found = matching.retrieval(Trained(Ideal(), TOKENIZER, {}), n=40)
    assert found["caption"].rate == found["picture"].rate == found["true_caption"].rate == 1
    assert 0.5 < found["ceiling"] <= 1


def test_a_gallery_of_distinct_captions_holds_those_that_were_drawn_first():
    """Single objects, of which a split has few, are drawn often; they must not be crowded out for that."""
    descriptions, scenes = matching.distinct(200, 3)
    drawn, _ = matching.sample(4 * 200, 3, "test")
    assert descriptions == list(dict.fromkeys(drawn))[:200] and len(scenes) == 200
    assert {description.kind for description in descriptions} == {"one", "two", "count", "three"}


def test_untrained_it_is_near_chance(model):
    trained = Trained(model, TOKENIZER, {})
    assert matching.retrieval(trained, n=200)["caption"].rate < 0.1
    assert 0.2 < matching.refusals(trained, n=200)["order of objects"].rate < 0.8
    found = matching.zero_shot(trained, n=60)
    assert set(found) == {"shape", "colour", "place"} and found["colour"].rate < 0.5


def test_encoders_say_what_the_model_does_as_loud_as_noise(model, batch):
    see, read = encoders(model)
    for encode, slow, x in ((see, model.encode_image, batch["pictures"]), (read, model.encode_text, batch["ids"])):
        found = encode(x)
        assert isinstance(found, np.ndarray)
        np.testing.assert_allclose(found, np.sqrt(model.embedding_width) * array(slow(x)), atol=1e-4)
