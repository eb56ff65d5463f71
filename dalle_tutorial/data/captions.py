"""Descriptions in words, English and Chinese: `describe` writes a caption, `parse` reads one back."""

import re

from dalle_tutorial.data.scenes import COLOURS, PLACES, RELATIONS, SHAPES, SIZES, Description, ObjectSpec, check_choice
from dalle_tutorial.errors import CaptionError, UnknownWordError

LANGUAGES = ("en", "zh")

# The first phrase of each list is the canonical one; the others are synonyms that `describe` may draw.
ENGLISH = {
    "shape": {
        "circle": ["circle", "disc"], "square": ["square", "box"], "triangle": ["triangle"], "star": ["star"],
        "heart": ["heart"], "cross": ["cross", "plus"],
    },
    "plural": {
        "circle": ["circles", "discs"], "square": ["squares", "boxes"], "triangle": ["triangles"], "star": ["stars"],
        "heart": ["hearts"], "cross": ["crosses", "pluses"],
    },
    "colour": {
        "red": ["red", "crimson"], "orange": ["orange"], "yellow": ["yellow"], "green": ["green"],
        "blue": ["blue"], "purple": ["purple", "violet"], "pink": ["pink"], "black": ["black"],
    },
    "size": {"small": ["small", "little", "tiny"], "large": ["large", "big", "huge"]},
    "relation": {
        "left of": ["left of", "to the left of"], "right of": ["right of", "to the right of"],
        "above": ["above", "over"], "below": ["below", "under"],
    },
    "place": {
        "top left": ["at the top left", "in the top left corner"], "top": ["at the top"],
        "top right": ["at the top right", "in the top right corner"],
        "left": ["on the left"], "centre": ["in the centre", "in the middle", "in the center"],
        "right": ["on the right"],
        "bottom left": ["at the bottom left", "in the bottom left corner"], "bottom": ["at the bottom"],
        "bottom right": ["at the bottom right", "in the bottom right corner"],
    },
    "number": {1: ["a", "an", "one"], 2: ["two"], 3: ["three"]},
    "which": {True: ["which is", "that is"]},
    "filler": {None: ["there is", "there are", "is"]},
}
CHINESE = {
    "shape": {
        "circle": ["圆形", "圆"], "square": ["正方形", "方块"], "triangle": ["三角形"], "star": ["五角星", "星星"],
        "heart": ["心形", "爱心"], "cross": ["十字形", "十字"],
    },
    "colour": {
        "red": ["红色", "红"], "orange": ["橙色"], "yellow": ["黄色", "黄"], "green": ["绿色", "绿"],
        "blue": ["蓝色", "蓝"], "purple": ["紫色"], "pink": ["粉色"], "black": ["黑色", "黑"],
    },
    "size": {"small": ["小", "小小"], "large": ["大", "巨大"]},
    "relation": {
        "left of": ["的左边", "的左侧"], "right of": ["的右边", "的右侧"], "above": ["的上面", "的上方"],
        "below": ["的下面", "的下方"],
    },
    "place": {
        "top left": ["在左上角"], "top": ["在上边", "在顶部"], "top right": ["在右上角"], "left": ["在左边"],
        "centre": ["在中间", "在中央"], "right": ["在右边"], "bottom left": ["在左下角"],
        "bottom": ["在下边", "在底部"], "bottom right": ["在右下角"],
    },
    "number": {1: ["一个"], 2: ["两个"], 3: ["三个"]},
    "which": {True: ["后者在"]},
    "at": {None: ["在"]},
    "filler": {None: ["的", "有"]},
}
_SYMBOLS = {
    language: {
        phrase: (kind if kind != "plural" else "shape", meaning)
        for kind, meanings in lexicon.items() for meaning, phrases in meanings.items() for phrase in phrases
    }
    for language, lexicon in (("en", ENGLISH), ("zh", CHINESE))
}
_WORDS = {word for phrase in _SYMBOLS["en"] for word in phrase.split()}
VOCABULARY = tuple(sorted(_WORDS)) + tuple(sorted({character for phrase in _SYMBOLS["zh"] for character in phrase}))
_LONGEST = {language: sorted(phrases, key=len, reverse=True) for language, phrases in _SYMBOLS.items()}
_PATTERN = {
    "en": re.compile("(?:\\b(?:" + "|".join(map(re.escape, _LONGEST["en"])) + ")\\b)"),
    "zh": re.compile("|".join(map(re.escape, _LONGEST["zh"]))),
}
_EXAMPLES = "'a small red circle above a large blue square', 'three green stars', 'a pink heart at the top left'"


def _chooser(rng):
    """Draws a phrase; without a generator, takes the canonical one."""
    return (lambda options: options[0]) if rng is None else (lambda options: options[int(rng.random() * len(options))])


def _english(description, pick):
    def noun(spec, number=1):
        words = [pick(ENGLISH["size"][spec.size])] if spec.size else []
        words += [pick(ENGLISH["colour"][spec.colour]), pick(ENGLISH["plural" if number > 1 else "shape"][spec.shape])]
        article = ENGLISH["number"][number][0] if number > 1 else ("an" if words[0][0] in "aeiou" else "a")
        return " ".join([article, *words])

    objects, kind = description.objects, description.kind
    if kind == "count":
        return pick(["{}", "there are {}"]).format(noun(objects[0], len(objects)))
    nouns = [noun(spec) for spec in objects]
    if kind == "one":
        if not objects[0].place:
            return pick(["{}", "there is {}"]).format(nouns[0])
        place = pick(ENGLISH["place"][objects[0].place])
        return pick(["{0} {1}", "there is {0} {1}", "{1} there is {0}"]).format(nouns[0], place)
    caption = pick(["{} {} {}", "{} is {} {}", "there is {} {} {}"]).format(
        nouns[0], pick(ENGLISH["relation"][description.relations[0]]), nouns[1]
    )
    if kind == "three":
        relation = pick(ENGLISH["relation"][description.relations[1]])
        caption += f", {pick(ENGLISH['which'][True])} {relation} {nouns[2]}"
    return caption


def _chinese(description, pick):
    def noun(spec, number=1):
        size = pick(CHINESE["size"][spec.size]) if spec.size else ""
        colour, shape = pick(CHINESE["colour"][spec.colour][:1]), pick(CHINESE["shape"][spec.shape])
        orders = [f"{colour}{shape}", f"{colour}的{shape}"]
        if size:
            orders = [f"{size}的{colour}{shape}", f"{colour}的{size}{shape}"]
        return CHINESE["number"][number][0] + pick(orders)

    objects, kind = description.objects, description.kind
    if kind == "count":
        return pick(["{}", "有{}"]).format(noun(objects[0], len(objects)))
    nouns = [noun(spec) for spec in objects]
    if kind == "one":
        if not objects[0].place:
            return pick(["{}", "有{}"]).format(nouns[0])
        return pick(["{1}有{0}", "{0}{1}", "有{0}{1}"]).format(nouns[0], pick(CHINESE["place"][objects[0].place]))
    caption = f"{nouns[0]}在{nouns[1]}{pick(CHINESE['relation'][description.relations[0]])}"
    if kind == "three":
        caption += f"，后者在{nouns[2]}{pick(CHINESE['relation'][description.relations[1]])}"
    return caption


def describe(description, rng=None, language="en"):
    """Writes a `Description` as a caption.

    `rng` (a NumPy generator, or anything with `random()`) draws wording and synonyms; without it the caption is the
    canonical one. `language` is "en" or "zh".
    """
    check_choice("language", language, LANGUAGES)
    return (_english if language == "en" else _chinese)(description, _chooser(rng))


def _symbols(caption, language):
    """The caption as a list of (kind, meaning), longest phrases first; raises UnknownWordError."""
    text = re.sub(r"[,，.。!！]", " ", caption.lower())
    symbols, end = [], 0
    for match in [*_PATTERN[language].finditer(text), None]:
        between = text[end : match.start() if match else len(text)].split()
        for word in between if language == "en" else "".join(between):
            if word not in _WORDS | set(VOCABULARY):
                raise UnknownWordError(word, VOCABULARY if language == "zh" else _WORDS)
            raise CaptionError(f"cannot read {word!r} where it stands in {caption!r}: captions look like {_EXAMPLES}")
        if match:
            end = match.end()
            symbols.append(_SYMBOLS[language][match.group()])
    return [symbol for symbol in symbols if symbol[0] != "filler"]


# What may follow what, a letter a symbol: number, attributes in any order, then relations or a place.
_GRAMMAR = {
    "en": re.compile("N[ZCS]+(P|RN[ZCS]+(WRN[ZCS]+)?)?|PN[ZCS]+"),
    "zh": re.compile("N[ZCS]+(P|AN[ZCS]+R(WN[ZCS]+R)?)?|PN[ZCS]+"),
}
_LETTER = {
    "number": "N", "size": "Z", "colour": "C", "shape": "S", "place": "P", "relation": "R", "which": "W", "at": "A",
}


def language_of(caption):
    """ "zh" if the caption holds a Chinese character, else "en"."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", caption) else "en"


def parse(caption):
    """Reads an English or Chinese caption of the grammar into a `Description`.

    Raises UnknownWordError for a word that the grammar does not hold, CaptionError for an empty caption or one whose
    words do not make a scene.
    """
    if not caption or not caption.strip():
        raise CaptionError(f"the caption is empty: captions look like {_EXAMPLES}")
    language = language_of(caption)
    symbols = _symbols(caption, language)
    if not _GRAMMAR[language].fullmatch("".join(_LETTER[kind] for kind, _ in symbols)):
        raise CaptionError(f"cannot read {caption!r} as a scene: captions look like {_EXAMPLES}")
    objects, relations, place = [], [], None
    for kind, meaning in symbols:
        if kind == "number":
            objects.append({"number": meaning})
        elif kind == "relation":
            relations.append(meaning)
        elif kind == "place":
            place = meaning
        elif kind in ("shape", "colour", "size"):
            if kind in objects[-1]:
                raise CaptionError(f"an object has two {kind}s in {caption!r}: it may have one")
            objects[-1][kind] = meaning
    return _build(caption, objects, relations, place)


def _build(caption, objects, relations, place):
    for o in objects:
        for need, allowed in (("colour", COLOURS), ("shape", SHAPES)):
            if need not in o:
                raise CaptionError(f"an object has no {need} in {caption!r}: allowed are {', '.join(allowed)}")
    if max(o["number"] for o in objects) > 1 and (len(objects) > 1 or place):
        raise CaptionError(f"{caption!r} counts objects and also places them: a count stands alone ('two red stars')")
    specs = [ObjectSpec(o["shape"], o["colour"], o.get("size"), place) for o in objects for _ in range(o["number"])]
    return Description(tuple(specs), tuple(relations))


assert set(ENGLISH["shape"]) == set(SHAPES) and set(ENGLISH["size"]) == set(SIZES)
assert set(CHINESE["place"]) == set(PLACES) and set(CHINESE["relation"]) == set(RELATIONS)
