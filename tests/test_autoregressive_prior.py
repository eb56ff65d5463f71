"""The autoregressive prior: buckets that lose little, a causal writer, noise that decides all, two candidates."""

from dataclasses import replace

import numpy as np
import pytest

from dalle_tutorial import weights
from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.autoregressive_prior import FITS, AutoregressivePrior, inverse_cdf
from dalle_tutorial.models.principal import REACH, PrincipalBuckets
from dalle_tutorial.text.tokenizers import END, START
from dalle_tutorial.training import RECIPES

array = keras.ops.convert_to_numpy
RNG = np.random.default_rng(0)
IDS = np.array([[START, 5, 6, END, 0, 0], [START, 6, 5, END, 0, 0]], "int32")


def of_length_root(vectors):
    """Each vector (width,) of the batch, made as long as √width."""
    return (np.sqrt(vectors.shape[1]) * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("float32")


TEXT = of_length_root(RNG.standard_normal((2, 8)))
VECTORS = of_length_root(RNG.standard_normal((512, 8)) * 2.0 ** -np.arange(8) + 0.3)
NOISE = RNG.standard_normal((2, 2, 6)).astype("float32")


def fitted(**settings):
    """A small prior with principal components of VECTORS."""
    keras.utils.set_random_seed(0)
    made = AutoregressivePrior(12, 6, 8, width=16, depth=2, **{"dimensions": 5, "buckets": 8, **settings})
    made.fit_pca(VECTORS, RNG.permutation(VECTORS))
    return made


@pytest.fixture(scope="module")
def prior():
    return fitted()


def conditions(**changes):
    """What a prior is told of two equal captions, with changes."""
    return {"ids": IDS[[0, 0]], "text": TEXT[[0, 0]], "fit": np.array([3, 3], "int32"), **changes}


def test_what_buckets_lose_is_bounded_and_less_the_more_there_are():
    lost = []
    for buckets in (4, 16, 64):
        layer = PrincipalBuckets(8, 8, buckets)
        layer.build()
        assert layer.fit(VECTORS) == pytest.approx(1)
        tokens = array(layer(VECTORS))
        assert tokens.min() >= 0 and tokens.max() < buckets
        error = (layer.decode(tokens) - VECTORS) @ array(layer.components).T
        inside = (tokens > 0) & (tokens < buckets - 1)
        widths = 2 * REACH * ((VECTORS - VECTORS.mean(0)) @ array(layer.components).T).std(0) / buckets
        assert (np.abs(error) <= widths * 1.01 + 1e-4)[inside].all()
        lost.append(np.square(error).mean() / VECTORS.var(0).mean())
    assert lost[0] > 8 * lost[1] > 64 * lost[2] and lost[2] < 2e-3


def test_the_components_are_orthogonal_and_the_most_varied_comes_first(prior):
    rows = array(prior.quantiser.components)
    np.testing.assert_allclose(rows @ rows.T, np.eye(5), atol=1e-5)
    variances = ((VECTORS - VECTORS.mean(0)) @ rows.T).var(0)
    assert (np.diff(variances) <= 0).all()
    np.testing.assert_allclose(variances, np.sort(np.linalg.eigvalsh(np.cov(VECTORS.T, bias=True)))[:2:-1], rtol=1e-3)


def test_a_token_is_the_first_whose_cumulated_probability_reaches_its_number():
    logits = np.log(np.array([[0.2, 0.5, 0.3]]))
    drawn = [inverse_cdf(logits, np.array([u]))[0] for u in (0.0, 0.19, 0.21, 0.69, 0.71, 1.0)]
    assert drawn == [0, 0, 1, 1, 2, 2]
    for temperature in (0, 0.05):
        assert inverse_cdf(logits, np.array([0.99]), temperature)[0] == 1


def test_a_later_token_never_reaches_an_earlier_logit(prior):
    tokens = RNG.integers(0, 8, (2, 5)).astype("int32")
    told = conditions()
    before = array(prior.logits(tokens, told))
    for k in range(5):
        changed = tokens.copy()
        changed[:, k] = (changed[:, k] + 3) % 8
        difference = np.abs(array(prior.logits(changed, told)) - before).max(axis=(0, 2))
        assert (difference[: k + 1] < 1e-5).all() and (difference[k + 1 :] > 1e-5).all()


def test_caption_text_embedding_and_dot_product_all_count_and_dropped_none_is_heard(prior):
    tokens, nothing = np.ones((2, 5), "int32"), np.zeros(2, "float32")
    for change in ({"ids": IDS}, {"text": TEXT}, {"fit": np.array([3, 9], "int32")}):
        heard = array(prior.logits(tokens, conditions(**change)))
        assert np.abs(heard[0] - heard[1]).max() > 1e-4
        unheard = array(prior.logits(tokens, conditions(**change, keep_text=nothing)))
        np.testing.assert_allclose(unheard[0], unheard[1], atol=1e-5)


def test_training_drops_the_text_as_often_as_it_was_told():
    one, two = (fitted(drop_text=rate)({"x0": VECTORS[[0, 0]], "ids": IDS, "text": TEXT}, training=True)["logits"]
                for rate in (0.0, 1.0))
    assert np.abs(array(one)[0] - array(one)[1]).max() > 1e-4
    np.testing.assert_allclose(array(two)[0, 0], array(two)[1, 0], atol=1e-5)


def test_the_same_noise_gives_the_same_vector_in_any_batch(prior):
    both = prior.generate(IDS, NOISE, TEXT)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), np.sqrt(8), rtol=1e-4)
    np.testing.assert_array_equal(prior.generate(IDS, NOISE, TEXT), both)
    np.testing.assert_allclose(prior.generate(IDS[1:], NOISE[1:], TEXT[1:])[0], both[1], atol=1e-5)
    assert np.abs(prior.generate(IDS, -NOISE, TEXT) - both).max() > 0.1


def test_of_two_candidates_the_nearer_is_kept(prior):
    alone = [prior.generate(IDS, NOISE[:, k], TEXT) for k in (0, 1)]
    cosines = np.stack([(each * TEXT).sum(1) for each in alone])
    np.testing.assert_allclose((prior.generate(IDS, NOISE, TEXT) * TEXT).sum(1), cosines.max(0), atol=1e-3)


def test_the_dot_product_is_asked_from_the_top_half(prior, monkeypatch):
    asked = []
    monkeypatch.setattr(prior, "_write", lambda told, uniforms, *_: asked.append(told["fit"]) or np.zeros(
        uniforms.shape, "int32"))
    spread = np.zeros((300, 1, 6), "float32")
    spread[:, 0, 0] = np.linspace(-9, 9, 300)
    prior.generate(IDS[:1].repeat(300, 0), spread, TEXT[:1].repeat(300, 0))
    assert set(asked[0]) == set(range(FITS // 2, FITS))


def test_what_is_not_allowed_is_named(prior):
    with pytest.raises(TutorialError, match="temperature is -1"):
        prior.generate(IDS, NOISE, TEXT, temperature=-1)
    with pytest.raises(TutorialError, match=r"allowed are \(batch, candidates, 6\)"):
        prior.generate(IDS, NOISE[..., 1:], TEXT)
    with pytest.raises(TutorialError, match="cannot be guided"):
        fitted(drop_text=0.0).generate(IDS, NOISE, TEXT, guidance_scale=2.0)
    with pytest.raises(TutorialError, match="call fit_pca first"):
        AutoregressivePrior(12, 6, 8, width=16, depth=1, dimensions=5).generate(IDS, NOISE, TEXT)
    with pytest.raises(TutorialError, match="dimensions is 9"):
        AutoregressivePrior(12, 6, 8, dimensions=9)
    with pytest.raises(TutorialError, match="at least 5 are needed"):
        prior.fit_pca(VECTORS[:7, :7], VECTORS[:7, :7])


def test_it_learns_which_embedding_belongs_to_which_caption_and_guidance_goes_further():
    prior = fitted(buckets=16, drop_text=0.2)
    rows = RNG.integers(0, 2, 2048)
    targets = of_length_root(TEXT[::-1][rows] + 0.1 * RNG.standard_normal((2048, 8)))  # the caption is not its picture
    prior.fit_pca(targets, TEXT[rows])
    prior.compile(optimizer=keras.optimizers.Adam(5e-3))
    data = {"x0": targets, "ids": IDS[rows], "text": TEXT[rows]}
    prior.fit(data, batch_size=64, epochs=6, verbose=0)
    told = prior(data)
    counts = np.array([[np.bincount(column, minlength=16) for column in array(told["tokens"])[rows == row].T]
                       for row in (0, 1)])
    shares = counts / counts.sum(-1, keepdims=True)
    entropy = -(shares * np.log(np.maximum(shares, 1e-9))).sum(-1).mean()  # of a token, where the caption is known
    assert float(prior.compute_loss(y_pred=told)) < entropy + 0.1
    noise = RNG.standard_normal((16, 6)).astype("float32")
    for scale in (1.0, 2.0):
        found = prior.generate(IDS.repeat(8, 0), noise, TEXT.repeat(8, 0), guidance_scale=scale)
        assert ((found * TEXT[::-1].repeat(8, 0)).sum(1) / 8).mean() > 0.95


def test_its_recipe_fits_clip_and_a_saved_prior_says_the_same(tmp_path):
    recipe = replace(RECIPES["prior-ar-shapes"]["smoke"], batch=4)
    tokenizer = recipe.tokenizer()
    model, batch = recipe.build(tokenizer), recipe.batches(tokenizer)(4, 0)
    back = model.quantiser.decode(model.quantiser(batch["x0"]))
    cosines = (back * batch["x0"]).sum(1) / np.linalg.norm(back, axis=1) / 8
    assert cosines.min() > 0.97
    loss = float(model.compute_loss(batch, y_pred=model(batch, training=True)))
    assert np.isfinite(loss) and loss > 0
    weights.Trained(model, tokenizer, {"name": "x"}).save(tmp_path / "model.npz", precision="float32")
    again = weights.load(tmp_path).model
    noise = RNG.standard_normal((4, *model.noise_shape)).astype("float32")
    both = [each.generate(batch["ids"], noise, batch["text"]) for each in (model, again)]
    np.testing.assert_allclose(*both, atol=1e-5)
