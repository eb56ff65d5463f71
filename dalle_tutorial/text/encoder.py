"""The transformer text encoder: ids in, one vector for each token and one for the sentence out."""

from dalle_tutorial.backend import keras
from dalle_tutorial.layers import PositionEmbedding, TransformerBlock
from dalle_tutorial.text.tokenizers import END, PAD

ops = keras.ops


@keras.saving.register_keras_serializable("dalle_tutorial")
class TextEncoder(keras.Model):
    """Embeddings, positions, `depth` transformer blocks, a last normalisation.

    With `causal` a token sees only what stands before it, as in GPT and in CLIP's text side; without, the whole
    caption, as in BERT. Either way the sentence vector is the one that stands at the end token, which has seen
    every word (Radford et al. 2021, §2.4).
    """

    def __init__(self, vocabulary_size, max_length, width=96, depth=3, heads=4, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size, self.max_length, self.width = vocabulary_size, max_length, width
        self.depth, self.heads, self.causal = depth, heads, causal
        self.embedding = keras.layers.Embedding(vocabulary_size, width, name="embedding")
        self.positions = PositionEmbedding(max_length, name="positions")
        self.blocks = [TransformerBlock(width, heads, causal, name=f"block_{i}") for i in range(depth)]
        self.norm = keras.layers.RMSNormalization(name="norm")

    def build(self, input_shape=None):
        shape = (None, self.max_length, self.width)
        self.embedding.build((None, self.max_length))
        for layer in (self.positions, *self.blocks, self.norm):
            layer.build(shape)
        self.built = True

    def call(self, ids):
        """`ids` (batch, max_length) int32 → {"tokens": (batch, max_length, width), "sentence": (batch, width)}."""
        mask = ops.not_equal(ids, PAD)
        x = self.positions(self.embedding(ids))
        for block in self.blocks:
            x = block(x, mask=mask)
        x = self.norm(x)
        at_end = ops.cast(ops.equal(ids, END), x.dtype)
        return {"tokens": x, "sentence": ops.einsum("btw,bt->bw", x, at_end)}

    def attention_maps(self, ids):
        """What each token looked at: (batch, depth, heads, tokens, tokens), rows summing to one."""
        mask = ops.not_equal(ids, PAD)
        x, maps = self.positions(self.embedding(ids)), []
        for block in self.blocks:
            maps.append(block.attention(block.norms[0](x), mask=mask, return_weights=True)[1])
            x = block(x, mask=mask)
        return ops.stack(maps, axis=1)

    def plain_config(self):
        """What the constructor takes, without what Keras adds: for the config of a model that holds this encoder."""
        names = ("vocabulary_size", "max_length", "width", "depth", "heads", "causal")
        return {name: getattr(self, name) for name in names}

    def get_config(self):
        return {**super().get_config(), **self.plain_config()}
