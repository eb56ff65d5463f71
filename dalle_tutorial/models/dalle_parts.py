"""The transformer of DALL·E, which reads a caption and a picture's codes and expects each next one."""

from dalle_tutorial.backend import keras
from dalle_tutorial.layers import TransformerBlock
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops


def _as_large_as_others():
    """Where a token stands must be heard beside what it is: every vector of words, codes and places begins alike."""
    return keras.initializers.RandomNormal(stddev=0.5)


class WordsAndCodes(keras.layers.Layer):
    """One causal transformer over [caption, filled up to `max_length`] [code 0] … [code `grid`² − 2].

    vocabulary_size, max_length: of the captions' ids. codes, grid: how many codes there are, and the side of the square
    that they fill, row by row. width, depth, heads: of the transformer.

    As in Ramesh et al. (2021), a caption is filled up with tokens learnt for each position, which are seen like any
    other, so that every code stands at a fixed position and no mask is needed (§2.2); and a code's place is the sum of
    a row's vector and a column's (appendix B). Unlike there, attention is not sparse: 64 codes are few.
    """

    def __init__(self, vocabulary_size, max_length, codes, grid, width=192, depth=6, heads=6, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size, self.max_length, self.codes, self.grid = vocabulary_size, max_length, codes, grid
        self.width, self.depth, self.heads = width, depth, heads
        self.word, self.code = (
            keras.layers.Embedding(size, width, _as_large_as_others(), name=f"{name}_embedding")
            for name, size in (("word", vocabulary_size), ("code", codes))
        )
        self.blocks = [TransformerBlock(width, heads, causal=True, name=f"block_{i}") for i in range(depth)]
        self.norm = keras.layers.RMSNormalization(name="norm")
        self.out_words = keras.layers.Dense(vocabulary_size, use_bias=False, name="out_words")
        self.out_codes = keras.layers.Dense(codes, use_bias=False, name="out_codes")

    def build(self, *shapes):
        self.filling, self.positions, self.rows, self.columns = (
            self.add_weight(name=f"{name}_table", shape=(size, self.width), initializer=_as_large_as_others())
            for name, size in (("filling", self.max_length), ("position", self.max_length), ("row", self.grid),
                               ("column", self.grid))
        )
        for layer in (self.word, self.code):
            layer.build((None, None))
        for layer in (*self.blocks, self.norm, self.out_words, self.out_codes):
            layer.build((None, self.length, self.width))
        self.built = True

    @property
    def length(self):
        """How many tokens it reads at most: the caption's, and all codes but the last, after which nothing comes."""
        return self.max_length + self.grid**2 - 1

    def _read(self, ids):
        """Ids (batch, max_length) → vectors (batch, max_length, width)."""
        real, filling = ops.not_equal(ids, PAD)[:, :, None], ops.convert_to_tensor(self.filling)
        return ops.where(real, self.word(ids), filling) + self.positions

    def _places(self):
        """The vectors of the places of codes, row by row: (grid², width)."""
        return ops.reshape(self.rows[:, None] + self.columns[None], (self.grid**2, self.width))

    def call(self, ids, codes):
        """What it expects of each word but the first (batch, max_length − 1, vocabulary_size), and of each code
        (batch, grid², codes), given all before it: float32 logits."""
        pictures = self.code(codes[:, :-1]) + self._places()[:-1]
        x = ops.concatenate([self._read(ids), pictures], axis=1)  # (batch, length, width)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        words, codes = self.out_words(x[:, : self.max_length - 1]), self.out_codes(x[:, self.max_length - 1 :])
        return ops.cast(words, "float32"), ops.cast(codes, "float32")

    def start(self, ids):
        """Reads captions (batch, max_length) at once: the logits of code 0 (batch, codes), and what to remember."""
        x, caches = self._read(ids), []
        for block in self.blocks:
            x, cache = block.step(x, block.start_cache(ops.shape(ids)[0], self.length), 0)
            caches.append(cache)
        return self._next(x), caches

    def step(self, codes, k, caches):
        """Reads code k (batch,), an int32 scalar: the logits of code k + 1 (batch, codes), and what to remember."""
        x, remembered = (self.code(codes) + ops.take(self._places(), k, axis=0))[:, None], []  # (batch, 1, width)
        for block, cache in zip(self.blocks, caches, strict=True):
            x, cache = block.step(x, cache, self.max_length + k)
            remembered.append(cache)
        return self._next(x), remembered

    def _next(self, x):
        return ops.cast(self.out_codes(self.norm(x[:, -1:]))[:, 0], "float32")
