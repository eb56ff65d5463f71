"""What models know of the emoji world is measured right, and held-out combinations stay out of training."""

from types import SimpleNamespace

import numpy as np
import pytest

from dalle_tutorial.data import emoji
from dalle_tutorial.data.pixels import to_unit
from dalle_tutorial.emoji_rates import emoji_of, naming, parts, showing
from dalle_tutorial.report import summary
from dalle_tutorial.training.emoji import MAX_LENGTH, Names, emoji_tokenizer
from dalle_tutorial.training.recipes import RECIPES

EVERYTHING = emoji.load()


def vectors(pictures):
    """A point for each picture that only its twins share."""
    flat = to_unit(pictures).reshape(len(pictures), -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


class KnowsNames:
    """A CLIP in whose place stands the world itself; `shift` makes it take each name for the next."""

    def __init__(self, shift=0):
        self.model = SimpleNamespace(encode_image=lambda x: x.reshape(len(x), -1) / np.linalg.norm(
            x.reshape(len(x), -1), axis=1, keepdims=True), encode_text=lambda rows: self.known[rows])
        self.known = np.roll(vectors(EVERYTHING.pictures), shift, axis=0)

    def tokenizer(self, captions):
        return np.array([EVERYTHING.find(caption)[0] for caption in captions])


def test_the_parts_do_not_overlap_and_are_the_whole():
    found = parts(EVERYTHING)
    assert np.sum(list(found.values()), axis=0).tolist() == [1] * len(EVERYTHING)
    assert found["held_out"].sum() == 164


def test_who_knows_all_names_finds_them():
    found = naming(KnowsNames())
    assert found["gallery"] == len(EVERYTHING)
    assert found["held_out"]["caption"].rate == found["held_out"]["picture"].rate == 1
    assert found["things"]["caption"].rate > 0.99


def test_who_takes_each_name_for_the_next_finds_none():
    found = naming(KnowsNames(shift=1))
    assert max(rate.rate for part in ("things", "people", "held_out") for rate in found[part].values()) < 0.15


def test_the_true_picture_is_its_own_nearest():
    def draw(captions, seed):
        return EVERYTHING.pictures[[EVERYTHING.find(caption)[0] for caption in captions]]

    for language in emoji.LANGUAGES:
        found = showing(draw, n=40, language=language)
        assert found["held_out"]["top1"].rate == 1 and found["things"]["top1"].n == 40


def test_one_picture_for_all_names_is_found_by_chance_only():
    found = showing(lambda captions, seed: EVERYTHING.pictures[[7] * len(captions)], n=40)
    assert found["people"]["top1"].rate < 0.1


@pytest.mark.parametrize("name, whole", [
    ("clip-emoji", True), ("decoder-emoji", True), ("cvae-emoji", False), ("clip-shapes", None),
])
def test_which_world_a_model_learnt(name, whole):
    world = emoji_of(SimpleNamespace(card={"name": name}))
    assert (world is None) if whole is None else len(world) == len(EVERYTHING if whole else emoji.core())


def test_training_never_sees_a_held_out_combination():
    held_out = set(emoji.split(EVERYTHING, "held_out").emoji)
    names = Names(chinese=0.5)
    assert not held_out & set(names.set.emoji)
    rows, languages, _ = names(500, [0, 1])
    assert len(set(rows.tolist())) == 500 and set(languages) == {"en", "zh"}


def test_a_nearly_right_name_is_another_of_the_same_kind():
    names, rng = Names(chinese=0.5), np.random.default_rng(0)
    for row in range(0, len(names.set), 7):
        for language in emoji.LANGUAGES:
            other = names.nearly(row, language, rng)
            assert names.set.captions[language][other] != names.set.captions[language][row]
            assert names.set.groups[other] == names.set.groups[row]


def test_the_tokenizer_holds_every_name():
    tokenizer = emoji_tokenizer()
    assert tokenizer(list(EVERYTHING.captions["zh"])).shape == (len(EVERYTHING), MAX_LENGTH)
    assert tokenizer(list(EVERYTHING.captions["en"])).shape == (len(EVERYTHING), MAX_LENGTH)


@pytest.mark.parametrize("model, keys", [
    ("clip-emoji", {"pictures", "ids", "wrong_ids"}), ("decoder-emoji", {"x0", "ids"}),
])
def test_the_batches(model, keys):
    recipe = RECIPES[model]["smoke"]
    make = recipe.batches(recipe.tokenizer())
    first, again, other = make(12, [0, 3]), make(12, [0, 3]), make(12, [0, 4])
    assert set(first) == keys and {len(array) for array in first.values()} == {12}
    assert all((first[key] == again[key]).all() for key in keys) and (first["ids"] != other["ids"]).any()
    if "wrong_ids" in keys:
        assert (first["ids"] != first["wrong_ids"]).any(axis=1).all()


def test_a_full_hundred_does_not_touch_the_name_before_it():
    """The longest name of a line leaves no room for the largest share; other lines stay as wide as they are."""
    found = {"top1": {"rate": 0.992, "low": 0.98, "high": 0.997, "n": 500},
             "top5": {"rate": 1.0, "low": 0.99, "high": 1.0, "n": 500}}
    those = {"en": {"things": found, "people": found, "held_out": found, "gallery": 3008}}
    lines = summary({"model": "decoder-emoji", "seed": 1, "showing": those})
    assert lines[5:] == ["en: held out, top1 of 3008 99.2%  [98.0%, 99.7%]  n = 500",
                         "en: held out, top5 of 3008 100.0%  [99.0%, 100.0%]  n = 500"]
