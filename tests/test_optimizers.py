"""Muon turns matrices and nothing else; both optimisers follow one schedule."""

import numpy as np
import pytest

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.training.optimizers import Muon, optimizer_for
from dalle_tutorial.training.recipe import Recipe

array = keras.ops.convert_to_numpy


def stepped(optimizer, gradient, name):
    """How far one step moves a variable that stood at zero."""
    variable = keras.Variable(np.zeros_like(gradient), name=name)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return array(variable)


def muon():
    return Muon(0.1, weight_decay=0.0, adam_weight_decay=0.0, exclude_layers=["table"])


def test_a_matrix_moves_as_far_in_a_rare_direction_as_in_a_loud_one():
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.standard_normal((n, 6)))[0] for n in (8, 12))
    gradient = (left * [1000, 100, 10, 5, 2, 1]) @ right.T
    sizes = np.linalg.svd(stepped(muon(), gradient.astype("float32"), "kernel"), compute_uv=False)[:6]
    expected = 0.1 * 0.2 * np.sqrt(12)  # the step of Adam: about 0.2 · learning rate for each weight (Liu et al. 2025)
    assert (sizes[:3] > 0.5 * expected).all() and (sizes < 1.4 * expected).all()
    assert sizes[0] / sizes[2] < 2  # of two directions whose gradients differ a hundredfold


@pytest.mark.parametrize(("shape", "name"), [((5,), "bias"), ((4, 6), "table")])
def test_vectors_and_tables_are_left_to_adam(shape, name):
    gradient = np.random.default_rng(1).standard_normal(shape).astype("float32")
    np.testing.assert_allclose(stepped(muon(), gradient, name), -0.1 * np.sign(gradient), rtol=1e-3)


def test_kernels_of_convolutions_are_matrices_where_it_is_asked():
    gradient = np.random.default_rng(2).standard_normal((3, 3, 4, 6)).astype("float32")
    np.testing.assert_allclose(stepped(muon(), gradient, "kernel"), -0.1 * np.sign(gradient), rtol=1e-3)
    step = stepped(optimizer_for("muon", 0.1, 10, convolutions=True), gradient, "kernel").reshape(36, 6)
    sizes = np.linalg.svd(step, compute_uv=False)
    assert sizes.max() / sizes.min() < 2 and np.abs(step).std() > 0.01 * np.abs(step).max()


def test_the_rate_warms_up_and_falls_to_a_fiftieth():
    for name in ("adamw", "muon"):
        rate = optimizer_for(name, 1e-2, 1000)._learning_rate
        first, top, last = (float(rate(step)) for step in (0, 100, 1100))
        assert first < 1e-4 and top == pytest.approx(1e-2) and last == pytest.approx(2e-4)


def test_an_unknown_one_is_named():
    with pytest.raises(TutorialError, match="unknown optimizer 'sgd': allowed are adamw, muon"):
        optimizer_for("sgd", 1e-3, 10)


def test_a_recipe_makes_the_optimizer_that_it_names():
    recipe = Recipe("any", 7, learning_rate=3e-3, optimizer="adamw")
    found = recipe.make_optimizer(1000)
    assert type(found) is keras.optimizers.AdamW and not found.use_ema
    assert float(found._learning_rate(100)) == pytest.approx(3e-3)

    class Averaged(Recipe):
        ema, convolutions = 0.9, True

    found = Averaged("any", 7).make_optimizer(1000)
    assert isinstance(found, Muon) and found.convolutions and (found.use_ema, found.ema_momentum) == (True, 0.9)
