"""unCLIP: caption → prior → CLIP image embedding → decoder → picture, and all that can be done with an embedding.

(Ramesh et al. 2022.) A picture becomes two things: z, its CLIP embedding, which says what it shows; and x_T, the noise
that the decoder draws it from, given z, which says all the rest (§3). Change one and keep the other.
"""

import math

import numpy as np

from dalle_tutorial.data.pixels import to_bytes, to_unit
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.models.clip import encoders
from dalle_tutorial.models.inference import in_chunks, settled
from dalle_tutorial.models.samplers import ddim, invert, last, noise_for_each, times_of
from dalle_tutorial.models.slerp import slerp

SIDE = 32
GRAIN = 0.1
"""The time up to which the noise of a given picture is drawn, and from which on it is found (`UnCLIP.encode`)."""
# Noise of the parts, all from one seed. NumPy seeds [seed, 1, 0] as [seed, 1], which is picture 1: hence large numbers.
PRIOR_STREAM, DRAWN_STREAM, LARGE_STREAM, GRAIN_STREAM = (2**30 + k for k in range(4))


class UnCLIP:
    """The stack, made of trained parts, each with a `model` and a `tokenizer`; `upsampler` may be None.

    priors: {name: trained prior}; the first is used where none is named. card: settings of `draw` that are
    not given. `model` is the decoder's.
    Pictures are uint8 (n, 32, 32, 3) outside and float32 in [−1, 1] inside; embeddings have length √width.
    """

    settings = ("guidance_scale", "steps", "sampler", "prior", "prior_guidance", "candidates")

    def __init__(self, clip, priors, decoder, upsampler=None, card=None):
        self.clip, self.priors, self.decoder, self.upsampler = clip, dict(priors), decoder, upsampler
        self.model, self.tokenizer, self.card = decoder.model, decoder.tokenizer, dict(card or {"name": "unclip"})
        self.scale = math.sqrt(clip.model.embedding_width)
        self._see, self._read = encoders(clip.model)

    def embed(self, pictures):
        """The CLIP embeddings of pictures: (n, width). Raises PictureError."""
        return self._see(to_unit(_checked(pictures)))

    def embed_captions(self, captions):
        """The CLIP embeddings of captions: (n, width). Raises CaptionError for one that CLIP's tokeniser refuses."""
        return self._read(self.clip.tokenizer(list(captions)))

    def imagine(self, captions, seed=0, prior=None, prior_guidance=1.0, candidates=2):
        """The image embeddings (n, width) that the prior sees before it for these captions (§2.2).

        prior: one of `priors`. candidates: how many are drawn; the one nearest to the caption's own embedding stays.
        """
        prior = prior or next(iter(self.priors))
        check_choice("prior", prior, tuple(self.priors))
        if candidates != int(candidates) or candidates < 1:
            raise TutorialError(f"candidates is {candidates}: it must be a whole number of at least 1")
        chosen, text = self.priors[prior], self.embed_captions(captions)
        ids = chosen.tokenizer(list(captions))
        noise = noise_for_each(len(ids), (int(candidates), *chosen.model.noise_shape), [seed, PRIOR_STREAM])
        return in_chunks(lambda *rows: chosen.model.generate(*rows, guidance_scale=prior_guidance), ids, noise, text)

    def draw(self, captions, seed=0, **settings):
        """Draws one picture for each caption: uint8 (captions, 32, 32, 3), as `Trained.draw` does.

        `settings` are guidance_scale, steps and sampler of the decoder, and prior, prior_guidance and candidates as
        for `imagine`. What is left out or None, the card says. The decoder is told the caption too (§2.1).
        """
        return to_bytes(last(self.steps_of(captions, seed, **settings)))

    def steps_of(self, captions, seed=0, **settings):
        """The `Step`s of the decoder on the way to what `draw` draws: a generator."""
        (told, of_prior), captions = self._settings(settings), list(captions)
        ids = self.decoder.tokenizer(captions)
        noise = noise_for_each(len(ids), self.decoder.model.noise_shape, seed)
        embedding = self.imagine(captions, seed, **of_prior)
        return self.decoder.model.steps_of(ids, noise, embedding=embedding, **told)

    def render(self, embedding, noise, guidance_scale=1.0, steps=32, eta=0.0, seed=0):
        """The decoder without a caption: pictures from embeddings and noise, by DDIM; `eta` as there.

        guidance_scale: how much to exaggerate what the embedding says; 1 not at all, which `encode` is the inverse of.
        """
        denoise = self._denoise(embedding, guidance_scale)
        return to_bytes(last(ddim(denoise, self.decoder.model.schedule, noise, steps, eta=eta, seed=seed)))

    def encode(self, pictures, steps=32, grain=GRAIN, seed=0):
        """(z, x_T) of pictures, from which `render` with as many steps draws them again (§3: DDIM inversion).

        Drawn pictures have no grain: nothing in them says which fine noise they came from. Inverted from t = 0, x_T is
        no noise but the picture once more, and what is then changed in z is overruled. So up to the time `grain` (0 for
        none; the nearest step) noise is drawn, and from there on found.
        """
        if not 0 <= grain < 1:
            raise TutorialError(f"grain is {grain}: it must be a time from 0 (none) to below 1 (nothing but noise)")
        z, model = self.embed(pictures), self.decoder.model
        times = times_of(steps, backwards=True)[min(round(grain * steps), int(steps) - 1) :]
        signal, noise_rate = model.schedule.rates(times[0])
        drawn = noise_for_each(len(z), model.noise_shape, [seed, GRAIN_STREAM])
        x = (signal * to_unit(pictures) + noise_rate * drawn).astype("float32")
        return z, np.asarray(last(invert(self._denoise(z, 1.0), model.schedule, x, times, refine=1)), "float32")

    def vary(self, picture, n=8, eta=1.0, seed=0, steps=32, guidance_scale=1.0):
        """n variations of one picture (32, 32, 3) (§3.1): z and x_T stay; the larger `eta` (0 to 1), the more of the
        way from x_T is drawn afresh. With 0, and without guidance, all are the picture again. TutorialError for n below
        1."""
        if n != int(n) or n < 1:
            raise TutorialError(f"{n} variations: the number must be a whole one of at least 1")
        z, noise = self.encode(_checked([picture]), steps)
        return self.render(np.repeat(z, n, axis=0), np.repeat(noise, n, axis=0), guidance_scale, steps, eta, seed)

    def interpolate(self, first, second, frames=8, steps=32, guidance_scale=1.0):
        """Pictures (frames, 32, 32, 3) from one to another: z and x_T both turn by slerp (§3.2)."""
        z, noise = self.encode(_checked([first, second]), steps)
        fractions = np.linspace(0, 1, _at_least_two(frames))
        both = ((np.repeat(x[i : i + 1], len(fractions), axis=0) for i in (0, 1)) for x in (z, noise))
        z, noise = (slerp(*ends, fractions) for ends in both)
        return self.render(z, noise, guidance_scale, steps)

    def interpolate_grid(self, corners, rows=6, columns=6, steps=32, guidance_scale=1.0):
        """Pictures (rows, columns, 32, 32, 3) between four: top left, top right, bottom left and bottom right."""
        if len(corners) != 4:
            raise TutorialError(f"a grid has 4 corners: got {len(corners)} pictures")
        rows, columns = _at_least_two(rows), _at_least_two(columns)
        down, across = np.repeat(np.linspace(0, 1, rows), columns), np.tile(np.linspace(0, 1, columns), rows)

        def mix(x):
            each = [np.repeat(x[i : i + 1], rows * columns, axis=0) for i in range(4)]
            return slerp(slerp(each[0], each[1], across), slerp(each[2], each[3], across), down)

        z, noise = (mix(x) for x in self.encode(_checked(corners), steps))
        return self.render(z, noise, guidance_scale, steps).reshape(rows, columns, SIDE, SIDE, 3)

    def text_diff(self, pictures, source, target, fraction=0.5, guidance_scale=1.0, steps=32):
        """Pictures changed as the captions `target` differ from `source` (one each) (§3.3).

        The difference of the captions' embeddings is brought to z's length, and z turns towards it by `fraction` of the
        angle between them (0.25 to 0.5 in the paper). x_T stays.
        """
        pictures = _checked(pictures)
        if not np.all((np.asarray(fraction) >= 0) & (np.asarray(fraction) <= 1)):
            raise TutorialError(f"fraction is {fraction}: it must lie between 0 (the picture) and 1 (the change alone)")
        if not len(source) == len(target) == len(pictures):
            raise TutorialError(f"{len(pictures)} pictures need as many captions: {len(source)} and {len(target)}")
        z, noise = self.encode(pictures, steps)
        difference = self.embed_captions(target) - self.embed_captions(source)
        size = np.linalg.norm(difference, axis=1, keepdims=True)
        if (size < 1e-4).any():
            raise TutorialError("source and target say the same: there is nothing to change")
        z = slerp(z, self.scale * difference / size, fraction)
        return self.render(z, noise, guidance_scale, steps)

    def inpaint(self, pictures, masks, captions, seed=0, **settings):
        """Pictures whose masked part shows what `captions` ask of the whole; the rest stays, pixel by pixel.

        masks: bool (n, 32, 32), True where to paint. At each step the guess of what is known is replaced by what is
        known (Lugmayr et al. 2022 without their jumps back). Settings as for `draw`.
        """
        pictures, masks = _checked(pictures), np.asarray(masks)
        if masks.shape != pictures.shape[:3] or masks.dtype != bool:
            raise PictureError(
                f"masks of shape {masks.shape} and type {masks.dtype}: allowed is bool {pictures.shape[:3]}"
            )
        if len(captions := list(captions)) != len(pictures):
            raise TutorialError(f"{len(pictures)} pictures need as many captions: got {len(captions)}")
        told, of_prior = self._settings(settings)
        model, known, paint = self.decoder.model, to_unit(pictures), masks[..., None].astype("float32")

        def keep_known(guess):
            def denoise(x, t):
                x0, noise = guess(x, t)
                signal, noise_rate = model.schedule.rates(t)
                x0 = paint * x0 + (1 - paint) * known
                return x0, paint * noise + (1 - paint) * (x - signal * known) / noise_rate

            return denoise

        ids, embedding = self.decoder.tokenizer(captions), self.imagine(captions, seed, **of_prior)
        noise = noise_for_each(len(pictures), model.noise_shape, [seed, DRAWN_STREAM])
        drawn = to_bytes(model.generate(ids, noise, embedding=embedding, wrap=keep_known, **told))
        return np.where(masks[..., None], drawn, pictures)

    def upsample(self, pictures, seed=0):
        """Pictures four times as large: uint8 (n, 64, 64, 3). Raises TutorialError where there is no upsampler."""
        if self.upsampler is None:
            raise TutorialError("this stack has no upsampler: 32 × 32 pixels is all that it draws")
        return self.upsampler.model.upsample(_checked(pictures), [seed, LARGE_STREAM])

    def _settings(self, given):
        """The settings of the decoder, and those of the prior: what is given, and else what the card says."""
        told = settled(given, self.settings, self.card)
        return told, {name: told.pop(name) for name in ("prior", "prior_guidance", "candidates") if name in told}

    def _denoise(self, embedding, guidance_scale):
        model = self.decoder.model
        return model.denoise(model.conditions(None, embedding), guidance_scale, clip="static")


def _at_least_two(frames):
    if frames != int(frames) or frames < 2:
        raise TutorialError(f"{frames} pictures on a side: a way from one to another has at least 2")
    return int(frames)


def _checked(pictures):
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1:] != (SIDE, SIDE, 3):
        raise PictureError(
            f"pictures of shape {pictures.shape} and type {pictures.dtype}: allowed is uint8 (n, {SIDE}, {SIDE}, 3)"
        )
    return pictures
