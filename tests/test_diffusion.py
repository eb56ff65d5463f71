"""Training of toys of two ranks, the loss and its weights, dropout of conditions, guidance; on any backend."""

import numpy as np
import pytest

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.diffusion import WEIGHTINGS, Diffusion, error_gain
from dalle_tutorial.models.guidance import clip_x0
from dalle_tutorial.models.samplers import SAMPLERS, ddim, initial_noise, last
from dalle_tutorial.models.schedules import KINDS, SCHEDULES, find_schedule, target_of

ops, array = keras.ops, keras.ops.convert_to_numpy


@keras.saving.register_keras_serializable("tests")
class Toy(keras.layers.Layer):
    """A small denoiser for x of any rank: dense layers over the last axis, told the time, a "class" and a "vector"."""

    def __init__(self, width=2, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.layers = [keras.layers.Dense(64, activation="gelu"), keras.layers.Dense(64, activation="gelu")]
        self.out = keras.layers.Dense(width)
        self.table = keras.layers.Embedding(4, 8)  # row 3 is the null vector

    def call(self, x, t, conditions):
        keep = ops.cast(conditions["keep_class"], "int32")
        seen = self.table(conditions["class"] * keep + 3 * (1 - keep))
        told = ops.concatenate([ops.sin(6.0 * t[:, None]), ops.cos(6.0 * t[:, None]), seen], -1)
        told = ops.reshape(told, (-1, *[1] * (len(x.shape) - 2), 10))
        h = ops.concatenate([x, ops.broadcast_to(told, (*ops.shape(x)[:-1], 10))], -1)
        for layer in self.layers:
            h = layer(h)
        return self.out(h)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


class Spy(keras.layers.Layer):
    """A denoiser with known answers that remembers what it was asked; it runs eagerly or while it is traced."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, x, t, conditions):
        self.asked.append(tuple(x.shape))
        return self.gain * x * 0.1 + conditions["shift"] * conditions["keep_class"][:, None]


CENTRES = np.array([[-0.7, 0.5], [0.8, 0.7], [0.0, -0.8]], "float32")


def points(count, seed=0, shape=()):
    """Three clusters, and which one each is of: x0 (count, *shape, 2), class (count,)."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, 3, count).astype("int32")
    centres = CENTRES[which].reshape(count, *[1] * len(shape), 2)
    return {"x0": (centres + 0.05 * rng.standard_normal((count, *shape, 2))).astype("float32"), "class": which}


def trained(shape=(), epochs=12, use_ema=False, **options):
    keras.utils.set_random_seed(0)
    model = Diffusion(Toy(), **{"dropout": {"class": 0.1}, **options})
    model.compile(keras.optimizers.Adam(3e-3, use_ema=use_ema, ema_momentum=0.98))
    history = model.fit(points(4096, 0, shape), batch_size=128, epochs=epochs, verbose=0)
    return model, history.history["loss"]


@pytest.fixture(scope="module")
def toy():
    return trained()


def test_a_toy_of_rank_one_learns_and_draws(toy):
    model, losses = toy
    assert losses[-1] < 0.5 * losses[0], losses
    which = np.arange(300, dtype="int32") % 3
    for name, sampler in SAMPLERS.items():
        x = last(sampler(model.denoise({"class": which}), model.schedule, initial_noise((300, 2)), 20))
        nearest = np.linalg.norm(x[:, None] - CENTRES, axis=-1).argmin(1)
        assert (nearest == which).mean() > 0.97, name
        assert np.abs(x - CENTRES[which]).mean() < 0.15, name


@pytest.mark.parametrize(("schedule", "prediction", "weighting", "times"), [
    ("rectified-flow", "velocity", "plain", "logit-normal"), ("linear", "noise", "plain", "uniform"),
    ("cosine", "x0", "min-snr", "uniform"),
])
def test_a_toy_of_rank_three_learns(schedule, prediction, weighting, times):
    """Pictures of 4 × 4 pixels with two channels; the class decides their colour."""
    options = {"schedule": schedule, "prediction": prediction, "weighting": weighting, "times": times}
    model, losses = trained((4, 4), epochs=4, use_ema=True, **options)
    assert losses[-1] < 0.8 * losses[0], losses
    which = np.arange(30, dtype="int32") % 3
    denoise = model.denoise({"class": which}, clip="static")
    x = last(ddim(denoise, model.schedule, initial_noise((30, 4, 4, 2)), 20))
    nearest = np.linalg.norm(x.mean((1, 2))[:, None] - CENTRES, axis=-1).argmin(1)
    assert (nearest == which).mean() > 0.9


def test_the_averaged_weights_are_what_remains_after_fit():
    """Otherwise samples would come from the last step's weights."""
    plain, averaged = (trained(epochs=1, use_ema=use_ema)[0] for use_ema in (False, True))
    gaps = [np.abs(array(a) - array(b)).max() for a, b in zip(plain.weights, averaged.weights, strict=True)]
    assert max(gaps) > 1e-3


def test_evaluate_drops_nothing_and_guided_samples_lie_further_out(toy):
    model, losses = toy
    assert model.evaluate(points(512, 1), verbose=0) < losses[0]
    which, noise = np.full(200, 1, "int32"), initial_noise((200, 2))
    outward = CENTRES[1] / np.linalg.norm(CENTRES[1])
    reach = [
        (last(ddim(model.denoise({"class": which}, scale), model.schedule, noise, 20)) @ outward).mean()
        for scale in (0.0, 1.0, 3.0)
    ]
    assert reach[0] + 0.5 < reach[1] < reach[2], reach


@pytest.mark.parametrize("prediction", KINDS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_weights_make_one_loss_out_of_another(schedule, prediction, rng):
    """A guess's error weighed as if measured on another kind of target is what it is when measured there."""
    x0, noise, wrong = (rng.standard_normal((5, 3)).astype("float32") for _ in range(3))
    signal, rate = (np.asarray(values, "float32")[:, None]
                    for values in find_schedule(schedule).rates(np.array([0.1, 0.3, 0.5, 0.6, 0.7])))
    other_noise = (signal * x0 + rate * noise - signal * wrong) / rate  # of the same x

    def square(kind):
        return np.square(target_of(kind, x0, noise, signal, rate) - target_of(kind, wrong, other_noise, signal, rate))

    for weighting in KINDS:
        model = Diffusion(Toy(), schedule, prediction, weighting)
        kinds = [model.schedule.velocity if kind == "velocity" else kind for kind in (prediction, weighting)]
        weight = array(model.weight(ops.convert_to_tensor(signal), ops.convert_to_tensor(rate)))
        np.testing.assert_allclose(weight * square(kinds[0]), square(kinds[1]), rtol=2e-3, atol=1e-5)


def test_min_snr_is_as_in_its_paper():
    """Hang et al. 2023: min(SNR, 5) for x0, over SNR for noise, over SNR + 1 for the velocity."""
    signal, rate = (ops.convert_to_tensor(r.astype("float32")) for r in find_schedule("cosine").rates(
        np.linspace(0.05, 0.95, 10)))
    snr = array(signal) ** 2 / array(rate) ** 2
    for kind, over in (("x0", 1), ("noise", snr), ("velocity", snr + 1)):
        weight = array(error_gain("min-snr", signal, rate) / error_gain(kind, signal, rate))
        np.testing.assert_allclose(weight, np.minimum(snr, 5) / over, rtol=1e-4)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_weight_is_infinite(schedule, weighting):
    t = ops.convert_to_tensor(np.array([0.0, 1e-3, 0.999, 1.0], "float32"))
    for prediction in KINDS:
        model = Diffusion(Toy(), schedule, prediction, weighting)
        weight = array(model.weight(*model.schedule.rates(t)))
        assert np.isfinite(weight).all() and (weight >= 0).all() and weight.max() < 2100


def test_the_loss_is_the_weighted_mean_square():
    model = Diffusion(Toy())
    ones, weight = ops.ones((2, 3, 3, 1)), ops.convert_to_tensor(np.array([1.0, 3.0], "float32"))
    y_pred = {"output": ones, "target": ops.zeros_like(ones), "weight": weight}
    assert float(model.compute_loss(y_pred=y_pred)) == 2.0
    only_first = ops.convert_to_tensor(np.array([1.0, 0.0]))
    assert float(model.compute_loss(y_pred=y_pred, sample_weight=only_first)) == 0.5


def test_times_cover_their_range_in_every_batch():
    uniform, bent = Diffusion(Toy()), Diffusion(Toy(), times="logit-normal")
    t = np.sort(array(uniform.draw_times(100)))
    np.testing.assert_allclose(np.diff(t), 0.00999, atol=1e-4)
    assert 0.001 <= t[0] < 0.012 and 0.989 < t[-1] <= 1
    drawn = np.concatenate([array(bent.draw_times(100)) for _ in range(20)])
    logits = np.log(drawn / (1 - drawn))
    assert drawn.min() >= 0.001 and drawn.max() <= 1
    np.testing.assert_allclose([np.median(logits), np.subtract(*np.quantile(logits, [0.84, 0.16]))], [0, 1.99],
                               atol=0.05)
    assert np.abs(array(uniform.draw_times(100)) - array(uniform.draw_times(100))).max() > 1e-4


def test_a_shift_crowds_times_towards_noise():
    t = array(Diffusion(Toy(), shift=6.0).draw_times(1000))
    assert t.min() >= 0.001 and t.max() <= 1
    np.testing.assert_allclose(np.quantile(t, [0.25, 0.5, 0.75]), [2 / 3, 6 / 7, 18 / 19], atol=0.01)
    with pytest.raises(TutorialError, match="shift is 0: it must be a number above 0"):
        Diffusion(Toy(), shift=0)


def test_conditions_are_dropped_independently_at_the_asked_rates():
    """unCLIP §2.1: text 0.5, embedding 0.1; both are dropped in 5 % of the cases, not in 10 %."""
    model = Diffusion(Toy(), dropout={"text": 0.5, "embedding": 0.1})
    drawn = [model.keeps({}, 4000, training=True) for _ in range(5)]
    text, embedding = (np.concatenate([array(each[f"keep_{name}"]) for each in drawn]) for name in
                       ("text", "embedding"))
    assert set(text) == set(embedding) == {0.0, 1.0}
    assert abs(text.mean() - 0.5) < 0.015 and abs(embedding.mean() - 0.9) < 0.01
    assert abs(((1 - text) * (1 - embedding)).mean() - 0.05) < 0.007
    evaluated = model.keeps({"keep_text": np.array([1, 0])}, 2, training=False)
    np.testing.assert_array_equal(array(evaluated["keep_text"]), [1, 0])
    np.testing.assert_array_equal(array(evaluated["keep_embedding"]), [1, 1])
    assert array(model.keeps({"keep_text": np.zeros(50)}, 50, training=True)["keep_text"]).max() == 0


def spied():
    model = Diffusion(Spy(), prediction="noise", dropout={"class": 0.1})
    return model, {"shift": np.array([[0.2, 0.0], [0.0, 0.3]], "float32")}


def test_guidance_is_its_formula_and_costs_what_is_said():
    """Scale 1 evaluates a batch once and is the conditional output itself; others evaluate twice the batch once."""
    model, conditions = spied()
    x, shift = initial_noise((2, 2)), conditions["shift"]
    for scale, rows in ((1.0, 2), (0.0, 4), (2.5, 4)):
        model.denoiser.asked.clear()
        denoise = model.denoise(conditions, scale)
        for t in (0.9, 0.5, 0.1):
            x0, noise = denoise(x, t)
            np.testing.assert_allclose(noise, 0.1 * x + scale * shift, atol=1e-6)
            signal, rate = model.schedule.rates(t)
            np.testing.assert_allclose(signal * x0 + rate * noise, x, atol=1e-5)
        assert set(model.denoiser.asked) <= {(rows, 2)}


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="nothing is traced")
def test_the_network_is_traced_once():
    """Not for each time, scale, or call of `denoise` with a batch of the same size."""
    model, conditions = spied()
    model.denoise(conditions)(initial_noise((2, 2)), 0.5)
    model.denoise(conditions, 2.0)(initial_noise((2, 2)), 0.5)
    model.denoiser.asked.clear()
    for scale in (1, 1.0, 1.5, 3):
        list(ddim(model.denoise(conditions, scale), model.schedule, initial_noise((2, 2)), 7))
    assert model.denoiser.asked == []


def test_new_weights_are_seen_by_the_compiled_network():
    model, conditions = spied()
    x, denoise = initial_noise((2, 2)), model.denoise(conditions)
    before = denoise(x, 0.5)[1]
    model.denoiser.gain.assign(3.0)
    np.testing.assert_allclose(denoise(x, 0.5)[1] - before, 0.2 * x, atol=1e-6)


def test_what_is_dropped_can_be_chosen_and_flags_can_be_given():
    model, conditions = spied()
    x = initial_noise((2, 2))
    flags = {"keep_class": np.array([1.0, 0.0], "float32")}
    _, noise = model.denoise({**conditions, **flags})(x, 0.5)
    np.testing.assert_allclose(noise - 0.1 * x, conditions["shift"] * [[1], [0]], atol=1e-6)
    with pytest.raises(TutorialError, match="unknown condition to drop 'text': allowed are class"):
        model.denoise(conditions, 2.0, dropped=("text",))
    with pytest.raises(TutorialError, match="cannot be guided"):
        model.denoise(conditions, 2.0, dropped=())


def test_clipped_guesses_stay_in_range_and_agree_with_x():
    model, conditions = spied()
    x = 3 * initial_noise((2, 2))
    for clip in ("static", "dynamic"):
        x0, noise = model.denoise(conditions, clip=clip)(x, 0.9)
        assert np.abs(x0).max() <= 1 and x0.dtype == noise.dtype == np.float32
        signal, rate = model.schedule.rates(0.9)
        np.testing.assert_allclose(signal * x0 + rate * noise, x, atol=1e-5)


def test_dynamic_thresholding_looks_at_each_picture_alone(rng):
    x0 = rng.uniform(-1, 1, (2, 20, 20, 3)).astype("float32") * np.array([0.9, 4.0], "float32").reshape(2, 1, 1, 1)
    clipped = clip_x0(x0, "dynamic")
    np.testing.assert_array_equal(clipped[0], x0[0])
    size = np.quantile(np.abs(x0[1]), 0.995)
    np.testing.assert_allclose(clipped[1], np.clip(x0[1] / size, -1, 1), atol=1e-6)
    assert clip_x0(x0, None) is x0


def test_the_same_seed_draws_the_same(toy):
    model, _ = toy
    first, again = (last(SAMPLERS["ddpm"](model.denoise({"class": np.array([0, 1])}, 2.0), model.schedule,
                                          initial_noise((2, 2), 5), 5, seed=5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_a_config_makes_the_same_model(toy, tmp_path):
    model, _ = toy
    again = Diffusion.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    model.save_weights(tmp_path / "toy.weights.h5")
    again({name: values[:2] for name, values in points(2).items()})
    again.load_weights(tmp_path / "toy.weights.h5")
    x, conditions = initial_noise((2, 2)), {"class": np.array([0, 1], "int32")}
    np.testing.assert_allclose(again.denoise(conditions)(x, 0.5)[0], model.denoise(conditions)(x, 0.5)[0], atol=1e-6)


def test_bad_input_says_what_is_allowed():
    for options, message in (
        ({"schedule": "sine"}, "unknown schedule 'sine'"), ({"prediction": "score"}, "allowed are noise, x0, velocity"),
        ({"weighting": "snr"}, "unknown weighting 'snr': allowed are plain, min-snr"),
        ({"times": "normal"}, "allowed are uniform, logit-normal"),
        ({"dropout": {"text": 1.5}}, "dropout of 'text' is 1.5"),
    ):
        with pytest.raises(TutorialError, match=message):
            Diffusion(Toy(), **options)
    model, conditions = spied()
    for scale in (-1, float("nan"), float("inf")):
        with pytest.raises(TutorialError, match="guidance_scale is .* at least 0"):
            model.denoise(conditions, scale)
    with pytest.raises(TutorialError, match="unknown clip 'hard': allowed are None, static, dynamic"):
        model.denoise(conditions, clip="hard")
    with pytest.raises(TutorialError, match="x is a batch of 3, the conditions are one of 2"):
        model.denoise(conditions)(initial_noise((3, 2)), 0.5)
    with pytest.raises(TutorialError, match=r"one batch size.*got \[2, 3\]"):
        model.denoise({**conditions, "class": np.zeros(3)})
    with pytest.raises(TutorialError, match="there must be one at least"):
        model.denoise()
