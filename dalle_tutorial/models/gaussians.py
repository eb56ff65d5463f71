"""The mathematics of Gaussians that a variational autoencoder is made of (Kingma & Welling 2013, §2.4 and App. B)."""

import math

from dalle_tutorial.backend import keras

ops = keras.ops


def sample_gaussian(mean, log_var, seed=None):
    """z = μ + σ ⊙ ε: the reparameterisation trick (Kingma & Welling 2013, §2.4). Shapes as given."""
    return mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=seed)


def kl_gaussians(mean, log_var, prior_mean=0.0, prior_log_var=0.0):
    """KL( N(mean, exp log_var) ‖ N(prior_mean, exp prior_log_var) ) in nats, for each dimension: not summed."""
    gap = ops.square(mean - prior_mean) + ops.exp(log_var)
    return 0.5 * (prior_log_var - log_var + gap * ops.exp(-prior_log_var) - 1.0)


def log_normal(z, mean, log_var):
    """log N(z; mean, exp log_var) in nats, for each number of z."""
    return -0.5 * (math.log(2 * math.pi) + log_var + ops.square(z - mean) * ops.exp(-log_var))


def gaussian_log_likelihood(x, x_mean, noise):
    """log N(x; x_mean, noise²) in nats, summed over a picture: (batch, height, width, channels) → (batch,)."""
    squares = ops.sum(ops.square((x - x_mean) / noise), axis=(1, 2, 3))
    pixels = math.prod(x.shape[1:])
    return -0.5 * squares - pixels * (math.log(noise) + 0.5 * math.log(2 * math.pi))
