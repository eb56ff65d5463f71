"""The conditional variational autoencoder: q(z|x,c) reads a picture, p(x|z,c) draws one, p(z|c) guesses from words.

    log p(x|c) ≥ E_q[ log p(x|z,c) ] − KL( q(z|x,c) ‖ p(z|c) ),   z = μ + σ ⊙ ε,   ε ~ N(0, I)

(Kingma & Welling 2013; Sohn, Lee & Yan 2015.) x is a picture, c a caption, z what the caption leaves open.
"""

import math

from dalle_tutorial.backend import keras
from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.models.cvae_objects import ObjectPainter, ObjectRecogniser
from dalle_tutorial.models.cvae_parts import SIDE, Guesser, PatchPainter, PatchRecogniser, SecondGuesser
from dalle_tutorial.models.gaussians import gaussian_log_likelihood, kl_gaussians, log_normal, sample_gaussian
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import PAD

ops = keras.ops
PRIORS = ("standard", "learned", "two-stage")
PAINTERS = {"objects": (ObjectRecogniser, ObjectPainter), "patches": (PatchRecogniser, PatchPainter)}


@keras.saving.register_keras_serializable("dalle_tutorial")
class CVAE(keras.Model):
    """A text-to-image conditional VAE for 32 × 32 pictures.

    text_encoder: a `TextEncoder`, trained along with the rest.
    latent_tokens, latent_width: z has latent_tokens × latent_width numbers, handled in groups of latent_width.
    width, depth: of the transformers that read and paint.
    prior: "standard", N(0, I); "learned", p(z|c), Gaussians that the caption and the latent tokens before decide; or
        "two-stage", one learnt afterwards for a model that is done (see `with_second_prior`).
    painter: "objects", which knows what an object is, or "patches", which does not.
    noise: standard deviation of a pixel under p(x|z,c), in units of pixels that run from −1 to 1.

    `beta` weighs the KL term and `free_bits` (nats for each latent number) is not charged for; both are plain
    attributes that a callback may change between steps (`beta` through `assign`).
    """

    def __init__(self, text_encoder, latent_tokens=3, latent_width=8, width=64, depth=2, prior="learned",
                 painter="objects", noise=0.2, **kwargs):
        super().__init__(**kwargs)
        for name, value, allowed in (("prior", prior, PRIORS), ("painter", painter, PAINTERS)):
            check_choice(name, value, allowed)
        self.text_encoder, self.latent_tokens, self.latent_width = text_encoder, latent_tokens, latent_width
        self.width, self.depth, self.prior_kind, self.noise = width, depth, prior, noise
        self.painter_kind = painter
        recogniser, paint = PAINTERS[painter]
        self.recogniser = recogniser(latent_tokens, latent_width, width, depth, name="recogniser")
        self.painter = paint(latent_tokens, latent_width, width, depth, name="painter")
        self.guesser = self._make_guesser()
        self.only_prior = False
        self.beta = self.add_weight(name="beta", shape=(), initializer="ones", trainable=False)
        self.free_bits = 0.0
        self.seeds = keras.random.SeedGenerator(0)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("reconstruction", "kl")}

    def _make_guesser(self):
        sizes = self.latent_tokens, self.latent_width, self.width
        if self.prior_kind == "learned":
            return Guesser(*sizes, name="guesser")
        if self.prior_kind == "two-stage":
            # Looking back only, a word knows whether "left of" came before it: the order of objects needs no counting.
            text_encoder = TextEncoder(**{**self.text_encoder.plain_config(), "causal": True})
            return SecondGuesser(text_encoder, *sizes, hinted=self.painter_kind == "objects", name="guesser")
        return None

    settings = ("temperature",)
    """What `generate` may be told beside captions and noise."""

    @property
    def latent_size(self):
        """How many numbers z has."""
        return self.latent_tokens * self.latent_width

    @property
    def noise_shape(self):
        """The shape of the noise that one picture is made of."""
        return (self.latent_size,)

    def words(self, ids):
        """What the caption says: token vectors (batch, tokens, width) and where they are real (batch, tokens)."""
        return self.text_encoder(ids)["tokens"], ops.not_equal(ids, PAD)

    def encode(self, x, ids):
        """q(z|x,c): pictures (batch, 32, 32, 3) in [−1, 1] and ids to z_mean, z_log_var, each (batch, latent)."""
        return self.recogniser(x, *self.words(ids))

    def prior(self, z, ids):
        """p(z|c) at the point z (batch, latent): mean and log variance, each (batch, latent). Each latent token's
        Gaussian depends on the caption and on the tokens before it, never on itself."""
        return self._prior_of(ids, *self.words(ids))(z)

    def _prior_of(self, ids, tokens, mask):
        """p(z|c) of these captions, as a function of z; what the words say is computed once."""
        if self.guesser is None:
            return lambda z: (ops.zeros_like(z), ops.zeros_like(z))
        context = self.guesser.context(ids, tokens, mask, self.painter.subjects(tokens, mask))
        return lambda z: self.guesser(z, *context)

    @property
    def rounds(self):
        """How many times p(z|c) is asked to draw z: each latent token depends on those before it."""
        return self.guesser.rounds if self.guesser else 1

    def sample_prior(self, noise, ids, temperature=1.0):
        """Turns standard normal `noise` (batch, latent) into z ~ p(z|c), one latent token after another."""
        prior, z = self._prior_of(ids, *self.words(ids)), ops.zeros_like(noise)
        for _ in range(self.rounds):
            mean, log_var = prior(z)
            z = mean + temperature * ops.exp(0.5 * log_var) * noise
        return z

    def decode(self, z, ids):
        """The mean of p(x|z,c): z (batch, latent) and ids to pictures (batch, 32, 32, 3), near [−1, 1]."""
        return self.painter(z, *self.words(ids))

    def generate(self, ids, noise, temperature=1.0):
        """Pictures (batch, 32, 32, 3) for ids, drawn from standard normal `noise` (batch, latent)."""
        return self.decode(self.sample_prior(noise, ids, temperature), ids)

    def reconstruct(self, x, ids):
        """Pictures read and painted again, through the mean of q(z|x,c): nothing is drawn at random."""
        return self.decode(self.encode(x, ids)[0], ids)

    def with_second_prior(self, max_length):
        """A model for the second stage: this one's encoder, recogniser and painter, no longer trained, and a fresh
        p(z|c) that learns from the z of q(z|x,c).

        It goes through z number by number, so that y may depend on x, and has a text encoder of its own. In the first
        stage the reconstruction's gradient outshouts the prior's: the shared encoder learns what the painter needs,
        colours and shapes, and forgets "at the top left". (Dai & Wipf 2019, §4, train a second model of z because the
        first one's samples miss its prior.)
        """
        second = CVAE.from_config({**self.get_config(), "prior": "two-stage"})
        second.build_for(max_length)
        for name in ("text_encoder", "recogniser", "painter"):
            getattr(second, name).set_weights(getattr(self, name).get_weights())
            getattr(second, name).trainable = False
        second.guesser.text_encoder.set_weights(self.text_encoder.get_weights())  # it knows the words already
        second.only_prior = True
        return second

    def call(self, inputs, training=False):
        """`inputs` holds "pictures" and "ids". Returns the reconstruction and all that the loss needs."""
        tokens, mask = self.words(inputs["ids"])
        z_mean, z_log_var = self.recogniser(inputs["pictures"], tokens, mask)
        z = sample_gaussian(z_mean, z_log_var, self.seeds)
        prior_mean, prior_log_var = self._prior_of(inputs["ids"], tokens, mask)(z)
        found = {
            "z_mean": z_mean, "z_log_var": z_log_var, "prior_mean": prior_mean, "prior_log_var": prior_log_var,
        }
        return found if self.only_prior else {**found, "pictures": self.painter(z, tokens, mask)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """−ELBO with its KL weighted by `beta`, averaged over the batch, in nats a picture."""
        kl = kl_gaussians(*(y_pred[name] for name in ("z_mean", "z_log_var", "prior_mean", "prior_log_var")))
        self.trackers["kl"].update_state(ops.sum(kl, axis=-1))
        if self.only_prior:
            return ops.mean(ops.sum(kl, axis=-1))
        log_likelihood = gaussian_log_likelihood(x["pictures"], y_pred["pictures"], self.noise)
        self.trackers["reconstruction"].update_state(log_likelihood)
        if self.free_bits:
            kl = ops.maximum(ops.mean(kl, axis=0, keepdims=True), self.free_bits)
        return -ops.mean(log_likelihood) + self.beta * ops.mean(ops.sum(kl, axis=-1))

    def _bound(self, x, ids, samples, seed):
        """log p(x,z|c) − log q(z|x,c) at `samples` draws of z: (samples, batch), in nats."""
        tokens, mask = self.words(ids)
        z_mean, z_log_var = self.recogniser(x, tokens, mask)
        prior, terms = self._prior_of(ids, tokens, mask), []
        for number in range(samples):
            z = sample_gaussian(z_mean, z_log_var, None if seed is None else seed + number)
            log_likelihood = gaussian_log_likelihood(x, self.painter(z, tokens, mask), self.noise)
            log_ratio = log_normal(z, *prior(z)) - log_normal(z, z_mean, z_log_var)
            terms.append(log_likelihood + ops.sum(log_ratio, axis=-1))
        return ops.stack(terms)

    def elbo(self, x, ids, samples=1, seed=None):
        """The evidence lower bound, estimated by `samples` draws: (batch,) in nats a picture."""
        return ops.mean(self._bound(x, ids, samples, seed), axis=0)

    def importance_weighted_bound(self, x, ids, samples=16, seed=None):
        """log of the mean importance weight: above the ELBO, below log p(x|c), nearer with more `samples`
        (Burda et al. 2015, §3). (batch,) in nats a picture."""
        return ops.logsumexp(self._bound(x, ids, samples, seed), axis=0) - math.log(samples)

    def interpolate(self, z_from, z_to, ids, steps=9):
        """Pictures on the straight line between two latents (latent,): (steps, 32, 32, 3), for one caption's ids
        (1, tokens)."""
        share = ops.reshape(ops.linspace(0.0, 1.0, steps), (-1, 1))
        return self.decode(z_from + share * (z_to - z_from), ops.repeat(ids, steps, axis=0))

    def build_for(self, max_length):
        """Makes all weights, for captions of `max_length` ids."""
        self({"pictures": ops.zeros((1, SIDE, SIDE, 3)), "ids": ops.ones((1, max_length), "int32")})

    def get_config(self):
        """Plain values, the text encoder's own config among them."""
        names = ("latent_tokens", "latent_width", "width", "depth", "noise")
        kinds = {"prior": self.prior_kind, "painter": self.painter_kind}
        plain = {name: getattr(self, name) for name in names}
        return {"text_encoder": self.text_encoder.plain_config(), **plain, **kinds}

    @classmethod
    def from_config(cls, config):
        return cls(TextEncoder(**config["text_encoder"]), **{k: v for k, v in config.items() if k != "text_encoder"})
