"""An encoder that reads and a decoder that writes (Vaswani et al. 2017): captions into code, or into another language.

The encoder is the `TextEncoder` that also tells CLIP and the picture models what a caption says. What makes a job of
that is the decoder: a causal transformer whose tokens look at those before them and, by cross-attention, at the words
of the caption.
"""

import numpy as np

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.models import sampling
from dalle_tutorial.models.inference import filled_up
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import END, PAD

ops = keras.ops


@keras.saving.register_keras_serializable("dalle_tutorial")
class Translator(keras.Model):
    """Learns from dicts of "ids" (batch, tokens), the captions, and "target" (batch, up to `target_length`), what is to
    be written: a first token, which is given when the model is used, then what it has to write, END, and PAD.

    text_encoder: a `TextEncoder`. vocabulary_size: of what is written. target_length: the longest target, first token
    and END among them. width, depth, heads: of the decoder. tasks: how many first tokens there are beside the
    vocabulary, with the ids that follow it; they say what is to be done, such as into which language.
    """

    def __init__(self, text_encoder, vocabulary_size, target_length, width=96, depth=3, heads=4, tasks=0, **kwargs):
        super().__init__(**kwargs)
        if target_length < 3:
            raise TutorialError(f"target_length is {target_length}: a first token, one more and END need at least 3")
        self.text_encoder, self.vocabulary_size, self.target_length = text_encoder, vocabulary_size, target_length
        self.width, self.depth, self.heads, self.tasks = width, depth, heads, tasks
        self.embedding = keras.layers.Embedding(vocabulary_size + tasks, width, name="embedding")
        self.positions = PositionEmbedding(target_length, name="positions")
        self.blocks = [
            TransformerBlock(width, heads, causal=True, cross=True, name=f"block_{i}") for i in range(depth)
        ]
        self.norm = keras.layers.RMSNormalization(name="norm")
        self.out = keras.layers.Dense(vocabulary_size, use_bias=False, name="out_logits")
        self.right = keras.metrics.Mean(name="right")
        self._start, self._next = compiled(self.start, self), compiled(self.next, self)

    def build(self, input_shape=None):
        self.text_encoder.build()
        shape = (None, self.target_length, self.width)
        self.embedding.build((None, self.target_length))
        for layer in (self.positions, self.norm, self.out):
            layer.build(shape)
        for block in self.blocks:
            block.build(shape, (None, self.text_encoder.max_length, self.text_encoder.width))
        self.built = True

    def call(self, inputs):
        """Logits (batch, up to target_length − 1, vocabulary) of each next token of "target", given "ids" and those
        before it."""
        context, mask = self.text_encoder(inputs["ids"])["tokens"], ops.not_equal(inputs["ids"], PAD)
        x = self.positions(self.embedding(inputs["target"][:, :-1]))
        for block in self.blocks:
            x = block(x, context, context_mask=mask)
        return self._logits(x)

    def _logits(self, x):
        return ops.cast(self.out(self.norm(x)), "float32")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The cross-entropy of the tokens to write, END among them, in nats a token."""
        wanted = x["target"][:, 1:]
        real = ops.cast(ops.not_equal(wanted, PAD), "float32")
        each = keras.losses.sparse_categorical_crossentropy(wanted, y_pred, from_logits=True)
        hit = ops.cast(ops.equal(ops.argmax(y_pred, axis=-1), ops.cast(wanted, "int64")), "float32")
        self.right.update_state(hit, sample_weight=real)
        return ops.sum(each * real) / ops.sum(real)

    def start(self, ids, first):
        """What is expected after the first tokens (batch,), and the cache: logits (batch, vocabulary), a dict."""
        context = self.text_encoder(ids)["tokens"]
        blocks = [block.start_cache(ids.shape[0], self.target_length, context) for block in self.blocks]
        return self.next(first, 0, {"blocks": blocks, "mask": ops.not_equal(ids, PAD)})

    def next(self, tokens, position, cache):
        """What is expected after `tokens` (batch,), which stand at `position`, an int32 scalar: logits (batch,
        vocabulary), and the cache with what is remembered of them."""
        x, blocks = self.positions(self.embedding(tokens[:, None]), position=position), []
        for block, known in zip(self.blocks, cache["blocks"], strict=True):
            x, known = block.step(x, known, position, context_mask=cache["mask"])
            blocks.append(known)
        return self._logits(x)[:, 0], {**cache, "blocks": blocks}

    def _step(self, tokens, position, cache):
        return self._next(*(ops.convert_to_tensor(value, "int32") for value in (tokens, position)), cache)

    def _begin(self, ids, first):
        """`start` for checked arrays of ids (batch, tokens) and the first token or tokens (batch,), filled up."""
        ids = np.asarray(ids, "int32")
        first = np.broadcast_to(np.asarray(first, "int32"), ids.shape[:1])
        if ids.ndim != 2 or ids.shape[1] != self.text_encoder.max_length:
            raise TutorialError(f"ids are {ids.shape}: allowed are (batch, {self.text_encoder.max_length})")
        if len(first) and not (0 < first.min() and first.max() < self.vocabulary_size + self.tasks):
            most = self.vocabulary_size + self.tasks - 1
            raise TutorialError(f"first tokens from {first.min()} to {first.max()}: allowed are 1 to {most}")
        return self._start(*map(ops.convert_to_tensor, filled_up(ids, first)))

    def steps_of(self, ids, first, uniforms=None, allowed=None, **how):
        """A generator of what is written so far, int32 tokens (batch, k), k = 1 … target_length − 1, until all have
        ended; the first tokens are not among them.

        ids: captions (batch, tokens). first: the first token of all, or (batch,). uniforms (batch, target_length − 1):
        numbers in [0, 1] that decide each token; None takes the likeliest. allowed, how: as for `sampling.write`; the
        grammar may be asked about copies of the last row, too (see `inference.filled_up`).
        TutorialError for shapes, tokens or settings that are not allowed.
        """
        how = {"temperature": 0} if uniforms is None else how
        sampling.check_settings(**how)
        if uniforms is None:
            uniforms = np.zeros((len(ids), self.target_length - 1))
        if np.shape(uniforms) != (len(ids), self.target_length - 1):
            raise TutorialError(f"uniforms are {np.shape(uniforms)}: allowed are {(len(ids), self.target_length - 1)}")
        logits, cache = self._begin(ids, first)
        (uniforms,) = filled_up(np.asarray(uniforms))
        for tokens in sampling.write(self._step, logits, cache, uniforms, 1, END, allowed, **how):
            yield tokens[: len(ids)]

    def write(self, ids, first, uniforms=None, allowed=None, **how):
        """What `steps_of` has written at its end: int32 tokens (batch, target_length − 1), PAD behind each END. A
        row that came to no END in that length has none."""
        return sampling.written(self.steps_of(ids, first, uniforms, allowed, **how), self.target_length - 1)

    def beam_search(self, ids, first, beams=4, allowed=None, length_penalty=0.0):
        """The likeliest targets that `beams` beams find (`sampling.beam_search`): tokens as `write` gives them, and
        their log-probabilities (batch,)."""
        logits, cache = self._begin(ids, first)
        tokens, scores = sampling.beam_search(
            self._step, logits, cache, self.target_length - 1, END, beams, 1, allowed, length_penalty
        )
        return tokens[: len(ids)], scores[: len(ids)]

    def attention_maps(self, ids, target):
        """Which words the decoder looked at: (batch, depth, heads, written, tokens), rows summing to one.

        ids (batch, tokens), target (batch, written), from the first token on. Row k is the look that was taken, with
        token k read, to choose token k + 1.
        """
        context, mask = self.text_encoder(ids)["tokens"], ops.not_equal(ids, PAD)
        x, maps = self.positions(self.embedding(target)), []
        for block in self.blocks:
            seen = x + block.attention(block.norms[0](x))
            maps.append(block.look(block.norms[2](seen), context, mask, return_weights=True)[1])
            x = block(x, context, context_mask=mask)
        return ops.stack(maps, axis=1)

    def build_for(self, max_length):
        """Makes all weights; `max_length` is the text encoder's."""
        self.build()

    def get_config(self):
        """Plain values, the text encoder's own config among them."""
        names = ("vocabulary_size", "target_length", "width", "depth", "heads", "tasks")
        return {"text_encoder": self.text_encoder.plain_config(), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        return cls(TextEncoder(**config["text_encoder"]), **{k: v for k, v in config.items() if k != "text_encoder"})
