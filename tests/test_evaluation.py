"""The measurements, against models of which everything is known beforehand."""

import json

import numpy as np
import pytest
from fakes import Ideal, IdealEmoji, ideal

from dalle_tutorial import evaluation, report
from dalle_tutorial.data import emoji, shapes
from dalle_tutorial.data.shapes import PALETTE, parse, split_of
from dalle_tutorial.errors import CaptionError, TutorialError
from dalle_tutorial.rates import Rate, wilson_interval

N = 40


def grey(captions, seed=0):
    """Draws nothing."""
    return np.full((len(captions), 32, 32, 3), shapes.BACKGROUND, np.uint8)


def recoloured(captions, seed=0):
    """Draws everything right but for red, which comes out blue."""
    return ideal([caption.replace("red", "blue").replace("crimson", "blue") for caption in captions], seed)


class Spy:
    """Draws as `draw` does and keeps what it was asked."""

    def __init__(self, draw=ideal):
        self.draw, self.calls = draw, []

    def __call__(self, captions, seed=0):
        self.calls.append((list(captions), seed))
        return self.draw(captions, seed)

    @property
    def captions(self):
        """All captions, in the order in which they came."""
        return [caption for captions, _ in self.calls for caption in captions]


def test_wilson_interval_covers_the_truth_as_often_as_it_says(rng):
    """Of intervals around samples from a known rate, 95 % hold that rate; also near 1, where the normal one fails."""
    for truth in (0.5, 0.97):
        successes = rng.binomial(100, truth, size=2000)
        bounds = {k: wilson_interval(k, 100) for k in set(successes.tolist())}
        covered = np.mean([bounds[k][0] <= truth <= bounds[k][1] for k in successes.tolist()])
        assert 0.93 < covered < 0.98, (truth, covered)


def test_more_confidence_and_fewer_trials_give_a_wider_interval():
    low, high = wilson_interval(70, 100)
    wider, smaller = wilson_interval(70, 100, confidence=0.99), wilson_interval(7, 10)
    assert wider[0] < low < 0.7 < high < wider[1] and smaller[0] < low < high < smaller[1]


@pytest.mark.parametrize("successes, n", [(0, 0), (3, 2), (-1, 2)])
def test_impossible_counts(successes, n):
    with pytest.raises(TutorialError, match="at least one trial"):
        wilson_interval(successes, n)


def test_a_rate_reads_well():
    assert str(Rate.of([True] * 9 + [False])) == " 90.0%  [59.6%, 98.2%]  n = 10"


def test_ideal_model_is_aligned_in_every_set():
    found = evaluation.alignment(ideal, n=N)
    assert list(found) == list(evaluation.SETS)
    for name, rate in found.items():
        assert (rate.rate, rate.high, rate.n, rate.failures, rate.examples) == (1.0, 1.0, N, {}, ()), name
        assert rate.low < 1 and all(share.rate == 1 for share in rate.attributes.values())
    assert "relation" not in found["one_object"].attributes and "place" in found["one_object"].attributes


def test_captions_come_from_the_split_and_kind_of_their_set():
    for name, (split, kind) in evaluation.SETS.items():
        spy = Spy()
        evaluation.alignment(spy, n=N, sets=(name,))
        asked = [parse(caption) for caption in spy.captions]
        assert len(asked) == N and {split_of(d) for d in asked} == {split} and {d.kind for d in asked} == {kind}


def test_another_split_takes_the_place_of_test_and_of_nothing_else():
    spy = Spy()
    evaluation.alignment(spy, n=N, split="validation", sets=("one_object", "held_out_pairs"))
    splits = [split_of(parse(caption)) for caption in spy.captions]
    assert splits == ["validation"] * N + ["held_out_pairs"] * N


def test_the_seed_decides_captions_and_pictures():
    runs = [Spy() for _ in range(3)]
    for spy, seed in zip(runs, (0, 0, 1), strict=True):
        evaluation.alignment(spy, n=N, seed=seed, sets=("two_objects",))
    assert runs[0].calls == runs[1].calls != runs[2].calls


def test_a_set_holds_the_same_captions_whichever_others_are_measured():
    alone, among = Spy(), Spy()
    evaluation.alignment(alone, n=N, sets=("counts",))
    evaluation.alignment(among, n=N)
    assert alone.captions == among.captions[3 * N : 4 * N]


def test_what_is_wrong_is_said_attribute_by_attribute():
    captions = ["a red star", "a small red circle above a large red square", "two green hearts", "a pink cross"]
    found = evaluation.judge(recoloured(captions), captions)
    assert found.rate == 0.5 and found.failures == {"wrong colour": 2}
    assert {name: rate.rate for name, rate in found.attributes.items()} == {
        "shape": 1, "colour": 0.5, "size": 1, "count": 1, "relation": 1,
    }
    assert {name: rate.n for name, rate in found.attributes.items()} == {
        "shape": 4, "colour": 4, "size": 1, "count": 4, "relation": 1,
    }
    assert found.examples[0]["caption"] == "a red star" and "found a blue star" in found.examples[0]["reasons"][0]


def test_failures_are_counted_by_kind_and_the_commonest_comes_first():
    captions = ["a red star", "a blue heart", "a black circle"]
    pictures = grey(captions)
    pictures[2:] = ideal(["a black square"])
    found = evaluation.judge(pictures, captions)
    assert found.rate == 0
    assert found.failures["asked for 1 object, found 0"] == 2 and found.failures["wrong shape"] == 3
    assert list(found.failures.values()) == sorted(found.failures.values(), reverse=True)
    assert not any("(" in kind for kind in found.failures), "a position would make every failure a kind of its own"


def test_rate_is_the_share_of_right_pictures():
    """A model that fails at random three times in ten is found to."""
    def shaky(captions, seed=0):
        wrong = np.random.default_rng(seed).random(len(captions)) < 0.3
        return np.where(wrong[:, None, None, None], grey(captions), ideal(captions, seed))

    rate = evaluation.alignment(shaky, n=300, sets=("one_object",))["one_object"]
    assert rate.low < 0.7 < rate.high and rate.high - rate.low < 0.12


def test_long_lists_are_drawn_in_chunks_with_seeds_of_their_own():
    spy, captions = Spy(), [f"a {colour} star" for colour in PALETTE] * 30
    pictures = evaluation.draw_in_chunks(spy, captions, seed=3)
    assert pictures.shape == (240, 32, 32, 3) and [len(chunk) for chunk, _ in spy.calls] == [100, 100, 40]
    assert spy.captions == captions and len({seed for _, seed in spy.calls}) == 3
    assert all(0 <= seed < 2**31 for _, seed in spy.calls)


@pytest.mark.parametrize("call, message", [
    (lambda: evaluation.alignment(ideal, sets=("four_objects",)), "unknown set 'four_objects': allowed are one_object"),
    (lambda: evaluation.alignment(ideal, n=0), "n is 0"),
    (lambda: evaluation.draw_in_chunks(ideal, []), "no caption"),
    (lambda: evaluation.alignment(ideal, n=1, split="exam", sets=("counts",)), "unknown split 'exam'"),
])  # fmt: skip
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(TutorialError, match=message):
        call()


def test_the_gap_between_languages_is_measured_on_the_same_things():
    found = evaluation.languages(ideal, n=20, sets=("two_objects",))["two_objects"]
    assert (found["en"].rate, found["zh"].rate, found["gap"]["mean"]) == (1, 1, 0)

    def poor_in_chinese(captions, seed=0):
        reads = [shapes.language_of(caption) == "en" or i % 4 == 0 for i, caption in enumerate(captions)]
        return ideal([c if right else "一个红色的圆形" for c, right in zip(captions, reads, strict=True)], seed)

    found = evaluation.languages(poor_in_chinese, n=40)
    for rates in found.values():
        assert rates["en"].rate == 1 and 0.2 < rates["zh"].rate < 0.4
        assert rates["gap"]["mean"] == pytest.approx(1 - rates["zh"].rate) and rates["gap"]["standard_error"] > 0
    (first, english), (again, chinese) = (evaluation.asked("one_object", 5, 3, language=each) for each in ("en", "zh"))
    assert first == again and {shapes.language_of(c) for c in chinese} == {"zh"} and english != chinese


def test_a_report_may_hold_one_part_only():
    assert set(report.report_on(Ideal(), n=4, only=("bounds",))) == {"model", "seed", "sha256", "bounds"}
    with pytest.raises(TutorialError, match="measurement 'beauty'.*alignment, diversity, reconstruction, bounds"):
        report.report_on(Ideal(), n=4, only=("beauty",))


def test_diversity_knows_the_world_from_a_single_picture_and_from_none():
    free = evaluation.diversity(ideal, captions=20, samples=6)
    assert 0.9 < free["ratio"] < 1.1 and free["drawn"] > 10
    stuck = evaluation.diversity(lambda captions, seed=0: ideal(captions, 0), captions=5, samples=3)
    assert stuck["drawn"] == 0 == stuck["ratio"] and stuck["real"] > 10


def test_reconstruction_judges_what_comes_back():
    assert evaluation.reconstruction(Ideal(), n=150).rate == 1

    forgetful = Ideal()
    forgetful.model.reconstruct = lambda pictures, ids: np.zeros_like(pictures)
    assert evaluation.reconstruction(forgetful, n=10).rate == 0


def test_bounds_are_means_with_standard_errors():
    found = evaluation.bounds(Ideal(), n=100, samples=7)
    assert found["elbo"]["mean"] == pytest.approx(49.5) and found["importance_weighted"]["mean"] == pytest.approx(50)
    assert found["elbo"]["standard_error"] == pytest.approx(np.std(np.arange(100), ddof=1) / 10)
    assert (found["n"], found["samples"]) == (100, 7)


def test_retrieval_of_true_and_of_exchanged_pictures():
    world, trained = emoji.core(32, ("en",)), IdealEmoji()
    captions = list(world.captions["en"][:30])
    right = evaluation.emoji_retrieval(trained.draw, world, captions)
    assert right["top1"].rate == 1 and right["gallery"] == len(world) and right["nearest"] == captions
    wrong = evaluation.emoji_retrieval(lambda those, seed=0: trained.draw(those[::-1]), world, captions)
    assert wrong["top1"].rate == 0 and wrong["nearest"] == captions[::-1]


def test_report_of_a_shapes_model():
    captions = ["a red star", "three small green hearts"]
    found = report.report_on(Ideal(), n=10, seed=4, captions=captions, samples=3)
    json.dumps(found, allow_nan=False)
    assert (found["model"], found["seed"]) == ("cvae-shapes", 4)
    assert {"rate", "low", "high", "n"} <= found["alignment"]["one_object"].keys()
    assert list(found["alignment"]) == list(evaluation.SETS)
    own = found["captions"]
    assert (own["n"], own["samples"], own["rate"]) == (6, 3, 1.0)
    assert [(each["caption"], each["n"]) for each in own["each"]] == [(caption, 3) for caption in captions]
    lines = report.summary(found)
    assert lines[0] == "cvae-shapes, seed 4" and len(lines) == 1 + len(evaluation.SETS) + 4 + 5
    assert lines[1].startswith("one object") and "100.0%" in lines[1]


def test_report_of_an_emoji_model():
    found = report.report_on(IdealEmoji(), captions=["fox", "hot dog"], samples=2)
    assert "alignment" not in found and json.loads(json.dumps(found))["retrieval"]["top1"]["rate"] == 1
    assert found["captions"]["nearest"] == ["fox", "fox", "hot dog", "hot dog"]
    assert report.summary(found)[1].startswith(f"nearest of {len(emoji.core())}  ")


def test_captions_are_judged_only_if_they_can_be():
    report.reader_of(Ideal())("a red star")
    report.reader_of(IdealEmoji())("fox")
    for trained, caption in ((Ideal(), "star red a"), (IdealEmoji(), "unicorn driving a tram")):
        with pytest.raises(CaptionError):
            report.reader_of(trained)(caption)
