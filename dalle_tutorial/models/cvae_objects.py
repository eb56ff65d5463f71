"""A recogniser and a painter that know what an object is: something with a place, a size, a colour and an outline.

Attend-infer-repeat (Eslami et al. 2016) gave a VAE such objects first. Nothing says which object is which: that the
first latent token becomes the first object a caption names is learnt.
"""

import math

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.models.cvae_parts import SIDE, blank, conv, soft_limit

ops = keras.ops
# How far z and the painter may move an object from where it was seen, in units of z (2 = half a picture). Unbounded,
# tokens wander off to objects that others have found.
REACH = 0.3


def pixel_grid(side):
    """Centres of side × side pixels as (1, side², 2), x then y, from −1 to 1."""
    at = (np.arange(side, dtype="float32") + 0.5) / side * 2 - 1
    return np.stack(np.meshgrid(at, at), -1).reshape(1, side * side, 2)


class ObjectRecogniser(keras.layers.Layer):
    """q(z|x,c): each latent token asks the words what it stands for, then looks for that in the picture.

    The first two numbers of a token are the place where it looks, the mean of its attention, give or take `REACH`.
    """

    def __init__(self, latent_tokens, latent_width, width, depth, **kwargs):
        super().__init__(**kwargs)
        self.latent_tokens, self.latent_width, self.width = latent_tokens, latent_width, width
        self.convolutions = [conv(width // 2, strides=2), conv(width)]
        self.queries = PositionEmbedding(latent_tokens)
        self.blocks = [TransformerBlock(width, cross=True) for _ in range(depth)]
        self.norm = keras.layers.RMSNormalization()
        self.ask = keras.layers.Dense(width)
        self.keys = [keras.layers.Dense(width, activation="gelu"), keras.layers.Dense(width)]
        self.found = keras.layers.Dense(width)
        self.settle = TransformerBlock(width, cross=True)
        self.last_norm = keras.layers.RMSNormalization()
        self.mean = keras.layers.Dense(latent_width, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01))
        self.log_var = keras.layers.Dense(latent_width)

    def build(self, *shapes):
        self.contrast = self.add_weight(name="contrast", shape=(), initializer=keras.initializers.Constant(10.0))
        self.grid = pixel_grid(SIDE // 2)

    def call(self, x, tokens, mask):
        """Pictures (batch, 32, 32, 3) and word vectors → mean and log variance, each (batch, latent)."""
        small = ops.average_pool(x, 2)
        # What differs from the picture's mean is worth a look: without this first hint nothing is ever found.
        salience = ops.mean(ops.abs(small - ops.mean(small, axis=(1, 2), keepdims=True)), axis=-1)
        for convolution in self.convolutions:
            x = convolution(x)
        x = ops.reshape(x, (-1, self.grid.shape[1], self.width))
        q = self.queries(blank(tokens, self.latent_tokens, self.width))
        for block in self.blocks:
            q = block(q, tokens, context_mask=mask)
        # A place is known by its own colour and by where it is. Had the keys a wider view, a token could look at the
        # ring around an object that is taken, and so end up in its middle all the same.
        key = ops.reshape(small, (-1, self.grid.shape[1], 3))
        key = ops.concatenate([key, self.grid + ops.zeros_like(key[..., :2])], axis=-1)
        for dense in self.keys:
            key = dense(key)
        scores = ops.matmul(self.ask(self.norm(q)), ops.transpose(key, (0, 2, 1))) / math.sqrt(self.width)
        look, place = self._search(scores, ops.reshape(salience, (-1, self.grid.shape[1])))
        spread = ops.matmul(look, ops.square(self.grid) + ops.zeros_like(x[:, :, :2])) - ops.square(place)
        seen = ops.concatenate([ops.matmul(look, x), place, 10 * spread], axis=-1)
        q = self.last_norm(self.settle(q + self.found(seen), tokens, context_mask=mask))
        mean, log_var = self.mean(q), soft_limit(self.log_var(q) - 4)
        place = 2 * place + REACH * ops.tanh(mean[..., :2])
        mean = ops.concatenate([place, mean[..., 2:]], axis=-1)
        flat = (-1, self.latent_tokens * self.latent_width)
        return ops.reshape(mean, flat), ops.reshape(log_var, flat)

    def _search(self, scores, salience):
        """Where each token looks (batch, objects, places) and the mean of that (batch, objects, 2).

        They look one after another, and nobody looks where another has looked before. Without that, all of them settle
        on a lone object; the picture comes out right, but nothing has learnt that the caption asks for one.
        """
        looks, places, taken = [], [], ops.zeros_like(salience)
        for k in range(self.latent_tokens):
            look = ops.softmax(scores[:, k] + self.contrast * salience - 40 * taken, axis=-1)
            place = ops.matmul(ops.expand_dims(look, 1), self.grid + ops.zeros_like(salience[:, :, None]))
            away = ops.sqrt(ops.sum(ops.square(self.grid - place), axis=-1) + 1e-6)
            taken = taken + ops.sigmoid((0.38 - away) / 0.03)  # a large object's radius is 0.34 in these units
            looks.append(look)
            places.append(place[:, 0])
        return ops.stack(looks, axis=1), ops.stack(places, axis=1)


class ObjectPainter(keras.layers.Layer):
    """p(x|z,c): each latent token becomes an object, and the objects are laid over a learned background.

    The words say what: whether the object is there, its colour, its outline. z says where and how large. The outline
    is a small network that, given a pixel's position relative to the object, says how far outside it lies: a learned
    signed distance function, where the renderer of the shapes world has exact ones.
    """

    hidden = 32

    def __init__(self, latent_tokens, latent_width, width, depth, **kwargs):
        super().__init__(**kwargs)
        self.latent_tokens, self.latent_width, self.width = latent_tokens, latent_width, width
        self.queries = PositionEmbedding(latent_tokens)
        self.blocks = [TransformerBlock(width, cross=True) for _ in range(depth)]
        self.norm = keras.layers.RMSNormalization()
        self.widen, self.settle = keras.layers.Dense(width), TransformerBlock(width, cross=True)
        self.nudge = keras.layers.Dense(2, kernel_initializer="zeros")
        self.radius, self.present, self.colour = (keras.layers.Dense(n) for n in (1, 1, 3))
        self.waves = keras.layers.Dense(
            self.hidden, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=2.0)
        )
        self.phase, self.gain, self.shift, self.mix = (keras.layers.Dense(self.hidden) for _ in range(4))
        self.outline = keras.layers.Dense(1)

    def build(self, *shapes):
        self.background = self.add_weight(name="background", shape=(3,), initializer=keras.initializers.Constant(0.9))
        self.grid = pixel_grid(SIDE)[None]

    def call(self, z, tokens, mask):
        """z (batch, latent) and word vectors → pictures (batch, 32, 32, 3)."""
        alpha, colour = self.objects(z, tokens, mask)
        x = ops.zeros_like(alpha[:, 0]) + self.background
        for k in range(self.latent_tokens):
            x = x + alpha[:, k] * (colour[:, k] - x)
        return ops.reshape(x, (-1, SIDE, SIDE, 3))

    def subjects(self, tokens, mask):
        """What each latent token stands for, told by the words alone: (batch, objects, width)."""
        what = self.queries(blank(tokens, self.latent_tokens, self.width))
        for block in self.blocks:
            what = block(what, tokens, context_mask=mask)
        return self.norm(what)

    def objects(self, z, tokens, mask):
        """What is laid down: alpha (batch, objects, pixels, 1) in [0, 1] and colour (batch, objects, 1, 3)."""
        what = self.subjects(tokens, mask)
        uv = self._relative(ops.reshape(z, (-1, self.latent_tokens, self.latent_width)), what, tokens, mask)
        waves = ops.sin(self.waves(uv) + ops.expand_dims(self.phase(what), 2))
        waves = self.mix(waves) * ops.expand_dims(1 + self.gain(what), 2) + ops.expand_dims(self.shift(what), 2)
        distance = ops.sqrt(ops.sum(ops.square(uv), -1, keepdims=True) + 1e-4) - 1 + self.outline(ops.gelu(waves))
        inside = ops.sigmoid(-5 * distance) * ops.sigmoid(2 + ops.expand_dims(self.present(what), 2))
        return inside, ops.expand_dims(self.colour(what), 2)

    def _relative(self, z, what, tokens, mask):
        """Every pixel as each object sees it, its centre at 0 and its edge near 1: (batch, objects, pixels, 2)."""
        where = self.settle(what + self.widen(z), tokens, context_mask=mask)
        centre = ops.expand_dims(0.5 * (z[..., :2] + REACH * ops.tanh(self.nudge(where))), 2)
        radius = 0.3 * ops.exp(ops.tanh(ops.expand_dims(self.radius(where), 2)))
        return (self.grid - centre) / radius
