"""The whole stack with small untrained parts: what must hold whatever the weights are, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

from dalle_tutorial import upsampling, weights
from dalle_tutorial.backend import keras
from dalle_tutorial.data import shapes
from dalle_tutorial.errors import CaptionError, PictureError, TutorialError
from dalle_tutorial.models.slerp import slerp
from dalle_tutorial.models.unclip import LARGE_STREAM, UnCLIP
from dalle_tutorial.training import RECIPES
from dalle_tutorial.weights import Trained

array = keras.ops.convert_to_numpy
CAPTIONS, PICTURES = shapes.captions_and_pictures(4, 0, "test", ["one"], canonical=True)
FEW = {"steps": 3, "guidance_scale": 2.0}
MASKS = np.zeros((4, 32, 32), bool)
MASKS[:, :, 16:] = True


def part(name):
    """A small untrained model, whose layers that start at zero have something to say, as training would give them."""
    recipe, rng = RECIPES[name]["smoke"], np.random.default_rng(0)
    tokenizer = recipe.tokenizer()
    model = recipe.build(tokenizer)
    for weight in model.trainable_variables:
        if not np.any(array(weight)):
            weight.assign(0.1 * rng.standard_normal(weight.shape))
    return Trained(model, tokenizer, {"name": name})


@pytest.fixture(scope="module")
def stack():
    keras.utils.set_random_seed(0)
    names = ("clip-shapes", "prior-shapes", "unclip-shapes", "upsampler-shapes")
    clip, prior, decoder, upsampler = (part(name) for name in names)
    return UnCLIP(clip, {"diffusion": prior}, decoder, upsampler, {"name": "unclip-shapes", **FEW})


def test_slerp_keeps_its_ends_and_turns_evenly(rng):
    a, b = rng.standard_normal((2, 5, 64)).astype("float32")
    np.testing.assert_allclose(slerp(a, b, 0), a, atol=1e-5)
    np.testing.assert_allclose(slerp(a, b, 1), b, atol=1e-5)
    a, b = (3 * x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))

    def angle(x, y):
        return np.arccos((x * y).sum(1) / 9)

    for fraction in (0.25, 0.5, 0.8):
        between = slerp(a, b, fraction)
        np.testing.assert_allclose(np.linalg.norm(between, axis=1), 3, rtol=1e-5)
        np.testing.assert_allclose(angle(a, between), fraction * angle(a, b), atol=1e-3)
        np.testing.assert_allclose(angle(between, b), (1 - fraction) * angle(a, b), atol=1e-3)


def test_slerp_of_one_direction_of_other_lengths_and_of_many_fractions(rng):
    a = rng.standard_normal((3, 4, 4, 2)).astype("float32")
    np.testing.assert_allclose(slerp(a, a, 0.3), a, atol=1e-5)
    np.testing.assert_allclose(slerp(a, 3 * a, 0.5), 2 * a, rtol=1e-3)
    b, fractions = rng.standard_normal(a.shape).astype("float32"), np.array([0.0, 0.5, 1.0])
    each = np.concatenate([slerp(a[i : i + 1], b[i : i + 1], fractions[i]) for i in range(3)])
    np.testing.assert_allclose(slerp(a, b, fractions), each, atol=1e-5)


def test_embeddings_are_as_long_as_noise(stack):
    for vectors in (stack.embed(PICTURES), stack.embed_captions(CAPTIONS), stack.imagine(CAPTIONS)):
        assert vectors.shape[0] == 4
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), stack.scale, rtol=1e-3)


def test_a_picture_depends_on_its_caption_its_seed_and_its_number_alone(stack):
    alone = stack.draw(["a red circle", "a blue star"], seed=2).astype(int)
    other = stack.draw(["two green hearts", "a blue star", "a pink cross"], seed=2)
    assert alone.shape == (2, 32, 32, 3) and np.abs(alone[1] - other[1]).max() <= 1
    assert np.abs(alone[0] - other[0]).max() > 1
    assert np.abs(alone[1] - stack.draw(["a red circle", "a blue star"], seed=3)[1]).max() > 1
    assert np.abs(alone - stack.draw(["a red circle", "a blue star"], seed=2, candidates=1)).max() > 0


def test_the_card_settles_what_is_not_given(stack):
    given = stack.draw(CAPTIONS[:2], steps=3, guidance_scale=2.0)
    np.testing.assert_array_equal(given, stack.draw(CAPTIONS[:2], guidance_scale=None))
    assert np.any(given != stack.draw(CAPTIONS[:2], steps=2))
    *_, last = stack.steps_of(CAPTIONS[:2])
    assert last.t == 0 and last.x.shape == given.shape


def test_encoded_pictures_come_back_and_their_noise_is_noise(stack):
    z, noise = stack.encode(PICTURES, steps=6)
    assert z.shape == (4, 64) and noise.shape == PICTURES.shape and noise.dtype == np.float32
    np.testing.assert_array_equal(noise, stack.encode(PICTURES, steps=6)[1])
    assert np.abs(noise - stack.encode(PICTURES, steps=6, seed=1)[1]).max() > 0.1
    np.testing.assert_allclose(stack.encode(PICTURES[:2], steps=6)[1], noise[:2], atol=1e-3)
    plain = stack.encode(PICTURES, steps=6, grain=0)[1]
    np.testing.assert_array_equal(plain, stack.encode(PICTURES, steps=6, grain=0, seed=1)[1])
    with pytest.raises(TutorialError, match="grain is 1: it must be a time from 0"):
        stack.encode(PICTURES, grain=1)


def test_variations_begin_with_the_reconstruction(stack):
    again = stack.render(*stack.encode(PICTURES[:1], steps=3), steps=3)
    still = stack.vary(PICTURES[0], 3, eta=0.0, steps=3)
    assert still.shape == (3, 32, 32, 3) and np.abs(still.astype(int) - again).max() <= 1
    varied = stack.vary(PICTURES[0], 3, eta=1.0, steps=3)
    assert min(np.abs(varied[i].astype(int) - varied[i - 1]).max() for i in range(3)) > 1
    np.testing.assert_array_equal(varied, stack.vary(PICTURES[0], 3, eta=1.0, steps=3))
    assert np.any(varied != stack.vary(PICTURES[0], 3, eta=1.0, steps=3, seed=1))


def test_ways_end_where_their_pictures_are(stack):
    ends = stack.render(*stack.encode(PICTURES, steps=3), steps=3).astype(int)
    way = stack.interpolate(PICTURES[0], PICTURES[1], frames=4, steps=3)
    assert way.shape == (4, 32, 32, 3) and np.abs(way[[0, -1]] - ends[:2]).max() <= 1
    assert np.abs(way[1].astype(int) - way[0]).max() > 1
    grid = stack.interpolate_grid(PICTURES, rows=2, columns=3, steps=3)
    assert grid.shape == (2, 3, 32, 32, 3)
    assert np.abs(grid[[0, 0, 1, 1], [0, 2, 0, 2]] - ends).max() <= 1


def test_guidance_makes_manipulations_louder(stack):
    z, noise = stack.encode(PICTURES, steps=3)
    loud = stack.render(z, noise, 3.0, 3)
    assert np.abs(loud.astype(int) - stack.render(z, noise, steps=3)).max() > 1
    varied = stack.vary(PICTURES[0], 2, 0.0, steps=3, guidance_scale=3.0).astype(int)
    way = stack.interpolate(*PICTURES[:2], frames=2, steps=3, guidance_scale=3.0).astype(int)
    plane = stack.interpolate_grid(PICTURES, 2, 2, steps=3, guidance_scale=3.0).astype(int)
    assert np.abs(varied - loud[[0, 0]]).max() <= 1 and np.abs(way - loud[:2]).max() <= 1
    assert np.abs(plane.reshape(loud.shape) - loud).max() <= 1


def test_text_diffs_of_nothing_change_nothing(stack):
    again = stack.render(*stack.encode(PICTURES, steps=3), steps=3).astype(int)
    target = [caption.replace("a ", "a large ", 1) if "large" not in caption else "a red star" for caption in CAPTIONS]
    assert np.abs(stack.text_diff(PICTURES, CAPTIONS, target, 0.0, steps=3) - again).max() <= 1
    assert np.abs(stack.text_diff(PICTURES, CAPTIONS, target, 0.5, steps=3) - again).max() > 1


def test_only_the_masked_part_is_painted(stack):
    painted = stack.inpaint(PICTURES, MASKS, CAPTIONS, seed=1)
    np.testing.assert_array_equal(painted[~MASKS], PICTURES[~MASKS])
    assert (painted != PICTURES)[MASKS].any()
    assert np.any(painted != stack.inpaint(PICTURES, MASKS, CAPTIONS, seed=2))
    np.testing.assert_array_equal(stack.inpaint(PICTURES, np.zeros_like(MASKS), CAPTIONS), PICTURES)
    assert stack.inpaint(PICTURES, MASKS, CAPTIONS, sampler="ddpm").shape == PICTURES.shape


def test_upsampled_pictures_are_larger(stack):
    assert stack.upsample(PICTURES).shape == (4, 64, 64, 3)
    stack, upsampler = UnCLIP(stack.clip, stack.priors, stack.decoder), stack.upsampler
    assert upsampler is not None
    with pytest.raises(TutorialError, match="this stack has no upsampler: 32 × 32 pixels is all"):
        stack.upsample(PICTURES)


@pytest.mark.parametrize("call, message", [
    (lambda s: s.draw(CAPTIONS, prior="magic"), "unknown prior 'magic': allowed are diffusion"),
    (lambda s: s.draw(CAPTIONS, temperature=1.0), "unknown setting 'temperature': allowed are guidance_scale"),
    (lambda s: s.draw(CAPTIONS, candidates=0), "candidates is 0: it must be a whole number of at least 1"),
    (lambda s: s.draw(CAPTIONS, candidates=1.5), "candidates is 1.5"),
    (lambda s: s.draw(CAPTIONS, sampler="magic"), "unknown sampler 'magic'"),
    (lambda s: s.inpaint(PICTURES, MASKS, CAPTIONS, temperature=1.0), "unknown setting 'temperature'"),
    (lambda s: s.inpaint(PICTURES, MASKS, CAPTIONS[:2]), "4 pictures need as many captions: got 2"),
    (lambda s: s.vary(PICTURES[0], 0), "0 variations: the number must be"),
    (lambda s: s.vary(PICTURES[0], eta=2.0), "eta is 2.0"),
    (lambda s: s.interpolate(*PICTURES[:2], frames=1), "1 pictures on a side: a way from one to another has at least"),
    (lambda s: s.interpolate_grid(PICTURES, rows=1), "1 pictures on a side"),
    (lambda s: s.interpolate_grid(PICTURES[:3]), "a grid has 4 corners: got 3 pictures"),
    (lambda s: s.text_diff(PICTURES, CAPTIONS, CAPTIONS), "source and target say the same"),
    (lambda s: s.text_diff(PICTURES, CAPTIONS[:3], CAPTIONS), "4 pictures need as many captions: 3 and 4"),
    (lambda s: s.text_diff(PICTURES, CAPTIONS, CAPTIONS[::-1], 1.5), "fraction is 1.5: it must lie between 0"),
    (lambda s: s.text_diff(PICTURES, CAPTIONS, CAPTIONS[::-1], guidance_scale=-1), "guidance_scale is -1: it must be"),
    (lambda s: s.vary(PICTURES[0], guidance_scale=float("nan")), "guidance_scale is nan: it must be"),
    (lambda s: s.interpolate(*PICTURES[:2], guidance_scale=-1), "guidance_scale is -1: it must be"),
    (lambda s: s.draw(CAPTIONS, guidance_scale=-1), "guidance_scale is -1: it must be"),
    *((lambda s, steps=steps: s.encode(PICTURES, steps), f"steps is {steps}: a sampler needs a whole number of them")
      for steps in (0, -1, 2.5)),
    (lambda s: s.inpaint(PICTURES, MASKS, CAPTIONS, steps=0), "steps is 0: a sampler needs a whole number"),
])
def test_what_is_refused(stack, call, message):
    with pytest.raises(TutorialError, match=message):
        call(stack)


@pytest.mark.parametrize("masks", [MASKS[:2], MASKS[..., None], MASKS.astype("uint8"), MASKS[0]])
def test_masks_that_do_not_fit(stack, masks):
    with pytest.raises(PictureError, match=r"allowed is bool \(4, 32, 32\)"):
        stack.inpaint(PICTURES, masks, CAPTIONS)


@pytest.mark.parametrize("pictures", [PICTURES / 255, PICTURES[0], PICTURES[:, ::2, ::2], PICTURES[..., :1]])
def test_pictures_that_do_not_fit(stack, pictures):
    for call in (stack.embed, stack.encode, stack.upsample, lambda p: stack.inpaint(p, MASKS, CAPTIONS),
                 lambda p: stack.vary(p[0], 2), lambda p: stack.interpolate(p[0], p[1])):
        with pytest.raises(PictureError, match=r"allowed is uint8 \(n, 32, 32, 3\)"):
            call(pictures)


def test_words_that_are_not_known(stack):
    for call in (stack.draw, stack.imagine, stack.embed_captions):
        with pytest.raises(CaptionError, match="unknown word 'dragon'"):
            call(["a red dragon"])


def test_both_ways_to_enlarge_are_one_but_for_the_seed(stack):
    found = upsampling.enlarge(stack.upsampler, PICTURES, seed=[3, LARGE_STREAM])
    np.testing.assert_array_equal(found, stack.upsample(PICTURES, seed=3))
    np.testing.assert_array_equal(found, stack.upsampler.model.upsample(PICTURES, [3, LARGE_STREAM]))


def test_the_decoder_is_used_within_its_stack_and_others_alone(stack, monkeypatch):
    monkeypatch.setattr(weights, "load_unclip", lambda decoder, precision: ("stack of", decoder))
    assert weights.as_used(stack.decoder) == ("stack of", stack.decoder)
    assert weights.as_used(stack.upsampler) is stack.upsampler


def test_the_stack_is_loaded_from_all_its_parts_and_no_others(monkeypatch):
    loaded = []
    monkeypatch.setattr(weights, "load", lambda name, precision=None: loaded.append(name) or SimpleNamespace(card={}))
    monkeypatch.setattr(weights, "UnCLIP", lambda *parts: parts)
    weights.load_unclip()
    assert sorted(loaded) == sorted(weights.UNCLIP_PARTS)
