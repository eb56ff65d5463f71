"""The best of several pictures: the estimate is the mean over all choices, and good judges find what is there."""

import itertools

import numpy as np
import pytest
from fakes import ideal

from dalle_tutorial import evaluation, reranking, weights
from dalle_tutorial.data import shapes
from dalle_tutorial.errors import CaptionError, TutorialError

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def clip():
    return weights.load("clip-shapes")


def always_right(captions, seed=0):
    """Draws equal captions differently, as models do."""
    return np.concatenate([ideal([caption], 1000 * seed + k) for k, caption in enumerate(captions)])


def seldom_right(captions, seed=0):
    """Right for about a third of the pictures; else it draws another scene."""
    rng = np.random.default_rng(seed)
    _, scenes = shapes.sample(len(captions), seed)
    wrong, right = shapes.render(scenes, 32), always_right(captions, seed)
    return np.where(rng.random(len(captions))[:, None, None, None] < 1 / 3, right, wrong)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("ties", [False, True])
def test_the_estimate_is_the_mean_over_all_choices(size, ties):
    scores = RNG.integers(0, 3, (4, 5)).astype(float) if ties else RNG.permutation(20).reshape(4, 5).astype(float)
    right = RNG.random((4, 5)) < 0.4
    for row in range(4):
        kept = []
        for choice in itertools.combinations(range(5), size):
            best = max(scores[row, k] for k in choice)
            kept.append(any(right[row, k] for k in choice if scores[row, k] == best))
        found = reranking.expected_best(scores[row : row + 1], right[row : row + 1], size)
        np.testing.assert_allclose(found, [np.mean(kept)])


def test_one_candidate_is_no_choice_and_all_of_them_leave_no_chance():
    scores, right = RNG.random((50, 8)), RNG.random((50, 8)) < 0.3
    found = reranking.curve(scores, right, (1, 8))
    assert found[1].rate == pytest.approx(right.mean()) and found[1].n == 50
    assert found[8].rate == pytest.approx(right[np.arange(50), scores.argmax(1)].mean())
    perfect = reranking.curve(right.astype(float), right, (1, 8))
    assert perfect[8].rate == pytest.approx(right.any(1).mean())
    for each in (*found.values(), *perfect.values()):
        assert each.low <= each.rate <= each.high
    with pytest.raises(TutorialError, match="the best of 9: .* allowed are 1 to 8"):
        reranking.expected_best(scores, right, 9)


def test_candidates_stand_beside_their_captions(clip):
    captions = ["a large red circle", "a large blue square"]
    pictures = reranking.candidates(always_right, captions, 3)
    assert pictures.shape == (2, 3, 32, 32, 3) and (pictures[:, 0] != pictures[:, 1]).any()
    assert reranking.verdicts(pictures, captions).all() and not reranking.verdicts(pictures, captions[::-1]).any()
    own, other = (reranking.similarities(clip, pictures, those) for those in (captions, captions[::-1]))
    assert own.shape == (2, 3) and (own > other + 0.2).all()
    np.testing.assert_allclose(own[1, 2], reranking.similarities(clip, pictures[1:, 2:], captions[1:])[0, 0], atol=1e-5)


def test_clip_finds_the_right_pictures_and_the_oracle_is_never_worse(clip):
    found = reranking.reranking(seldom_right, clip, n=25, seed=1, sizes=(1, 4, 8))
    assert list(found) == ["one_object", "two_objects"]
    for by_judge in found.values():
        rates = {judge: [rate.rate for rate in by_size.values()] for judge, by_size in by_judge.items()}
        assert rates["clip"][0] == pytest.approx(rates["oracle"][0]) and rates["clip"][0] < 0.6
        assert rates["clip"][2] > rates["clip"][0] + 0.2
        assert all(oracle >= clip for clip, oracle in zip(rates["clip"], rates["oracle"], strict=True))
        assert rates["oracle"][2] > 0.85
    again = reranking.reranking(seldom_right, clip, n=25, seed=1, sets=("one_object",), sizes=(1, 4, 8))
    assert again["one_object"] == found["one_object"]


def test_the_best_of_several_is_a_draw_like_any_other(clip):
    best = reranking.best_of(seldom_right, clip, 6)
    plain, chosen = (evaluation.alignment(draw, 24, 3, sets=("one_object",))["one_object"]
                     for draw in (seldom_right, best))
    assert chosen.rate > plain.rate + 0.2
    assert (best(["a red star"] * 2, seed=4) == best(["a red star"] * 2, seed=4)).all()


def test_what_is_not_allowed_is_named(clip):
    with pytest.raises(TutorialError, match="0 candidates"):
        reranking.candidates(ideal, ["a red circle"], 0)
    with pytest.raises(TutorialError, match="unknown set 'four': allowed are one_object"):
        reranking.reranking(ideal, clip, n=2, sets=("four",))
    with pytest.raises(CaptionError, match="giraffe"):
        reranking.similarities(clip, np.zeros((1, 2, 32, 32, 3), "uint8"), ["a red giraffe"])
