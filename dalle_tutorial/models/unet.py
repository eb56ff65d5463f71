"""The U-Net that denoises: convolutions for detail at high resolution, a transformer for meaning at low resolution.

Its conditioning is that of unCLIP (Ramesh et al. 2022, §2.1): the CLIP image embedding is added to the embedding of
the time *and* becomes four more tokens beside those of the caption. Without an embedding it is the text-conditional
model of GLIDE (Nichol et al. 2021); without a caption and with a smaller picture it is an upsampler.
"""

from dalle_tutorial.backend import keras
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.models.guidance import heeded
from dalle_tutorial.models.unet_parts import ResidualBlock, TimeEmbedding, fold, grid_waves, unfold
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops
EXTRA_TOKENS = 4  # what the image embedding becomes beside the caption's tokens


@keras.saving.register_keras_serializable("dalle_tutorial")
class UNet(keras.Model):
    """Predicts what a `Diffusion` asks for from a noised picture, the time and the conditions.

    side: of its pictures, which have three channels. They are folded into patches of 2 × 2 first.
    widths: channels at half and at a quarter of the side.
    depth: transformer blocks at a quarter of the side; 0 for a net without attention.
    text_encoder: a `TextEncoder` for the condition "ids", or None.
    embedding_width: of the condition "embedding" (a CLIP image vector), or 0.
    low: whether the condition "low", a picture of the same side to start from, lies beside the noised one.

    A condition that `Diffusion` has dropped arrives with 0 in "keep_ids" or "keep_embedding" (batch,): a learned
    vector then takes its place.
    """

    def __init__(self, side=32, widths=(64, 128), depth=4, text_encoder=None, embedding_width=0, low=False, **kwargs):
        super().__init__(**kwargs)
        self.side, self.widths, self.depth = side, tuple(widths), depth
        self.text_encoder, self.embedding_width, self.low = text_encoder, embedding_width, low
        fine, coarse = self.widths
        dense, conv = keras.layers.Dense, keras.layers.Conv2D
        self.time = TimeEmbedding(2 * coarse, name="time")
        if text_encoder is not None:
            self.sentence = dense(2 * coarse, use_bias=False, name="sentence")
        if embedding_width:
            self.embedding = dense(2 * coarse, use_bias=False, name="embedding")
            self.extra = dense(EXTRA_TOKENS * coarse, use_bias=False, name="extra")
        self.enter = conv(fine, 3, padding="same", name="enter")
        self.fine_in = ResidualBlock(fine, name="fine_in")
        self.down = conv(coarse, 3, strides=2, padding="same", name="down")
        self.coarse_in = ResidualBlock(coarse, name="coarse_in")
        self.positions = PositionEmbedding((side // 4) ** 2, grid_waves(side // 4, coarse), name="positions")
        self.blocks = [TransformerBlock(coarse, cross=self.reads, name=f"block_{i}") for i in range(depth)]
        self.coarse_out = ResidualBlock(coarse, name="coarse_out")
        self.up = dense(4 * fine, name="up")
        self.fine_out = [ResidualBlock(fine, name=f"fine_out_{i}") for i in range(2)]
        self.norm = keras.layers.GroupNormalization(1, name="norm")
        self.leave = conv(12, 3, padding="same", kernel_initializer="zeros", name="leave")

    @property
    def reads(self):
        """Whether there are tokens to attend to."""
        return self.text_encoder is not None or bool(self.embedding_width)

    def build(self, *shapes):
        fine, coarse = self.widths
        half, quarter = (None, self.side // 2, self.side // 2), (None, self.side // 4, self.side // 4)
        known = (None, 2 * coarse)
        self.time.build((None,))
        small = keras.initializers.RandomNormal(stddev=0.02)
        if self.text_encoder is not None:
            self.text_encoder.build()
            self.sentence.build((None, self.text_encoder.width))
            shape = (1, 1, self.text_encoder.width)
            self.no_text = self.add_weight(name="no_text", shape=shape, initializer=small)
            self.read = keras.layers.Dense(coarse, use_bias=False, name="read")
            self.read.build((None, None, self.text_encoder.width))
        if self.embedding_width:
            self.no_embedding = self.add_weight(
                name="no_embedding", shape=(1, self.embedding_width), initializer=small
            )
            self.embedding.build((None, self.embedding_width))
            self.extra.build((None, self.embedding_width))
        self.enter.build((*half, 12 * (1 + self.low)))
        self.fine_in.build((*half, fine), known)
        self.down.build((*half, fine))
        self.coarse_in.build((*quarter, coarse), known)
        self.positions.build((None, None, coarse))
        for block in self.blocks:
            block.build((None, None, coarse), (None, None, coarse))
        self.coarse_out.build((*quarter, 2 * coarse), known)
        self.up.build((*quarter, coarse))
        self.fine_out[0].build((*half, 2 * fine), known)
        self.fine_out[1].build((*half, fine), known)
        self.norm.build((*half, fine))
        self.leave.build((*half, fine))
        self.built = True

    def told(self, conditions):
        """What the conditions say, whatever the time: a vector (batch, any) to add to the time's, or 0; tokens (batch,
        any, width) to attend to and where they are real (batch, any), or None twice."""
        known, tokens, masks = 0, [], []
        if self.text_encoder is not None:
            ids = conditions["ids"]
            said = self.text_encoder(ids)
            keep = ops.reshape(heeded(conditions, "ids", ops.cast(ids[:, 0], "float32")), (-1, 1, 1))
            # A dropped caption is one learned token, and nothing else can be seen.
            first = ops.cast(ops.arange(ids.shape[1]) == 0, "float32")[None, :, None]
            words = keep * said["tokens"] + (1 - keep) * first * self.no_text
            tokens.append(self.read(words))
            masks.append(ops.where(keep[:, :, 0] > 0, ops.not_equal(ids, PAD), first[:, :, 0] > 0))
            known = self.sentence(keep[:, 0] * said["sentence"] + (1 - keep[:, 0]) * self.no_text[:, 0])
        if self.embedding_width:
            keep = ops.expand_dims(heeded(conditions, "embedding", conditions["embedding"][:, 0]), -1)
            embedding = keep * conditions["embedding"] + (1 - keep) * self.no_embedding
            known = known + self.embedding(embedding)
            extra = ops.reshape(self.extra(embedding), (-1, EXTRA_TOKENS, self.widths[1]))
            tokens.append(extra)
            masks.append(ops.ones_like(extra[:, :, 0], dtype="bool"))
        if not tokens:
            return known, None, None
        return known, ops.concatenate(tokens, axis=1), ops.concatenate(masks, axis=1)

    def at(self, t, known):
        """The vector (batch, any) that every block gets: the times (batch,), and what `told` said beside them."""
        return ops.silu(self.time(t) + known)

    def condition(self, t, conditions):
        """All that is known beside the picture: the vector of `at`, and the tokens and their mask of `told`."""
        known, tokens, mask = self.told(conditions)
        return self.at(t, known), tokens, mask

    def call(self, x, t, conditions, training=False):
        """Noised pictures (batch, side, side, 3), times (batch,) and conditions → (batch, side, side, 3)."""
        if self.low:
            x = ops.concatenate([x, conditions["low"]], axis=-1)
        return self.look(x, *self.condition(t, conditions))

    def look(self, x, known, tokens, mask):
        """The same from what `condition` returned; behind x lies the low-resolution picture where there is one."""
        fine = self.fine_in(self.enter(fold(x, 2)), known)
        coarse = self.coarse_in(self.down(fine), known)
        rows = self.side // 4
        x = self.positions(ops.reshape(coarse, (-1, rows * rows, self.widths[1])))
        for block in self.blocks:
            x = block(x, tokens, context_mask=mask)
        x = ops.reshape(x, (-1, rows, rows, self.widths[1]))
        x = self.coarse_out(ops.concatenate([x, coarse], axis=-1), known)
        x = ops.concatenate([unfold(self.up(x), 2), fine], axis=-1)
        for block in self.fine_out:
            x = block(x, known)
        return unfold(self.leave(ops.relu(self.norm(x))), 2)

    def get_config(self):
        """Plain values, the text encoder's own config among them."""
        names = ("side", "widths", "depth", "embedding_width", "low")
        text = None if self.text_encoder is None else self.text_encoder.plain_config()
        return {"text_encoder": text, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        text = config["text_encoder"]
        # Named as recipes name it, so that the weights of two U-Nets can be told to belong together.
        encoder = None if text is None else TextEncoder(**text, name="text_encoder")
        return cls(**{**config, "text_encoder": encoder})
