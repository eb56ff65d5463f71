"""Runs that are killed and go on; data that depends on the seed alone; weights that say when they are damaged."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dalle_tutorial import weights
from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError, UnknownWordError, WeightsError
from dalle_tutorial.training import RECIPES, callbacks, train
from dalle_tutorial.training.recipe import CHUNKS
from dalle_tutorial.training.streams import EmojiBatches, Stream, captioned, shapes_batch

array = keras.ops.convert_to_numpy
# Steps so small that what threads round differently does not grow from one to the next.
TINY = replace(RECIPES["cvae-shapes"]["smoke"], steps=4, prior_steps=2, batch=4, width=16, learning_rate=1e-4)


pytestmark = pytest.mark.filterwarnings("ignore:Even though the .tf.config:UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _step_by_step():
    """To trace the graphs of these runs takes minutes, to take their few steps without graphs takes seconds."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """A run of four chunks that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, train("cvae-shapes", "smoke", folder, seed=3, progress=False, recipe=TINY)


def test_killed_at_any_moment_it_goes_on_where_it_was(whole_run, tmp_path, monkeypatch):
    whole = json.loads((whole_run[0] / "model.history.json").read_text())
    after = callbacks.Checkpoint.on_epoch_end

    def kill(self, epoch, logs=None):
        after(self, epoch, logs)
        if epoch == 1:
            raise Killed

    monkeypatch.setattr(callbacks.Checkpoint, "on_epoch_end", kill)
    with pytest.raises(Killed):
        train("cvae-shapes", "smoke", tmp_path, seed=3, progress=False, recipe=TINY)
    monkeypatch.undo()
    assert len(json.loads((tmp_path / "model.history.json").read_text())) == 2
    resumed = train("cvae-shapes", "smoke", tmp_path, seed=3, progress=False, recipe=TINY)
    np.testing.assert_allclose(
        [chunk["loss"] for chunk in json.loads((tmp_path / "model.history.json").read_text())],
        [chunk["loss"] for chunk in whole], rtol=1e-4,
    )
    caption = ["a red circle left of a blue square"]
    difference = resumed.draw(caption).astype(int) - whole_run[1].draw(caption)
    assert np.abs(difference).max() <= 2


def test_another_run_is_not_overwritten(whole_run):
    before = (whole_run[0] / "model.checkpoint.npz").read_bytes()
    with pytest.raises(WeightsError, match="holds another run"):
        train("cvae-shapes", "smoke", whole_run[0], seed=4, progress=False, recipe=TINY)
    assert (whole_run[0] / "model.checkpoint.npz").read_bytes() == before


def test_a_damaged_checkpoint_is_named(whole_run, tmp_path):
    (tmp_path / "model.checkpoint.npz").write_bytes((whole_run[0] / "model.checkpoint.npz").read_bytes()[:5000])
    with pytest.raises(WeightsError, match="is damaged"):
        train("cvae-shapes", "smoke", tmp_path, seed=3, progress=False, recipe=TINY)


def test_unknown_model_and_preset_are_named(tmp_path):
    with pytest.raises(TutorialError, match="unknown model 'dalle': allowed are cvae-shapes, cvae-emoji, "):
        train("dalle", "cpu", tmp_path)
    with pytest.raises(TutorialError, match="unknown preset 'huge': allowed are smoke, cpu, gpu"):
        train("cvae-shapes", "huge", tmp_path)


def test_batches_depend_on_seed_and_number_alone():
    tokenizer = TINY.tokenizer()
    stream = Stream(captioned(shapes_batch(), tokenizer), batch=4, steps=3, seed=1)
    stream.on_epoch_end()
    later = Stream(captioned(shapes_batch(), tokenizer), batch=4, steps=3, seed=1, start=3)
    for name in ("pictures", "ids"):
        np.testing.assert_array_equal(stream[2][0][name], later[2][0][name])
    assert np.abs(stream[0][0]["pictures"] - stream[1][0]["pictures"]).max() > 0


def test_emoji_are_moved_and_nothing_else():
    draw = EmojiBatches(shift=2)
    captions, pictures = draw(3, [0, 0])
    for caption, picture in zip(captions, pictures, strict=True):
        real = draw.set.pictures[draw.set.captions["en"].index(caption)]
        shifts = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3)]
        inner = [np.roll(real, shift, (0, 1))[2:-2, 2:-2] for shift in shifts]
        assert any(np.array_equal(picture[2:-2, 2:-2], candidate) for candidate in inner)


def test_weights_come_back_as_they_went(whole_run):
    folder, trained = whole_run
    loaded = weights.load(folder)
    assert loaded.card["recipe"]["steps"] == 4 and loaded.card["seed"] == 3
    for saved, kept in zip(loaded.model.weights, trained.model.weights, strict=True):
        np.testing.assert_allclose(array(saved), array(kept), rtol=2e-3, atol=1e-4)


def test_a_picture_depends_on_its_own_caption_only(whole_run):
    trained = whole_run[1]
    alone = trained.draw(["a red circle", "a blue star"], seed=2)
    other = trained.draw(["two green hearts", "a blue star", "a pink cross"], seed=2)
    assert np.abs(alone[1].astype(int) - other[1]).max() <= 1
    assert np.abs(alone[1].astype(int) - trained.draw(["a red circle", "a blue star"], seed=3)[1]).max() > 1


def test_bad_captions_are_refused(whole_run):
    with pytest.raises(UnknownWordError, match="giraffe"):
        whole_run[1].draw(["a red giraffe"])


def test_damaged_weights_are_named(whole_run, tmp_path):
    data = bytearray((whole_run[0] / "model.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "model.npz").write_bytes(data)
    (tmp_path / "model.json").write_bytes((whole_run[0] / "model.json").read_bytes())
    with pytest.raises(WeightsError, match="damaged: its SHA-256 is"):
        weights.load(tmp_path)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(WeightsError, match="allowed are the shipped ones"):
        weights.load(tmp_path)
    with pytest.raises(WeightsError, match="no model 'giraffe'"):
        weights.load("giraffe")


def test_shipped_weights_are_small_whole_and_described():
    assert sum(path.stat().st_size for path in weights.FOLDER.iterdir()) <= 40e6
    for name in weights.names():
        card = weights.load(name).card
        assert {"command", "recipe", "minutes", "seed", "figures", "limits", "sha256"} <= set(card)


def test_chunks_cover_every_recipe():
    for by_preset in RECIPES.values():
        for recipe in by_preset.values():
            parts = [recipe.steps, getattr(recipe, "prior_steps", 0)]
            assert sum(parts) == recipe.total_steps
            for steps in filter(None, parts):
                assert steps % min(CHUNKS, steps) == 0


def test_the_strip_holds_the_rows_of_its_chunks(tmp_path):
    from PIL import Image

    from scripts.train_all import strip

    rows = np.repeat(np.arange(1, 51, dtype=np.uint8), 32)[:, None, None].repeat(64, 1).repeat(3, 2)
    Image.fromarray(rows).save(tmp_path / "growing.png")
    assert np.asarray(strip(tmp_path / "growing.png"))[::32, 0, 0].tolist() == [1, 2, 4, 8, 12, 16, 32, 50]


def test_a_new_card_names_the_notebooks_that_tell_of_it():
    """Chapter 15 once went on printing figures of the decoder that a new card had replaced. Where the stack is loaded
    as a whole, its parts are not named."""
    from scripts.train_all import told_in

    told = {path.stem for path in told_in("decoder-shapes")}
    assert {"11_text_to_pixels", "12_unclip", "15_three_jobs"} <= told and "05_the_mathematics_of_a_cvae" not in told
    assert [path.stem for path in told_in("unclip-shapes")] == ["12_unclip", "13_manipulations"]
