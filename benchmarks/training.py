"""Where the time of training the decoder goes, against what the machine can do: one table.

    python benchmarks/training.py [--model decoder-shapes] [--steps 20]

"peak" is the speed of a product of two 2048 × 2048 float32 matrices. Operations are counted in the traced graph of the
forward pass by TensorFlow's own profiler; a step of training takes three times as many (two products of the backward
pass for one of the forward), and the optimiser's own are not counted as useful. Run it on an idle machine.
"""

import argparse
import time

import numpy as np
import tensorflow as tf

from dalle_tutorial.backend import keras
from dalle_tutorial.training import recipes


def seconds(job, steps):
    """The median time of a call; it is called twice before."""
    times = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return float(np.median(times[2:]))


def operations(function):
    """Floating-point operations of one call of a `tf.function` without arguments."""
    graph = function.get_concrete_function().graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="decoder-shapes")
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    recipe = recipes.find(options.model, "cpu")
    tokenizer = recipe.tokenizer()
    model, make = recipe.build(tokenizer), recipe.batches(tokenizer)
    optimizer = recipe.make_optimizer(1000)
    variables = [variable.value for variable in model.trainable_variables]
    optimizer.build(model.trainable_variables)
    batch = {name: tf.constant(value) for name, value in make(recipe.batch, 0).items()}
    gradients = [0.01 * tf.random.normal(variable.shape) for variable in variables]
    square = tf.random.normal((2048, 2048))

    def loss():
        return model.compute_loss(batch, y_pred=model(batch, training=True))

    def backward():
        with tf.GradientTape() as tape:
            found = loss()
        return tape.gradient(found, variables)

    product, forward, both = tf.function(lambda: square @ square), tf.function(loss), tf.function(backward)
    update = tf.function(lambda: optimizer.apply(gradients, model.trainable_variables))
    speed = 2 * 2048**3 / seconds(lambda: product().numpy(), options.steps)
    counted = 3 * operations(forward)
    parts = {
        "data": seconds(lambda: make(recipe.batch, 1), options.steps),
        "forward": seconds(lambda: forward().numpy(), options.steps),
        "forward and backward": seconds(lambda: both()[0].numpy(), options.steps),
        "optimiser and moving average": seconds(update, options.steps),
    }
    step = parts["forward and backward"] + parts["optimiser and moving average"]
    print(f"{options.model}: {model.count_params():,} parameters, batch {recipe.batch}, Keras {keras.__version__}")
    print(f"{'peak, 2048 × 2048 product':<32} {speed / 1e9:8.0f} GFLOP/s")
    print(f"{'useful operations a step':<32} {counted / 1e9:8.1f} GFLOP")
    for name, found in parts.items():
        print(f"{name:<32} {1000 * found:8.1f} ms")
    print(f"{'forward and backward':<32} {counted / parts['forward and backward'] / speed:8.0%} of the peak")
    print(f"{'a whole step':<32} {counted / step / speed:8.0%} of the peak, {recipe.batch / step:.0f} pictures/s")


if __name__ == "__main__":
    main()
