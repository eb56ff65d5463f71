"""DALL·E: a GPT that writes pictures (Ramesh et al. 2021).

A caption is tokens, and so is a picture, once a discrete autoencoder has made 8 × 8 codes of it. Laid one behind the
other they are one sequence, and one causal transformer learns to continue it:

    [caption, filled up to `max_length`] [code 0] [code 1] … [code 63]

To draw is to write codes behind a caption, with the keys and values of all that came before at hand.
"""

from functools import partial

import numpy as np
from scipy.special import ndtr

from dalle_tutorial.backend import compiled, keras
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.dalle_parts import WordsAndCodes
from dalle_tutorial.models.sampling import check_settings, guided, write, written
from dalle_tutorial.models.vqvae import DVAE, VQVAE
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops
AUTOENCODERS = {"VQVAE": VQVAE, "DVAE": DVAE}
UNWRITTEN = 0.0  # what stands for a cell that is still to come: grey


@keras.saving.register_keras_serializable("dalle_tutorial")
class DALLE(keras.Model):
    """Learns from dicts of "ids" (batch, max_length), captions, and "codes" (batch, 64), their pictures.

    autoencoder: a trained `VQVAE` or `DVAE`, which stays as it is; kept here so that codes become pictures.
    vocabulary_size, max_length: of the captions' ids. width, depth, heads: of the transformer, `WordsAndCodes`.
    drop_text: how often, in training, the caption is dropped, and all is filling in its place, so that guidance can do
    without it; the paper has none. text_weight: the caption's share of the loss; the rest is the picture's (§2.2: 1/8
    and 7/8).

    TutorialError for a share that is not between 0 and 1.
    """

    settings = ("guidance_scale", "temperature", "top_k", "top_p")
    """What `generate` may be told beside captions and noise."""

    def __init__(self, autoencoder, vocabulary_size, max_length, width=192, depth=6, heads=6, drop_text=0.1,
                 text_weight=1 / 8, **kwargs):
        super().__init__(**kwargs)
        for name, share in (("drop_text", drop_text), ("text_weight", text_weight)):
            if not 0 <= share <= 1:
                raise TutorialError(f"{name} is {share}: it must lie between 0 and 1")
        self.autoencoder, self.cells = autoencoder, autoencoder.grid**2
        autoencoder.trainable = False
        self.max_length, self.drop_text, self.text_weight = max_length, drop_text, text_weight
        self.transformer = WordsAndCodes(
            vocabulary_size, max_length, autoencoder.codes, autoencoder.grid, width, depth, heads, name="transformer"
        )
        self.seeds = keras.random.SeedGenerator(0)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("text", "picture")}
        # Each without guidance and with it.
        self._start, self._step, self._again = (
            [compiled(partial(function, double=double), self) for double in (False, True)]
            for function in (self._start_writing, self._write_on, self._read_again)
        )

    def build(self, input_shape=None):
        self.transformer.build()
        self.built = True

    def call(self, inputs, training=False):
        """The "ids" as they were read, some dropped in training, and the logits of "words" and "codes"."""
        ids = inputs["ids"]
        if training:
            stays = keras.random.uniform((ops.shape(ids)[0], 1), seed=self.seeds) >= self.drop_text
            ids = ops.where(stays, ids, PAD)
        words, codes = self.transformer(ids, inputs["codes"])
        return {"ids": ids, "words": words, "codes": codes}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Both cross-entropies, in nats a token, weighted: of the words that are there, and of the codes (§2.2)."""
        targets = y_pred["ids"][:, 1:]
        real = ops.cast(ops.not_equal(targets, PAD), "float32")
        text = keras.losses.sparse_categorical_crossentropy(targets, y_pred["words"], from_logits=True)
        text = ops.sum(real * text) / ops.maximum(ops.sum(real), 1.0)
        picture = keras.losses.sparse_categorical_crossentropy(x["codes"], y_pred["codes"], from_logits=True)
        picture = ops.mean(picture)
        self.trackers["text"].update_state(text)
        self.trackers["picture"].update_state(picture)
        return self.text_weight * text + (1 - self.text_weight) * picture

    # What is compiled. With `double`, the batch is read a second time without captions, for guidance.

    def _start_writing(self, ids, scale, double):
        ids = ops.concatenate([ids, ops.full_like(ids, PAD)]) if double else ids
        logits, caches = self.transformer.start(ids)
        return guided(logits, scale) if double else logits, caches

    def _write_on(self, codes, k, caches, scale, double):
        logits, caches = self.transformer.step(ops.concatenate([codes, codes]) if double else codes, k, caches)
        return guided(logits, scale) if double else logits, caches

    def _read_again(self, ids, codes, k, scale, double):
        if double:
            ids, codes = ops.concatenate([ids, ops.full_like(ids, PAD)]), ops.concatenate([codes, codes])
        logits = ops.take(self.transformer(ids, codes)[1], k, axis=1)
        return guided(logits, scale) if double else logits

    @property
    def noise_shape(self):
        """The shape of the noise that one picture is made of: a number for each code."""
        return (self.cells,)

    def steps_of(self, ids, noise, guidance_scale=1.0, temperature=1.0, top_k=None, top_p=None, cached=True):
        """The codes while they are written: a generator of int32 (batch, k), k = 1 … 64.

        ids (batch, max_length); noise (batch, 64), standard normal: the probability of each number decides a code.
        guidance_scale: on the logits, 1 heeds the caption as learnt, more exaggerates it. temperature, top_k, top_p: as
        for `sampling.choose`. Without `cached`, everything is read again for each code, and the codes are the same.
        TutorialError for a setting or a shape that is not allowed, before anything is drawn.
        """
        check_settings(guidance_scale, temperature, top_k, top_p)
        if guidance_scale != 1 and not self.drop_text:
            raise TutorialError("this model cannot be guided: it never learnt to do without captions (`drop_text`)")
        ids, noise = ops.convert_to_numpy(ids).astype("int32"), ops.convert_to_numpy(noise)
        if noise.shape != (len(ids), self.cells) or ids.shape[1:] != (self.max_length,):
            raise TutorialError(f"noise is {noise.shape} and ids are {ids.shape}: allowed are (batch, {self.cells}) "
                                f"and (batch, {self.max_length})")
        reader = self._remembering if cached else self._forgetful
        step, logits, cache = reader(ids, ops.convert_to_tensor(guidance_scale, "float32"), guidance_scale != 1)
        uniforms = ndtr(noise.astype("float64"))
        return write(step, logits, cache, uniforms, temperature=temperature, top_k=top_k, top_p=top_p)

    def _remembering(self, ids, scale, double):
        """What `write` takes: a function, the logits of code 0, the cache."""
        def step(codes, k, caches):
            codes, k = (ops.convert_to_tensor(part, "int32") for part in (codes, k))
            return self._step[double](codes, k, caches, scale)

        return step, *self._start[double](ops.convert_to_tensor(ids), scale)

    def _forgetful(self, ids, scale, double):
        """The same without a cache: what it carries along is the codes."""
        def read(codes, k):
            ids_and_codes = (ops.convert_to_tensor(part, "int32") for part in (ids, codes))
            return self._again[double](*ids_and_codes, ops.convert_to_tensor(k, "int32"), scale)

        def step(latest, k, codes):
            codes[:, k] = latest
            return read(codes, k + 1), codes

        codes = np.zeros((len(ids), self.cells), "int32")
        return step, read(codes, 0), codes

    def generate(self, ids, noise, **settings):
        """Pictures (batch, 32, 32, 3) in [−1, 1]; ids, noise and settings as for `steps_of`."""
        return self.autoencoder.decode_codes(written(self.steps_of(ids, noise, **settings), self.cells))

    def pictures_of(self, codes):
        """What the first k codes (batch, k) of pictures show: (batch, 32, 32, 3), grey where nothing is written yet."""
        k, grid = codes.shape[1], self.autoencoder.grid
        pictures = self.autoencoder.decode_codes(np.pad(codes, ((0, 0), (0, self.cells - k))))
        side = pictures.shape[1] // grid
        written_yet = np.kron((np.arange(self.cells) < k).reshape(grid, grid), np.ones((side, side))) > 0
        return np.where(written_yet[:, :, None], pictures, UNWRITTEN).astype("float32")

    def build_for(self, max_length):
        """Makes all weights; `max_length` is the model's."""
        self.autoencoder.build_for(max_length)
        self.build()

    def get_config(self):
        """Plain values, the autoencoder's class and own config among them."""
        held = {"class": type(self.autoencoder).__name__, "config": self.autoencoder.get_config()}
        sizes = {name: getattr(self.transformer, name) for name in ("vocabulary_size", "width", "depth", "heads")}
        told = {name: getattr(self, name) for name in ("max_length", "drop_text", "text_weight")}
        return {"autoencoder": held, **sizes, **told}

    @classmethod
    def from_config(cls, config):
        held = config["autoencoder"]
        check_choice("autoencoder", held["class"], tuple(AUTOENCODERS))
        autoencoder = AUTOENCODERS[held["class"]](**held["config"])
        return cls(autoencoder, **{name: value for name, value in config.items() if name != "autoencoder"})
