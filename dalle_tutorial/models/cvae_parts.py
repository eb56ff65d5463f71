"""The networks that every CVAE here has, and those of the one that paints by patches.

`Guesser` is p(z|c). `PatchRecogniser` and `PatchPainter` are q(z|x,c) and p(x|z,c) of a model that knows nothing of
objects; `cvae_objects` holds a pair that does.
"""



from dalle_tutorial.backend import keras
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock

ops = keras.ops
SIDE = 32  # pictures are SIDE × SIDE
GRID = 8  # and are read and painted as GRID × GRID patches


def conv(filters, **kwargs):
    """A 3 × 3 convolution that keeps the size, with GELU."""
    return keras.layers.Conv2D(filters, 3, padding="same", activation="gelu", **kwargs)


def blank(like, tokens, width):
    """Zeros (batch, tokens, width) for as many examples as `like` (batch, anything, anything) has."""
    return ops.zeros_like(like[:, :1, :1]) * ops.zeros((1, tokens, width))


def soft_limit(log_var):
    """Log variances, kept between −6 and 6: one over a smaller variance is a gradient that outshouts all others."""
    return 6 * ops.tanh(log_var / 6)


class Guesser(keras.layers.Layer):
    """p(z|c), token after token: each latent token is a Gaussian that the words and the tokens before it decide.

    Without the tokens before, where one object stands could not depend on where the other does, and "left of" would
    have to be forgotten.
    """

    def __init__(self, latent_tokens, latent_width, width, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.rounds, self.latent_width, self.width = latent_tokens, latent_width, width
        self.widen = keras.layers.Dense(width)
        self.positions = PositionEmbedding(latent_tokens)
        self.blocks = [TransformerBlock(width, causal=True, cross=True) for _ in range(depth)]
        self.norm = keras.layers.RMSNormalization()
        self.mean = keras.layers.Dense(latent_width)
        self.log_var = keras.layers.Dense(latent_width, kernel_initializer="zeros")

    def context(self, ids, tokens, mask, subjects):
        """What a caption tells `call`, computed once however often it is called; here, the words as they are."""
        return tokens, mask

    def call(self, z, tokens, mask, hints=0.0):
        """z (batch, latent) and word vectors → mean and log variance of each number of z, given the words and the
        tokens before its own; both (batch, latent). `hints` (batch, latent tokens, width) say more of each token."""
        z = ops.reshape(z, (-1, self.rounds, self.latent_width))
        before = ops.pad(z[:, :-1], ((0, 0), (1, 0), (0, 0)))
        x = self.positions(self.widen(before)) + hints
        for block in self.blocks:
            x = block(x, tokens, context_mask=mask)
        x, flat = self.norm(x), (-1, self.rounds * self.latent_width)
        return ops.reshape(self.mean(x), flat), soft_limit(ops.reshape(self.log_var(x), flat))


class SecondGuesser(Guesser):
    """p(z|c) learnt when all the rest has settled: number after number of z, with a text encoder of its own.

    With `hinted` it is told what the painter will paint with each latent token, so that it need only find out where.
    """

    def __init__(self, text_encoder, latent_tokens, latent_width, width, hinted=True, **kwargs):
        super().__init__(latent_tokens * latent_width, 1, width, **kwargs)
        self.text_encoder, self.numbers = text_encoder, latent_width
        self.subject = keras.layers.Dense(width) if hinted else None

    def context(self, ids, tokens, mask, subjects):
        """The caption, read again, and what each number's latent token stands for."""
        said = self.text_encoder(ids)["tokens"], mask
        return (*said, ops.repeat(self.subject(subjects), self.numbers, axis=1)) if self.subject else said


class PatchRecogniser(keras.layers.Layer):
    """q(z|x,c): convolutions make patches, the patches look at the words, two dense layers look at all patches."""

    def __init__(self, latent_tokens, latent_width, width, depth, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.convolutions = [conv(width // 2, strides=2), conv(width, strides=2)]
        self.positions = PositionEmbedding(GRID * GRID)
        self.blocks = [TransformerBlock(width, cross=True) for _ in range(depth)]
        self.norm = keras.layers.RMSNormalization()
        self.narrow = keras.layers.Dense(16)
        self.mix = keras.layers.Dense(4 * width, activation="gelu")
        self.mean = keras.layers.Dense(latent_tokens * latent_width)
        self.log_var = keras.layers.Dense(latent_tokens * latent_width)

    def call(self, x, tokens, mask):
        """Pictures (batch, 32, 32, 3) and word vectors → mean and log variance, each (batch, latent)."""
        for convolution in self.convolutions:
            x = convolution(x)
        x = self.positions(ops.reshape(x, (-1, GRID * GRID, self.width)))
        for block in self.blocks:
            x = block(x, tokens, context_mask=mask)
        x = self.mix(ops.reshape(self.narrow(self.norm(x)), (-1, GRID * GRID * 16)))
        # A posterior as wide as the prior would drown the picture in noise before anything is learnt: start at e⁻⁴.
        return self.mean(x), soft_limit(self.log_var(x) - 4)


class PatchPainter(keras.layers.Layer):
    """p(x|z,c): z fills 8 × 8 patches, these look at the words and at each other, convolutions draw the pixels."""

    def __init__(self, latent_tokens, latent_width, width, depth, **kwargs):
        super().__init__(**kwargs)
        del latent_tokens, latent_width  # all of z fills the patches at once
        self.width = width
        self.fill = keras.layers.Dense(GRID * GRID * width)
        self.positions = PositionEmbedding(GRID * GRID)
        self.blocks = [TransformerBlock(width, cross=True) for _ in range(depth)]
        self.norm = keras.layers.RMSNormalization()
        self.unfold = keras.layers.Dense(16 * 16)
        self.draw = [conv(24), keras.layers.Conv2D(3, 3, padding="same")]

    def subjects(self, tokens, mask):
        """None: no latent token stands for anything by itself."""

    def call(self, z, tokens, mask):
        """z (batch, latent) and word vectors → pictures (batch, 32, 32, 3)."""
        x = self.positions(ops.reshape(self.fill(z), (-1, GRID * GRID, self.width)))
        for block in self.blocks:
            x = block(x, tokens, context_mask=mask)
        x = self.unfold(self.norm(x))
        # (batch, 64, 4 · 4 · 16) → (batch, 32, 32, 16): every patch becomes 4 × 4 pixels of 16 channels
        x = ops.reshape(x, (-1, GRID, GRID, 4, 4, 16))
        x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, SIDE, SIDE, 16))
        for convolution in self.draw:
            x = convolution(x)
        return x
