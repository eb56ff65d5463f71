"""The captions that the oracle of the playground reads, against Python's grammar, computed live."""

import json
import re

import numpy as np
from node import run_node

from dalle_tutorial.data import _fit
from dalle_tutorial.data.captions import LANGUAGES, VOCABULARY, describe, parse
from dalle_tutorial.data.scenes import SPLITS, Description
from dalle_tutorial.data.shapes import sample
from dalle_tutorial.errors import CaptionError, UnknownWordError

READ = """
import fs from "node:fs";
const { parse, describe } = await import(`${process.cwd()}/_assets/playground/oracle/oracle.js`);
const { VOCABULARY } = await import(`${process.cwd()}/_assets/playground/oracle/lexicon.js`);
const { AREA, CENTROID } = await import(`${process.cwd()}/_assets/playground/oracle/fit.js`);
const read = (caption) => {
  const start = performance.now();
  try {
    const found = parse(caption);
    return { ...found, again: ["en", "zh"].map((language) => describe(found, language)) };
  } catch ({ name, message, word, nearest }) {
    return { name, message, word, nearest, milliseconds: performance.now() - start };
  }
};
const captions = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify({
  read: captions.map(read), VOCABULARY, AREA: [...AREA], CENTROID: [...CENTROID],
}));
"""


def _read(captions):
    return json.loads(run_node(READ, input=json.dumps(captions).encode()))


def _spoilt(caption, rng):
    """The caption with words, or characters, left out, doubled, exchanged or misspelled."""
    words = caption.split(" ") if " " in caption else list(caption)
    for _ in range(int(rng.integers(1, 4))):
        i, j = rng.integers(len(words), size=2)
        change = rng.integers(5)
        if change == 0 and len(words) > 1:
            del words[i]
        elif change == 1:
            words.insert(int(j), words[i])
        elif change == 2:
            words[i], words[j] = words[j], words[i]
        elif change == 3:
            words[i] = words[i][::-1] + str(rng.choice(["", "s", "é", "_", "\u0301", "İ", "ß", "!", "，", "\x85"]))
        else:
            words[i] = str(rng.choice(VOCABULARY)).upper()
    return (" " if " " in caption else "").join(words)


def _python(caption):
    try:
        return parse(caption)
    except CaptionError as error:
        return error


def test_captions_are_read_as_python_reads_them(rng):
    asked = [d for i, split in enumerate(SPLITS) for d in sample(60, 70 + i, split)[0]]
    captions = [describe(d, rng, language) for d in asked for language in LANGUAGES]
    spoilt = [_spoilt(caption, rng) for caption in captions]
    odd = ["", " \t\u3000", "a", "red", "a red circle red", "two red stars at the top", "'", "a\u00a0red\u2003circle.",
           "A RED CIRCLE!", "a red_circle", "a red circle'", 'a "red\' circle', "一个红色圆在", "在红",
           "three small small green stars", "a red circle above", "a\x1cred\x1fcircle", "两个红色圆在左边",
           "a 红 circle", "a red\ufeffcircle"]
    told = _read(captions + spoilt + odd)
    assert tuple(told["VOCABULARY"]) == VOCABULARY
    failed = 0
    for caption, js in zip(captions + spoilt + odd, told["read"], strict=True):
        expected = _python(caption)
        if isinstance(expected, Description):
            assert js.get("objects") == [vars(spec) for spec in expected.objects], (caption, js)
            assert tuple(js["relations"]) == expected.relations
            assert js["again"] == [describe(expected, language=language) for language in LANGUAGES]
            continue
        failed += 1
        assert js["name"] == "CaptionError", (caption, js)
        unknown = isinstance(expected, UnknownWordError)
        assert js["word"] == (expected.word if unknown else None)
        assert tuple(js["nearest"]) == (expected.nearest if unknown else ())
        if len(caption) <= 40:           # a longer one is quoted in part
            assert js["message"] == str(expected)
        else:
            assert js["message"].split("'")[0] == str(expected).split("'")[0]
    assert failed > 300


HOSTILE = {
    "long word": "x" * 10_000, "known words": "red " * 2_500, "articles": "a " * 5_000, "character": "圆" * 10_000,
    "new character": "鑫" * 10_000, "emoji": "🦒" * 5_000, "override": "a red \u202e circle", "arabic": "a red دائرة",
    "markup": "<img src=x onerror=alert(1)>", "much markup": "<script>" * 1_250, "chain": "a red circle above " * 500,
    "space": " " * 10_000, "accents": "e\u0301" * 5_000, "half an emoji": "\ud83e", "zeros": "\0" * 10_000,
    "endless": "a red circle, " + "which is " * 1_000, "marks": "\u200f\u202e" * 5_000, "quotes": "'\\" * 5_000,
}


def test_hostile_captions_fail_at_once_and_are_quoted_in_part():
    for kind, js in zip(HOSTILE, _read([*HOSTILE.values()])["read"], strict=True):
        assert js["name"] == "CaptionError" and js["milliseconds"] < 200, kind    # 1 to 5 on a machine at rest
        quotes = re.findall(r"'((?:[^'\\]|\\.)*)'", js["message"])
        assert len(js["message"]) < 700 and max(map(len, quotes)) < 420, kind    # 40 characters, at most ten signs each
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\0]", js["message"]), kind
        assert js["word"] is None or len(js["word"]) <= 42, kind


def test_constants_are_what_python_counts():
    told = _read([])
    np.testing.assert_array_equal(np.float32(told["AREA"]), _fit._AREA)
    np.testing.assert_array_equal(np.float32(told["CENTROID"]), _fit._CENTROID)
