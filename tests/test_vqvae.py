"""Pictures become tokens and pictures again, the codebook stays alive, and what is lost on the way is measured."""

import json
import math

import numpy as np
import pytest

from dalle_tutorial import report, weights
from dalle_tutorial.backend import keras
from dalle_tutorial.data import shapes
from dalle_tutorial.data.pixels import to_bytes
from dalle_tutorial.errors import PictureError, TutorialError
from dalle_tutorial.models import codebook
from dalle_tutorial.models.codebook import GRACE, GumbelQuantiser, VectorQuantiser, counts, perplexity
from dalle_tutorial.models.vqvae import DVAE, VQVAE
from dalle_tutorial.reconstructions import reconstructions
from dalle_tutorial.training import RECIPES, train
from dalle_tutorial.training.streams import Stream
from dalle_tutorial.training.vqvae import Cooling
from dalle_tutorial.weights import Trained

array = keras.ops.convert_to_numpy
NAMES = {"vqvae-shapes": VQVAE, "dvae-shapes": DVAE}
TOKENIZER = RECIPES["vqvae-shapes"]["smoke"].tokenizer()
BATCH = RECIPES["vqvae-shapes"]["smoke"].batches(TOKENIZER)(8, 0)
PICTURES = BATCH["pictures"]


def fresh(name):
    """An untrained model of the smoke recipe."""
    keras.utils.set_random_seed(0)
    return RECIPES[name]["smoke"].build(TOKENIZER)


@pytest.fixture(scope="module", params=NAMES)
def run(request, tmp_path_factory):
    """The name of a recipe, a folder with a short run of it, and the model that it gave."""
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, train(request.param, "smoke", folder, progress=False)


def crowd(rng, groups=24, cells=300, width=8):
    """Features as nets give them: they have much in common; seven cells of ten show the same, each of the others one of
    `groups` things."""
    things = 2 + rng.standard_normal((groups + 1, width))
    shown = np.where(rng.random(cells) < 0.7, 0, rng.integers(1, groups + 1, cells))
    return (things[shown] + 0.01 * rng.standard_normal((cells, width))).reshape(3, 10, 10, width).astype("float32")


def follow(features, steps=30):
    """A vector quantiser after so many batches, all the same; its projection learns nothing."""
    keras.utils.set_random_seed(1)
    quantiser = VectorQuantiser(16, 8, decay=0.9)
    for _ in range(steps):
        quantiser(features, training=True)
    return quantiser


def test_counting_codes():
    indices = np.array([[0, 3, 3], [3, 1, 0]])
    np.testing.assert_array_equal(array(counts(indices, 5)), [2, 1, 0, 3, 0])
    assert perplexity(np.arange(12), 12) == pytest.approx(12) and perplexity(np.zeros(9, int), 12) == pytest.approx(1)
    assert perplexity(np.array([0, 1] * 4), 12) == pytest.approx(2)


def test_a_code_is_the_running_mean_of_those_that_chose_it_and_a_dead_one_goes_where_one_is_missed():
    quantiser = VectorQuantiser(3, 2, decay=0.5)
    features = np.array([[[[2, 0], [1, 0], [0.8, 0.6], [0, 3]]]], "float32")  # of length one: two alike, one between
    quantiser.build(features.shape)
    quantiser.project.kernel.assign(np.eye(2))
    quantiser.sums.assign([[1, 0], [0, 1], [-1, 0]])
    quantiser.uses.assign([1, 1, 0])
    vectors, indices, cost = quantiser(features)
    np.testing.assert_array_equal(array(indices).ravel(), [0, 0, 0, 1])
    np.testing.assert_allclose(array(vectors)[0, 0], [[1, 0], [1, 0], [1, 0], [0, 1]], atol=1e-6)
    assert float(cost) == pytest.approx((0.2**2 + 0.6**2) / 4, abs=1e-6)
    np.testing.assert_array_equal(array(quantiser.sums), [[1, 0], [0, 1], [-1, 0]], "it follows in training only")
    quantiser(features, training=True)
    fair = 4 / 3  # cells for each code
    np.testing.assert_allclose(array(quantiser.uses), [0.5 + 0.5 * 3 / fair, 0.5 + 0.5 / fair, GRACE], rtol=1e-5)
    sums = [[0.5 + 0.5 * 2.8 / fair, 0.5 * 0.6 / fair], [0, 0.5 + 0.5 / fair], [GRACE * 0.8, GRACE * 0.6]]
    np.testing.assert_allclose(array(quantiser.sums), sums, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(array(quantiser.choose(features)).ravel(), [0, 0, 2, 1])
    quantiser.trainable = False
    before = array(quantiser.sums).copy()
    quantiser(features, training=True)
    np.testing.assert_array_equal(array(quantiser.sums), before)


def test_the_codebook_stays_alive_because_dead_codes_move(rng, monkeypatch):
    features = crowd(rng)
    alive = follow(features)
    np.testing.assert_array_equal(array(follow(features).sums), array(alive.sums), "not the same numbers again")
    monkeypatch.setattr(codebook, "RARE", 0.0)
    left = follow(features)
    used = [len(np.unique(array(each.choose(features)))) for each in (alive, left)]
    assert used[0] >= 15 and used[1] <= 8, used
    assert float(alive(features)[2]) < 0.5 * float(left(features)[2])


def test_the_gradient_passes_the_choice_as_if_there_were_none(rng):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are asked of TensorFlow")
    import tensorflow as tf

    quantiser, features = VectorQuantiser(4, 3), tf.constant(rng.standard_normal((1, 2, 2, 5)), "float32")
    weigh = rng.standard_normal((1, 2, 2, 3)).astype("float32")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        chosen = tf.reduce_sum(weigh * quantiser(features)[0])
        untouched = tf.reduce_sum(weigh * codebook.unit_length(quantiser.project(features)))
    found, plain = tape.gradient(chosen, features), tape.gradient(untouched, features)
    np.testing.assert_allclose(array(found), array(plain), atol=1e-6)
    assert abs(float(chosen) - float(untouched)) > 1e-2 and np.abs(array(found)).max() > 1e-2
    assert not any("sums" in weight.path for weight in quantiser.trainable_variables)


def levelled(quantiser, features):
    """q of a Gumbel quantiser in training, reckoned by hand: (cells, codes)."""
    logits = features.reshape(-1, features.shape[-1]) @ array(quantiser.logits.kernel)
    logits = (logits - logits.mean(0)) / np.sqrt(logits.var(0) + 1e-3) * math.exp(float(quantiser.log_gain))
    q = np.exp(logits - logits.max(-1, keepdims=True))
    return q / q.sum(-1, keepdims=True)


def test_soft_samples_are_those_of_q_once_they_are_cold(rng):
    keras.utils.set_random_seed(0)
    quantiser, features = GumbelQuantiser(5, 4), rng.standard_normal((1, 2, 2, 6)).astype("float32")
    many = np.repeat(features, 2000, axis=0)
    quantiser.build(many.shape)
    quantiser.log_gain.assign(0.7)
    quantiser.temperature.assign(0.01)
    q = levelled(quantiser, features)
    vectors, _, cost = quantiser(many, training=True)
    assert float(cost) == pytest.approx(np.mean(np.sum(q * np.log(q * 5), axis=-1)), rel=1e-3)
    near = np.square(array(vectors).reshape(2000, 4, 1, 4) - array(quantiser.table())).sum(-1)
    drawn = np.stack([(near.argmin(-1) == code).mean(0) for code in range(5)], axis=-1)
    np.testing.assert_allclose(drawn, q, atol=0.05)  # five standard errors and a little
    assert (near.min(-1) < 1e-3).mean() > 0.9
    quantiser.temperature.assign(1.0)
    warm = array(quantiser(many, training=True)[0]).reshape(2000, 4, 1, 4)
    assert (np.square(warm - array(quantiser.table())).sum(-1).min(-1) < 1e-3).mean() < 0.1, "a mixture of codes"


def test_what_it_chooses_in_earnest_is_the_likeliest(rng):
    keras.utils.set_random_seed(0)
    quantiser, features = GumbelQuantiser(5, 4), rng.standard_normal((2, 3, 3, 6)).astype("float32")
    vectors, indices, cost = quantiser(features)
    np.testing.assert_array_equal(array(indices), (features @ array(quantiser.logits.kernel)).argmax(-1))
    np.testing.assert_allclose(array(vectors), array(quantiser.table())[array(indices)], atol=1e-6)
    assert 0 < float(cost) < math.log(5)
    quantiser.logits.kernel.assign(np.zeros((6, 5)))
    assert float(quantiser(features)[2]) == pytest.approx(0, abs=1e-5), "q is uniform"
    quantiser.logits.kernel.assign(1e4 * rng.standard_normal((6, 5)))
    assert float(quantiser(features)[2]) == pytest.approx(math.log(5), rel=1e-3), "q is certain"


@pytest.mark.parametrize("name", NAMES)
def test_64_codes_a_picture_row_by_row(name):
    model = fresh(name)
    codes = model.encode_codes(PICTURES)
    assert codes.shape == (8, 64) and codes.dtype == np.int32 and 0 <= codes.min() <= codes.max() < model.codes == 16
    pictures = model.decode_codes(codes)
    assert pictures.shape == (8, 32, 32, 3) and pictures.dtype == np.float32 and np.abs(pictures).max() <= 1
    np.testing.assert_array_equal(model.reconstruct(PICTURES), pictures)
    asked = model(BATCH)
    np.testing.assert_array_equal(array(asked["codes"]).reshape(8, 64), codes)
    np.testing.assert_allclose(np.clip(array(asked["pictures"]), -1, 1), pictures, atol=1e-5)
    codes, places = np.zeros((64, 64), "int32"), (np.arange(64) // 8, np.arange(64) % 8)
    codes[np.arange(64), np.arange(64)] = 1  # in picture k, code k is another
    changed = np.abs(model.decode_codes(codes) - model.decode_codes(0 * codes)).max(-1) > 0
    reach = 6  # pixels, of two convolutions; the blocks say nothing yet
    for picture, row, column in zip(changed, *places, strict=True):
        assert picture[4 * row : 4 * row + 4, 4 * column : 4 * column + 4].any()
        rows, columns = np.nonzero(picture)
        for found, cell in ((rows, row), (columns, column)):
            assert 4 * cell - reach <= found.min() and found.max() < 4 * cell + 4 + reach


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_is_not_told_of_pixels_far_away(name):
    model, other = fresh(name), PICTURES.copy()
    other[:, 20:] = np.random.default_rng(0).uniform(-1, 1, other[:, 20:].shape)
    features = [array(model.encoder(x)) for x in (PICTURES, other)]
    np.testing.assert_array_equal(features[0][:, :1], features[1][:, :1])
    assert (features[0][:, 6:] != features[1][:, 6:]).any()


def test_the_loss_is_what_it_says():
    for name, beta in (("vqvae-shapes", 1.0), ("dvae-shapes", 2.5)):
        model = fresh(name)
        found = model(BATCH)
        if name == "dvae-shapes":
            model.beta.assign(beta)
            expected = beta / 48 * float(found["cost"])  # a cell is 4 × 4 pixels of three numbers
        else:
            expected = 0.25 * float(found["cost"])
        expected += np.mean((PICTURES - array(found["pictures"])) ** 2) / (2 * 0.1**2)
        assert float(model.compute_loss(BATCH, y_pred=found)) == pytest.approx(expected, rel=1e-5)
        assert float(found["cost"]) > 0


def test_every_part_learns_and_a_checkpoint_holds_all_of_it(run):
    name, _, trained = run
    start, model = fresh(name), trained.model
    assert isinstance(model, NAMES[name])
    pairs = zip(model.trainable_variables, start.trainable_variables, strict=True)
    assert not [new.path for new, old in pairs if np.array_equal(array(new), array(old))]
    held = {id(variable) for variable in model.variables}
    assert id(model.codebook.seeds.state) in held
    if name == "vqvae-shapes":
        assert {id(model.codebook.sums), id(model.codebook.uses)} <= held
        assert model.codebook.uses.shape == (16,) and not np.array_equal(array(model.codebook.uses), np.zeros(16))
    else:
        assert float(model.temperature) == pytest.approx(1 / 16, rel=0.01) and float(model.beta) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_error_falls_and_most_codes_are_in_use(name):
    model = fresh(name)
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    stream = Stream(RECIPES[name]["smoke"].batches(TOKENIZER), 8, 30)
    seen = model.fit(stream, epochs=3, verbose=0).history
    assert seen["squared_error"][-1] < 0.5 * seen["squared_error"][0]
    codes = model.encode_codes(RECIPES[name]["smoke"].batches(TOKENIZER)(200, 1)["pictures"])
    assert model.usage(codes) >= 0.9 if name == "vqvae-shapes" else model.usage(codes) > 0.3


def test_the_temperature_falls_by_the_same_factor_each_step_and_a_resumed_run_knows_where_it_was():
    model = fresh("dvae-shapes")
    found = []
    for cooling in (Cooling(1.0, 1 / 16, 4), Cooling(1.0, 1 / 16, 4, first=3)):
        cooling.set_model(model)
        for _ in range(6):
            cooling.on_train_batch_begin(0)
            found.append(float(model.temperature))
    np.testing.assert_allclose(found[:6], [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16], rtol=1e-5)
    np.testing.assert_allclose(found[6:9], [1 / 8, 1 / 16, 1 / 16], rtol=1e-5)


def test_it_comes_back_as_it_went(run):
    name, folder, trained = run
    loaded = weights.load(folder)
    assert type(loaded.model) is NAMES[name] and loaded.card["class"] == NAMES[name].__name__
    codes = trained.model.encode_codes(PICTURES)
    assert (loaded.model.encode_codes(PICTURES) == codes).mean() > 0.95  # 16 bits may decide a tie otherwise
    np.testing.assert_allclose(loaded.model.decode_codes(codes), trained.model.decode_codes(codes), atol=0.02)


def test_what_it_cannot_do_is_said():
    model = fresh("vqvae-shapes")
    trained = Trained(model, TOKENIZER, {"name": "vqvae-shapes"})
    with pytest.raises(TutorialError, match="vqvae-shapes draws no pictures"):
        trained.draw(["a red circle"])
    with pytest.raises(TutorialError, match="--captions is for models that do"):
        report.report_on(trained, captions=["a red circle"])
    with pytest.raises(PictureError, match=r"shape \(8, 16, 16, 3\): allowed are \(pictures, 32, 32, 3\)"):
        model.encode_codes(PICTURES[:, ::2, ::2])
    for wrong in (to_bytes(PICTURES), 127.5 * PICTURES, np.nan * PICTURES):
        with pytest.raises(PictureError, match="floats from -1 to 1"):
            model.encode_codes(wrong)
    with pytest.raises(TutorialError, match=r"shape \(2, 8, 8\): allowed are \(pictures, 64\)"):
        model.decode_codes(np.zeros((2, 8, 8), int))
    for wrong in (np.full((2, 64), 16), np.full((2, 64), -1), np.zeros((2, 64))):
        with pytest.raises(TutorialError, match="codes must be whole numbers from 0 to 15"):
            model.decode_codes(wrong)
    with pytest.raises(TutorialError, match="codes must be whole numbers from 0 to 15"):
        model.usage(np.array([16]))
    with pytest.raises(TutorialError, match="codes is 1 and their width 4: both must be at least 2"):
        VQVAE(codes=1, code_width=4)


def test_usage_is_the_share_of_the_codebook():
    model = fresh("vqvae-shapes")
    assert model.usage(np.array([[3, 3], [3, 5]])) == pytest.approx(2 / 16) and model.usage(np.arange(16)) == 1


class Known:
    """Forgets nothing, or with `shown` remembers nothing but that picture; it uses three of its four codes."""

    codes = 4

    def __init__(self, shown=None):
        self.shown, self.kept = shown, []

    def encode_codes(self, pictures):
        self.kept.append(pictures)
        return np.arange(64 * len(pictures)).reshape(-1, 64) % 3

    def decode_codes(self, codes):
        kept = self.kept.pop(0)
        return kept if self.shown is None else np.broadcast_to(self.shown, kept.shape)

    usage = VQVAE.usage
    _checked = VQVAE._checked


def test_the_measure_knows_what_survived():
    perfect = reconstructions(Known(), n=30)
    assert all(perfect[name].rate == 1 and perfect[name].n == 30 for name in perfect["psnr"])
    assert set(perfect["psnr"]) >= {"one_object", "two_objects", "three_objects", "counts"}
    assert perfect["psnr"]["counts"]["mean"] > 58 and perfect["squared_error"]["counts"]["mean"] == 0
    assert perfect["codebook"] == {
        "codes": 4, "usage": 0.75, "perplexity": pytest.approx(3, rel=1e-2), "pictures": 180,
    }
    ground = np.array(shapes.BACKGROUND, "float32") / 127.5 - 1
    nothing = reconstructions(Known(ground), n=10, sets=("one_object", "counts"))
    assert nothing["one_object"].rate == nothing["counts"].rate == 0 and nothing["codebook"]["pictures"] == 20
    assert 5 < nothing["psnr"]["counts"]["mean"] < nothing["psnr"]["one_object"]["mean"] < 25
    for more, match in ({"sets": ("four",)}, "unknown set 'four': allowed are one_object"), ({"n": 1}, "n is 1"):
        with pytest.raises(TutorialError, match=match):
            reconstructions(Known(), **more)


def test_the_report_of_a_model_of_picture_tokens(run):
    found = report.report_on(run[2], n=2, seed=1)
    json.dumps(found, allow_nan=False)
    assert found["model"] == run[0] and found["reconstructions"]["codebook"]["pictures"] == 12
    lines = report.summary(found)
    assert len(lines) == 1 + 2 * 6 + 1 and lines[1].startswith("kept, one object  ") and " dB" in lines[2]
    assert "of 16 codes in use, in 12 pictures" in lines[-1]


def test_publishing_puts_the_figures_into_the_card(run, tmp_path, monkeypatch):
    from scripts.train_all import publish

    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    publish(run[0], run[1], n=2, seed=1)
    card = weights.load(run[0]).card
    assert card["figures"]["reconstructions"]["one_object"]["n"] == 2 and "64 tokens" in card["limits"]
