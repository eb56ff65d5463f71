"""Attention and the text encoder, held against arithmetic done another way; and the trap that made a bag of words."""

import numpy as np
import pytest

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.layers import Attention, PositionEmbedding, TransformerBlock
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import WordTokenizer

array = keras.ops.convert_to_numpy
WORDS = ["a", "red", "blue", "circle", "square", "left", "of"]


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def make_encoder(**options):
    tokenizer = WordTokenizer(WORDS, max_length=12)
    keras.utils.set_random_seed(1)
    encoder = TextEncoder(tokenizer.vocabulary_size, 12, width=16, depth=2, heads=2, **options)
    encoder(tokenizer(["a red circle"]))
    return tokenizer, encoder


def test_attention_is_what_the_formula_says():
    layer, x = Attention(8, heads=2), numbers(1, 3, 8)
    out = np.array(layer(x))[0]
    q = x[0] @ array(layer.query.kernel)
    k, v = np.split(x[0] @ array(layer.key_value.kernel), 2, axis=1)
    heads = []
    for h in (slice(0, 4), slice(4, 8)):
        e = np.exp(q[:, h] @ k[:, h].T / 2)  # √4 = 2
        heads.append(e / e.sum(1, keepdims=True) @ v[:, h])
    np.testing.assert_allclose(out, np.concatenate(heads, 1) @ array(layer.out.kernel), atol=1e-5)


def test_masked_tokens_change_nothing():
    layer, x, mask = Attention(8, heads=2), numbers(1, 4, 8), np.array([[True, True, True, False]])
    other = x.copy()
    other[0, 3] += 5
    np.testing.assert_allclose(layer(x, mask=mask)[0, :3], layer(other, mask=mask)[0, :3], atol=1e-6)


def test_causal_attention_never_sees_what_comes_later():
    block, x = TransformerBlock(8, heads=2, causal=True), numbers(1, 5, 8)
    other = x.copy()
    other[0, 3:] += 1
    before, after = np.array(block(x)), np.array(block(other))
    np.testing.assert_allclose(before[0, :3], after[0, :3], atol=1e-6)
    assert np.abs(before[0, 3:] - after[0, 3:]).max() > 1e-3


def test_heads_must_share_the_width():
    with pytest.raises(TutorialError, match="10 cannot be shared among 4 heads"):
        Attention(10, heads=4)


def test_positions_are_trained():
    """Positions computed once while a model is built are a constant: no weight, no gradient, a bag of words."""
    import tensorflow as tf

    tokenizer, encoder = make_encoder()
    table = encoder.positions.table
    assert any(weight is table for weight in encoder.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encoder(tokenizer(["a red circle left of a blue square"]))["sentence"] ** 2)
    assert np.abs(np.array(tape.gradient(loss, table.value))).max() > 0


@pytest.mark.parametrize("causal", [False, True])
def test_word_order_reaches_the_sentence_vector(causal):
    tokenizer, encoder = make_encoder(causal=causal)
    swapped = ["a red circle left of a blue square", "a blue circle left of a red square"]
    one, other = encoder(tokenizer(swapped))["sentence"]
    assert np.abs(np.array(one) - np.array(other)).max() > 1e-3


def test_filling_does_not_reach_the_vectors():
    tokenizer, encoder = make_encoder()
    ids = tokenizer(["a red circle"])
    longer = WordTokenizer(WORDS, max_length=12)(["a red circle"])
    longer[0, 8:] = 0
    np.testing.assert_allclose(encoder(ids)["sentence"], encoder(longer)["sentence"], atol=1e-6)
    assert encoder(ids)["tokens"].shape == (1, 12, 16)


def test_attention_maps_are_distributions_and_rebuild_the_same_output():
    tokenizer, encoder = make_encoder()
    ids = tokenizer(["a red circle left of a blue square"])
    maps = np.array(encoder.attention_maps(ids))
    assert maps.shape == (1, 2, 2, 12, 12)
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
    assert maps[..., 10:].max() < 1e-6  # filling is never looked at


def test_positions_survive_config():
    layer = PositionEmbedding.from_config(PositionEmbedding(7).get_config())
    assert layer(numbers(1, 7, 4)).shape == (1, 7, 4)
