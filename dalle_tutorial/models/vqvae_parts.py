"""The networks around a codebook: pictures become a grid of features, and a grid of vectors becomes pictures."""

from dalle_tutorial.backend import keras
from dalle_tutorial.models.unet_parts import fold, unfold

ops = keras.ops
SIDE = 32  # pictures are SIDE × SIDE
GRID = 8  # and become GRID × GRID tokens
CHANNELS = 3
_PATCH = 2  # pictures are folded into patches of so many pixels first


class ConvolutionBlock(keras.layers.Layer):
    """ReLU, a 3 × 3 convolution, ReLU and a 1 × 1 one, beside a shortcut (van den Oord et al. 2017, §4.1).

    There is no norm: one over the picture would let every cell know of all others, and the same few pixels would be
    different tokens in different pictures.
    """

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.look = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name="look")
        # Zeros: at the start a block does nothing (Goyal et al. 2017, §5.1).
        self.mix = keras.layers.Dense(width, kernel_initializer="zeros", name="mix")

    def build(self, input_shape):
        self.look.build(input_shape)
        self.mix.build(input_shape)

    def call(self, x):
        """(batch, height, width, channels) → the same shape."""
        return x + self.mix(self.look(ops.relu(x)))


class GridEncoder(keras.layers.Layer):
    """Pictures (batch, 32, 32, 3) → features (batch, 8, 8, width), each of some 30 × 30 pixels around its cell.

    depth: blocks at 8 × 8; half as many, at least one, stand at 16 × 16, where there are half as many channels.
    """

    def __init__(self, width=64, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        conv = keras.layers.Conv2D
        self.enter = conv(width // 2, 3, padding="same", name="enter")
        self.fine = [ConvolutionBlock(width // 2, name=f"fine_{i}") for i in range(max(1, depth // 2))]
        self.down = conv(width, 3, strides=2, padding="same", name="down")
        self.coarse = [ConvolutionBlock(width, name=f"coarse_{i}") for i in range(depth)]

    def build(self, input_shape=None):
        half, quarter = (None, SIDE // _PATCH, SIDE // _PATCH), (None, GRID, GRID)
        self.enter.build((*half, _PATCH**2 * CHANNELS))
        for layer in (*self.fine, self.down):
            layer.build((*half, self.width // 2))
        for layer in self.coarse:
            layer.build((*quarter, self.width))

    def call(self, x):
        x = self.enter(fold(x, _PATCH))  # (batch, 16, 16, width / 2)
        for block in self.fine:
            x = block(x)
        x = self.down(ops.relu(x))  # (batch, 8, 8, width)
        for block in self.coarse:
            x = block(x)
        return ops.relu(x)


class GridDecoder(keras.layers.Layer):
    """Vectors (batch, 8, 8, code width) → pictures (batch, 32, 32, 3), near [−1, 1]. `depth` blocks at 8 × 8 agree on
    what is there; as many at 16 × 16 draw its edges."""

    def __init__(self, code_width=16, width=64, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.code_width, self.width = code_width, width
        conv = keras.layers.Conv2D
        self.enter = conv(width, 3, padding="same", name="enter")
        self.coarse = [ConvolutionBlock(width, name=f"coarse_{i}") for i in range(depth)]
        self.up = keras.layers.Dense(_PATCH**2 * (width // 2), name="up")
        self.fine = [ConvolutionBlock(width // 2, name=f"fine_{i}") for i in range(depth)]
        self.leave = conv(_PATCH**2 * CHANNELS, 3, padding="same", name="leave")

    def build(self, input_shape=None):
        half, quarter = (None, SIDE // _PATCH, SIDE // _PATCH), (None, GRID, GRID)
        self.enter.build((*quarter, self.code_width))
        for layer in (*self.coarse, self.up):
            layer.build((*quarter, self.width))
        for layer in (*self.fine, self.leave):
            layer.build((*half, self.width // 2))

    def call(self, vectors):
        x = self.enter(vectors)  # (batch, 8, 8, width)
        for block in self.coarse:
            x = block(x)
        x = unfold(self.up(ops.relu(x)), _PATCH)  # (batch, 16, 16, width / 2)
        for block in self.fine:
            x = block(x)
        return unfold(self.leave(ops.relu(x)), _PATCH)
