"""Words as tokens: `WordTokenizer`, for captions of a small vocabulary; `Tokenizer`, what all share."""

import json
import re
import unicodedata
from pathlib import Path

import numpy as np

from dalle_tutorial.errors import CaptionError, TutorialError, UnknownWordError

PAD, START, END = 0, 1, 2
"""The ids that are not words: filling, the start of a caption, its end."""

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# One Chinese character; or letters and digits, apostrophes inside; or one sign that is neither.
_TOKEN = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_])+(?:['’](?:(?![{_HAN}])[^\W_])+)*|\S")


def split_words(text):
    """The words of `text`, lower-cased: a list of strings.

    Chinese is written without spaces, so each of its characters counts as a word. Punctuation separates words
    and is dropped. Any other sign, such as an emoji, is a word of its own, so that a tokeniser can refuse it by
    name instead of losing it silently.
    """
    text = unicodedata.normalize("NFC", text).lower()
    return [t for t in _TOKEN.findall(text) if len(t) > 1 or not unicodedata.category(t).startswith("P")]


def _is_han(word):
    return re.fullmatch(f"[{_HAN}]", word) is not None


class Tokenizer:
    """What all tokenisers do alike; a subclass adds `encode`, `decode`, `vocabulary_size`, `get_config`.

    `max_length`: tokens in a row, the start and the end among them. Raises `TutorialError` if it is below 3.
    """

    def __init__(self, max_length):
        self.max_length = int(max_length)
        if self.max_length < 3:
            raise TutorialError(f"max_length is {max_length}: start, one token and end need at least 3")

    def _framed(self, ids, unit):
        """`ids` between start and end; `unit` names them in the error about too many."""
        if len(ids) + 2 > self.max_length:
            most = self.max_length - 2
            raise CaptionError(f"the caption is too long: {len(ids)} {unit}, at most {most} are allowed")
        return [START, *ids, END]

    def __call__(self, captions):
        """A list of captions to int32 ids (batch, max_length), zero behind each end. Raises as `encode` does."""
        if isinstance(captions, str):
            raise CaptionError(f"give a list of captions, not one string: [{captions!r}]")
        ids = np.full((len(captions), self.max_length), PAD, "int32")
        for row, caption in zip(ids, captions, strict=True):
            encoded = self.encode(caption)
            row[: len(encoded)] = encoded
        return ids

    @classmethod
    def from_config(cls, config):
        """The tokeniser that `get_config` described."""
        return cls(**config)

    def save(self, path):
        """Writes the configuration as JSON (UTF-8)."""
        config = json.dumps(self.get_config(), ensure_ascii=False)
        Path(path).write_text(config + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path):
        """The tokeniser that `save` wrote to `path`."""
        return cls.from_config(json.loads(Path(path).read_text(encoding="utf-8")))


class WordTokenizer(Tokenizer):
    """Captions to ids and back, one id a word: 0 pads, 1 starts, 2 ends, words count from 3.

    `vocabulary`: the words, each exactly one word by `split_words`; their order gives their ids.
    `max_length`: tokens in a row, the start and the end among them, at least 3. The longest English caption of the
    shapes world takes 26, the longest Chinese one 42.

    Raises `TutorialError` for a vocabulary with a repeated entry or one that is not a single word.
    """

    def __init__(self, vocabulary, max_length=26):
        super().__init__(max_length)
        self.words = tuple(vocabulary)
        for word in self.words:
            if split_words(word) != [word]:
                raise TutorialError(f"vocabulary entry {word!r} is not one word in lower case")
        self._ids = {word: i for i, word in enumerate(self.words, start=END + 1)}
        if len(self._ids) < len(self.words):
            twice = sorted({w for w in self.words if self.words.count(w) > 1})
            raise TutorialError(f"the vocabulary holds these words more than once: {', '.join(twice)}")

    @classmethod
    def from_captions(cls, captions, max_length=26):
        """A tokeniser that knows every word of `captions`, in alphabetical order."""
        return cls(sorted({word for caption in captions for word in split_words(caption)}), max_length)

    @property
    def vocabulary_size(self):
        """How many ids there are: the words and the three special ones."""
        return len(self.words) + END + 1

    def encode(self, text):
        """The ids of one caption, start and end included, without padding: a list of ints.

        Raises `CaptionError` if it is no text, empty, or longer than `max_length`, and `UnknownWordError` for the
        first word outside the vocabulary.
        """
        if not isinstance(text, str):
            raise CaptionError(f"a caption is text, not {type(text).__name__}: {text!r}")
        words = split_words(text)
        if not words:
            raise CaptionError(f"the caption is empty: {text!r} holds no word")
        for word in words:
            if word not in self._ids:
                raise UnknownWordError(word, [w for w in self.words if _is_han(w) == _is_han(word)],
                                       f"captions must be {'English' if _is_han(word) else 'Chinese'} here")
        return self._framed([self._ids[word] for word in words], "words")

    def decode(self, ids):
        """The caption of `ids` up to the first end; spaces between words, none between Chinese characters.

        Raises `TutorialError` for an id outside the vocabulary.
        """
        text = ""
        for i in (int(i) for i in ids):
            if i == END:
                break
            if not 0 <= i < self.vocabulary_size:
                raise TutorialError(f"unknown id {i}: ids run from 0 to {self.vocabulary_size - 1}")
            if i > END:
                word = self.words[i - END - 1]
                text += word if not text or (_is_han(word) and _is_han(text[-1])) else " " + word
        return text

    def get_config(self):
        """What `from_config` needs to build this tokeniser again; plain values that JSON can hold."""
        return {"vocabulary": list(self.words), "max_length": self.max_length}
