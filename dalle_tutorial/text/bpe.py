"""Pieces of words as tokens: byte-level byte-pair encoding, trained from scratch (Sennrich et al. 2016; GPT-2).

On the same corpus, merges and ids equal those of the library `tokenizers` (ByteLevel, BpeTrainer).
"""

import heapq
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import pairwise

import regex

from dalle_tutorial.errors import CaptionError, TutorialError
from dalle_tutorial.text.tokenizers import END, Tokenizer

SPECIAL_TOKENS = ("<pad>", "<start>", "<end>")
"""Names of the ids 0, 1 and 2; no text is ever encoded to them, not even the text "<pad>"."""

_WORD = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def split_text(text):
    """Cuts `text` where GPT-2 does, into runs of letters, of digits, of other signs, of spaces.

    A run takes the one space before it along. Joined again, the runs are `text`; no token crosses a cut.
    """
    return _WORD.findall(text)


def byte_characters():
    """One visible character for each of the 256 bytes: a dict of byte to character, in the order of their ids.

    Bytes that are visible in Latin-1 stand for themselves and come first. The other 68 (spaces, controls)
    borrow the characters from U+0100 on, so that a space reads "Ġ".
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in visible]
    return {b: chr(b) for b in visible} | {b: chr(0x100 + i) for i, b in enumerate(hidden)}


_CHARACTERS = byte_characters()
_BYTES = {character: byte for byte, character in _CHARACTERS.items()}
_FIRST_BYTE = len(SPECIAL_TOKENS)
_FIRST_MERGE = _FIRST_BYTE + len(_CHARACTERS)
_ID_OF_BYTE = {byte: i for i, byte in enumerate(_CHARACTERS, start=_FIRST_BYTE)}


def learn_merges(word_counts, size):
    """The first `size` merges, or all there are: a list of (left id, right id); merge m makes id 259 + m.

    `word_counts`: dict of a word (str) to how often it occurs. Each time, the most frequent pair of neighbours
    is merged; of equally frequent pairs, the one with the smaller ids. The counts are carried along: a merge
    touches only the words that hold its pair, where counting afresh would read every word again.
    """
    words = [[_ID_OF_BYTE[byte] for byte in word.encode()] for word in word_counts]
    times = list(word_counts.values())
    counts, holders = Counter(), defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += times[i]
            holders[pair].add(i)
    queue = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(queue)
    merges = []
    while queue and len(merges) < size:
        queued, pair = heapq.heappop(queue)
        if -queued != counts[pair]:  # The count fell since: a pair that is queued can only lose occurrences.
            if counts[pair] > 0:
                heapq.heappush(queue, (-counts[pair], pair))
            continue
        born = set()
        for i in holders.pop(pair):
            for gone, come in _merge_in_word(words[i], pair, _FIRST_MERGE + len(merges)):
                counts[gone] -= times[i]
                counts[come] += times[i]
                holders[come].add(i)
                born.add(come)
        merges.append(pair)
        for young in born:
            if counts[young] > 0:  # not so if the same merge ate it again, as in "aaaa"
                heapq.heappush(queue, (-counts[young], young))
    return merges


def _merge_in_word(word, pair, new):
    """Replaces `pair` in the list `word` by `new`, left to right; yields each (pair gone, pair come instead)."""
    at = 0
    while at < len(word) - 1:
        if (word[at], word[at + 1]) == pair:
            if at > 0:
                yield (word[at - 1], word[at]), (word[at - 1], new)
            if at + 2 < len(word):
                yield (word[at + 1], word[at + 2]), (new, word[at + 2])
            word[at : at + 2] = [new]
        at += 1


class BytePairTokenizer(Tokenizer):
    """Any Unicode text to ids and back: 0 pads, 1 starts, 2 ends, 3–258 are the bytes, then one id a merge.

    `merges`: pairs of pieces in `byte_characters`, as in GPT-2's merges.txt: ("r", "ed"), ("Ġ", "red"), …
    `max_length`: tokens in a row, the start and the end among them.

    Raises `TutorialError` for a merge of a piece that no earlier merge makes, or that makes a piece twice.
    """

    def __init__(self, merges, max_length=64):
        super().__init__(max_length)
        self.merges = tuple((left, right) for left, right in merges)
        self._pieces = [*SPECIAL_TOKENS, *_CHARACTERS.values()]
        ids = {piece: i for i, piece in enumerate(self._pieces) if i >= _FIRST_BYTE}
        self._merged = {}
        for m, (left, right) in enumerate(self.merges):
            if left not in ids or right not in ids or left + right in ids:
                raise TutorialError(f"merge {m} joins {left!r} and {right!r}: both must exist, the union not yet")
            self._merged[ids[left], ids[right]] = ids[left + right] = len(self._pieces)
            self._pieces.append(left + right)
        self._encode_word = lru_cache(maxsize=1 << 16)(self._merge_word)

    @classmethod
    def train(cls, corpus, vocabulary_size, max_length=64):
        """Learns the merges of `corpus` (str items) until it has `vocabulary_size` ids or no pair is left.

        Raises `TutorialError` for a corpus that is one string, or a size below the 259 ids there always are.
        """
        if isinstance(corpus, str):
            raise TutorialError("the corpus is a list of texts, not one string")
        if vocabulary_size < _FIRST_MERGE:
            raise TutorialError(f"vocabulary_size is {vocabulary_size}, but {_FIRST_MERGE} ids always exist")
        words = Counter(word for text in corpus for word in split_text(text))
        pieces = [*SPECIAL_TOKENS, *_CHARACTERS.values()]
        merges = []
        for left, right in learn_merges(words, vocabulary_size - _FIRST_MERGE):
            merges.append((pieces[left], pieces[right]))
            pieces.append(pieces[left] + pieces[right])
        return cls(merges, max_length)

    @property
    def vocabulary_size(self):
        """How many ids there are."""
        return len(self._pieces)

    def token_bytes(self, i):
        """The bytes that id `i` stands for, none for a special id. Raises `TutorialError` out of range."""
        if not 0 <= i < len(self._pieces):
            raise TutorialError(f"unknown id {i}: ids run from 0 to {len(self._pieces) - 1}")
        return bytes(_BYTES[c] for c in self._pieces[i]) if i >= _FIRST_BYTE else b""

    def pieces(self, text):
        """The ids of `text` of any length, without start or end: a list of ints, empty for an empty text.

        Raises `CaptionError` if it is no text, or holds half a surrogate pair, which UTF-8 cannot write.
        """
        if not isinstance(text, str):
            raise CaptionError(f"a caption is text, not {type(text).__name__}: {text!r}")
        try:
            return [i for word in split_text(text) for i in self._encode_word(word)]
        except UnicodeEncodeError as error:
            raise CaptionError(f"half a surrogate pair in {error.object!r}: UTF-8 cannot write it") from None

    def _merge_word(self, word):
        """The ids of one word. The earliest merge that fits goes first, and of its places the leftmost."""
        ids = [_ID_OF_BYTE[byte] for byte in word.encode()]
        before, after = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))
        queue = [(self._merged[pair], at) for at, pair in enumerate(pairwise(ids)) if pair in self._merged]
        heapq.heapify(queue)
        while queue:
            new, left = heapq.heappop(queue)
            right = after[left]
            if right == len(ids) or self._merged.get((ids[left], ids[right])) != new:
                continue  # An earlier merge took one of the two away.
            ids[left], ids[right], after[left] = new, None, after[right]
            if after[left] < len(ids):
                before[after[left]] = left
            for at in (before[left], left):
                if at >= 0 and after[at] < len(ids) and (pair := (ids[at], ids[after[at]])) in self._merged:
                    heapq.heappush(queue, (self._merged[pair], at))
        return tuple(i for i in ids if i is not None)

    def encode(self, text):
        """The ids of one caption with start and end, without padding: a list of ints.

        Raises `CaptionError` if it is no text, empty, or longer than `max_length`.
        """
        ids = self.pieces(text)
        if not ids:
            raise CaptionError("the caption is empty")
        return self._framed(ids, "tokens")

    def decode(self, ids):
        """The text of `ids` up to the first end; what is not UTF-8 reads "�". Raises as `token_bytes`."""
        data = b""
        for i in (int(i) for i in ids):
            if i == END:
                break
            data += self.token_bytes(i)
        return data.decode("utf-8", errors="replace")

    def get_config(self):
        """What `from_config` needs to build this tokeniser again; plain values that JSON can hold."""
        return {"merges": [list(pair) for pair in self.merges], "max_length": self.max_length}
