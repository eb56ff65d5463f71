"""The equations of the conditional VAE against independent witnesses: quadrature, SciPy, and a model whose likelihood
is known exactly. Chapter 05 derives what is tested here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import logsumexp

from dalle_tutorial.backend import keras
from dalle_tutorial.models.cvae import gaussian_log_likelihood, kl_gaussians, log_normal, sample_gaussian

MEANS = st.floats(-3, 3)
LOG_VARS = st.floats(-4, 3)


def number(value):
    """A tensor of one number as a float."""
    return float(np.asarray(value))


def within_four_errors(draws, exact):
    """Whether the mean of the draws is within four standard errors of the exact value."""
    return abs(np.mean(draws) - exact) <= 4 * np.std(draws) / np.sqrt(len(draws))


@pytest.mark.parametrize("mean, log_var", [(0.0, 0.0), (1.5, -2.0), (-3.0, 1.0)])
def test_log_normal_is_scipys(mean, log_var):
    z = np.linspace(-4, 4, 33, dtype="float32")
    expected = stats.norm(mean, np.exp(log_var / 2)).logpdf(z)
    np.testing.assert_allclose(log_normal(z, mean, log_var), expected, rtol=1e-4, atol=1e-4)


@given(MEANS, LOG_VARS, MEANS, LOG_VARS)
def test_kl_is_the_integral_of_its_definition(mean, log_var, prior_mean, prior_log_var):
    q = stats.norm(mean, np.exp(log_var / 2))
    p = stats.norm(prior_mean, np.exp(prior_log_var / 2))
    expected, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - 12 * q.std(), mean + 12 * q.std(), points=[mean]
    )
    assert number(kl_gaussians(mean, log_var, prior_mean, prior_log_var)) == pytest.approx(expected, rel=1e-3, abs=1e-4)


@given(MEANS, LOG_VARS)
def test_kl_is_zero_only_for_equal_distributions(mean, log_var):
    assert number(kl_gaussians(mean, log_var, mean, log_var)) == pytest.approx(0, abs=1e-5)
    assert number(kl_gaussians(mean, log_var, mean + 0.1, log_var)) > 0
    assert number(kl_gaussians(mean, log_var, mean, log_var + 0.1)) > 0


def test_kl_defaults_to_the_standard_normal_and_is_not_summed(rng):
    mean, log_var = rng.normal(size=(2, 5, 7)).astype("float32")
    kl = kl_gaussians(mean, log_var)
    assert tuple(kl.shape) == (5, 7)
    np.testing.assert_allclose(kl, kl_gaussians(mean, log_var, np.zeros_like(mean), np.zeros_like(mean)), rtol=1e-6)


def test_gaussian_log_likelihood_sums_scipys_over_each_picture(rng):
    x, x_mean = rng.uniform(-1, 1, size=(2, 3, 4, 5, 3)).astype("float32")
    expected = stats.norm(x_mean, 0.2).logpdf(x).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(gaussian_log_likelihood(x, x_mean, 0.2), expected, rtol=1e-4)


def test_likelihood_is_highest_at_the_root_mean_squared_error(rng):
    x, x_mean = rng.uniform(-1, 1, size=(2, 1, 8, 8, 3)).astype("float32")
    best = float(np.sqrt(np.mean((x - x_mean) ** 2)))
    at = [number(gaussian_log_likelihood(x, x_mean, best * factor)[0]) for factor in (0.95, 1.0, 1.05)]
    assert at[1] > max(at[0], at[2])


def test_draws_have_the_mean_and_variance_asked_for():
    mean, log_var = np.float32([[-1.0, 0.5, 2.0]]), np.float32([[-2.0, 0.0, 1.0]])
    z = np.asarray(sample_gaussian(np.repeat(mean, 50_000, 0), np.repeat(log_var, 50_000, 0), seed=1))
    assert z.shape == (50_000, 3)
    for column, m, variance in zip(z.T, mean[0], np.exp(log_var[0]), strict=True):
        assert within_four_errors(column, m)
        assert within_four_errors((column - m) ** 2, variance)
    assert abs(np.corrcoef(z.T) - np.eye(3)).max() < 0.02


def test_draws_follow_their_seed():
    mean, log_var = np.zeros((4, 2), "float32"), np.zeros((4, 2), "float32")
    first, again, other = (np.asarray(sample_gaussian(mean, log_var, seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    generator = keras.random.SeedGenerator(0)
    step, next_step = (np.asarray(sample_gaussian(mean, log_var, generator)) for _ in range(2))
    assert not np.array_equal(step, next_step)


class Draw(keras.Model):
    """Two weights, mean and log variance; the loss is the mean of z², so that the true slopes are 2μ and σ²."""

    def __init__(self):
        super().__init__()
        self.mean = self.add_weight(shape=(), initializer="ones", name="mean")
        self.log_var = self.add_weight(shape=(), initializer="zeros", name="log_var")

    def call(self, blank):
        return sample_gaussian(blank + self.mean, blank + self.log_var, seed=5)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(keras.ops.square(y_pred))


def test_gradients_flow_through_a_draw():
    """One step of gradient descent with learning rate 1 moves each weight by its gradient."""
    n, model = 50_000, Draw()
    model.compile(keras.optimizers.SGD(1.0), jit_compile=False)
    model.fit(np.zeros((n, 1), "float32"), batch_size=n, epochs=1, verbose=0)
    # At μ = σ = 1 a draw's slopes are 2z and z (z − 1), with standard deviations 2 and √3.
    assert abs(1 - number(model.mean) - 2) <= 4 * 2 / np.sqrt(n)
    assert abs(0 - number(model.log_var) - 1) <= 4 * np.sqrt(3 / n)


class LinearGaussian:
    """z ~ N(a, I), x ~ N(Wz, s²): "pictures" of 2 × 2 pixels and one channel, of which log p(x) is known."""

    def __init__(self, rng):
        self.a, self.s = np.float32([1.0, -0.5]), 0.5
        self.W = np.float32([[1.2, 0], [0.9, 0], [0, 0.8], [0, -0.6]])  # orthogonal: the posterior is diagonal
        self.x = (self.W @ rng.normal(self.a) + self.s * rng.normal(size=4)).astype("float32")
        covariance = self.W @ self.W.T + self.s**2 * np.eye(4)
        self.log_evidence = stats.multivariate_normal(self.W @ self.a, covariance).logpdf(self.x)
        variance = 1 / (1 + (self.W**2).sum(0) / self.s**2)
        mean = self.a + variance * (self.W.T @ (self.x - self.W @ self.a)) / self.s**2
        self.posterior = mean.astype("float32"), np.log(variance).astype("float32")

    def log_weights(self, mean, log_var, n, seed):
        """log p(x,z) − log q(z) at n draws from N(mean, exp log_var), from the package's functions."""
        mean, log_var = np.tile(mean, (n, 1)), np.tile(log_var, (n, 1))
        z = sample_gaussian(mean, log_var, seed)
        drawn = (np.asarray(z) @ self.W.T).reshape(n, 2, 2, 1)
        likelihood = gaussian_log_likelihood(np.tile(self.x, (n, 1)).reshape(n, 2, 2, 1), drawn, self.s)
        ratio = log_normal(z, self.a, 0.0) - log_normal(z, mean, log_var)
        return np.asarray(likelihood) + np.asarray(ratio).sum(-1)


@pytest.fixture
def toy(rng):
    return LinearGaussian(rng)


def test_every_draw_from_the_true_posterior_gives_the_evidence(toy):
    np.testing.assert_allclose(toy.log_weights(*toy.posterior, 1000, seed=0), toy.log_evidence, atol=1e-3)


@pytest.mark.parametrize("shift, widen", [(0.0, 1.5), (0.5, 0.0), (-0.3, -1.0)])
def test_elbo_falls_short_by_the_kl_to_the_posterior(toy, shift, widen):
    mean, log_var = toy.posterior[0] + np.float32(shift), toy.posterior[1] + np.float32(widen)
    gap = np.sum(kl_gaussians(mean, log_var, *toy.posterior))
    draws = toy.log_weights(mean, log_var, 100_000, seed=1)
    assert within_four_errors(draws, toy.log_evidence - gap)
    assert gap > 0.1 and not within_four_errors(draws, toy.log_evidence)


def test_more_importance_samples_tighten_the_bound(toy):
    mean, log_var = toy.posterior[0] + np.float32(0.4), toy.posterior[1] + np.float32(1.0)
    weights = toy.log_weights(mean, log_var, 64 * 2000, seed=2)
    bounds = [np.mean(logsumexp(weights.reshape(-1, k), axis=1) - np.log(k)) for k in (1, 2, 4, 16, 64)]
    assert np.all(np.diff(bounds) > 0), "on the same draws this is Jensen's inequality"
    spread = np.std(logsumexp(weights.reshape(-1, 64), axis=1)) / np.sqrt(2000)
    assert bounds[-1] <= toy.log_evidence + 4 * spread
    assert toy.log_evidence - bounds[-1] < 0.1 * (toy.log_evidence - bounds[0])


def test_kl_of_a_prior_that_goes_token_by_token_obeys_the_chain_rule(rng):
    """`CVAE.compute_loss` charges each latent token against a Gaussian that depends on the tokens before it."""
    rho, mean, log_var = 0.8, np.float32([0.4, -0.7]), np.log(np.float32([0.5, 0.3]))
    joint = np.array([[1, rho], [rho, 1]])
    inverse, variance = np.linalg.inv(joint), np.exp(log_var)
    exact = 0.5 * (np.trace(inverse @ np.diag(variance)) + mean @ inverse @ mean - 2
                   + np.log(np.linalg.det(joint) / variance.prod()))
    first = rng.normal(mean[0], np.sqrt(variance[0]), size=100_000).astype("float32")
    draws = number(kl_gaussians(mean[0], log_var[0])) + np.asarray(
        kl_gaussians(mean[1], log_var[1], np.float32(rho) * first, np.float32(np.log(1 - rho**2))))
    assert within_four_errors(draws, exact)
