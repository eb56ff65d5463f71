"""What is made of a translator's tokens: code and pictures, sentences, figures that are known beforehand, commands."""

import sys

import numpy as np
import pytest
from PIL import Image
from test_cli import here, refused, run  # noqa: F401 (here: a fixture)

from dalle_tutorial import cli, translation
from dalle_tutorial.commands import shared
from dalle_tutorial.data import emoji, oracle, shapes, svg, svg_grammar, svg_render
from dalle_tutorial.data.layout import encode
from dalle_tutorial.data.shapes import LANGUAGES
from dalle_tutorial.errors import CaptionError, TutorialError, UnknownWordError
from dalle_tutorial.models.translator import Translator
from dalle_tutorial.report import report_on, summary
from dalle_tutorial.text.encoder import TextEncoder
from dalle_tutorial.text.tokenizers import START
from dalle_tutorial.training import RECIPES
from dalle_tutorial.training.streams import shapes_tokenizer
from dalle_tutorial.weights import Trained

CAPTION = "a small red circle above a large blue square"


def small(tokenizer, *sizes, tasks=0):
    """What the constructor of a tiny `Translator` takes."""
    encoder = TextEncoder(tokenizer.vocabulary_size, tokenizer.max_length, width=8, depth=1, heads=1)
    return {"text_encoder": encoder, "vocabulary_size": sizes[0], "target_length": sizes[1], "width": 8, "depth": 1,
            "heads": 1, "tasks": tasks}


class IdealWriter(Translator):
    """Writes the code of a scene that fulfils the caption; which one, the first number decides."""

    def write(self, ids, first, uniforms=None, allowed=None, **how):
        assert first == START and allowed is svg_grammar.allowed_after_start
        rows = np.zeros((len(ids), svg_grammar.MAX_LENGTH - 1), "int32")
        for row, its, number in zip(rows, ids, uniforms[:, 0], strict=True):
            codes = encode([shapes.parse(self.tokenizer.decode(its))])
            seed = int(1e6 * number) if how["temperature"] else 0
            tokens = svg.encode(shapes.arrange(codes, np.random.default_rng(seed))[0])
            row[: len(tokens) - 1] = tokens[1:]
        return rows


class IdealTranslator(Translator):
    """Knows the grammar and all names; `slips` maps a word to another that it writes instead."""

    slips, asked = {}, ()

    def write(self, ids, first):
        names, rows = emoji.load().captions, np.zeros((len(ids), self.target_length - 1), "int32")
        target = LANGUAGES[int(first) - self.vocabulary_size]
        (source,) = {*LANGUAGES} - {target}
        known = {tuple(self.tokenizer.encode(a)): b for a, b in zip(names[source], names[target], strict=True)}
        for row, its in zip(rows, np.asarray(ids).tolist(), strict=True):
            its = tuple(its[: its.index(2) + 1])
            said = known.get(its) or shapes.describe(shapes.parse(self.tokenizer.decode(its)), language=target)
            for word, slip in self.slips.items():
                said = said.replace(word, slip)
            tokens = self.tokenizer.encode(said)[1:]
            row[: len(tokens)] = tokens
        return rows

    def beam_search(self, ids, first, beams=4):
        self.asked = (*self.asked, beams)
        return self.write(ids, first), np.zeros(len(ids))


@pytest.fixture(scope="module")
def writer():
    tokenizer = shapes_tokenizer(chinese=True)
    model = IdealWriter(**small(tokenizer, svg_grammar.VOCABULARY_SIZE, svg_grammar.MAX_LENGTH))
    model.tokenizer = tokenizer
    return Trained(model, tokenizer, {"name": "svg-shapes"})


@pytest.fixture
def translator():
    tokenizer = RECIPES["translate"]["cpu"].tokenizer()
    model = IdealTranslator(**small(tokenizer, tokenizer.vocabulary_size, 44, tasks=2))
    model.tokenizer = tokenizer
    return Trained(model, tokenizer, {"name": "translate"})


# --- code


def test_code_is_what_the_tokens_spell_and_its_picture_is_judged(writer):
    captions = [CAPTION, "三个绿色五角星", "a pink heart at the top left"]
    codes = translation.write_svg(writer, captions)
    assert codes == [svg.to_svg(row) for row in translation.write_tokens(writer, captions)]
    pictures = translation.draw_svg(writer, captions)
    assert np.array_equal(pictures, svg_render.render(codes)) and pictures.shape == (3, 64, 64, 3)
    assert all(verdict.correct for verdict in oracle.score(pictures, captions))
    assert translation.write_svg(writer, captions, seed=1) == codes, "the likeliest code needs no seed"
    drawn = [translation.write_svg(writer, [CAPTION] * 2, seed, 1.0) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2] and drawn[0][0] != drawn[0][1]


def test_the_figures_of_perfect_code_and_of_code_for_other_captions(writer, monkeypatch):
    found = report_on(writer, n=12)
    assert set(found["code"]) == {"en", "zh"}
    for sets in found["code"].values():
        assert all(rate["rate"] == 1 and rate["n"] == 12 for rate in sets.values()) and len(sets) == 6
    assert sum("100.0%" in line for line in summary(found)) == 12
    write = translation.write_svg
    monkeypatch.setattr(translation, "write_svg", lambda trained, captions, *how: write(trained, captions, *how)[::-1])
    assert translation.code_alignment(writer, 12)["two_objects"].rate < 0.5


def test_an_untrained_model_writes_whole_files():
    tokenizer = shapes_tokenizer(chinese=True)
    model = Translator(**small(tokenizer, svg_grammar.VOCABULARY_SIZE, svg_grammar.MAX_LENGTH))
    model.build_for(tokenizer.max_length)
    trained = Trained(model, tokenizer, {"name": "svg-shapes"})
    codes = translation.write_svg(trained, [CAPTION] * 5, seed=0, temperature=3.0)
    for code in codes:
        svg_render.check(code)
    assert len(set(codes)) == 5
    assert translation.write_svg(trained, [CAPTION], temperature=3.0) == codes[:1], "a row is decided by its number"


# --- translation


def test_translations_go_both_ways(translator):
    assert translation.translate(translator, [CAPTION], "zh") == ["一个小的红色圆形在一个大的蓝色正方形的上面"]
    assert translation.translate(translator, ["一个巨大的红圆"], "en") == ["a large red circle"]
    assert translation.translate(translator, ["cat face", "grinning face"], "zh", beams=3) == ["猫脸", "嘿嘿"]
    assert translator.model.asked == (3,)


def test_figures_of_a_perfect_translator_and_of_one_that_confuses_colours(translator):
    found = report_on(translator, n=20)
    assert set(found["translation"]) == {"en to zh", "zh to en"}
    for way in found["translation"].values():
        assert set(way["exact"]) == {*translation.SETS, "emoji_seen", "emoji_held_out"}
        assert all(rate["rate"] == 1 and rate["n"] == 20 for rate in way["exact"].values())
        assert all(near["chrf"] == near["low"] == near["high"] == 100 for near in way["chrf"].values())
    assert sum("100.0" in line for line in summary(found)) == 20
    translator.model.slips = {"红": "蓝", "肤色": "色"}
    worse = translation.translation_rates(translator, 20)
    _, wanted = translation.pairs("one_object", 20, 0, "en", "zh")
    with_red = np.mean(["红" in caption for caption in wanted])
    assert worse["en to zh"]["exact"]["one_object"].rate == pytest.approx(1 - with_red) and with_red > 0
    near = worse["en to zh"]["chrf"]["emoji_held_out"]
    assert worse["en to zh"]["exact"]["emoji_held_out"].rate == 0
    assert 40 < near["low"] < near["chrf"] < near["high"] < 95
    assert worse["zh to en"]["exact"]["one_object"].rate == 1


def test_what_is_asked_was_held_out(translator):
    for name, split in (("emoji_seen", "train"), ("emoji_held_out", "held_out")):
        names = emoji.split(emoji.load(), split).captions
        asked, wanted = translation.pairs(name, 50, 3, "zh", "en")
        assert len(set(asked)) == 50
        assert {*zip(asked, wanted, strict=True)} <= {*zip(names["zh"], names["en"], strict=True)}
    asked, wanted = translation.pairs("two_objects", 30, 3, "en", "zh")
    for a, b in zip(asked, wanted, strict=True):
        assert shapes.parse(a) == shapes.parse(b) and shapes.split_of(shapes.parse(a)) == "test"
        assert shapes.describe(shapes.parse(b), language="zh") == b
    assert any(shapes.describe(shapes.parse(a)) != a for a in asked), "what is read is worded at random"
    with pytest.raises(TutorialError, match="unknown set of captions 'flags': allowed are one_object"):
        translation.pairs("flags", 3, 0, "en", "zh")


def test_exact_match_counts_words():
    found = ["A red star", "ok 手势", "a star red", "", "a green star"]
    wanted = ["a red  star", "ok手势", "a red star", "a red star", "a green star, which is"]
    assert translation.exact_match(found, wanted).rate == pytest.approx(2 / 5)


def test_chrf_agrees_with_a_count_by_hand():
    """One caption, letters and pairs of letters and so on up to six: F with recall counting twice (β = 2)."""
    found, wanted = "红色圆", "红色圆形"
    scores = []
    for n in range(1, 5):
        a, b = ({text[i : i + n] for i in range(len(text) - n + 1)} for text in (found, wanted))
        if a and b:
            precision, recall = len(a & b) / len(a), len(a & b) / len(b)
            scores.append((precision, recall))
    precision, recall = np.mean(scores, axis=0)
    score = 100 * 5 * precision * recall / (4 * precision + recall)
    told = translation.chrf([found] * 3, [wanted] * 3)
    assert told["chrf"] == pytest.approx(score, abs=0.02) and told["n"] == 3 and told["low"] <= score + 0.02
    assert translation.chrf(["猫"], ["狗"])["chrf"] == 0


@pytest.mark.parametrize("caption, to, error, words", [
    (CAPTION, "en", CaptionError, "is English already: to 'en' it must be Chinese"),
    ("红色圆形", "zh", CaptionError, "is Chinese already: to 'zh' it must be English"),
    (CAPTION, "fr", TutorialError, "unknown language 'fr': allowed are en, zh"),
    ("a red giraffee", "zh", UnknownWordError, "'giraffee'.*giraffe"), (" ", "zh", CaptionError, "empty"),
    ("red " * 60, "zh", CaptionError, "too long"),
])
def test_what_cannot_be_translated_is_named(translator, caption, to, error, words):
    with pytest.raises(error, match=words):
        translation.translate(translator, [caption], to)


def test_each_job_needs_its_own_model(writer, translator):
    with pytest.raises(TutorialError, match="svg-shapes does not translate: allowed are translate"):
        translation.translate(writer, [CAPTION], "zh")
    with pytest.raises(TutorialError, match="translate does not write SVG: allowed are svg-shapes"):
        translation.write_svg(translator, [CAPTION])
    for trained in (writer, translator):
        with pytest.raises(TutorialError, match="draws no pictures"):
            trained.draw([CAPTION])
        with pytest.raises(TutorialError, match="draws no pictures"):
            report_on(trained, 4, captions=[CAPTION])


def test_without_sacrebleu_the_error_says_what_to_install(translator, monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)
    with pytest.raises(TutorialError, match="pip install sacrebleu"):
        translation.translation_rates(translator, 2)


# --- commands


@pytest.fixture
def models(monkeypatch, writer, translator):
    """The ideal ones take the place of the trained ones."""
    ideal = {"svg-shapes": writer, "translate": translator}
    monkeypatch.setattr(shared, "load", ideal.get)


def test_code_goes_to_the_screen_or_into_files(models, here, capsys, writer):  # noqa: F811
    (code,) = translation.write_svg(writer, [CAPTION])
    assert run(capsys, "code", CAPTION) == (0, code, "")
    status, out, _ = run(capsys, "code", CAPTION, "--out", "x.svg", "--png", "x.png", "--size", 64)
    assert status == 0 and out.splitlines() == [f"x.svg: {CAPTION!r}", f"x.png: {CAPTION!r}"]
    assert (here / "x.svg").read_text() == code
    with Image.open("x.png") as image:
        assert image.text["Title"] == CAPTION
        assert image.text["Comment"] == "model svg-shapes, seed 0, temperature 0.0, size 64"
        picture = np.asarray(image)
    assert np.array_equal(picture, svg_render.render([code])[0])
    for seed in (1, 2):
        run(capsys, "code", CAPTION, "--temperature", 1, "--seed", seed, "--out", f"{seed}.svg")
    assert (here / "1.svg").read_text() != (here / "2.svg").read_text()


def test_translate_prints_the_caption(models, capsys, translator):
    assert run(capsys, "translate", "cat face", "--to", "zh") == (0, "猫脸\n", "")
    assert run(capsys, "translate", "一个红色的圆形", "--to", "en", "--beam", 4) == (0, "a red circle\n", "")
    assert translator.model.asked == (4,)


def test_help_gives_examples_that_any_terminal_can_show(capsys):
    for name in ("code", "translate"):
        status, out, _ = run(capsys, name, "--help")
        assert status == 0 and f"python -m dalle_tutorial {name} " in out.split("examples:")[1]
        assert max(map(len, out.splitlines())) <= 125 and out.isascii()


def test_names_agree_with_the_package():
    assert cli.LANGUAGES == LANGUAGES and {"svg-shapes", "translate"} <= set(RECIPES)


@pytest.mark.parametrize("argv, words", [
    (["code", ""], ["empty"]), (["code", "a red giraffe"], ["'giraffe'"]), (["code"], ["CAPTION"]),
    (["code", CAPTION, "--out", "no/x.svg"], ["no folder"]), (["code", CAPTION, "--png", "."], ["is a folder"]),
    (["code", CAPTION, "--temperature", "-1"], ["'-1'", "from 0 to 100"]),
    (["code", CAPTION, "--size", "4"], ["'4'", "8 to 1024"]),
    (["translate", CAPTION], ["--to"]), (["translate", CAPTION, "--to", "de"], ["'de'", "en", "zh"]),
    (["translate", CAPTION, "--to", "en"], ["English already"]), (["translate", " ", "--to", "zh"], ["empty"]),
    (["translate", CAPTION, "--to", "zh", "--beam", "0"], ["'0'", "1 to 16"]),
])
def test_what_the_commands_refuse(models, here, capsys, argv, words):  # noqa: F811
    complaint = refused(capsys, *argv)
    assert all(word in complaint for word in words), complaint
    assert not list(here.iterdir())


def test_a_picture_that_cannot_be_drawn_leaves_no_code_behind(models, here, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert "pip install resvg-py" in refused(capsys, "code", CAPTION, "--out", "x.svg", "--png", "x.png")
    assert not list(here.iterdir())
    assert run(capsys, "code", CAPTION, "--out", "x.svg")[0] == 0
