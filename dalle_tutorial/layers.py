"""The layers that every model of the book is made of: positions, attention, one transformer block.

(Vaswani et al. 2017, §3; pre-normalisation as in GPT-2.) They stand below `text` and `models`, which both use them.

What is written token by token would compute the same keys and values again and again: of a causal block, what it says
of a token never changes once the token stands there. So a layer also has `start_cache`, room for the keys and values
of a whole sequence, and `step`, which adds the next tokens' and says of these tokens what `call` says of them. All
shapes are fixed, so that one compiled step serves every position.
"""

import math

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError

ops = keras.ops


class PositionEmbedding(keras.layers.Layer):
    """Adds one learned vector to each position: (batch, tokens, width) → the same shape.

    The table is a weight of this layer, on purpose. `Embedding(n, width)(ops.arange(n))` inside a functional model is
    computed once, when the model is built: the positions become an untrained constant and the encoder a bag of words.
    """

    def __init__(self, length, start=None, **kwargs):
        """`start` (length, width): the vectors to begin with; small random ones, as for words, if there are none."""
        super().__init__(**kwargs)
        self.length = length
        self.initializer = keras.initializers.RandomNormal(stddev=0.02)
        if start is not None:
            self.initializer = lambda shape, dtype=None: ops.convert_to_tensor(start, dtype)

    def build(self, input_shape):
        self.table = self.add_weight(
            name="table", shape=(self.length, input_shape[-1]), initializer=self.initializer
        )

    def call(self, x, position=0):
        """`position`: where the first token of `x` stands, an int32 scalar."""
        return x + ops.slice(ops.convert_to_tensor(self.table), (position, 0), x.shape[1:])

    def get_config(self):
        return {**super().get_config(), "length": self.length}


class Attention(keras.layers.Layer):
    """Multi-head attention: softmax(q kᵀ / √d) v (Vaswani et al. 2017, §3.2).

    `width` must be a multiple of `heads` (TutorialError otherwise). With `causal`, a token sees itself and what
    stands before it.
    """

    def __init__(self, width, heads=4, causal=False, **kwargs):
        super().__init__(**kwargs)
        if width % heads:
            raise TutorialError(f"width {width} cannot be shared among {heads} heads: it must be a multiple of them")
        self.width, self.heads, self.causal = width, heads, causal
        self.query = keras.layers.Dense(width, use_bias=False, name="query")
        self.key_value = keras.layers.Dense(2 * width, use_bias=False, name="key_value")
        self.out = keras.layers.Dense(width, use_bias=False, name="out")

    def build(self, x_shape, context_shape=None):
        self.query.build(x_shape)
        self.key_value.build(context_shape or x_shape)
        self.out.build((*x_shape[:-1], self.width))

    def call(self, x, context=None, mask=None, return_weights=False):
        """`x` (batch, tokens, width) attends to `context` (batch, others, its width), or to itself.

        `mask` (batch, others) is true where there is something to see. Returns (batch, tokens, width), and with
        `return_weights` also the weights (batch, heads, tokens, others), whose rows sum to one.
        """
        cache = self.keys_values(x if context is None else context)
        mixed, weights = self._mix(x, cache, mask, 0 if self.causal else None)
        return (mixed, weights) if return_weights else mixed

    def keys_values(self, context):
        """What `context` (batch, others, its width) is asked for, and what it answers: "keys" (batch, heads,
        width / heads, others), turned once and for all as the scores need them, and "values" (batch, heads, others,
        width / heads)."""
        keys, values = ops.split(self.key_value(context), 2, axis=-1)
        return {"keys": ops.transpose(self._split(keys), (0, 1, 3, 2)), "values": self._split(values)}

    def start_cache(self, batch, length):
        """Room for the keys and values of `length` tokens, none of which is there yet."""
        shapes = {"keys": (self.width // self.heads, length), "values": (length, self.width // self.heads)}
        return {name: ops.zeros((batch, self.heads, *shape), self.compute_dtype) for name, shape in shapes.items()}

    def step(self, x, cache, position, mask=None):
        """The next tokens of a causal sequence, `x` (batch, tokens, width), the first of which stands at `position`,
        an int32 scalar. `mask` (batch, length) is of the whole sequence. Returns what `call` says of them, had it
        seen the whole sequence, and the cache with them in it."""
        fresh, places = self.keys_values(x), {"keys": [0, 0, 0, position], "values": [0, 0, position, 0]}
        cache = {name: ops.slice_update(cache[name], places[name], fresh[name]) for name in places}
        return self._mix(x, cache, mask, position)[0], cache

    def look_up(self, x, cache, mask=None):
        """As `call` for a context whose `keys_values` are at hand: a context is the same at every step."""
        return self._mix(x, cache, mask)[0]

    def _mix(self, x, cache, mask=None, position=None):
        """(batch, tokens, width), weights. With a `position`, token i sees as far as `position` + i."""
        q = self._split(self.query(x))  # (batch, heads, tokens, width / heads)
        scores = ops.matmul(q, cache["keys"]) / math.sqrt(self.width // self.heads)
        if mask is not None:
            scores = ops.where(ops.expand_dims(mask, (1, 2)), scores, -1e9)
        if position is not None:
            tokens, others = scores.shape[2:]
            before = ops.arange(others) <= position + ops.arange(tokens)[:, None]
            scores = ops.where(before, scores, -1e9)
        weights = ops.softmax(scores, axis=-1)
        mixed = ops.transpose(ops.matmul(weights, cache["values"]), (0, 2, 1, 3))
        return self.out(ops.reshape(mixed, (-1, x.shape[1], self.width))), weights

    def _split(self, x):
        """(batch, tokens, width) → (batch, heads, tokens, width / heads)"""
        x = ops.reshape(x, (-1, x.shape[1], self.heads, self.width // self.heads))
        return ops.transpose(x, (0, 2, 1, 3))

    def get_config(self):
        return {**super().get_config(), "width": self.width, "heads": self.heads, "causal": self.causal}

    def compute_mask(self, *args, **kwargs):
        """None: masks are passed by hand here. (Without this, Keras warns at each call that it saw one.)"""


class TransformerBlock(keras.layers.Layer):
    """One block: tokens look at each other, then (with `cross`) at a context, then each thinks for itself.

    Pre-normalisation and residual connections throughout; the feed-forward part is `4 * width` wide. There are no
    biases and the norms only scale: nothing measurable is lost, and half as many variables are traced in half the time.
    """

    def __init__(self, width, heads=4, causal=False, cross=False, **kwargs):
        super().__init__(**kwargs)
        self.width, self.heads, self.causal, self.cross = width, heads, causal, cross
        self.norms = [keras.layers.RMSNormalization(name=f"norm_{i}") for i in range(2 + cross)]
        self.attention = Attention(width, heads, causal, name="attention")
        self.look = Attention(width, heads, name="look") if cross else None
        self.widen = keras.layers.Dense(4 * width, activation="gelu", use_bias=False, name="widen")
        self.narrow = keras.layers.Dense(width, use_bias=False, name="narrow")

    def build(self, x_shape, context_shape=None):
        for norm in self.norms:
            norm.build(x_shape)
        self.attention.build(x_shape)
        if self.cross:
            self.look.build(x_shape, context_shape)
        self.widen.build(x_shape)
        self.narrow.build((*x_shape[:-1], 4 * self.width))

    def call(self, x, context=None, mask=None, context_mask=None):
        """`x` (batch, tokens, width), `context` (batch, others, any width); the masks are true where there is
        something to see. Returns (batch, tokens, width)."""
        x = x + self.attention(self.norms[0](x), mask=mask)
        if self.cross:
            x = x + self.look(self.norms[2](x), context, context_mask)
        return x + self.narrow(self.widen(self.norms[1](x)))

    def start_cache(self, batch, length, context=None):
        """Room for the keys and values of `length` tokens, and those of `context` (batch, others, any width) where the
        block has `cross`: a dict of tensors (batch, …), which `step` takes and gives back."""
        cache = {"own": self.attention.start_cache(batch, length)}
        return cache | {"context": self.look.keys_values(context)} if self.cross else cache

    def step(self, x, cache, position, mask=None, context_mask=None):
        """The next tokens `x` (batch, tokens, width) of a causal sequence, from `position` on, an int32 scalar: what
        `call` says of them, and the cache with them in it. `mask` (batch, length) is of the whole sequence."""
        mixed, own = self.attention.step(self.norms[0](x), cache["own"], position, mask)
        x = x + mixed
        if self.cross:
            x = x + self.look.look_up(self.norms[2](x), cache["context"], context_mask)
        return x + self.narrow(self.widen(self.norms[1](x))), cache | {"own": own}

    def get_config(self):
        config = {name: getattr(self, name) for name in ("width", "heads", "causal", "cross")}
        return {**super().get_config(), **config}

    def compute_mask(self, *args, **kwargs):
        """None: masks are passed by hand here. (Without this, Keras warns at each call that it saw one.)"""
