"""Embeddings as a few whole numbers: principal components, each rounded to one of a few buckets (Ramesh et al. 2022,
§2.2, where 1,024 numbers become 319 tokens of 1,024 kinds)."""

import math

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError

ops = keras.ops
REACH = 3.0  # the buckets of a number divide ± so many of its own deviations


def principal_components(vectors):
    """The mean (width,), the directions (width, width), one a row, and the deviations (width,) of vectors (n, width),
    by decreasing deviation. A direction's sign is free: here its largest number is positive, on every machine."""
    mean = vectors.mean(axis=0)
    _, singular, rows = np.linalg.svd(vectors - mean, full_matrices=False)
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    return mean, rows * signs[:, None], singular / math.sqrt(len(vectors))


@keras.saving.register_keras_serializable("dalle_tutorial")
class PrincipalBuckets(keras.layers.Layer):
    """Embeddings (batch, width) ↔ tokens (batch, dimensions), each in 0 … buckets − 1; fitted, not trained.

    Buckets are evenly wide, ±3 deviations of their dimension shared out; the outermost also hold what lies beyond. On
    CLIP's vectors of the shapes world, quantiles instead leave twice the squared error, for they are wide at the rims.
    """

    def __init__(self, width, dimensions=24, buckets=64, **kwargs):
        super().__init__(**kwargs)
        if not 1 <= dimensions <= width:
            raise TutorialError(f"dimensions is {dimensions}: of vectors of {width} numbers, 1 to {width} can be kept")
        if buckets < 2:
            raise TutorialError(f"buckets is {buckets}: it must be at least 2")
        self.width, self.dimensions, self.buckets = width, dimensions, buckets

    def build(self, input_shape=None):
        shapes = {
            "centre": (self.width,), "components": (self.dimensions, self.width),
            "edges": (self.dimensions, self.buckets - 1), "values": (self.dimensions, self.buckets),
        }
        for name, shape in shapes.items():
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer="zeros", trainable=False))
        self.built = True

    def fit(self, vectors):
        """Fits all to vectors (n, width), n ≥ dimensions; returns the share of variance that is kept.

        A token stands for the mean of the numbers in its bucket; an empty one, for its middle.
        """
        vectors = np.asarray(vectors, "float64")
        if vectors.ndim != 2 or vectors.shape[1] != self.width or len(vectors) < max(2, self.dimensions):
            raise TutorialError(f"vectors are {vectors.shape}: at least {max(2, self.dimensions)} are needed, "
                                f"each of {self.width} numbers")
        mean, rows, deviations = principal_components(vectors)
        kept_rows, kept_deviations = rows[: self.dimensions], deviations[: self.dimensions, None]
        borders = kept_deviations * np.linspace(-REACH, REACH, self.buckets + 1)
        numbers, edges = (vectors - mean) @ kept_rows.T, borders[:, 1:-1]
        values = (borders[:, 1:] + borders[:, :-1]) / 2
        for values_here, edges_here, column in zip(values, edges, numbers.T, strict=True):
            tokens = np.searchsorted(edges_here, column, side="right")
            counts = np.bincount(tokens, minlength=self.buckets)
            sums = np.bincount(tokens, column, minlength=self.buckets)
            values_here[counts > 0] = sums[counts > 0] / counts[counts > 0]
        for weight, value in ((self.centre, mean), (self.components, kept_rows), (self.edges, edges),
                              (self.values, values)):
            weight.assign(value.astype("float32"))
        return float(np.sum(kept_deviations**2) / np.sum(deviations**2))

    def call(self, x):
        """Embeddings (batch, width) → their tokens (batch, dimensions) int32."""
        numbers = ops.matmul(ops.cast(x, "float32") - self.centre, ops.transpose(self.components))
        return ops.sum(ops.cast(numbers[:, :, None] >= self.edges, "int32"), axis=-1)

    def decode(self, tokens):
        """Tokens (batch, dimensions) → embeddings (batch, width), an array; dropped dimensions are at their mean."""
        centre, components, values = (ops.convert_to_numpy(w) for w in (self.centre, self.components, self.values))
        return centre + values[np.arange(self.dimensions), ops.convert_to_numpy(tokens)] @ components

    def get_config(self):
        return {**super().get_config(), "width": self.width, "dimensions": self.dimensions, "buckets": self.buckets}
