"""CLIP: one space in which a picture and its caption meet (Radford et al. 2021).

Two encoders, one for pictures and one for captions, each end in a vector of length one. Among the pairs of a batch,
the picture must find its caption and the caption its picture:

    loss = ½ [ CE(s · I Tᵀ, diagonal) + CE(s · T Iᵀ, diagonal) ],   s = exp(logit_scale) ≤ 100
"""

import math

import numpy as np

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.text.encoder import TextEncoder

ops = keras.ops
SIDE = 32  # pictures are SIDE × SIDE
GRID = 8  # and are read as GRID × GRID patches
LARGEST_SCALE = 100.0  # of the logits: beyond it training may run away (Radford et al. 2021, §2.5)


def unit_length(x):
    """Vectors (batch, width), each divided by its length."""
    return x / ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-8)


@keras.saving.register_keras_serializable("dalle_tutorial")
class ImageEncoder(keras.Model):
    """Two convolutions make 8 × 8 patches, `depth` transformer blocks let them look at each other, and one more token,
    which stands for the whole picture, gathers what they saw (Dosovitskiy et al. 2021; the convolutions make it train
    sooner, Xiao et al. 2021)."""

    def __init__(self, width=96, depth=3, heads=4, **kwargs):
        super().__init__(**kwargs)
        self.width, self.depth, self.heads = width, depth, heads
        self.convolutions = [
            keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="gelu", name=f"conv_{filters}")
            for filters in (width // 3, width)
        ]
        self.positions = PositionEmbedding(GRID * GRID, name="positions")
        self.blocks = [TransformerBlock(width, heads, name=f"block_{i}") for i in range(depth)]
        self.norm = keras.layers.RMSNormalization(name="norm")

    def build(self, input_shape=None):
        self.whole = self.add_weight(
            name="whole", shape=(1, 1, self.width), initializer=keras.initializers.RandomNormal(stddev=0.02)
        )
        self.convolutions[0].build((None, SIDE, SIDE, 3))
        self.convolutions[1].build((None, SIDE // 2, SIDE // 2, self.width // 3))
        for layer in (self.positions, *self.blocks, self.norm):
            layer.build((None, GRID * GRID, self.width))
        self.built = True

    def call(self, x):
        """Pictures (batch, 32, 32, 3) in [−1, 1] → one vector each, (batch, width)."""
        for convolution in self.convolutions:
            x = convolution(x)
        x = self.positions(ops.reshape(x, (-1, GRID * GRID, self.width)))
        x = ops.concatenate([self.whole + ops.zeros_like(x[:, :1]), x], axis=1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x[:, 0])

    def get_config(self):
        return {**super().get_config(), "width": self.width, "depth": self.depth, "heads": self.heads}


@keras.saving.register_keras_serializable("dalle_tutorial")
class CLIP(keras.Model):
    """Contrastive language–image pre-training, for 32 × 32 pictures.

    text_encoder: a `TextEncoder`; its sentence vector speaks for the caption.
    embedding_width: numbers in the vectors that meet.
    image_width, image_depth: of the transformer that reads pictures.

    `fit` learns from dicts of "pictures" (batch, 32, 32, 3) in [−1, 1] and "ids" (batch, tokens). Where they also hold
    "wrong_ids", captions that are almost right, each picture must tell its own from those as well (Yuksekgonul et al.
    2023): without them, the order of words hardly matters to the loss, and the vectors become a bag of words.
    """

    def __init__(self, text_encoder, embedding_width=64, image_width=96, image_depth=3, **kwargs):
        super().__init__(**kwargs)
        self.text_encoder, self.embedding_width = text_encoder, embedding_width
        self.image_width, self.image_depth = image_width, image_depth
        self.image_encoder = ImageEncoder(image_width, image_depth, name="image_encoder")
        self.project_text = keras.layers.Dense(embedding_width, use_bias=False, name="project_text")
        self.project_image = keras.layers.Dense(embedding_width, use_bias=False, name="project_image")
        self.found = keras.metrics.Mean(name="found")

    def build(self, input_shape=None):
        self.text_encoder.build()
        self.image_encoder.build()
        self.project_text.build((None, self.text_encoder.width))
        self.project_image.build((None, self.image_width))
        # 1 / 0.07, where the paper starts (§2.5)
        start = keras.initializers.Constant(math.log(1 / 0.07))
        self.logit_scale = self.add_weight(name="logit_scale", shape=(), initializer=start)
        self.built = True

    def encode_text(self, ids):
        """Captions (batch, tokens) → vectors of length one (batch, embedding_width)."""
        return unit_length(self.project_text(self.text_encoder(ids)["sentence"]))

    def encode_image(self, x):
        """Pictures (batch, 32, 32, 3) in [−1, 1] → vectors of length one (batch, embedding_width)."""
        return unit_length(self.project_image(self.image_encoder(x)))

    @property
    def scale(self):
        """What cosines are multiplied by before the softmax: the inverse of its temperature, learned, at most 100."""
        return ops.minimum(ops.exp(self.logit_scale), LARGEST_SCALE)

    def call(self, inputs):
        """The vectors of a batch: "image" and "text" (batch, embedding_width), and "wrong", where there are any."""
        found = {"image": self.encode_image(inputs["pictures"])}
        if "wrong_ids" not in inputs:
            return {**found, "text": self.encode_text(inputs["ids"])}
        both = self.encode_text(ops.concatenate([inputs["ids"], inputs["wrong_ids"]], axis=0))
        text, wrong = ops.split(both, 2, axis=0)
        return {**found, "text": text, "wrong": wrong}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The symmetric cross-entropy (Radford et al. 2021, figure 3), in nats."""
        image, text = y_pred["image"], y_pred["text"]
        texts = ops.concatenate([text, y_pred["wrong"]], axis=0) if "wrong" in y_pred else text
        from_image = self.scale * ops.matmul(image, ops.transpose(texts))  # (batch, captions)
        from_text = self.scale * ops.matmul(text, ops.transpose(image))  # (batch, batch)
        own = ops.arange(ops.shape(image)[0])
        self.found.update_state(ops.cast(ops.equal(ops.argmax(from_image, axis=-1), own), "float32"))
        losses = [keras.losses.sparse_categorical_crossentropy(own, logits, from_logits=True)
                  for logits in (from_image, from_text)]
        return (ops.mean(losses[0]) + ops.mean(losses[1])) / 2

    def similarity(self, x, ids):
        """The cosine of each picture with its caption: (batch,)."""
        return ops.sum(self.encode_image(x) * self.encode_text(ids), axis=-1)

    def build_for(self, max_length):
        """Makes all weights; `max_length` is the text encoder's."""
        self.build()

    def get_config(self):
        """Plain values, the text encoder's own config among them."""
        names = ("embedding_width", "image_width", "image_depth")
        return {"text_encoder": self.text_encoder.plain_config(), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        return cls(TextEncoder(**config["text_encoder"]), **{k: v for k, v in config.items() if k != "text_encoder"})


def encoders(clip):
    """What a trained CLIP makes of pictures (batch, 32, 32, 3) in [−1, 1] and of ids (batch, tokens): two functions to
    arrays (batch, embedding_width) of length √embedding_width, so that their numbers are about as large as noise."""
    scale = math.sqrt(clip.embedding_width)
    fast = (compiled(encode, clip, any_size=True) for encode in (clip.encode_image, clip.encode_text))
    return [lambda x, encode=encode: scale * np.asarray(encode(x)) for encode in fast]
