"""The translator: what it may see, that the cache changes nothing, grammar and beams, one encoder's weights kept."""

from dataclasses import replace

import numpy as np
import pytest

from dalle_tutorial import weights
from dalle_tutorial.backend import keras
from dalle_tutorial.data import emoji, oracle, shapes, svg, svg_grammar, svg_render
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.translator import Translator
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import END, PAD, START, WordTokenizer, split_words
from dalle_tutorial.training import RECIPES

array = keras.ops.convert_to_numpy
IDS = np.array([[START, 5, 6, END, 0, 0], [START, 6, 5, 7, 8, END]], "int32")
TARGET = np.array([[12, 4, 5, END, 0, 0, 0], [13, 6, 7, 8, 9, END, 0]], "int32")


def fresh(**changes):
    """A small translator with two tasks, 12 and 13; its logits far from even."""
    keras.utils.set_random_seed(0)
    encoder = TextEncoder(10, 6, width=16, depth=1, heads=2)
    model = Translator(encoder, **{"vocabulary_size": 12, "target_length": 7, "width": 16, "depth": 2, "heads": 2,
                                   "tasks": 2, **changes})
    model.build_for(6)
    model.out.kernel.assign(8 * model.out.kernel)
    return model


@pytest.fixture(scope="module")
def model():
    return fresh()


def logits(model, ids=IDS, target=TARGET):
    """What it expects, as an array (batch, written − 1, vocabulary)."""
    return array(model({"ids": np.asarray(ids, "int32"), "target": np.asarray(target, "int32")}))


def test_a_token_sees_what_stands_before_it_the_task_and_the_caption(model):
    base = logits(model)
    assert base.shape == (2, 6, 12)
    later, task, caption, padded = TARGET.copy(), TARGET.copy(), IDS.copy(), TARGET.copy()
    later[:, 3], task[:, 0], caption[:, 1], padded[0, 5] = 10, TARGET[::-1, 0], 9, 7
    changed = np.abs(logits(model, target=later) - base).max(-1)
    assert (changed[:, :3] < 1e-5).all() and (changed[:, 3] > 1e-3).all()
    for other in (logits(model, target=task), logits(model, ids=caption)):
        assert (np.abs(other - base).max(-1) > 1e-4).all()
    swapped = logits(model, ids=IDS[:, [0, 2, 1, 3, 4, 5]])
    assert (np.abs(swapped - base).max(-1) > 1e-4).all(), "the order of the caption's words"


def test_padding_of_the_caption_says_nothing():
    model = fresh()
    base = logits(model)
    table = array(model.text_encoder.embedding.embeddings).copy()
    table[PAD] += 10
    model.text_encoder.embedding.embeddings.assign(table)
    changed = np.abs(logits(model) - base).max((1, 2))
    assert changed[0] < 1e-4


def test_the_loss_is_the_cross_entropy_of_what_is_to_be_written(model):
    found = logits(model).astype("float64")
    probabilities = np.exp(found) / np.exp(found).sum(-1, keepdims=True)
    wanted = [(0, 0, 4), (0, 1, 5), (0, 2, END), (1, 0, 6), (1, 1, 7), (1, 2, 8), (1, 3, 9), (1, 4, END)]
    nats = -np.log([probabilities[where] for where in wanted])
    model.right.reset_state()
    loss = array(model.compute_loss({"ids": IDS, "target": TARGET}, y_pred=logits(model)))
    assert loss == pytest.approx(nats.mean(), rel=1e-4)
    hits = [found[b, k].argmax() == token for b, k, token in wanted]
    assert float(model.right.result()) == pytest.approx(np.mean(hits))


def without_cache(model, ids, first, length):
    """Greedy writing by plain full recomputation."""
    target = np.full((len(ids), length + 1), PAD, "int32")
    target[:, 0] = first
    ended = np.zeros(len(ids), bool)
    for k in range(length):
        chosen = 1 + logits(model, ids, target)[:, k, 1:].argmax(-1)  # any token but PAD
        target[:, k + 1] = np.where(ended, PAD, chosen)
        ended |= chosen == END
    return target[:, 1:]


def test_the_cache_changes_nothing(model):
    for first in (12, 13, [12, 13]):
        found = model.write(IDS, first)
        assert found.shape == (2, 6) and np.array_equal(found, without_cache(model, IDS, first, 6))
    start, cache = model.start(keras.ops.convert_to_tensor(IDS), keras.ops.convert_to_tensor(TARGET[:, 0]))
    full = logits(model)
    np.testing.assert_allclose(array(start), full[:, 0], atol=1e-4)
    for k in range(1, 6):
        found, cache = model.next(keras.ops.convert_to_tensor(TARGET[:, k]), k, cache)
        np.testing.assert_allclose(array(found), full[:, k], atol=1e-4)


def test_a_row_depends_on_its_own_caption_and_numbers_only(model):
    uniforms = np.random.default_rng(0).random((2, 6))
    both = model.write(IDS, [12, 13], uniforms, temperature=1.5)
    for row in range(2):
        alone = model.write(IDS[row : row + 1], [12 + row], uniforms[row : row + 1], temperature=1.5)
        assert np.array_equal(alone[0], both[row])
    assert not np.array_equal(both, model.write(IDS, [12, 13], 1 - uniforms, temperature=1.5))
    assert np.array_equal(both, model.write(IDS, [12, 13], uniforms, temperature=1.5))


def test_few_numbers_of_rows_are_traced_and_only_those_asked_for_come_back(model, monkeypatch):
    seen, start = [], model._start
    monkeypatch.setattr(model, "_start", lambda ids, first: seen.append(len(ids)) or start(ids, first))
    ids, first, uniforms = IDS[[0, 1, 0]], [12, 13, 12], np.random.default_rng(0).random((3, 6))
    rows = model.write(ids, first, uniforms, temperature=1.5)
    pair = model.write(ids[:2], first[:2], uniforms[:2], temperature=1.5)
    assert rows.shape == (3, 6) and np.array_equal(rows[:2], pair)
    tokens, scores = model.beam_search(ids, first, beams=2)
    assert tokens.shape == (3, 6) and scores.shape == (3,) and np.array_equal(tokens[0], tokens[2])
    assert seen == [8, 8, 8]


def test_many_models_are_traced_without_a_warning(caplog):
    """TensorFlow warns of five tracings in ten calls; it must not take several models for one."""
    for _ in range(6):
        fresh(depth=1).write(IDS[:1], 12)
    assert not caplog.records


def test_beams_find_what_greed_misses(model):
    """More beams find nothing less likely, and the log-probability is that of the tokens."""
    one, scores = model.beam_search(IDS, 12, beams=1)
    assert np.array_equal(one, model.write(IDS, 12))
    many, better = model.beam_search(IDS, 12, beams=12)
    assert (better >= scores - 1e-6).all()
    for tokens, score, ids in zip(many, better, IDS, strict=True):
        row = np.concatenate([[12], tokens]).astype("int32")[None]
        found = logits(model, ids[None], row)[0].astype("float64")
        found[:, PAD] = -np.inf  # what is written holds none before its end
        found -= np.log(np.exp(found).sum(-1, keepdims=True))
        row = tokens.tolist()
        written = row[: row.index(END) + 1] if END in row else row
        assert sum(found[k, token] for k, token in enumerate(written)) == pytest.approx(score, abs=1e-3)


def test_an_untrained_writer_keeps_to_the_grammar():
    encoder = TextEncoder(10, 6, width=16, depth=1, heads=2)
    model = Translator(encoder, svg_grammar.VOCABULARY_SIZE, svg_grammar.MAX_LENGTH, width=16, depth=1, heads=2)
    model.build_for(6)
    ids, uniforms = IDS.repeat(8, 0), np.random.default_rng(1).random((16, svg_grammar.MAX_LENGTH - 1))
    drawn = model.write(ids, START, uniforms, svg_grammar.allowed_after_start, temperature=2.0)
    greedy = model.write(ids, START, allowed=svg_grammar.allowed_after_start)
    beams, _ = model.beam_search(ids[:2], START, 3, svg_grammar.allowed_after_start)
    codes = [svg.to_svg([START, *row]) for row in (*drawn, *greedy, *beams)]
    assert len(set(codes[:16])) > 8
    # Without the grammar it writes no file.
    with pytest.raises(TutorialError, match="grammar does not allow"):
        for row in model.write(ids, START, uniforms, temperature=2.0):
            svg.to_svg([START, *row])


def test_attention_maps_are_those_of_the_call(model):
    maps = array(model.attention_maps(IDS, TARGET))
    assert maps.shape == (2, 2, 2, 7, 6)
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
    assert (maps[0, ..., 4:] < 1e-6).all(), "nothing is looked for in the padding"
    other = IDS.copy()
    other[1, 4] = 3
    moved = np.abs(array(model.attention_maps(other, TARGET)) - maps).max((1, 2, 3, 4))
    assert moved[1] > 1e-4 and moved[0] < 1e-6


@pytest.mark.parametrize("arguments, words", [
    ((IDS[:, :5], 12), r"ids are \(2, 5\): allowed are \(batch, 6\)"),
    ((IDS, 14), "first tokens from 14 to 14: allowed are 1 to 13"), ((IDS, 0), "first tokens"),
    ((IDS, 12, np.zeros((2, 5))), r"uniforms are \(2, 5\): allowed are \(2, 6\)"),
])
def test_what_cannot_be_written_is_refused(model, arguments, words):
    with pytest.raises(TutorialError, match=words):
        model.write(*arguments)


def test_settings_and_sizes_that_are_not_allowed(model):
    with pytest.raises(TutorialError, match="temperature is -1"):
        model.write(IDS, 12, np.zeros((2, 6)), temperature=-1)
    with pytest.raises(TutorialError, match="beams is 0"):
        model.beam_search(IDS, 12, beams=0)
    with pytest.raises(TutorialError, match="target_length is 2"):
        fresh(target_length=2)


def test_it_learns_to_copy_and_to_reverse_as_it_is_told():
    """One encoder and one decoder, two tasks."""
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    words, task = rng.integers(3, 8, (1024, 2)), rng.integers(0, 2, (1024, 1))
    start, end, rest = (np.full((1024, 1), token) for token in (START, END, PAD))
    written = np.where(task == 0, words, words[:, ::-1])
    data = {
        "ids": np.concatenate([start, words, end, rest, rest], 1).astype("int32"),
        "target": np.concatenate([12 + task, written, end, rest, rest, rest], 1).astype("int32"),
    }
    encoder = TextEncoder(10, 6, width=32, depth=1, heads=2)
    model = Translator(encoder, 12, 7, width=32, depth=1, heads=2, tasks=2)
    model.build_for(6)
    model.compile(optimizer=keras.optimizers.Adam(5e-3))
    history = model.fit(data, batch_size=64, epochs=10, verbose=0).history
    assert history["loss"][-1] < 0.2 * history["loss"][0] and history["right"][-1] > 0.95
    caption = np.array([[START, 3, 5, END, 0, 0]], "int32")
    assert model.write(caption, 12)[0, :3].tolist() == [3, 5, END]
    assert model.write(caption, 13)[0, :3].tolist() == [5, 3, END]


# --- recipes


def one_step(recipe):
    """A model of a recipe after one step of training, and its tokeniser."""
    tokenizer = recipe.tokenizer()
    model = recipe.build(tokenizer)
    (stage,) = recipe.stages(model, tokenizer)
    model.compile(optimizer=stage.optimizer)
    model.fit(recipe.batches(tokenizer)(4, [0, 0]), batch_size=4, verbose=0)
    return model, tokenizer


def test_a_frozen_encoder_stays_that_of_clip_and_a_fine_tuned_one_leaves_it():
    clip = weights.load("clip-shapes").model.text_encoder
    small = replace(RECIPES["svg-shapes"]["cpu"], width=32, depth=1, steps=1, batch=4, learning_rate=1e-2)
    assert small.reader == "clip-shapes" and small.frozen
    for frozen in (True, False):
        model, _ = one_step(replace(small, frozen=frozen))
        both = zip(model.text_encoder.weights, clip.weights, strict=True)
        apart = [np.abs(array(a) - array(b)).max() for a, b in both]
        assert bool(max(apart) == 0) is frozen
        assert array(model.blocks[0].look.query.kernel).std() > 0 and model.width == 32 != model.text_encoder.width
        assert bool(model.text_encoder.trainable_variables) is not frozen


def test_new_words_are_added_behind_those_that_clip_knows():
    recipe = replace(RECIPES["translate"]["cpu"], width=32, depth=1)
    tokenizer, clip = recipe.tokenizer(), weights.load("clip-shapes")
    known = clip.tokenizer.vocabulary_size
    assert tokenizer.vocabulary_size > 10 * known and len(set(tokenizer.words)) == len(tokenizer.words)
    encoder = recipe.build(tokenizer).text_encoder
    ids = clip.tokenizer(["a small red circle above a large blue square", "一个红色的圆形"])
    assert np.array_equal(tokenizer(["a small red circle above a large blue square", "一个红色的圆形"]), ids)
    for name in ("tokens", "sentence"):
        np.testing.assert_allclose(array(encoder(ids)[name]), array(clip.model.text_encoder(ids)[name]), atol=1e-5)
    assert array(encoder.embedding.embeddings)[known:].std() > 0
    with pytest.raises(TutorialError, match="frozen encoder must have learnt all words"):
        replace(recipe, frozen=True).build(tokenizer)
    other = WordTokenizer(["red", *tokenizer.words[1:5]], tokenizer.max_length)
    with pytest.raises(TutorialError, match="words must begin with those of clip-shapes"):
        recipe.build(other)


def test_batches_of_code_are_captions_and_what_they_show():
    recipe = RECIPES["svg-shapes"]["smoke"]
    tokenizer = recipe.tokenizer()
    make = recipe.batches(tokenizer)
    batch = make(32, [0, 7])
    assert batch["target"].shape == (32, svg_grammar.MAX_LENGTH) and batch["ids"].shape == (32, tokenizer.max_length)
    again, other = make(32, [0, 7]), make(32, [0, 8])
    assert all(np.array_equal(batch[name], again[name]) for name in batch)
    assert not np.array_equal(batch["target"], other["target"])
    captions = [tokenizer.decode(row) for row in batch["ids"]]
    assert {shapes.language_of(caption) for caption in captions} == {"en", "zh"}
    pictures = svg_render.render([svg.to_svg(row) for row in batch["target"]])
    assert all(verdict.correct for verdict in oracle.score(pictures, captions))


def test_batches_of_translations_go_both_ways_to_the_one_right_wording():
    recipe = RECIPES["translate"]["smoke"]
    tokenizer = recipe.tokenizer()
    batch = recipe.batches(tokenizer)(64, [0, 7])
    names = emoji.split(emoji.load(), "train").captions
    right = {a: {"zh": b} for a, b in zip(names["en"], names["zh"], strict=True)}
    right |= {b: {"en": a} for a, b in zip(names["en"], names["zh"], strict=True)}
    right = {" ".join(split_words(a)): {k: split_words(b) for k, b in there.items()} for a, there in right.items()}
    seen = {"emoji": 0, "shapes": 0, "en": 0, "zh": 0}
    for ids, target in zip(batch["ids"], batch["target"], strict=True):
        language = shapes.LANGUAGES[target[0] - tokenizer.vocabulary_size]
        source, wanted = tokenizer.decode(ids), tokenizer.decode(target[1:])
        seen[language] += 1
        if known := right.get(" ".join(split_words(source))):
            assert known[language] == split_words(wanted)
            seen["emoji"] += 1
        else:
            description = shapes.parse(source)
            assert split_words(shapes.describe(description, language=language)) == split_words(wanted)
            assert shapes.split_of(description) == "train"
            seen["shapes"] += 1
    assert min(seen.values()) > 10


def test_smoke_recipes_learn_a_step_and_come_back_from_a_file(tmp_path):
    for name in ("svg-shapes", "translate"):
        model, tokenizer = one_step(RECIPES[name]["smoke"])
        weights.Trained(model, tokenizer, {"name": name}).save(tmp_path / "model.npz", "float32")
        again = weights.load(tmp_path)
        ids = again.tokenizer(["a red circle", "two blue stars"])
        target = np.array([[START, 5, 6], [START, 6, 7]], "int32")
        np.testing.assert_allclose(logits(again.model, ids, target), logits(model, ids, target), atol=1e-5)
