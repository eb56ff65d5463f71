"""The byte-pair encoding held against the `tokenizers` library: merges, ids, texts that come back unchanged."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from dalle_tutorial.data.shapes import captions_and_pictures
from dalle_tutorial.errors import CaptionError, TutorialError
from dalle_tutorial.text.bpe import SPECIAL_TOKENS, BytePairTokenizer, byte_characters, split_text
from dalle_tutorial.text.tokenizers import END, PAD, START

emoji = pytest.importorskip("emoji")

# Characters that this Python's Unicode tables know: about later ones the two libraries' tables may differ.
ASSIGNED = st.characters(exclude_categories=("Cs", "Cn"))
# The library reads the name of a special token in a text as that token; ours reads it as text (tested below).
TEXTS = st.text(ASSIGNED, max_size=60).filter(lambda text: not any(name in text for name in SPECIAL_TOKENS))


def by_the_library(corpus, vocabulary_size):
    """The library's tokeniser, trained on the same corpus, with a start and an end around each caption."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=list(SPECIAL_TOKENS),
            show_progress=False,
        ),
    )
    library.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", START), ("<end>", END)]
    )
    return library


def assert_equal_to_the_library(corpus, vocabulary_size, texts):
    ours = BytePairTokenizer.train(corpus, vocabulary_size, max_length=10_000)
    library = by_the_library(corpus, vocabulary_size)
    model, characters = json.loads(library.to_str())["model"], byte_characters()
    assert [list(pair) for pair in ours.merges] == model["merges"]
    assert ours.vocabulary_size == library.get_vocab_size()
    for piece, i in model["vocab"].items():
        if i >= len(SPECIAL_TOKENS):
            assert "".join(characters[byte] for byte in ours.token_bytes(i)) == piece
    for text in texts:
        assert ours.encode(text) == library.encode(text).ids
        assert ours.decode(ours.encode(text)) == text


def captions(language, n=1000, seed=0):
    return captions_and_pictures(n, seed, size=8, language=language)[0]


def emoji_names(language):
    if language != "en":
        emoji.config.load_language(language)
    names = [data[language] for data in emoji.EMOJI_DATA.values() if language in data]
    return [name.strip(":").replace("_", " ") for name in names]


NAMES = emoji_names("en") + emoji_names("zh")
CORPORA = {
    "English captions": captions("en"),
    "Chinese captions": captions("zh"),
    "both languages": captions("en", 500) + captions("zh", 500),
    "emoji names and emoji": [f"{e} {n}" for e, n in zip(emoji.EMOJI_DATA, NAMES, strict=False)] + NAMES[::-1],
    "one letter": ["a" * n for n in range(1, 40)],
    "nothing": [],
}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("size", [259, 320, 1500])
def test_merges_and_ids_equal_the_librarys(name, size):
    unseen = captions("en", 100, seed=1) + captions("zh", 100, seed=1)
    unseen += NAMES[::50] + ["👩🏽‍🚀 ünïcode\n\t  x", "a" * 77]
    assert_equal_to_the_library(CORPORA[name], size, CORPORA[name][::10] + unseen)


@pytest.mark.parametrize("seed", range(20))
def test_merges_equal_the_librarys_where_everything_ties(seed):
    """With one to four letters, pairs tie all the time and overlap themselves: hard cases for the order."""
    rng = random.Random(seed)
    letters = "abcd"[: 1 + seed % 4]
    texts = ["".join(rng.choices(letters + " ", k=rng.randrange(1, 80))) for _ in range(20)]
    assert_equal_to_the_library(texts, 259 + 30 * (1 + seed % 5), texts)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=8), st.integers(259, 330))
def test_merges_and_ids_equal_the_librarys_on_random_text(corpus, size):
    assert_equal_to_the_library(corpus, size, corpus)


TRAINED = BytePairTokenizer.train(CORPORA["both languages"], 600)
LIBRARY = by_the_library(CORPORA["both languages"], 600)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_encoded_as_the_library_does_and_comes_back(text):
    assert TRAINED.pieces(text) == LIBRARY.encode(text, add_special_tokens=False).ids
    assert TRAINED.decode(TRAINED.pieces(text)) == text == "".join(split_text(text))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(3, 599), max_size=20))
def test_any_ids_are_decoded_as_the_library_does(ids):
    assert TRAINED.decode(ids) == LIBRARY.decode(ids)


def test_bytes_cover_everything_once():
    characters = byte_characters()
    assert sorted(characters) == list(range(256)) and len(set(characters.values())) == 256
    assert characters[ord(" ")] == "Ġ" and all(c.isprintable() for c in characters.values())


def test_the_name_of_a_special_token_is_only_text():
    ids = TRAINED.encode("<pad><end>")
    assert min(ids[1:-1]) > END and TRAINED.decode(ids) == "<pad><end>"


def test_training_stops_when_no_pair_is_left():
    tokenizer = BytePairTokenizer.train(["abc"], 1000)
    assert tokenizer.merges == (("a", "b"), ("ab", "c")) and tokenizer.vocabulary_size == 261


def test_batch_is_padded():
    ids = TRAINED(["a red star", "红"])
    assert ids.shape == (2, 64) and ids[1, 0] == START and ids[1].tolist()[-1] == PAD
    assert [TRAINED.decode(row) for row in ids] == ["a red star", "红"]


@pytest.mark.parametrize(
    "text, message",
    [("", "empty"), ("z" * 63, "63 tokens, at most 62"), (None, "NoneType"), ("a \ud800", "surrogate")],
)
def test_bad_caption(text, message):
    with pytest.raises(CaptionError, match=message):
        TRAINED.encode(text)


@pytest.mark.parametrize("corpus, size, message", [("one text", 300, "list of texts"), ([], 258, "but 259 ids")])
def test_bad_training(corpus, size, message):
    with pytest.raises(TutorialError, match=message):
        BytePairTokenizer.train(corpus, size)


@pytest.mark.parametrize("merges", [[("ab", "c")], [("a", "b"), ("a", "b")], [("a", "b"), ("a", "<pad>")]])
def test_damaged_merges_are_refused(merges):
    with pytest.raises(TutorialError, match=f"merge {len(merges) - 1} joins"):
        BytePairTokenizer(merges)


def test_unknown_id():
    with pytest.raises(TutorialError, match="unknown id 600: ids run from 0 to 599"):
        TRAINED.decode([600])


def test_config_and_file_round_trip(tmp_path):
    TRAINED.save(tmp_path / "bpe.json")
    again = BytePairTokenizer.from_config(TRAINED.get_config())
    for copy in (again, BytePairTokenizer.load(tmp_path / "bpe.json")):
        assert copy.merges == TRAINED.merges and copy.max_length == TRAINED.max_length
        assert copy.encode("一个红色的圆 🙂") == TRAINED.encode("一个红色的圆 🙂")
