"""Pictures as tokens: a picture of 32 × 32 pixels becomes 8 × 8 whole numbers, and those a picture again.

A codebook between an encoder and a decoder, in the two forms of `codebook`: a VQ-VAE (van den Oord et al. 2017), and
the discrete VAE with which DALL·E writes pictures (Ramesh et al. 2021, §2.1). The nets around it are the same.
"""

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.models.codebook import GumbelQuantiser, VectorQuantiser, counts
from dalle_tutorial.models.vqvae_parts import CHANNELS, GRID, SIDE, GridDecoder, GridEncoder

ops = keras.ops
_NUMBERS_A_CELL = (SIDE // GRID) ** 2 * CHANNELS


class PictureTokens(keras.Model):
    """What both forms have: encoder, decoder, and what others need of them.

    codes: the size of the codebook, and `code_width` numbers for each. width, depth: of `GridEncoder` and
    `GridDecoder`. noise: the standard deviation of a pixel under p(x|codes), in units of pixels that run from −1 to 1:
    the smaller, the more the squared error weighs beside the cost of the codes.

    It learns from dicts of "pictures" (batch, 32, 32, 3) in [−1, 1].
    """

    quantiser = None
    cost = "cost"
    grid = GRID

    def __init__(self, codes=256, code_width=16, width=64, depth=2, noise=0.1, **kwargs):
        super().__init__(**kwargs)
        self.codes, self.code_width, self.width, self.depth, self.noise = codes, code_width, width, depth, noise
        self.encoder = GridEncoder(width, depth, name="encoder")
        self.codebook = self.quantiser(codes, code_width, name="codebook")
        self.decoder = GridDecoder(code_width, width, depth, name="decoder")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("squared_error", self.cost, "usage")}
        self._to_codes, self._to_pictures = (compiled(f, self, any_size=True) for f in (self._encode, self.decode))

    def build(self, input_shape=None):
        self.encoder.build()
        self.codebook.build((None, GRID, GRID, self.width))
        self.decoder.build()
        self.built = True

    def call(self, inputs, training=False):
        """Of `inputs` with "pictures", the reconstructed "pictures" (batch, 32, 32, 3), their "codes" (batch, 8, 8)
        and the "cost" of these, a mean over all cells."""
        features = self.encoder(ops.cast(inputs["pictures"], "float32"))
        vectors, indices, cost = self.codebook(features, training=training)
        return {"pictures": ops.cast(self.decoder(vectors), "float32"), "codes": indices, "cost": cost}

    @property
    def cost_weight(self):
        """What the cost of a cell is multiplied by in the loss."""
        raise NotImplementedError

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """−log p(x|codes) for each number of a picture, in nats and without what is constant, and the codes' cost."""
        error = ops.mean(ops.square(x["pictures"] - y_pred["pictures"]))
        used = ops.mean(ops.cast(counts(y_pred["codes"], self.codes) > 0, "float32"))
        for tracker, value in zip(self.trackers.values(), (error, y_pred["cost"], used), strict=True):
            tracker.update_state(value)
        return error / (2 * self.noise**2) + self.cost_weight * y_pred["cost"]

    def _encode(self, x):
        return ops.reshape(self.codebook.choose(self.encoder(x)), (-1, GRID * GRID))

    def decode(self, codes):
        """The pictures that codes (batch, 64) stand for, a tensor (batch, 32, 32, 3) in [−1, 1]; unchecked."""
        vectors = self.codebook.look_up(ops.reshape(codes, (-1, GRID, GRID)))
        return ops.clip(ops.cast(self.decoder(vectors), "float32"), -1, 1)

    def encode_codes(self, pictures):
        """The codes of pictures (batch, 32, 32, 3) in [−1, 1], row by row: an array (batch, 64) int32. PictureError for
        pictures that are not of this kind."""
        pictures = ops.convert_to_numpy(pictures)
        if pictures.shape[1:] != (SIDE, SIDE, CHANNELS):
            raise PictureError(f"pictures of shape {pictures.shape}: allowed are (pictures, {SIDE}, {SIDE}, 3)")
        if pictures.dtype.kind != "f" or (pictures.size and not abs(pictures).max() <= 1.001):
            raise PictureError("pictures to encode must be floats from -1 to 1 (`to_unit` makes them of uint8)")
        return ops.convert_to_numpy(self._to_codes(ops.convert_to_tensor(pictures, "float32"))).astype("int32")

    def decode_codes(self, codes):
        """The pictures that codes (batch, 64) stand for: an array (batch, 32, 32, 3) in [−1, 1]. TutorialError for
        codes that are not of this kind."""
        codes = self._checked(codes)
        if codes.ndim != 2 or codes.shape[1] != GRID * GRID:
            raise TutorialError(f"codes of shape {codes.shape}: allowed are (pictures, {GRID * GRID})")
        return ops.convert_to_numpy(self._to_pictures(ops.convert_to_tensor(codes, "int32")))

    def reconstruct(self, pictures):
        """Pictures (batch, 32, 32, 3) in [−1, 1] as their codes give them back; errors as for `encode_codes`."""
        return self.decode_codes(self.encode_codes(pictures))

    def usage(self, codes):
        """The share of the codebook, from 0 to 1, that occurs in codes of any shape. TutorialError for others."""
        return float(ops.mean(ops.cast(counts(self._checked(codes), self.codes) > 0, "float32")))

    def _checked(self, codes):
        codes = ops.convert_to_numpy(codes)
        if codes.dtype.kind not in "iu" or (codes.size and not 0 <= codes.min() <= codes.max() < self.codes):
            raise TutorialError(f"codes must be whole numbers from 0 to {self.codes - 1}")
        return codes

    def build_for(self, max_length):
        """Makes all weights; captions of `max_length` ids are nothing to it."""
        self.build()

    def get_config(self):
        """Plain values."""
        return {name: getattr(self, name) for name in ("codes", "code_width", "width", "depth", "noise")}


@keras.saving.register_keras_serializable("dalle_tutorial")
class VQVAE(PictureTokens):
    """Vector quantisation (van den Oord et al. 2017). commitment: the weight of the squared distance between a feature
    and its code, for which the paper takes 0.25 (§3.2). Other arguments as for `PictureTokens`."""

    quantiser = VectorQuantiser
    cost = "commitment"

    def __init__(self, codes=256, code_width=16, width=64, depth=2, noise=0.1, commitment=0.25, **kwargs):
        super().__init__(codes, code_width, width, depth, noise, **kwargs)
        self.commitment = commitment

    @property
    def cost_weight(self):
        """The commitment's."""
        return self.commitment

    def get_config(self):
        return {**super().get_config(), "commitment": self.commitment}


@keras.saving.register_keras_serializable("dalle_tutorial")
class DVAE(PictureTokens):
    """DALL·E's discrete VAE (Ramesh et al. 2021, §2.1). Arguments as for `PictureTokens`.

    Its loss is the negative ELBO, for each number of a picture, with KL(q ‖ uniform) weighted by `beta`. A callback may
    change that between steps (by `assign`), and the `temperature` of the soft samples (see `GumbelQuantiser`).
    """

    quantiser = GumbelQuantiser
    cost = "kl"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.beta = self.add_weight(name="beta", shape=(), initializer="ones", trainable=False)

    @property
    def temperature(self):
        """That of the soft samples; changed by `assign`."""
        return self.codebook.temperature

    @property
    def cost_weight(self):
        """β for a cell, shared among the numbers that it stands for."""
        return self.beta / _NUMBERS_A_CELL
