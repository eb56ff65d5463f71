"""What the U-Net is made of: the time as a vector, residual blocks, patches, and where a cell of the picture is."""

import math

import numpy as np

from dalle_tutorial.backend import keras

ops = keras.ops


class TimeEmbedding(keras.layers.Layer):
    """Times (batch,) in [0, 1] → (batch, width): sines and cosines from slow to fast, then two dense layers."""

    def __init__(self, width, waves=32, **kwargs):
        super().__init__(**kwargs)
        self.frequencies = [math.pi * 500 ** (i / (waves - 1)) for i in range(waves)]
        self.widen = keras.layers.Dense(width, activation="silu", name="widen")
        self.out = keras.layers.Dense(width, name="out")

    def build(self, input_shape):
        self.widen.build((None, 2 * len(self.frequencies)))
        self.out.build((None, self.widen.units))

    def call(self, t):
        angles = ops.expand_dims(t, -1) * ops.convert_to_tensor([self.frequencies])
        return self.out(self.widen(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)))


class ResidualBlock(keras.layers.Layer):
    """Two 3 × 3 convolutions beside a shortcut; what is known of time and condition scales and shifts their middle."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        # One group: a norm for each pixel would forget how strong the noise is there, which is what has to be told.
        self.norms = [keras.layers.GroupNormalization(1, name=f"norm_{i}") for i in range(2)]
        self.first = keras.layers.Conv2D(width, 3, padding="same", name="first")
        # Zeros: at the start a block does nothing, and the net learns from its shortcuts (Goyal et al. 2017, §5.1).
        self.second = keras.layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros", name="second")
        self.modulate = keras.layers.Dense(2 * width, kernel_initializer="zeros", name="modulate")
        self.shortcut = None

    def build(self, x_shape, known_shape):
        if x_shape[-1] != self.width:
            self.shortcut = keras.layers.Dense(self.width, name="shortcut")
            self.shortcut.build(x_shape)
        inner = (*x_shape[:-1], self.width)
        self.norms[0].build(x_shape)
        self.first.build(x_shape)
        self.norms[1].build(inner)
        self.second.build(inner)
        self.modulate.build(known_shape)

    def call(self, x, known):
        """`x` (batch, height, width, channels) and `known` (batch, any) → (batch, height, width, `width`)."""
        scale, shift = ops.split(ops.expand_dims(self.modulate(known), (1, 2)), 2, axis=-1)
        h = self.first(ops.relu(self.norms[0](x)))
        h = self.second(ops.relu(self.norms[1](h) * (1 + scale) + shift))
        return h + (x if self.shortcut is None else self.shortcut(x))


def fold(x, patch):
    """(batch, height, width, channels) → (batch, height / patch, width / patch, patch² · channels); nothing is lost."""
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height // patch, patch, width // patch, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height // patch, width // patch, patch**2 * channels))


def unfold(x, patch):
    """Undoes `fold`."""
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height, width, patch, patch, channels // patch**2))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height * patch, width * patch, channels // patch**2))


def grid_waves(rows, width):
    """Where each cell of a square grid is: (rows², width), sines and cosines of its row, then of its column.

    As large as the features of a cell. Small random vectors, as for words, would drown in the noise, and a net that
    cannot tell its cells apart cannot heed "at the top left".
    """
    speeds = math.pi * (0.5 + 16 * np.arange(width // 4) / width)  # from a quarter of a wave to about two
    angles = speeds * (np.arange(rows)[:, None] + 0.5) / rows
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    return np.concatenate([np.repeat(waves, rows, axis=0), np.tile(waves, (rows, 1))], axis=-1)
