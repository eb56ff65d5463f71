"""The diffusion prior of unCLIP: from a caption to the CLIP embedding of a picture that would show it.

One causal transformer over [the caption's tokens, its CLIP text embedding, the time, the noised image embedding, a
query], and what comes out at the query is the image embedding itself (Ramesh et al. 2022, §2.2).
"""

import math

from dalle_tutorial.backend import keras
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.models.diffusion import Diffusion
from dalle_tutorial.models.guidance import heeded
from dalle_tutorial.models.samplers import last, sample
from dalle_tutorial.models.unet import TimeEmbedding
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops
SPECIAL = 4  # text embedding, time, noised embedding, query


def nearest_candidate(candidates, text):
    """Of several embeddings for each caption, (batch, candidates, width), the one nearest to `text` (batch, width), the
    caption's own (§2.2: of two), brought to length √width: an array (batch, width)."""
    found = math.sqrt(candidates.shape[-1]) * candidates / ops.norm(candidates, axis=-1, keepdims=True)
    nearest = ops.argmax(ops.einsum("bcw,bw->bc", found, ops.cast(text, found.dtype)), axis=1)
    return ops.convert_to_numpy(ops.take_along_axis(found, ops.reshape(nearest, (-1, 1, 1)), axis=1)[:, 0])


@keras.saving.register_keras_serializable("dalle_tutorial")
class PriorNetwork(keras.Model):
    """The denoiser of a `DiffusionPrior`, for embeddings of `embedding_width` numbers.

    vocabulary_size, max_length: of the captions' ids. width, depth: of the transformer. The caption's tokens pass
    through the same blocks as the rest: being causal, these are a text encoder on the way.
    """

    def __init__(self, vocabulary_size, max_length, embedding_width=64, width=128, depth=4, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size, self.max_length = vocabulary_size, max_length
        self.embedding_width, self.width, self.depth = embedding_width, width, depth
        self.embedding = keras.layers.Embedding(vocabulary_size, width, name="embedding")
        self.positions = PositionEmbedding(max_length + SPECIAL, name="positions")
        self.read_text, self.read_noised = (
            keras.layers.Dense(width, use_bias=False, name=name) for name in ("read_text", "read_noised")
        )
        self.time = TimeEmbedding(width, name="time")
        self.blocks = [TransformerBlock(width, causal=True, name=f"block_{i}") for i in range(depth)]
        self.norm = keras.layers.RMSNormalization(name="norm")
        self.out = keras.layers.Dense(embedding_width, use_bias=False, name="out_embedding")

    def build(self, *shapes):
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.query = self.add_weight(name="query", shape=(1, 1, self.width), initializer=small)
        self.no_text = self.add_weight(name="no_text", shape=(1, 1, self.width), initializer=small)
        self.embedding.build((None, self.max_length))
        for layer in (self.read_text, self.read_noised):
            layer.build((None, self.embedding_width))
        self.time.build((None,))
        for layer in (self.positions, *self.blocks, self.norm, self.out):
            layer.build((None, self.max_length + SPECIAL, self.width))
        self.built = True

    def call(self, x, t, conditions, training=False):
        """Noised embeddings (batch, embedding_width), times (batch,), "ids" (batch, tokens) and "text" (batch,
        embedding_width), heeded where "keep_text" is 1 → the embeddings without noise (batch, embedding_width)."""
        ids = conditions["ids"]
        keep = ops.reshape(heeded(conditions, "text", t), (-1, 1, 1))
        said = ops.concatenate([self.embedding(ids), self.read_text(conditions["text"])[:, None]], axis=1)
        said = keep * said + (1 - keep) * self.no_text
        rest = [self.time(t)[:, None], self.read_noised(x)[:, None], self.query + ops.zeros_like(said[:, :1])]
        sequence = self.positions(ops.concatenate([said, *rest], axis=1))
        real = ops.logical_or(ops.not_equal(ids, PAD), keep[:, :, 0] == 0)
        mask = ops.concatenate([real, ops.ones_like(ids[:, :SPECIAL], dtype="bool")], axis=1)
        for block in self.blocks:
            sequence = block(sequence, mask=mask)
        return self.out(self.norm(sequence[:, -1]))

    def get_config(self):
        names = ("vocabulary_size", "max_length", "embedding_width", "width", "depth")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("dalle_tutorial")
class DiffusionPrior(Diffusion):
    """A `Diffusion` of CLIP image embeddings, given captions; its denoiser is a `PriorNetwork`.

    It learns from dicts of "x0", embeddings of length √width so that their numbers are about as large as the noise,
    "ids" and "text", the CLIP text embeddings, of the same length. "text" in `dropout` drops both (0.1 in the paper).
    """

    @property
    def noise_shape(self):
        """The shape of the noise of one candidate embedding."""
        return (self.denoiser.embedding_width,)

    def generate(self, ids, noise, text, guidance_scale=1.0, steps=16, sampler="dpm-solver"):
        """Image embeddings (batch, width) of length √width, from noise (batch, candidates, width) or (batch, width).

        ids (batch, tokens), text (batch, width): the captions, and what CLIP makes of them, of length √width too. Of
        several candidates for a caption, the one nearest to `text` is kept.
        """
        noise = noise[:, None] if len(noise.shape) == 2 else noise
        batch, candidates, width = noise.shape
        ids, repeated = (ops.repeat(part, candidates, axis=0) for part in (ids, text))
        denoise = self.denoise({"ids": ids, "text": repeated}, guidance_scale)
        found = last(sample(sampler, denoise, self.schedule, noise.reshape(-1, width), steps))
        return nearest_candidate(found.reshape(batch, candidates, width), text)

    def build_for(self, max_length):
        """Makes all weights; `max_length` is the network's."""
        width = self.denoiser.embedding_width
        ids = ops.ones((1, self.denoiser.max_length), "int32")
        self({"x0": ops.zeros((1, width)), "ids": ids, "text": ops.zeros((1, width))})
