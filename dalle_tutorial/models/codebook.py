"""Two ways to say a grid of feature vectors in whole numbers: the nearest of a few codes, or a choice among them.

No gradient goes through a choice. `VectorQuantiser` copies it past (van den Oord et al. 2017, §3.2): it is the
codebook of a VQ-VAE. `GumbelQuantiser` chooses softly while it learns (Jang et al. 2017; Maddison et al. 2017): it is
that of DALL·E's discrete VAE. Both take the same features and give back the same three things.
"""

import math

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.clip import unit_length

ops = keras.ops
RARE = 1 / 32  # a code that is used less than so many times its fair share is dead
GRACE = 4 * RARE  # the share that a code taken elsewhere is credited with, so that it has time to be chosen
_TINY = 1e-6


def counts(indices, codes):
    """How often each of `codes` codes occurs in whole numbers `indices` of any shape: (codes,) float32."""
    indices = ops.reshape(indices, (-1,))
    return ops.segment_sum(ops.ones_like(indices, dtype="float32"), indices, codes)


def perplexity(indices, codes):
    """How many codes would say as much if all were used alike: exp of the entropy of their shares, from 1 to `codes`.

    indices: whole numbers below `codes`, of any shape.
    """
    found = counts(indices, codes)
    shares = found / ops.sum(found)
    return float(ops.exp(-ops.sum(shares * ops.log(shares + 1e-12))))


class Quantiser(keras.layers.Layer):
    """What both have. codes: how many there are, at least 2 (TutorialError). width: numbers in the vector of each.

    Called with features (batch, rows, columns, any width), it gives the vectors for the decoder (batch, rows, columns,
    width), the indices chosen (batch, rows, columns) int32, and what the choice costs, a mean over all cells.
    """

    def __init__(self, codes=256, width=16, **kwargs):
        super().__init__(**kwargs)
        if codes < 2 or width < 2:
            raise TutorialError(f"codes is {codes} and their width {width}: both must be at least 2")
        self.codes, self.width = codes, width
        self.seeds = keras.random.SeedGenerator(0)

    def table(self):
        """The vectors of all codes: (codes, width)."""
        raise NotImplementedError

    def choose(self, features):
        """The indices alone, nothing drawn at random: (batch, rows, columns) int32."""
        return self(features, training=False)[1]

    def look_up(self, indices):
        """The vectors of indices of any shape: (…, width)."""
        return ops.take(self.table(), indices, axis=0)


class VectorQuantiser(Quantiser):
    """The nearest code, for a gradient that acts as if there had been no choice.

    Features are brought down to `width` numbers and, like the codes, to length one (Yu et al. 2022, §3.2): in few
    dimensions near codes exist, and on a sphere none is left far outside where features once were. The cost is the
    squared distance of a feature to its code, which the features are to lessen ("commitment"). Codes get no gradient:
    each is the running mean of the features that chose it (van den Oord et al. 2017, App. A.1). `decay` is the share
    of it that a step keeps.

    A code that is hardly ever chosen is dead, and by itself stays so. It is moved onto a feature of the batch, as in
    Dhariwal et al. (2020, §3.1), which is drawn by its squared distance to the codes there are, as k-means++ draws
    (Arthur & Vassilvitskii 2007): most cells show nothing but background, and one code is enough for them. At the
    first step all are dead, so that the first batches are what the codebook begins with.
    """

    def __init__(self, codes=256, width=16, decay=0.98, **kwargs):
        super().__init__(codes, width, **kwargs)
        self.decay = decay
        self.project = keras.layers.Dense(width, use_bias=False, name="project")

    def build(self, features_shape):
        self.project.build(features_shape)
        small = keras.initializers.RandomNormal(stddev=0.01)
        # In fair shares: a code chosen as often as the mean has uses = 1. So they survive being stored in 16 bits.
        self.sums = self.add_weight(
            name="sums", shape=(self.codes, self.width), initializer=small, trainable=False, dtype="float32"
        )
        self.uses = self.add_weight(
            name="uses", shape=(self.codes,), initializer="zeros", trainable=False, dtype="float32"
        )

    def table(self):
        """The codes, of length one: the direction of a mean is that of a sum."""
        return unit_length(self.sums)

    def call(self, features, training=False):
        z = unit_length(ops.cast(self.project(features), "float32"))
        table = self.table()
        cosines = ops.matmul(z, ops.transpose(table))  # (batch, rows, columns, codes)
        indices = ops.argmax(cosines, axis=-1)
        nearest = ops.stop_gradient(ops.take(table, indices, axis=0))
        distances = ops.sum(ops.square(z - nearest), axis=-1)
        if training and self.trainable:
            flat = ops.reshape(ops.stop_gradient(z), (-1, self.width))
            self._follow(flat, ops.reshape(indices, (-1,)), ops.reshape(ops.stop_gradient(distances), (-1,)))
        return z + ops.stop_gradient(nearest - z), indices, ops.mean(distances)

    def _follow(self, z, indices, distances):
        """Moves the codes after a batch of features (cells, width), the codes they chose and how far those were."""
        fair = ops.cast(ops.shape(z)[0], "float32") / self.codes
        uses, sums = counts(indices, self.codes) / fair, ops.segment_sum(z, indices, self.codes) / fair
        uses = self.decay * self.uses + (1 - self.decay) * uses
        sums = self.decay * self.sums + (1 - self.decay) * sums
        # The chance of a cell is its share of all squared distances: the first whose cumulated share reaches a number.
        reach = ops.cumsum(distances)
        drawn = reach[-1] * keras.random.uniform((self.codes,), seed=self.seeds)
        places = ops.minimum(ops.searchsorted(reach, drawn), ops.shape(z)[0] - 1)
        dead = uses < RARE
        self.uses.assign(ops.where(dead, GRACE, uses))
        self.sums.assign(ops.where(dead[:, None], GRACE * ops.take(z, places, axis=0), sums))

    def get_config(self):
        return {**super().get_config(), "codes": self.codes, "width": self.width, "decay": self.decay}


class GumbelQuantiser(Quantiser):
    """A distribution q over the codes in each cell; while it learns, a soft sample of it, else the likeliest code.

    With Gumbel noise g, argmax(log q + g) is a sample of q. While it learns, softmax((log q + g) / τ) takes its place:
    a mixture of codes that has a gradient, and with τ → 0 the sample itself. `temperature` is τ, a weight that a
    callback lowers (Ramesh et al. 2021, §2.1). The cost is KL(q ‖ uniform) in nats: how much a cell says.

    Unlike in the paper, each code's logit is brought to mean 0 and variance 1 over all cells of the batch, and one gain
    that learns says how sharp all of them are (Łańcucki et al. 2020 normalise what goes into a codebook for the same
    reason). Features have much in common, and the codes that this favours would win everywhere: without it, after 300
    steps of the recipe a batch of 64 pictures used 16 of 256 codes.
    """

    def __init__(self, codes=256, width=16, **kwargs):
        super().__init__(codes, width, **kwargs)
        self.logits = keras.layers.Dense(codes, use_bias=False, name="logits")
        self.level = keras.layers.BatchNormalization(momentum=0.98, center=False, scale=False, name="level")

    def build(self, features_shape):
        self.logits.build(features_shape)
        self.level.build((*features_shape[:-1], self.codes))
        self.log_gain = self.add_weight(name="log_gain", shape=(), initializer="ones")
        wide = keras.initializers.RandomNormal(stddev=1 / math.sqrt(self.width))
        self.vectors = self.add_weight(name="table", shape=(self.codes, self.width), initializer=wide)
        self.temperature = self.add_weight(
            name="temperature", shape=(), initializer="ones", trainable=False, dtype="float32"
        )

    def table(self):
        """The codes' vectors, which learn as any weight does."""
        return self.vectors

    def call(self, features, training=False):
        levelled = self.level(ops.cast(self.logits(features), "float32"), training=training)
        log_q = ops.log_softmax(ops.exp(self.log_gain) * levelled, axis=-1)
        indices = ops.argmax(log_q, axis=-1)
        cost = ops.mean(ops.sum(ops.exp(log_q) * log_q, axis=-1)) + math.log(self.codes)
        if not training:
            return self.look_up(indices), indices, cost
        uniform = keras.random.uniform(ops.shape(log_q), _TINY, 1 - _TINY, seed=self.seeds)
        soft = ops.softmax((log_q - ops.log(-ops.log(uniform))) / self.temperature, axis=-1)
        return ops.matmul(soft, self.table()), indices, cost

    def get_config(self):
        return {**super().get_config(), "codes": self.codes, "width": self.width}
