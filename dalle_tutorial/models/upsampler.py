"""The upsampler: a diffusion model of pictures, given the same picture at half the side.

It is the last part of unCLIP (Ramesh et al. 2022, §2.1), where two of them lead from 64 to 256 and to 1024 pixels. As
there it is told no caption, has no attention, and is not guided: what a picture shows is decided when it is small.
"""

from dalle_tutorial.backend import keras
from dalle_tutorial.data.pixels import to_bytes, to_unit
from dalle_tutorial.errors import PictureError
from dalle_tutorial.models.diffusion import Diffusion
from dalle_tutorial.models.inference import in_chunks
from dalle_tutorial.models.samplers import last, noise_for_each, sample
from dalle_tutorial.models.unet import UNet

ops = keras.ops
FACTOR = 2
_BLURRED = 0.5  # the share of small pictures that are blurred in training
_SPREAD = (0.4, 0.6)  # the standard deviation of the blur, in small pixels
_NOISE = 0.05  # the largest standard deviation of the noise, where pictures go from −1 to 1


def blur(pictures, beside):
    """Pictures (batch, height, width, channels), each pixel mixed with its eight neighbours by a Gaussian.

    `beside` (batch, 1, 1, 1) is the weight of a pixel next door where its own is 1: exp(−1 / (2 σ²)), 0 for no blur.
    """
    around = ops.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    rows = around[:, 1:-1] + beside * (around[:, :-2] + around[:, 2:])
    both = rows[:, :, 1:-1] + beside * (rows[:, :, :-2] + rows[:, :, 2:])
    return both / (1 + 2 * beside) ** 2


@keras.saving.register_keras_serializable("dalle_tutorial")
class DetailUNet(UNet):
    """A `UNet` that predicts x0 as the condition "low" and what that lacks. Arguments as for `UNet`.

    The last layer starts at zero, so an untrained one enlarges plainly; only edges are left to learn.
    """

    def call(self, x, t, conditions, training=False):
        """Noised pictures (batch, side, side, 3), times (batch,) and "low", of x's shape → x0, of that shape too."""
        return conditions["low"] + super().call(x, t, conditions, training=training)


@keras.saving.register_keras_serializable("dalle_tutorial")
class Upsampler(Diffusion):
    """A `Diffusion` of pictures of the U-Net's side, given them at half of it. Arguments as for `Diffusion`.

    Its denoiser is a `UNet` with `low`, or for the prediction "x0" a `DetailUNet`. It learns from dicts of "x0",
    pictures (batch, side, side, 3), and "low", the same (batch, side / 2, side / 2, 3), all in [−1, 1].
    """

    @property
    def noise_shape(self):
        """The shape of the noise that one large picture is made of."""
        return (self.denoiser.side, self.denoiser.side, 3)

    def enlarge(self, pictures):
        """Plainly, between the four nearest pixels: (batch, side / 2, side / 2, 3) → (batch, side, side, 3)."""
        size = self.noise_shape[:2]
        return ops.image.resize(pictures, size, interpolation="bilinear", data_format="channels_last")

    def corrupt(self, pictures):
        """Small pictures (batch, height, width, 3) as training shows them: half of them slightly blurred, all with a
        little noise, how much of each being drawn here.

        What is to be enlarged later is another model's work and not quite right. An upsampler that has only seen true
        pictures would sharpen the faults too (Ho et al. 2021, §4; unCLIP §2.1, which blurs at this stage).
        """
        each = (ops.shape(pictures)[0], 1, 1, 1)
        spread, chance, strength = (keras.random.uniform(each, seed=self.seeds) for _ in range(3))
        spread = _SPREAD[0] + (_SPREAD[1] - _SPREAD[0]) * spread
        beside = ops.exp(-0.5 / spread**2) * ops.cast(chance < _BLURRED, "float32")
        noise = keras.random.normal(ops.shape(pictures), seed=self.seeds)
        return blur(pictures, beside) + _NOISE * strength * noise

    def call(self, inputs, training=False):
        """As `Diffusion`, with "low" corrupted in training, and enlarged."""
        low = ops.cast(inputs["low"], "float32")
        low = self.corrupt(low) if training else low
        return super().call({**inputs, "low": self.enlarge(low)}, training=training)

    def steps_of(self, pictures, noise, steps=8, sampler="dpm-solver"):
        """The `Step`s of a sampler from noise (batch, side, side, 3) to the large pictures: a generator.

        pictures: (batch, side / 2, side / 2, 3) in [−1, 1]; PictureError for others. steps: evaluations of the network.
        sampler: one of SAMPLERS. TutorialError for values that the sampler refuses.
        """
        self._check(pictures := ops.convert_to_numpy(pictures))
        denoise = self.denoise({"low": self.enlarge(pictures)}, clip="static")
        return sample(sampler, denoise, self.schedule, noise, steps)

    def generate(self, pictures, noise, **settings):
        """Pictures (batch, side, side, 3) near [−1, 1], from `noise` of that shape; settings as for `steps_of`."""
        return last(self.steps_of(pictures, noise, **settings))

    def upsample(self, pictures, seed=0, **settings):
        """Pictures uint8 (n, side / 2, side / 2, 3), enlarged: uint8 (n, side, side, 3); settings as for `steps_of`.

        Number i depends on picture i, on `seed` (a number or a list of them) and on i alone.
        """
        pictures, noise = to_unit(pictures), noise_for_each(len(pictures), self.noise_shape, seed)
        return to_bytes(in_chunks(lambda *rows: self.generate(*rows, **settings), pictures, noise))

    def _check(self, pictures):
        side = self.denoiser.side // FACTOR
        if pictures.shape[1:] != (side, side, 3):
            raise PictureError(f"pictures of shape {pictures.shape}: allowed are (pictures, {side}, {side}, 3)")
        if pictures.dtype.kind != "f" or (pictures.size and abs(pictures).max() > 1.001):
            raise PictureError("pictures to enlarge must be floats from -1 to 1 (`to_unit` makes them of uint8)")

    def build_for(self, max_length):
        """Makes all weights; captions of `max_length` ids are nothing to it."""
        side = self.denoiser.side // FACTOR
        self({"x0": ops.zeros((1, *self.noise_shape)), "low": ops.zeros((1, side, side, 3))})
