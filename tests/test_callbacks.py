"""Moving averages stand in while a model is looked at, and are gone afterwards."""

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.training.callbacks import Milestones, averaged

array = keras.ops.convert_to_numpy


def learning_model(**options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1, **options), loss="mse")
    return model


X, Y = np.ones((8, 2), "float32"), np.full((8, 1), 3.0, "float32")


def test_averages_stand_in_and_go_again():
    model = learning_model(use_ema=True, ema_momentum=0.9)
    model.optimizer.build(model.trainable_variables)
    model.train_on_batch(X, Y)
    model.train_on_batch(X, Y)
    before = [array(weight).copy() for weight in model.trainable_variables]
    with averaged(model):
        within = [array(weight).copy() for weight in model.trainable_variables]
    after = [array(weight) for weight in model.trainable_variables]
    assert all(np.abs(w - b).max() > 1e-4 for w, b in zip(within, before, strict=True))
    for b, a in zip(before, after, strict=True):
        np.testing.assert_array_equal(b, a)


def test_without_averages_nothing_changes():
    model = learning_model()
    before = array(model.trainable_variables[0]).copy()
    with averaged(model):
        np.testing.assert_array_equal(array(model.trainable_variables[0]), before)
    with averaged(None):
        pass


def test_milestones_are_measured_every_few_chunks_on_the_averages():
    model, seen = learning_model(use_ema=True, ema_momentum=0.9), []

    def measure():
        seen.append(array(model.trainable_variables[0]).copy())
        return {"one_object": 0.5}

    history = model.fit(X, Y, epochs=4, verbose=0, callbacks=[Milestones(measure, every=2)]).history
    assert len(seen) == 2 and history["one_object"] == [0.5, 0.5]
    assert np.abs(seen[0] - seen[1]).max() > 0
