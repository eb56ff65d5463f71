"""Keys and values that are kept say what reading everything again says."""

import numpy as np
import pytest

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.layers import Attention, PositionEmbedding, TransformerBlock

array, ops = keras.ops.convert_to_numpy, keras.ops
RNG = np.random.default_rng(0)
X, CONTEXT = (RNG.standard_normal(shape).astype("float32") for shape in ((2, 9, 16), (2, 5, 8)))
SEEN = np.array([[True] * 5, [True, True, True, False, False]])


def position(k):
    """As a compiled step is told it."""
    return ops.convert_to_tensor(k, "int32")


def stepwise(block, parts, context=None, **masks):
    """What a block says of X, told in parts of so many tokens each."""
    def step(x, cache, at):
        return block.step(x, cache, at, **masks)

    step, cache, said, at = compiled(step, block), block.start_cache(len(X), X.shape[1], context), [], 0
    for part in parts:
        out, cache = step(ops.convert_to_tensor(X[:, at : at + part]), cache, position(at))
        said.append(array(out))
        at += part
    return np.concatenate(said, axis=1)


@pytest.mark.parametrize("parts", [[9], [1] * 9, [4, 1, 1, 3]])
@pytest.mark.parametrize("cross", [False, True])
def test_in_parts_a_block_says_what_it_says_at_once(parts, cross):
    keras.utils.set_random_seed(1)
    block = TransformerBlock(16, 2, causal=True, cross=cross)
    context = CONTEXT if cross else None
    masks = {"context_mask": SEEN} if cross else {}
    whole = array(block(X, context, **masks))
    np.testing.assert_allclose(stepwise(block, parts, context, **masks), whole, atol=1e-5)


def test_a_mask_of_the_sequence_holds_for_steps_too():
    keras.utils.set_random_seed(1)
    block, mask = TransformerBlock(16, 2, causal=True), np.arange(9) != np.array([[1], [2]])
    block.build(X.shape)
    whole = array(block(X, mask=mask))
    np.testing.assert_allclose(stepwise(block, [5, 1, 1, 1, 1], mask=mask), whole, atol=1e-5)
    assert np.abs(whole - array(block(X))).max() > 1e-3


def test_what_the_cache_holds_later_on_is_not_seen():
    block = TransformerBlock(16, 2, causal=True)
    block.build(X.shape)
    cache = block.start_cache(2, 9)
    assert {name: tensor.shape for name, tensor in cache["own"].items()} == {
        "keys": (2, 2, 8, 9), "values": (2, 2, 9, 8)}
    full = keras.tree.map_structure(lambda tensor: tensor + 7.0, cache)  # as if something stood there already
    np.testing.assert_array_equal(*(array(block.step(X[:, :4], each, position(0))[0]) for each in (cache, full)))


def test_a_step_gives_back_a_new_cache_and_leaves_the_old_one():
    attention = Attention(16, 2, causal=True)
    attention.build(X.shape)
    old = attention.start_cache(2, 9)
    _, new = attention.step(X[:, :3], old, position(2))
    assert not array(old["keys"]).any()
    filled = np.abs(array(new["values"])).max(axis=(0, 1, 3)) > 0
    np.testing.assert_array_equal(filled, (np.arange(9) >= 2) & (np.arange(9) < 5))


def test_positions_begin_where_they_are_told_to():
    layer = PositionEmbedding(9)
    whole = array(layer(X))
    for at in (0, 4, 8):
        part = X[:, at : min(at + 3, 9)]
        np.testing.assert_array_equal(array(layer(part, position(at))), whole[:, at : at + part.shape[1]])
