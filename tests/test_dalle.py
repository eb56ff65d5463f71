"""DALL·E: a causal writer, whose cache changes nothing, whose noise decides all, and which learns what captions say."""

from dataclasses import replace

import numpy as np
import pytest

from dalle_tutorial import weights
from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.dalle import DALLE
from dalle_tutorial.models.sampling import written
from dalle_tutorial.models.vqvae import DVAE, VQVAE
from dalle_tutorial.text.tokenizers import END, PAD, START
from dalle_tutorial.training import RECIPES

array = keras.ops.convert_to_numpy
RNG = np.random.default_rng(0)
IDS = np.array([[START, 5, 6, END, PAD, PAD], [START, 6, 7, 5, 5, END], [START, 7, END, PAD, PAD, PAD]], "int32")
CODES = RNG.integers(0, 12, (3, 64)).astype("int32")
NOISE = RNG.standard_normal((3, 64)).astype("float32")


def small(autoencoder=VQVAE, **settings):
    """A small untrained DALL·E, whose logits differ enough to be told apart."""
    keras.utils.set_random_seed(0)
    made = DALLE(autoencoder(12, 4, 8, 1), 10, 6, **{"width": 16, "depth": 2, "heads": 2, **settings})
    made.build_for(6)
    return made


@pytest.fixture(scope="module")
def dalle():
    return small()


def codes_of(model, noise=NOISE, ids=IDS, **settings):
    """The codes that a model writes."""
    return written(model.steps_of(ids, noise, **settings), 64)


def expected(model, ids=IDS, codes=CODES):
    """The logits of words and of codes."""
    return [array(logits) for logits in model.transformer(ids, codes)]


def test_logits_stand_where_the_next_token_is_expected(dalle):
    words, codes = expected(dalle)
    assert words.shape == (3, 5, 10) and codes.shape == (3, 64, 12)
    for k in (0, 1, 30, 63):
        changed = CODES.copy()
        changed[:, k] = (changed[:, k] + 5) % 12
        moved_words, moved = expected(dalle, codes=changed)
        np.testing.assert_allclose(moved_words, words, atol=1e-5)
        difference = np.abs(moved - codes).max(axis=(0, 2))
        assert (difference[: k + 1] < 1e-5).all() and (difference[k + 1 :] > 1e-5).all()
    changed = IDS.copy()
    changed[:, 1] = 8
    moved_words, moved = expected(dalle, ids=changed)
    assert np.abs(moved_words - words).max(axis=(0, 2))[0] < 1e-5
    assert (np.abs(moved - codes).max(axis=(0, 2)) > 1e-5).all()


def test_filling_has_a_token_for_each_position(dalle):
    nothing = np.full((1, 6), PAD, "int32")
    filling, positions = (array(table) for table in (dalle.transformer.filling, dalle.transformer.positions))
    np.testing.assert_allclose(array(dalle.transformer._read(nothing))[0], filling + positions, atol=1e-6)


def test_the_place_of_a_code_is_that_of_its_row_and_of_its_column(dalle):
    places = array(dalle.transformer._places())
    rows, columns = array(dalle.transformer.rows), array(dalle.transformer.columns)
    np.testing.assert_allclose(places[8 * 3 + 5], rows[3] + columns[5], atol=1e-6)


@pytest.mark.parametrize("settings", [
    {}, {"guidance_scale": 3.0}, {"temperature": 0}, {"top_k": 3, "temperature": 0.7}, {"top_p": 0.8},
], ids=str)
def test_the_cache_changes_no_code(dalle, settings):
    cached = codes_of(dalle, **settings)
    np.testing.assert_array_equal(codes_of(dalle, cached=False, **settings), cached)
    assert len(np.unique(cached)) > 2


def test_a_step_with_the_cache_expects_what_the_whole_sequence_says(dalle):
    _, whole = expected(dalle)
    logits, caches = dalle.transformer.start(IDS)
    for k in range(12):
        np.testing.assert_allclose(array(logits), whole[:, k], atol=2e-5)
        logits, caches = dalle.transformer.step(CODES[:, k], k, caches)


def test_a_picture_depends_on_its_own_caption_and_noise_alone(dalle):
    together = dalle.generate(IDS, NOISE)
    assert together.shape == (3, 32, 32, 3) and np.abs(together).max() <= 1
    for row in range(3):
        alone = dalle.generate(IDS[row : row + 1], NOISE[row : row + 1])
        np.testing.assert_allclose(alone[0], together[row], atol=1e-5)
    assert (codes_of(dalle, noise=-NOISE) != codes_of(dalle)).any(axis=1).all()
    assert (codes_of(dalle, ids=IDS[::-1]) != codes_of(dalle))[[0, 2]].any(axis=1).all()


def test_guidance_of_zero_ignores_the_caption_and_of_one_is_none(dalle):
    alike = codes_of(dalle, noise=NOISE[[0, 0, 0]], guidance_scale=0.0)
    assert (alike == alike[0]).all()
    nothing = np.full((1, 6), PAD, "int32")
    np.testing.assert_array_equal(codes_of(dalle, noise=NOISE[:1], ids=nothing)[0], alike[0])
    assert (codes_of(dalle, guidance_scale=5.0) != codes_of(dalle)).any()


def test_a_picture_is_seen_while_it_is_written(dalle):
    steps = list(dalle.steps_of(IDS, NOISE))
    assert [codes.shape for codes in steps] == [(3, k) for k in range(1, 65)]
    for k in (1, 20):
        np.testing.assert_array_equal(steps[k - 1], steps[-1][:, :k])
    pictures = dalle.pictures_of(steps[19])  # two rows of cells, and four of the third
    assert (pictures[:, 12:] == 0).all() and (pictures[:, 8:12, 16:] == 0).all()
    assert (pictures[:, :8] != 0).any() and (pictures[:, 8:12, :16] != 0).any()
    np.testing.assert_allclose(dalle.pictures_of(steps[-1]), dalle.generate(IDS, NOISE), atol=1e-6)


def test_the_loss_is_both_cross_entropies_and_counts_no_filling():
    model = small(text_weight=0.25, drop_text=0.0)
    told = model({"ids": IDS, "codes": CODES}, training=True)
    loss = float(model.compute_loss({"ids": IDS, "codes": CODES}, y_pred=told))
    words, codes = (logits - np.log(np.exp(logits).sum(-1, keepdims=True)) for logits in expected(model))
    text = [-words[row, k - 1, IDS[row, k]] for row in range(3) for k in range(1, 6) if IDS[row, k] != PAD]
    picture = [-codes[row, k, CODES[row, k]] for row in range(3) for k in range(64)]
    assert len(text) == 3 + 5 + 2
    assert loss == pytest.approx(0.25 * np.mean(text) + 0.75 * np.mean(picture), rel=1e-4)
    assert float(model.trackers["text"].result()) == pytest.approx(np.mean(text), rel=1e-4)


def test_captions_are_dropped_in_training_as_often_as_told_and_never_else():
    ids, codes = IDS[[0] * 400], CODES[[0] * 400]
    model = small(drop_text=0.25, depth=1)
    read = array(model({"ids": ids, "codes": codes}, training=True)["ids"])
    dropped = (read == PAD).all(axis=1)
    assert 0.15 < dropped.mean() < 0.35 and (read[~dropped] == IDS[0]).all()
    assert (array(model({"ids": ids, "codes": codes})["ids"]) == ids).all()


def test_it_learns_what_captions_say_and_leaves_its_autoencoder_alone():
    model = small(width=32, drop_text=0.2)
    before = [array(weight).copy() for weight in model.autoencoder.weights]
    rows = RNG.integers(0, 3, 768)
    meant = CODES.copy()
    meant[:, 0] = 4, 5, 6
    meant[:, 32:] = CODES[:1, 32:]  # the lower half is the same for every caption
    codes = meant[rows]
    lost = RNG.random(codes.shape) < 0.1
    codes = np.where(lost, 3, codes).astype("int32")
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    history = model.fit({"ids": IDS[rows], "codes": codes}, batch_size=32, epochs=6, verbose=0).history
    assert set(history) == {"loss", "text", "picture"} and history["picture"][-1] < 0.5 * history["picture"][0]
    written_now = codes_of(model, temperature=0)
    assert (written_now == meant).mean() > 0.95
    noise = RNG.standard_normal((300, 64)).astype("float32")
    right = [np.mean(next(model.steps_of(IDS[[0] * 300], noise, guidance_scale=scale)) == meant[0, 0])
             for scale in (0.0, 1.0, 2.0)]  # of the first code, which only the caption tells
    assert right[0] < 0.6 < right[1] < right[2]
    for old, weight in zip(before, model.autoencoder.weights, strict=True):
        np.testing.assert_array_equal(old, array(weight))


@pytest.mark.parametrize(("settings", "message"), [
    ({"temperature": -1}, "temperature is -1"), ({"top_k": 0}, "top_k is 0"), ({"top_p": 2}, "top_p is 2"),
    ({"guidance_scale": -1}, "guidance_scale is -1"),
    ({"noise": NOISE[:, 1:]}, r"noise is \(3, 63\) .* allowed are \(batch, 64\) and \(batch, 6\)"),
    ({"noise": NOISE[:2]}, r"noise is \(2, 64\)"), ({"ids": IDS[:, 1:]}, r"ids are \(3, 5\)"),
], ids=str)
def test_what_is_not_allowed_is_named_before_anything_is_written(dalle, settings, message):
    with pytest.raises(TutorialError, match=message):
        dalle.generate(**{"ids": IDS, "noise": NOISE, **settings})


def test_what_it_cannot_be_is_named():
    with pytest.raises(TutorialError, match="cannot be guided"):
        small(drop_text=0.0).generate(IDS, NOISE, guidance_scale=2.0)
    with pytest.raises(TutorialError, match="text_weight is 2"):
        small(text_weight=2)
    config = small(depth=1).get_config()
    config["autoencoder"]["class"] = "Pickle"
    with pytest.raises(TutorialError, match="unknown autoencoder 'Pickle': allowed are VQVAE, DVAE"):
        DALLE.from_config(config)


@pytest.mark.parametrize("autoencoder", [VQVAE, DVAE])
def test_its_recipe_learns_and_a_saved_model_draws_the_same(autoencoder, tmp_path, monkeypatch):
    recipe = replace(RECIPES["dalle-shapes"]["smoke"], batch=4)
    tokenizer, load = recipe.tokenizer(), weights.load
    tokens = weights.Trained(small(autoencoder).autoencoder, tokenizer, {"name": "vqvae-shapes"})
    monkeypatch.setattr(weights, "load", lambda name: tokens if name == "vqvae-shapes" else load(name))
    model, batch = recipe.build(tokenizer), recipe.batches(tokenizer)(4, 0)
    assert batch["ids"].shape == (4, 28) and batch["codes"].shape == (4, 64)
    loss = float(model.compute_loss(batch, y_pred=model(batch, training=True)))
    assert np.isfinite(loss) and loss > 0
    trained = weights.Trained(model, tokenizer, {"name": "dalle-shapes"})
    trained.save(tmp_path / "model.npz", precision="float32")
    caption = ["a red circle above a blue square"] * 2
    pictures = trained.draw(caption, seed=3, top_p=0.9)
    assert pictures.shape == (2, 32, 32, 3) and (pictures[0] != pictures[1]).any()
    np.testing.assert_array_equal(load(tmp_path).draw(caption, seed=3, top_p=0.9), pictures)
    with pytest.raises(TutorialError, match="unknown setting 'steps': allowed are guidance_scale, temperature"):
        trained.draw(caption, steps=3)
