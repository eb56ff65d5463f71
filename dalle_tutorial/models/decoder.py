"""The decoder: a diffusion model of pictures, given a caption, a CLIP image embedding, or both.

With captions alone it is a small GLIDE (Nichol et al. 2021); with the embedding it is the decoder of unCLIP (Ramesh et
al. 2022, §2.1).
"""

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.diffusion import Diffusion
from dalle_tutorial.models.samplers import last, sample

ops = keras.ops


@keras.saving.register_keras_serializable("dalle_tutorial")
class Decoder(Diffusion):
    """A `Diffusion` whose denoiser is a `UNet`, ready to draw. Arguments as for `Diffusion`.

    It learns from dicts of "x0", pictures (batch, side, side, 3) in [−1, 1], and the conditions that its U-Net knows.
    """

    settings = ("guidance_scale", "steps", "sampler")
    """What `generate` may be told beside captions and noise."""

    @property
    def noise_shape(self):
        """The shape of the noise that one picture is made of."""
        return (self.denoiser.side, self.denoiser.side, 3)

    def conditions(self, ids=None, embedding=None):
        """What `denoise` takes: ids (batch, tokens), and an embedding (batch, width) where the U-Net knows one. What is
        None is left out, as the U-Net learnt to do without it. Raises TutorialError where nothing is left."""
        if ids is None and embedding is None:
            raise TutorialError("a decoder needs captions, an embedding, or both: got neither")
        n, found = len(embedding if ids is None else ids), {}
        if ids is None:
            nothing = ops.zeros((n, self.denoiser.text_encoder.max_length), "int32")
            found |= {"ids": nothing, "keep_ids": ops.zeros((n,))}
        else:
            found["ids"] = ids
        if self.denoiser.embedding_width and embedding is None:
            found |= {"embedding": ops.zeros((n, self.denoiser.embedding_width)), "keep_embedding": ops.zeros((n,))}
        elif embedding is not None:
            found["embedding"] = embedding
        return found

    def steps_of(self, ids, noise, guidance_scale=2.0, steps=16, sampler="dpm-solver", embedding=None, wrap=None):
        """The `Step`s of a sampler from noise (batch, side, side, 3) to pictures: a generator.

        guidance_scale: 1 = no guidance. steps: evaluations of the network, each of a doubled batch where there is
        guidance. sampler: one of SAMPLERS. wrap: a function of the guess (x, t) → (x0, noise), as `denoise` returns it,
        to the one that the sampler asks in its place; None for the guess itself. Raises TutorialError for values that
        `denoise` or the sampler refuse.
        """
        denoise = self.denoise(self.conditions(ids, embedding), guidance_scale, clip="static")
        return sample(sampler, wrap(denoise) if wrap else denoise, self.schedule, noise, steps)

    def generate(self, ids, noise, **settings):
        """Pictures (batch, side, side, 3) near [−1, 1], from `noise` of that shape; settings as for `steps_of`."""
        return last(self.steps_of(ids, noise, **settings))

    def build_for(self, max_length):
        """Makes all weights, for captions of `max_length` ids."""
        ids = ops.ones((1, max_length), "int32")
        self({"x0": ops.zeros((1, *self.noise_shape)), **self.conditions(ids)})
