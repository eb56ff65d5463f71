"""What is measured of manipulations, against stacks of which everything is known beforehand."""

import dataclasses
import json
import types

import numpy as np
import pytest

from benchmarks import manipulations as table
from dalle_tutorial import bindings, manipulations
from dalle_tutorial.data import oracle, shapes
from dalle_tutorial.data.pixels import to_bytes, to_unit
from dalle_tutorial.data.shapes import HELD_OUT_PAIRS, RADII, Scene, SceneObject, parse, split_of
from dalle_tutorial.errors import TutorialError

N = 24


def redrawn(pictures, change):
    """Pictures whose scenes were read and drawn again, `change` applied to their objects, a tuple."""
    return shapes.render([Scene(change(scene.objects)) for scene in oracle.read(pictures)])


def crossed(objects):
    """Two objects with each other's colours."""
    a, b = objects
    return dataclasses.replace(a, colour=b.colour), dataclasses.replace(b, colour=a.colour)


class Stack:
    """Takes a picture's pixels for its embedding, and does everything right; `cross` says in which cases colours are
    exchanged."""

    def __init__(self, cross=()):
        self.card, self.cross, self.asked = {"name": "unclip-shapes"}, cross, []
        self.scales = set()
        model = types.SimpleNamespace(noise_shape=(32, 32, 3), generate=self.generate)
        self.decoder = types.SimpleNamespace(model=model, tokenizer=lambda captions: np.zeros((len(captions), 3)))

    def embed(self, pictures):
        """The pixels."""
        return to_unit(pictures).reshape(len(pictures), -1)

    def encode(self, pictures):
        """The pixels, and no noise."""
        return self.embed(pictures), np.zeros(pictures.shape, "float32")

    def render(self, z, noise, guidance_scale=1.0, eta=0.0, seed=0):
        """The pixels; with η above a half, nothing."""
        self.scales.add(guidance_scale)
        return to_bytes(z.reshape(-1, 32, 32, 3) * (eta <= 0.5))

    def text_diff(self, pictures, source, target, fraction, guidance_scale=1.0):
        """The target's colour and shape, where the fraction is large enough."""
        self.scales.add(guidance_scale)
        self.asked += zip(source, target, strict=True)
        specs = iter([parse(caption).objects[0] for caption in target])

        def change(objects):
            spec = next(specs)
            return (dataclasses.replace(objects[0], shape=spec.shape, colour=spec.colour),)

        return redrawn(pictures, change) if fraction >= 0.5 else pictures

    def inpaint(self, pictures, masks, captions, seed=0):
        """The second object of each caption, beside the first."""
        scenes = []
        for scene, caption in zip(oracle.read(pictures), captions, strict=True):
            (old,), spec = scene.objects, parse(caption).objects[1]
            size = spec.size or "small"
            x = 0.75 if old.x < 0.5 else 0.25
            new = SceneObject(spec.shape, spec.colour, size, x, old.y, sum(RADII[size]) / 2)
            scenes.append(Scene((old, new)))
        return np.where(masks[..., None], shapes.render(scenes), pictures)

    def generate(self, ids, noise, embedding, guidance_scale):
        """The pixels, or where it is told to, those of exchanged colours."""
        pictures = to_bytes(embedding.reshape(-1, 32, 32, 3))
        return to_unit(redrawn(pictures, crossed) if (ids is not None) in self.cross else pictures)


class Nearest(Stack):
    """Knows all pictures it has seen, and draws the one whose embedding is nearest."""

    def __init__(self):
        super().__init__()
        self.seen = np.zeros((0, 32, 32, 3), "uint8")

    def encode(self, pictures):
        """A direction of its own for each."""
        rows = len(self.seen) + np.arange(len(pictures))
        self.seen = np.concatenate([self.seen, pictures])
        return np.eye(1000, dtype="float32")[rows], np.zeros(pictures.shape, "float32")

    def render(self, z, noise, guidance_scale=1.0, eta=0.0, seed=0):
        """The nearest."""
        return self.seen[(z + 1e-3 * np.arange(1000)[::-1] / 1000).argmax(1)]


def test_who_loses_nothing_is_found_to():
    found = manipulations.reconstructions(Stack(), N)
    assert found["one_object"].rate == found["two_objects"].rate == 1 and found["one_object"].n == N
    assert found["rmse"] == {"mean": 0.0, "standard_error": 0.0}


def test_variations_are_held_against_the_caption_and_the_reconstruction():
    same, gone = (manipulations.variations(Stack(), N, eta=eta) for eta in (0.5, 1.0))
    assert (same["shown"].rate, same["apart"]["mean"]) == (1.0, 0.0)
    assert (gone["shown"].rate, gone["shown"].n) == (0.0, N)
    assert 90 < gone["apart"]["mean"] < 130, "grey and nearly white are so far apart"


def test_ways_that_stay_among_pictures_and_ways_that_do_not():
    found = manipulations.interpolations(Nearest(), N, frames=5)
    assert found["ends"].rate == 1 and found["ends"].n == N
    assert found["slerp"]["mean"] == 1 == found["line"]["mean"] > 0.5 + found["pixels"]["mean"]
    faded = manipulations.interpolations(Stack(), N, frames=3)
    assert faded["line"]["mean"] == pytest.approx(faded["pixels"]["mean"], abs=0.05)
    with pytest.raises(TutorialError, match="2 frames: of fewer than 3, none lies"):
        manipulations.interpolations(Stack(), N, frames=2)


@pytest.mark.parametrize("change", manipulations.CHANGES)
def test_text_diffs_change_one_word_and_are_judged_by_it(change):
    stack = Stack()
    done = manipulations.text_diffs(stack, N, fraction=0.5, change=change)
    assert done["changed"].rate == done["kept"].rate == done["both"].rate == 1 and done["both"].n == N
    for source, target in stack.asked:
        (old,), (new,) = parse(source).objects, parse(target).objects
        assert split_of(parse(source)) == "test" and (new.colour, new.shape) not in HELD_OUT_PAIRS
        assert dataclasses.replace(new, **{change: getattr(old, change)}) == old != new
    left = manipulations.text_diffs(Stack(), N, fraction=0.25, change=change)
    assert (left["changed"].rate, left["kept"].rate, left["both"].rate) == (0, 1, 0)


def test_only_colours_and_shapes_are_changed():
    with pytest.raises(TutorialError, match="unknown change 'size': allowed are colour, shape"):
        manipulations.text_diffs(Stack(), N, change="size")


def test_one_half_is_painted_and_the_other_is_not():
    found = manipulations.inpaintings(Stack(), N)
    assert found["kept"].rate == found["unchanged"].rate == 1 and found["shown"].rate > 0.9
    asked, _, pictures, masks = manipulations.half_pictures(N, 3)
    assert {split_of(description) for description in asked} == {"test"}
    assert {description.relations[0] for description in asked} == set(manipulations.SIDES)
    assert (pictures[masks] == shapes.BACKGROUND).all(), "the half to paint is empty"
    for description, mask in zip(asked, masks, strict=True):
        assert mask[:, 16:].all() == (description.relations[0] == "left of") != mask[:, :16].all()

    class Careless(Stack):
        def inpaint(self, pictures, masks, captions, seed=0):
            return np.roll(super().inpaint(pictures, masks, captions), 16, axis=2)

    found = manipulations.inpaintings(Careless(), N)
    assert found["shown"].rate == found["unchanged"].rate == 0
    assert found["kept"].rate < 0.1, "only where both objects are alike"


def test_exchanged_colours_are_found():
    found = bindings.bindings(Stack(cross=[False]), N)
    assert found["embedding"]["swapped"].rate == 1 == found["with_caption"]["shown"].rate
    assert found["embedding"]["shown"].rate == 0 == found["with_caption"]["swapped"].rate
    assert found["embedding"]["turned"].rate == 0


def test_a_turned_relation_is_not_an_exchange_of_colours():
    descriptions, pictures = bindings.pairs_of_objects(N, 5)
    assert all(a.shape != b.shape and a.colour != b.colour for a, b in (d.objects for d in descriptions))
    found = bindings.bound(pictures[:, ::-1, ::-1], [parse("a red circle above a blue circle")] * N)
    assert found["turned"].rate == 0, "these are other objects"
    caption = "a red square left of a blue circle"
    picture = shapes.render(Scene((SceneObject("circle", "blue", "small", 0.2, 0.5, 0.1),
                                   SceneObject("square", "red", "small", 0.8, 0.5, 0.1))))
    found = bindings.bound(picture, [parse(caption)])
    assert (found["shown"].rate, found["swapped"].rate, found["turned"].rate) == (0, 0, 1)
    with pytest.raises(TutorialError, match="n is 0"):
        bindings.bindings(Stack(), 0)


def test_a_card_holds_all_of_it():
    found = json.loads(json.dumps(manipulations.measure(Stack(), 6, seed=1), allow_nan=False))
    assert found["n"] == 6 and set(found["text_diffs"]) == set(manipulations.CHANGES)
    assert set(found["text_diffs"]["colour"]["0.5"]["both"]) == {"rate", "low", "high", "n"}
    assert set(found["variations"]) == {"0.5", "1"} and found["bindings"]["embedding"]["shown"]["rate"] == 1
    assert found == json.loads(json.dumps(manipulations.measure(Stack(), 6, seed=1)))
    assert found != json.loads(json.dumps(manipulations.measure(Stack(), 6, seed=2)))


def test_guided_figures_are_measured_at_the_scale_of_the_card():
    stack = Stack()
    stack.card["guidance_scale"] = 3.0
    found = manipulations.guided(stack, 6, seed=1)
    assert stack.scales == {3.0} and found["guidance_scale"] == 3.0
    whole = manipulations.measure(stack, 6, seed=1)
    assert stack.scales == {1.0, 3.0} and whole["guided"] == found
    assert set(found) - {"guidance_scale"} == {"variations", "text_diffs"} <= set(whole)


def test_the_table_names_every_figure(monkeypatch, capsys):
    monkeypatch.setattr("dalle_tutorial.weights.load_unclip", lambda decoder: Stack())
    monkeypatch.setattr("sys.argv", ["manipulations.py", "--n", "3"])
    table.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 + 2 * (2 * 2 + 2 * 2 * 3) + 4 + 3 + 2 * 3
    assert any(line.startswith("text_diffs colour 0.5 both") and "100.0%" in line for line in lines)
