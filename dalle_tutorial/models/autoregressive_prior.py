"""The other prior of unCLIP: a CLIP embedding as a short sentence, written word by word (Ramesh et al. 2022, §2.2).

Principal components turn the embedding so that a few numbers hold nearly all of it, the most varied first. Each is
rounded to one of a few buckets, which is a token, and a causal transformer predicts token after token. It has read
[the caption's tokens, its CLIP text embedding, a token for how well picture and caption fit].
"""

import math

import numpy as np
from scipy.special import ndtr

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.models.guidance import KEEP, doubled, heeded, kept
from dalle_tutorial.models.principal import PrincipalBuckets
from dalle_tutorial.models.prior import nearest_candidate
from dalle_tutorial.models.sampling import inverse_cdf
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops
FITS = 16  # buckets of the dot product of picture and caption
SPECIAL = 2  # text embedding, dot product


@keras.saving.register_keras_serializable("dalle_tutorial")
class AutoregressivePrior(keras.Model):
    """Learns from dicts of "x0", CLIP image embeddings of length √width, "ids" and "text", the CLIP text embeddings of
    the same length; and may stand wherever a `DiffusionPrior` stands.

    vocabulary_size, max_length: of the captions' ids. width, depth: of the transformer. `dimensions` × `buckets`: of
    the `PrincipalBuckets`. `drop_text`: how often, in training, caption, text embedding and dot product are all
    dropped (0.1 in the paper). Before anything else, `fit_pca`.
    """

    def __init__(self, vocabulary_size, max_length, embedding_width=64, width=128, depth=4, dimensions=24, buckets=64,
                 drop_text=0.1, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= drop_text <= 1:
            raise TutorialError(f"drop_text is {drop_text}: a probability lies between 0 and 1")
        self.vocabulary_size, self.max_length, self.embedding_width = vocabulary_size, max_length, embedding_width
        self.width, self.depth, self.drop_text = width, depth, drop_text
        self.dimensions, self.buckets = dimensions, buckets
        self.quantiser = PrincipalBuckets(embedding_width, dimensions, buckets, name="quantiser")
        self.word, self.fit_token, self.number = (
            keras.layers.Embedding(size, width, name=f"{name}_embedding")
            for name, size in (("word", vocabulary_size), ("fit", FITS), ("number", buckets))
        )
        self.read_text = keras.layers.Dense(width, use_bias=False, name="read_text")
        self.positions = PositionEmbedding(max_length + SPECIAL + dimensions - 1, name="positions")
        self.blocks = [TransformerBlock(width, causal=True, name=f"block_{i}") for i in range(depth)]
        self.norm = keras.layers.RMSNormalization(name="norm")
        self.out = keras.layers.Dense(buckets, use_bias=False, name="out_logits")
        self.seeds = keras.random.SeedGenerator(0)
        self._once, self._twice = compiled(self.logits, self), compiled(self._guided, self)

    def build(self, input_shape=None):
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.no_text = self.add_weight(name="no_text", shape=(1, 1, self.width), initializer=small)
        self.fit_edges = self.add_weight(name="fit_edges", shape=(FITS - 1,), initializer="zeros", trainable=False)
        for layer in (self.word, self.fit_token, self.number):
            layer.build((None, self.max_length))
        for layer in (self.quantiser, self.read_text):
            layer.build((None, self.embedding_width))
        for layer in (self.positions, *self.blocks, self.norm, self.out):
            layer.build((None, self.positions.length, self.width))
        self.built = True

    def fit_pca(self, vectors, text):
        """Fits the components and all buckets to image embeddings (n, embedding_width) and those of their captions.

        The edges of the dot product's buckets are its quantiles, so that the top half of the buckets is the top half
        of the distribution. Returns the share of the variance kept.
        """
        if np.shape(vectors) != np.shape(text):
            raise TutorialError(f"image embeddings {np.shape(vectors)} and text {np.shape(text)} must have one shape")
        if not self.built:
            self.build()
        share = self.quantiser.fit(vectors)
        dots = np.einsum("nw,nw->n", vectors, text)
        self.fit_edges.assign(np.quantile(dots, np.arange(1, FITS) / FITS).astype("float32"))
        return share

    def logits(self, tokens, conditions):
        """What it expects of each token (batch, dimensions, buckets), float32, given tokens (batch, dimensions) int32;
        of token k, having seen those before it. Conditions: "ids", "text" and "fit" (batch,), the dot product's bucket,
        all heeded where "keep_text" is 1."""
        ids, text = conditions["ids"], ops.cast(conditions["text"], "float32")
        keep = ops.reshape(heeded(conditions, "text", text[:, 0]), (-1, 1, 1))
        told = [self.word(ids), self.read_text(text)[:, None], self.fit_token(conditions["fit"])[:, None]]
        told = keep * ops.concatenate(told, axis=1) + (1 - keep) * self.no_text
        sequence = self.positions(ops.concatenate([told, self.number(tokens[:, :-1])], axis=1))
        real = ops.logical_or(ops.not_equal(ids, PAD), keep[:, :, 0] == 0)
        others = ops.ones_like(sequence[:, self.max_length :, 0], dtype="bool")
        mask = ops.concatenate([real, others], axis=1)
        for block in self.blocks:
            sequence = block(sequence, mask=mask)
        return ops.cast(self.out(self.norm(sequence[:, -self.dimensions :])), "float32")

    def _guided(self, tokens, conditions, scale):
        both = self.logits(ops.concatenate([tokens, tokens]), conditions)
        with_them, without = ops.split(both, 2)
        return without + scale * (with_them - without)

    def call(self, inputs, training=False):
        """The tokens of "x0", and the logits of each, given those before it."""
        x0, text = (ops.cast(inputs[name], "float32") for name in ("x0", "text"))
        tokens, dots = self.quantiser(x0), ops.sum(x0 * text, axis=-1, keepdims=True)
        keep = ops.cast(inputs.get(KEEP + "text", ops.ones_like(x0[:, 0])), "float32")
        if training:
            drawn = keras.random.uniform(ops.shape(keep), seed=self.seeds) >= self.drop_text
            keep = keep * ops.cast(drawn, "float32")
        fits = ops.sum(ops.cast(dots >= self.fit_edges, "int32"), axis=-1)
        conditions = {"ids": inputs["ids"], "text": text, "fit": fits, KEEP + "text": keep}
        return {"tokens": tokens, "logits": self.logits(tokens, conditions)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The cross-entropy, in nats a token: a mean over tokens and over the batch."""
        losses = keras.losses.sparse_categorical_crossentropy(y_pred["tokens"], y_pred["logits"], from_logits=True)
        losses = ops.mean(losses, axis=-1)
        return ops.mean(losses if sample_weight is None else losses * ops.cast(sample_weight, losses.dtype))

    def fit(self, *args, **kwargs):
        """As Keras's; TutorialError where `fit_pca` was not called first."""
        self._check_fitted()
        return super().fit(*args, **kwargs)

    def _check_fitted(self):
        if not self.built or not np.any(ops.convert_to_numpy(self.quantiser.components)):
            raise TutorialError("this prior has no principal components yet: call fit_pca first")

    @property
    def noise_shape(self):
        """The shape of the noise of one candidate: a number for the dot product, then one for each token."""
        return (1 + self.dimensions,)

    def generate(self, ids, noise, text, guidance_scale=1.0, temperature=1.0):
        """Image embeddings (batch, embedding_width) of length √width, from standard normal noise (batch, candidates,
        1 + dimensions) or (batch, 1 + dimensions), whose probability, a number from 0 to 1, decides each token.

        ids (batch, tokens), text (batch, embedding_width): as in training. guidance_scale: on the logits, 1 heeds the
        caption as learnt, more exaggerates it. temperature: below 1 prefers likely tokens, 0 takes the likeliest. The
        dot product is drawn from the top half of its distribution. Of several candidates for a caption, the one
        nearest to `text` is kept. TutorialError for a setting or a shape that is not allowed.
        """
        self._check_fitted()
        for name, value in (("guidance_scale", guidance_scale), ("temperature", temperature)):
            if not 0 <= value < math.inf:
                raise TutorialError(f"{name} is {value}: it must be a number of at least 0")
        if guidance_scale != 1 and not self.drop_text:
            raise TutorialError("this model cannot be guided: it never learnt to do without text (`drop_text`)")
        ids, text = ops.convert_to_numpy(ids), ops.convert_to_numpy(text).astype("float32")
        noise = noise[:, None] if len(noise.shape) == 2 else noise
        batch, candidates, numbers = noise.shape
        if (numbers,) != self.noise_shape or ids.shape != (batch, self.max_length):
            raise TutorialError(f"noise is {noise.shape} and ids are {ids.shape}: allowed are (batch, candidates, "
                                f"{1 + self.dimensions}) and (batch, {self.max_length})")
        uniforms = ndtr(ops.convert_to_numpy(noise).astype("float64").reshape(-1, numbers))
        top = np.minimum(FITS // 2 + (uniforms[:, 0] * (FITS // 2)).astype("int32"), FITS - 1)
        conditions = {"ids": ids.repeat(candidates, 0), "text": text.repeat(candidates, 0), "fit": top}
        found = self.quantiser.decode(self._write(conditions, uniforms[:, 1:], guidance_scale, temperature))
        return nearest_candidate(found.reshape(batch, candidates, -1), text)

    def _write(self, conditions, uniforms, guidance_scale, temperature):
        """Tokens (batch, dimensions), one after another. Those still to come are zeros, which nothing sees."""
        conditions, tokens = kept(conditions, ("text",)), np.zeros(uniforms.shape, "int32")
        if guidance_scale != 1:
            conditions = doubled(conditions, ("text",))
        conditions = {name: ops.convert_to_tensor(value) for name, value in conditions.items()}
        scale = ops.convert_to_tensor(guidance_scale, "float32")
        for k in range(self.dimensions):
            here = ops.convert_to_tensor(tokens)
            all_logits = self._once(here, conditions) if guidance_scale == 1 else self._twice(here, conditions, scale)
            tokens[:, k] = inverse_cdf(ops.convert_to_numpy(all_logits)[:, k], uniforms[:, k], temperature)
        return tokens

    def build_for(self, max_length):
        """Makes all weights; `max_length` is the model's."""
        self.build()

    def get_config(self):
        names = ("vocabulary_size", "max_length", "embedding_width", "width", "depth", "dimensions", "buckets",
                 "drop_text")
        return {name: getattr(self, name) for name in names}
