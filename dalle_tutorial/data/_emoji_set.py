"""`EmojiSet`: captioned pictures and what they show. Read `dalle_tutorial.data.emoji` for the public face."""

import difflib
import functools
import re
from dataclasses import dataclass, fields

import numpy as np

from dalle_tutorial.errors import CaptionError, TutorialError

# A Chinese character, or a run of anything else without a space: captions hold no punctuation.
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")


def frozen_objects(values):
    """`values` (strings and None) as a read-only object array."""
    array = np.empty(len(values), object)
    array[:] = values
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class EmojiSet:
    """n captioned pictures and what they show; all arrays are read-only and in the same order.

    `pictures`: uint8 (n, side, side, 3). `captions`: language → n captions. `emoji`: n characters.
    `groups`: n of `GROUPS`. `concepts`: n names in which gender and skin tone are put aside ("farmer").
    `skin_tones`: n of `SKIN_TONES`, or None (yellow people, things). `genders`: n of `GENDERS`, or None;
    "person" is the neutral drawing of a concept that also comes as woman or man.
    The last five are object arrays, so that `emoji_set[emoji_set.groups == "faces"]` works.
    """

    pictures: np.ndarray
    captions: dict
    emoji: np.ndarray
    groups: np.ndarray
    concepts: np.ndarray
    skin_tones: np.ndarray
    genders: np.ndarray

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, where):
        """The set of the pictures at `where`: a slice, a list of indices, or a bool array (n,)."""
        if not isinstance(where, slice):
            where = np.asarray(where)
            where = where.astype(int) if where.size == 0 else where
            if where.ndim != 1 or where.dtype.kind not in "iub":
                raise TutorialError("an EmojiSet takes a slice, a list of whole numbers, or a bool array")
        names = [field.name for field in fields(self) if field.name != "captions"]
        parts = {name: getattr(self, name)[where] for name in names}
        for part in parts.values():
            part.setflags(write=False)
        captions = {lang: tuple(frozen_objects(lines)[where]) for lang, lines in self.captions.items()}
        return EmojiSet(captions=captions, **parts)

    @functools.cached_property
    def concept_ids(self):
        """int (n,): a number for each concept, counted in alphabetical order within this set."""
        return np.unique(self.concepts.astype(str), return_inverse=True)[1]

    @functools.cached_property
    def _indices(self):
        indices = {}
        for lines in self.captions.values():
            for i, caption in enumerate(lines):
                indices.setdefault(caption, []).append(i)
        return indices

    def find(self, caption):
        """The indices of the pictures with this caption, in any loaded language: a list, mostly of one.

        Capitals and repeated spaces do not matter. Raises `CaptionError`, naming the nearest captions, for
        a caption of no picture.
        """
        key = " ".join(str(caption).lower().split())
        if key not in self._indices:
            near = difflib.get_close_matches(key, self._indices, n=3, cutoff=0.5)
            hint = f"the nearest are {', '.join(map(repr, near))}" if near else "`captions` holds all of them"
            raise CaptionError(f"no picture of this set has the caption {caption!r}: {hint}")
        return self._indices[key]

    def vocabulary(self, language="en"):
        """The words (English) or characters (Chinese) of the captions, sorted: what a `WordTokenizer` takes.

        Raises `TutorialError` for a language that was not loaded.
        """
        if language not in self.captions:
            loaded = ", ".join(self.captions)
            raise TutorialError(f"language {language!r} was not loaded; loaded are {loaded}")
        return tuple(sorted({word for line in self.captions[language] for word in _WORD.findall(line)}))
