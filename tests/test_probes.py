"""The probes, tested on vectors of which it is known what they hold and captions of which it is known what they say."""

import numpy as np
import pytest

from dalle_tutorial.data.layout import encode
from dalle_tutorial.data.shapes import SHAPES, VOCABULARY, arrange, describe, parse, relation_holds, split_of
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.text import probes
from dalle_tutorial.text.tokenizers import WordTokenizer

TOKENIZER = WordTokenizer(VOCABULARY)


def bags(captions):
    return probes.bag_of_words(TOKENIZER(captions), TOKENIZER.vocabulary_size)


@pytest.mark.parametrize("successes, n", [(0, 10), (10, 10), (7, 20), (985, 1000)])
def test_rate_is_wilsons_interval(successes, n):
    rate = probes.Rate.of([True] * successes + [False] * (n - successes))
    z, p = 1.959964, successes / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    np.testing.assert_allclose([rate.rate, rate.low, rate.high], [p, middle - half, middle + half], atol=1e-6)
    assert 0 <= rate.low <= rate.rate <= rate.high <= 1 and rate.n == n


def test_rate_of_nothing():
    with pytest.raises(TutorialError, match="at least one"):
        probes.Rate.of([])


def test_bag_of_words_counts_words_only():
    (bag,) = bags(["a red star left of a red heart"])
    assert bag[TOKENIZER.encode("red")[1]] == 2 and bag.sum() == 8
    assert np.array_equal(bags(["red a heart of left star a red"])[0], bag)


def test_mean_embedding_is_the_mean_of_the_words():
    table = np.random.default_rng(0).normal(size=(TOKENIZER.vocabulary_size, 5))
    mean = probes.mean_embedding(TOKENIZER(["a red star"]), table)
    np.testing.assert_allclose(mean[0], table[TOKENIZER.encode("a red star")[1:-1]].mean(0), rtol=1e-6)


def test_a_probe_finds_what_is_there_and_nothing_else():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 600)
    vectors = rng.normal(size=(600, 10))
    vectors[:, :4] += 4 * np.eye(4)[labels]
    right = probes.probe(vectors[:400], labels[:400], vectors[400:], labels[400:])
    assert right.shape == (200,) and right.mean() > 0.95
    assert probes.probe(vectors[:400, 4:], labels[:400], vectors[400:, 4:], labels[400:]).mean() < 0.4


def test_control_labels_belong_to_types():
    types, labels = ["a", "b", "a", "c"] * 50, ["x", "x", "x", "y"] * 50
    control = probes.control_labels(types, labels, seed=1)
    assert len({(kind, label) for kind, label in zip(types, control, strict=True)}) == 3
    assert set(control) <= {"x", "y"}
    many = probes.control_labels(list(range(2000)), labels * 10)
    assert abs((many == "x").mean() - 0.75) < 0.05  # as common as in the real task


def test_twins_are_the_same_words_and_another_picture():
    first, second = probes.twins(200, seed=0, split="test")
    captions = [[describe(d) for d in side] for side in (first, second)]
    assert all(sorted(a.split()) == sorted(b.split()) for a, b in zip(*captions, strict=True))
    for a, b in zip(first, second, strict=True):
        assert a != b and probes.left_colour(a) != probes.left_colour(b) and split_of(a) == "test"


def test_a_bag_of_words_never_gets_both_twins_right():
    captions, labels = [], []
    for seed, n in ((1, 200), (2, 100)):
        sides = probes.twins(n, seed, split="train")
        captions.append(bags([describe(d) for side in sides for d in side]))
        labels.append([probes.left_colour(d) for side in sides for d in side])
    right = probes.probe(captions[0], labels[0], captions[1], labels[1])
    assert not (right[:100] & right[100:]).any()


def test_a_paraphrase_is_true_of_the_same_scenes():
    descriptions, _ = probes.twins(100, seed=3)
    scenes = arrange(encode(descriptions), np.random.default_rng(0))
    for i, description in enumerate(descriptions):
        other = probes.paraphrase(description)
        a, b = scenes[i].objects
        assert relation_holds(description.relations[0], a, b) and relation_holds(other.relations[0], b, a)
        assert probes.paraphrase(other) == description


def test_nearest_takes_no_side_in_a_tie():
    candidates = np.array([[[1.0, 0], [0, 1], [-1, -1]], [[1, 0], [1, 0], [-2, 0]]])
    assert probes.nearest(np.array([[0.1, 0.9], [1, 0]]), candidates).tolist() == [1, -1]


@pytest.mark.parametrize("kind", ["shape", "colour", "size", "relation"])
def test_synonyms_mean_what_the_right_choice_means(kind):
    captions, choices, right = probes.synonym_trials(kind, 60, seed=0)
    assert len(captions) == len(choices) == len(right) == 60
    for caption, options, i in zip(captions, choices, right, strict=True):
        assert caption not in options
        assert [parse(caption) == parse(option) for option in options].index(True) == i
        assert sum(parse(caption) == parse(option) for option in options) == 1


def test_a_bag_of_words_knows_no_synonyms():
    captions, choices, right = probes.synonym_trials("shape", 40, seed=0)
    options = np.stack([bags(row) for row in choices])
    assert options.shape[:2] == (40, len(SHAPES))
    assert (probes.nearest(bags(captions), options) == right).mean() < 0.3


def test_unknown_kind():
    with pytest.raises(TutorialError, match="unknown kind 'taste': allowed are shape, colour"):
        probes.synonym_trials("taste", 1, seed=0)
