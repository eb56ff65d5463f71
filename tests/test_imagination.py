"""How well a prior imagines, against stacks of which everything is known; and the way a prior is measured."""

import json

import numpy as np
import pytest

from dalle_tutorial import imagination, report, weights
from dalle_tutorial.data.shapes import parse, split_of
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.training import RECIPES
from dalle_tutorial.weights import Trained

N = 30


class Stack:
    """Embeds picture number i as e_i of 2 · N directions, and imagines it as `imagined(i)`; reads every caption as
    one and the same."""

    def __init__(self, imagined=lambda i: i):
        self.imagined, self.asked, self.embedded = imagined, [], []

    def _axes(self, rows):
        return 4 * np.eye(2 * N, dtype="float32")[rows]

    def embed(self, pictures):
        """The first call is for the true pictures, the second for others of the same captions."""
        self.embedded.append(np.asarray(pictures))
        rows = np.arange(len(pictures))
        return self._axes(rows) + (len(self.embedded) - 1) * self._axes(rows + N)

    def embed_captions(self, captions):
        """One direction for all, a little nearer to picture 3 than to the rest."""
        return np.repeat(self._axes([3]) + self._axes(np.arange(N)).sum(0), len(captions), axis=0)

    def imagine(self, captions, seed=0, **settings):
        """Number i as it was told."""
        self.asked.append((list(captions), seed, settings))
        return self._axes([self.imagined(i) for i in range(len(captions))])


def test_who_imagines_every_picture_is_found_to():
    found = imagination.imagination(stack := Stack(), N, seed=5, candidates=3)
    assert (found["imagined"].rate, found["imagined"].n, found["gallery"]) == (1.0, N, N)
    assert found["cosine"]["imagined"]["mean"] == pytest.approx(1) and found["text"].rate == pytest.approx(1 / N)
    assert found["cosine"]["another"]["mean"] == pytest.approx(1 / np.sqrt(2)) and found["another"].rate == 1
    assert found["cosine"]["another"]["standard_error"] == pytest.approx(0, abs=1e-6)
    captions, seed, settings = stack.asked[0]
    assert (seed, settings) == (5, {"candidates": 3})
    asked = [parse(caption) for caption in captions]
    assert len(set(asked)) == N and {split_of(description) for description in asked} == {"test"}


def test_who_imagines_other_pictures_is_found_to_as_well():
    found = imagination.imagination(Stack(lambda i: (i + 1) % N if i % 3 else i), N)
    assert found["imagined"].rate == pytest.approx(1 / 3) == found["cosine"]["imagined"]["mean"]
    nobody = imagination.imagination(Stack(lambda i: N + i), N)
    assert nobody["cosine"]["imagined"]["mean"] == 0 and nobody["imagined"].rate <= 1 / N


def test_other_pictures_show_the_same_captions_and_are_others():
    imagination.imagination(stack := Stack(), N)
    true, others = stack.embedded
    from dalle_tutorial.evaluation import judge

    captions = stack.asked[0][0]
    assert judge(true, captions).rate == 1 == judge(others, captions).rate
    assert (np.abs(true.astype(int) - others).reshape(N, -1).max(1) > 0).all()


def test_the_seed_decides_and_the_language_is_spoken():
    stacks = [Stack() for _ in range(3)]
    for stack, seed in zip(stacks, (0, 0, 1), strict=True):
        imagination.imagination(stack, 4, seed)
    assert stacks[0].asked == stacks[1].asked != stacks[2].asked
    imagination.imagination(chinese := Stack(), 4, language="zh")
    assert not any(caption.isascii() for caption in chinese.asked[0][0])
    with pytest.raises(TutorialError, match="n is 1: at least two"):
        imagination.imagination(Stack(), 1)


@pytest.mark.parametrize("name", ["prior-shapes", "prior-ar-shapes"])
def test_a_prior_is_measured_without_any_decoder(name, monkeypatch):
    """As `scripts.train_all` does it: only CLIP is there beside the prior."""
    recipe, load, loaded = RECIPES[name]["smoke"], weights.load, []
    tokenizer = recipe.tokenizer()
    trained = Trained(recipe.build(tokenizer), tokenizer, {"name": name, "sha256": "0"})
    monkeypatch.setattr(weights, "load", lambda other: loaded.append(other) or load(other))
    found = report.report_on(trained, 6, seed=2)
    assert loaded == ["clip-shapes"] and (found["model"], found["seed"]) == (name, 2)
    assert list(found["imagination"]) == ["en", "zh"]
    for measured in json.loads(json.dumps(found, allow_nan=False))["imagination"].values():
        assert all(measured[kind]["n"] == 6 for kind in imagination.KINDS)
        assert all(-1 <= measured["cosine"][kind]["mean"] <= 1 for kind in imagination.KINDS)
        assert measured["cosine"]["another"]["mean"] > measured["cosine"]["imagined"]["mean"], "it is not trained"
    lines = report.summary(found)
    assert len(lines) == 1 + 2 * 2 * 3 and lines[1].startswith("en: imagined of 6")
    with pytest.raises(TutorialError, match=f"{name} draws no pictures"):
        report.report_on(trained, 6, captions=["a red star"])
