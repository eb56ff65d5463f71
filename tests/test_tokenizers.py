"""The word tokeniser: splitting, ids, padding, and a helpful error for everything a reader can get wrong."""

import numpy as np
import pytest

from dalle_tutorial.errors import CaptionError, TutorialError, UnknownWordError
from dalle_tutorial.text.tokenizers import END, PAD, START, WordTokenizer, split_words

WORDS = ("a", "small", "red", "blue", "circle", "square", "left", "of", "一", "个", "红", "圆", "小")


@pytest.fixture
def tokenizer():
    return WordTokenizer(WORDS, max_length=9)


@pytest.mark.parametrize(
    "text, words",
    [
        ("A small RED circle", ["a", "small", "red", "circle"]),
        ("a circle, left of a square.", ["a", "circle", "left", "of", "a", "square"]),
        ("一个小红圆，left", ["一", "个", "小", "红", "圆", "left"]),
        ("man: medium-light skin tone", ["man", "medium", "light", "skin", "tone"]),
        ("woman’s hat (1st)", ["woman’s", "hat", "1st"]),
        ("pin\u0303ata", ["piñata"]),  # a letter and its combining tilde are one letter
        ("red circle ♥", ["red", "circle", "♥"]),  # a sign is not lost silently
        ("红A圆b", ["红", "a", "圆", "b"]),
        ("snake_case", ["snake", "case"]),
        (" \n\t,", []),
    ],
)
def test_split_words(text, words):
    assert split_words(text) == words


def test_ids_are_start_words_end(tokenizer):
    assert tokenizer.encode("a red circle") == [START, 3, 5, 7, END]
    assert tokenizer.encode("A  red, circle!") == tokenizer.encode("a red circle")
    assert tokenizer.vocabulary_size == len(WORDS) + 3


def test_batch_is_padded(tokenizer):
    ids = tokenizer(["red", "a small blue square"])
    assert ids.shape == (2, 9) and ids.dtype == np.int32
    assert ids[0].tolist() == [START, 5, END] + 6 * [PAD]
    assert ids[1].tolist() == [START, 3, 4, 6, 8, END] + 3 * [PAD]
    assert tokenizer([]).shape == (0, 9)


@pytest.mark.parametrize("text", ["a small red circle left of", "一个小红圆", "a 红圆 left"])
def test_decode_gives_the_words_back(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode(tokenizer([text])[0]) == text  # padding is no word


def test_decode_refuses_an_id_out_of_range(tokenizer):
    with pytest.raises(TutorialError, match="unknown id 16: ids run from 0 to 15"):
        tokenizer.decode([START, 16])


def test_unknown_word_names_the_nearest(tokenizer):
    with pytest.raises(UnknownWordError, match="unknown word 'cirle'") as caught:
        tokenizer.encode("a red cirle")
    assert caught.value.word == "cirle" and caught.value.nearest[0] == "circle"


def test_unknown_character_is_answered_in_chinese(tokenizer):
    with pytest.raises(UnknownWordError, match="unknown word '绿'") as caught:
        tokenizer.encode("一个绿圆")
    assert "圆" in str(caught.value) and "circle" not in str(caught.value)


@pytest.mark.parametrize("words, text, language", [(WORDS[:8], "一个红圆", "English"), (WORDS[8:], "red", "Chinese")])
def test_a_caption_in_a_language_that_is_not_known_is_told_so(words, text, language):
    with pytest.raises(UnknownWordError, match=f"unknown word .*: captions must be {language} here$"):
        WordTokenizer(words).encode(text)


@pytest.mark.parametrize("text", ["", "   ", "，。", ",.!"])
def test_empty_caption(tokenizer, text):
    with pytest.raises(CaptionError, match="empty"):
        tokenizer.encode(text)


def test_longest_caption_fits_and_one_more_word_does_not(tokenizer):
    assert len(tokenizer.encode("a " * 7)) == tokenizer.max_length
    with pytest.raises(CaptionError, match="8 words, at most 7 are allowed"):
        tokenizer.encode("a " * 8)


def test_a_caption_is_text(tokenizer):
    with pytest.raises(CaptionError, match="not int"):
        tokenizer.encode(3)


@pytest.mark.parametrize(
    "vocabulary, message",
    [
        (("red", "Blue"), "'Blue'"),
        (("left of",), "'left of'"),
        (("red", "red"), "more than once: red"),
        ((",",), "','"),
    ],
)
def test_bad_vocabulary_is_refused(vocabulary, message):
    with pytest.raises(TutorialError, match=message):
        WordTokenizer(vocabulary)


def test_too_short_to_hold_a_word():
    with pytest.raises(TutorialError, match="at least 3"):
        WordTokenizer(WORDS, max_length=2)


def test_from_captions_knows_them_all():
    tokenizer = WordTokenizer.from_captions(["a Red heart,", "红心"])
    assert tokenizer.words == ("a", "heart", "red", "心", "红")


def test_config_and_file_round_trip(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "words.json")
    again = WordTokenizer.from_config(tokenizer.get_config())
    for copy in (again, WordTokenizer.load(tmp_path / "words.json")):
        assert copy.encode("一个 small circle") == tokenizer.encode("一个 small circle")
        assert copy.get_config() == tokenizer.get_config()
