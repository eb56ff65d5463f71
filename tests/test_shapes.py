"""The shapes world: what is drawn, where it stands, and which split it falls in. Expected values come from geometry
and from brute force on fine grids, not from the code under test."""

import hashlib
import math

import numpy as np
import pytest
from matplotlib.path import Path
from scipy import ndimage

from dalle_tutorial.data import layout
from dalle_tutorial.data import scenes as world
from dalle_tutorial.data.pixels import to_bytes, to_unit
from dalle_tutorial.data.render import SDF, coverage
from dalle_tutorial.data.shapes import (
    BACKGROUND,
    COLOURS,
    HELD_OUT_PAIRS,
    HELD_OUT_RELATIONS,
    INVERSE,
    KINDS,
    PALETTE,
    RADII,
    RELATIONS,
    SHAPES,
    SPLITS,
    Description,
    ObjectSpec,
    Scene,
    SceneObject,
    Scenes,
    arrange,
    captions_and_pictures,
    render,
    sample,
    split_of,
)
from dalle_tutorial.errors import TutorialError

# Corners at radius 1, y down, worked out by hand.
_POLYGONS = {
    "square": [(-0.76, -0.76), (0.76, -0.76), (0.76, 0.76), (-0.76, 0.76)],
    "triangle": [(1.08 * math.sin(a), -1.08 * math.cos(a)) for a in np.radians((0, 120, 240))],
    "star": [
        ((1.08, 0.46)[k % 2] * math.sin(k * math.pi / 5), -(1.08, 0.46)[k % 2] * math.cos(k * math.pi / 5))
        for k in range(10)
    ],
    "cross": [
        (-0.31, -0.95), (0.31, -0.95), (0.31, -0.31), (0.95, -0.31), (0.95, 0.31), (0.31, 0.31),
        (0.31, 0.95), (-0.31, 0.95), (-0.31, 0.31), (-0.95, 0.31), (-0.95, -0.31), (-0.31, -0.31),
    ],
}  # fmt: skip
# The heart is a square on its corner, of side 1/√2, with half a disc on each upper side; drawn at 1/0.62.
_ROUND_AREAS = {"circle": math.pi * 0.9**2, "heart": (1 / 2 + math.pi * (math.sqrt(2) / 4) ** 2) / 0.62**2}


def _shoelace(corners):
    x, y = np.array(corners).T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _one(shape, colour="black", x=0.5, y=0.5, radius=0.16):
    return Scene((SceneObject(shape, colour, "large", x, y, radius),))


@pytest.mark.parametrize("shape", SHAPES)
def test_covered_area_is_the_area_of_the_figure(shape):
    area = _ROUND_AREAS.get(shape) or _shoelace(_POLYGONS[shape])
    radius, size = 0.3, 256
    measured = coverage(shape, [0.5], [0.5], [radius], size, size).sum() / (radius * size) ** 2
    assert measured == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("shape", sorted(_POLYGONS))
def test_distance_is_negative_exactly_inside_the_polygon(shape):
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (20_000, 2)).astype(np.float32)
    inside = Path(_POLYGONS[shape]).contains_points(points)
    distance = SDF[shape](*points.T)
    clear = np.abs(distance) > 1e-4
    assert ((distance < 0) == inside)[clear].all() and clear.mean() > 0.99


@pytest.mark.parametrize("shape", SHAPES)
def test_distance_never_changes_faster_than_one_moves(shape):
    """A field whose slope is at most 1: no step can jump over an edge."""
    points = np.random.default_rng(1).uniform(-1.2, 1.2, (20_000, 2))
    step = 1e-4
    for dx, dy in ((step, 0), (0, step), (step / math.sqrt(2), step / math.sqrt(2))):
        change = SDF[shape](points[:, 0] + dx, points[:, 1] + dy) - SDF[shape](*points.T)
        assert np.abs(change).max() <= step * 1.001


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_stays_inside_its_bounding_disc(shape):
    u, v = np.meshgrid(*[np.linspace(-1.3, 1.3, 1001)] * 2)
    reach = np.hypot(u, v)[SDF[shape](u, v) <= 0].max()
    assert 0.85 < reach <= world.BOUND


def test_anti_aliasing_agrees_with_sampling_sixteen_by_sixteen_times_as_finely():
    _, scenes = sample(60, 5)
    coarse, huge = render(scenes, 32).astype(np.float32), render(scenes, 512).astype(np.float32)
    fine = huge.reshape(60, 32, 16, 32, 16, 3).mean((2, 4))
    assert np.abs(coarse - fine).mean() < 0.5
    one_sample = huge[:, 8::16, 8::16]  # in or out, by the pixel's centre
    assert (np.abs(one_sample - fine) > 60).mean() > 5 * (np.abs(coarse - fine) > 60).mean()


def test_pixels_are_the_palette_inside_and_the_background_outside():
    for colour in COLOURS:
        picture = render(_one("circle", colour), 64)[0]
        assert tuple(picture[32, 32]) == PALETTE[colour] and tuple(picture[0, 0]) == BACKGROUND


def test_y_points_down_and_x_to_the_right():
    picture = render(_one("circle", x=0.8, y=0.25), 32)[0].astype(int).sum(2)
    row, column = np.unravel_index(ndimage.gaussian_filter(picture.astype(float), 2).argmin(), (32, 32))
    assert abs(row - 7.5) <= 1 and abs(column - 25.1) <= 1


def test_a_picture_does_not_depend_on_its_neighbours_in_the_batch():
    _, scenes = sample(600, 9)
    together = render(scenes, 32)
    for i in (0, 255, 256, 599):
        assert np.array_equal(render(scenes[i], 32)[0], together[i])
    assert np.array_equal(render([scenes[i] for i in range(600)], 32), together)


def _alone(scenes, i, size):
    """The coverage of each object of scene i, rendered by itself."""
    return [
        coverage(o.shape, [o.x], [o.y], [o.radius], size, size)[0] for o in scenes[i].objects
    ]


def test_objects_never_touch_each_other_nor_the_border():
    """At 256 pixels, half a pixel of 32 (4 of 256) of plain background runs round every object."""
    for kind in ("two", "count", "three"):
        _, scenes = sample(80, 11, kinds=[kind])
        for i in range(80):
            planes = [plane >= 0.5 for plane in _alone(scenes, i, 256)]
            for a, plane in enumerate(planes):
                away = ndimage.distance_transform_edt(~plane)
                assert all(away[other].min() > 5 for other in planes[:a])  # GAP is 6; a pixel for rounding
                assert not (plane[:3].any() or plane[-3:].any() or plane[:, :3].any() or plane[:, -3:].any())


@pytest.mark.parametrize("split", SPLITS)
def test_scenes_fulfil_their_descriptions(split):
    descriptions, scenes = sample(1500, 3, split)
    assert len(descriptions) == len(scenes) == 1500
    for i, description in enumerate(descriptions):
        objects = scenes[i].objects
        assert len(objects) == len(description.objects)
        for spec, o in zip(description.objects, objects, strict=True):
            assert (spec.shape, spec.colour) == (o.shape, o.colour)
            assert spec.size in (None, o.size) and spec.place in (None, o.place)
            low, high = RADII[o.size]
            assert low - 1e-6 <= o.radius <= high + 1e-6
        for relation, a, b in zip(description.relations, objects, objects[1:], strict=False):
            dx, dy = b.x - a.x, b.y - a.y
            along = {"left of": dx, "right of": -dx, "above": dy, "below": -dy}[relation]
            across = abs(dy) if relation in ("left of", "right of") else abs(dx)
            assert along - across > 0.02


def test_places_keep_their_margin_from_the_borders_of_the_cells():
    descriptions, scenes = sample(3000, 4, kinds=["one"])
    for i, description in enumerate(descriptions):
        if description.objects[0].place:
            for value in (scenes.x[i, 0], scenes.y[i, 0]):
                assert min(abs(value - 1 / 3), abs(value - 2 / 3)) > 0.031


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others():
    for first, second in zip(captions_and_pictures(40, [1, 2]), captions_and_pictures(40, [1, 2]), strict=True):
        assert np.array_equal(first, second)
    assert not np.array_equal(captions_and_pictures(40, [1, 2])[1], captions_and_pictures(40, [1, 3])[1])


def _mirror(description):
    relations = tuple(INVERSE[relation] for relation in reversed(description.relations))
    return Description(tuple(reversed(description.objects)), relations)


def test_no_description_is_in_two_splits_under_either_name():
    seen = {}
    for split in SPLITS:
        for description in sample(2000, 6, split)[0]:
            assert split_of(description) == split == split_of(_mirror(description))
            for name in (description, _mirror(description)):
                assert seen.setdefault(name, split) == split


def test_training_never_sees_what_is_held_out():
    for split in ("train", "validation", "test"):
        for description in sample(4000, 7, split)[0]:
            pairs = {(spec.colour, spec.shape) for spec in description.objects}
            assert not pairs & set(HELD_OUT_PAIRS)
            for form in (description, _mirror(description)):
                shapes = [spec.shape for spec in form.objects]
                chains = set(zip(shapes, form.relations, shapes[1:], strict=False))
                assert not chains & set(HELD_OUT_RELATIONS)


def test_held_out_splits_hold_what_they_say_and_training_covers_every_word():
    for description in sample(500, 8, "held_out_pairs")[0]:
        assert {(spec.colour, spec.shape) for spec in description.objects} & set(HELD_OUT_PAIRS)
    for description in sample(500, 8, "held_out_relations")[0]:
        chains = set()
        for form in (description, _mirror(description)):
            shapes = [spec.shape for spec in form.objects]
            chains |= set(zip(shapes, form.relations, shapes[1:], strict=False))
        assert chains & set(HELD_OUT_RELATIONS)
    train = sample(4000, 8)[0]
    assert {s.shape for d in train for s in d.objects} == set(SHAPES)
    assert {s.colour for d in train for s in d.objects} == set(COLOURS)
    assert {r for d in train for r in d.relations} == set(RELATIONS)
    assert {d.kind for d in train} == set(KINDS)


def test_test_and_validation_take_a_tenth_and_a_twentieth():
    """Over all 8 × 6 × 3 × 10 descriptions of one object that are not held out."""
    names = [
        split_of(Description((ObjectSpec(shape, colour, size, place),)))
        for shape in SHAPES
        for colour in COLOURS
        for size in (None, "small", "large")
        for place in (None, *world.PLACES)
    ]
    free = [name for name in names if name != "held_out_pairs"]
    assert len(names) - len(free) == len(HELD_OUT_PAIRS) * 3 * 10
    n = len(free)
    for split, share in (("test", 0.10), ("validation", 0.05)):
        assert abs(free.count(split) / n - share) < 4 * math.sqrt(share * (1 - share) / n)


def test_the_splits_have_not_moved():
    """Shipped weights and published figures rest on these."""
    found = [split_of(d) for d in (
        Description((ObjectSpec("circle", "red"),)),
        Description((ObjectSpec("star", "red"),)),
        Description((ObjectSpec("star", "red"), ObjectSpec("circle", "blue")), ("left of",)),
        Description((ObjectSpec("circle", "red"), ObjectSpec("square", "blue")), ("left of",)),
        Description((ObjectSpec("square", "blue"), ObjectSpec("circle", "red")), ("right of",)),
    )]  # fmt: skip
    assert found == ["train", "held_out_pairs", "held_out_pairs", "held_out_relations", "held_out_relations"]


def test_the_scenes_of_a_seed_have_not_moved():
    """Shipped weights, committed outputs and published figures rest on these."""
    def print_of(scenes):
        places = [np.rint(values * 1e4) for values in (scenes.x, scenes.y, scenes.radius)]
        numbers = np.stack([scenes.shape, scenes.colour, scenes.size, *places]).astype("<i4")
        return hashlib.sha256(numbers.tobytes()).hexdigest()[:16]

    assert {print_of(sample(*wanted)[1]): wanted for wanted in (
        (400, 0), (64, [0, 1234]), (1000, 7, "test"), (300, [3, 1], "held_out_relations", ("two",)),
        (2000, 0, "train", ("three",)), (1, 5, "test", ("count",)),
    )}.keys() == {
        "44c5900f455ae1d4", "69f7dfca70ecbbc4", "90ecdaf6bf4a0999", "ac7495c45676b577", "161ca9892338054c",
        "e3422abe771ed79b",
    }  # fmt: skip


def test_what_fits_rarely_finds_room_however_many_are_asked_for():
    """Three large objects in a row fit one time in forty thousand; a search among many gives each too few tries."""
    row = Description(tuple(ObjectSpec(s, "red", "large") for s in ("circle", "cross", "circle")), ("above",) * 2)
    many = [row] * 40
    codes = layout.encode(many)
    blank = Scenes(codes["shape"], codes["colour"], *np.zeros((4, 40, 3)))
    assert len(layout._fill(blank, codes, np.arange(40), np.random.default_rng(0), 4, rounds=25)) > 5
    scenes = arrange(many, np.random.default_rng(0), rounds=25)
    assert (np.diff(scenes.y, axis=1) > np.abs(np.diff(scenes.x, axis=1))).all()
    assert (scenes.size == world.SIZES.index("large")).all()


def test_pixels_go_to_the_unit_interval_and_back():
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_bytes(to_unit(every)), every)
    assert to_unit(every).dtype == np.float32 and to_unit(every)[[0, 255]].tolist() == [-1, 1]
    assert to_bytes(np.float32([-3, 3, 1 / 127.5])).tolist() == [0, 255, 128 + 1]


def test_a_scene_survives_the_arrays():
    _, scenes = sample(50, 12)
    back = Scenes.of([scenes[i] for i in range(50)])
    for name in ("shape", "colour", "size", "x", "y", "radius"):
        present = scenes.shape >= 0
        assert np.array_equal(getattr(back, name)[present], getattr(scenes, name)[present])


def test_bad_input_is_named_with_what_is_allowed():
    for size in (7, 1025, 32.0, "32"):
        with pytest.raises(TutorialError, match=r"picture size .*: allowed are whole numbers from 8 to 1024"):
            render(_one("star"), size)
    with pytest.raises(TutorialError, match="unknown split 'training': allowed are train"):
        sample(3, 0, "training")
    with pytest.raises(TutorialError, match="unknown kind of description 'four': allowed are one"):
        sample(3, 0, kinds=["four"])
    crowd = Description(tuple(ObjectSpec("square", "red", "large", "centre") for _ in range(3)))
    with pytest.raises(TutorialError, match="found no room for description 1 of 1"):
        arrange([crowd], np.random.default_rng(0), rounds=5)
