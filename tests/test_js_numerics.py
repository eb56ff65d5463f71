"""The numerics of the playground against Python's, computed live: noise, captions, samplers, tokens, vectors."""

import itertools
import json

import numpy as np
import pytest
from node import run_node
from scipy.special import ndtr

from dalle_tutorial.data.captions import VOCABULARY, describe
from dalle_tutorial.data.shapes import sample
from dalle_tutorial.errors import CaptionError, UnknownWordError
from dalle_tutorial.models.guidance import clip_x0
from dalle_tutorial.models.samplers import (
    SAMPLERS,
    ddim,
    initial_noise,
    invert,
    noise_for_each,
    own_dice,
    times_of,
)
from dalle_tutorial.models.sampling import choose
from dalle_tutorial.models.schedules import KINDS, SCHEDULES, find_schedule, target_of, to_x0_and_noise
from dalle_tutorial.models.slerp import slerp
from dalle_tutorial.text.tokenizers import WordTokenizer

HEAD = """
import fs from "node:fs";
const input = JSON.parse(fs.readFileSync(0, "utf8"));
const load = (name) => import(`${process.cwd()}/_assets/playground/${name}.js`);
"""


def told(script, **given):
    """What a script, told `input`, hands to its function `tell`, through JSON."""
    tell = "const tell = (value) => process.stdout.write(JSON.stringify(value));"
    return json.loads(run_node(HEAD + tell + script, input=json.dumps(given).encode()))


def numbers(script, dtype, **given):
    """The typed array that a script, told `input`, hands to its function `tell`."""
    tell = "const tell = (array) => process.stdout.write(new Uint8Array(array.buffer));"
    return np.frombuffer(run_node(HEAD + tell + script, input=json.dumps(given).encode()), dtype)


# Random numbers

SEEDS = [
    [0], [0, 0], [0, 1], [5], [7, 2**30], [7, 2**30 + 3], [2**32], [2**40 + 3, 11], [2**70, 1],
    [1, 2, 3, 4], [*range(9)],
]
DRAW = """
const { Generator } = await load("random");
const all = input.seeds.map((seeds) => new Generator(seeds.map(BigInt))[input.method](input.n));
const joined = new all[0].constructor(all.length * input.n);
all.forEach((each, i) => joined.set(each, i * input.n));
tell(joined);
"""


def both_draw(method, dtype, n, seeds):
    """The numbers of many seeds (seeds, n), JavaScript's and NumPy's."""
    texts = [[str(seed) for seed in each] for each in seeds]
    found = numbers(DRAW, dtype, method=method, n=n, seeds=texts).reshape(len(seeds), n)
    return found, np.stack([np.random.default_rng(each).standard_normal(n, dtype) for each in seeds])


def test_doubles_are_numpys_to_the_last_bit_but_for_the_tails():
    """A million, and the first thousands of many seeds. Beyond the ziggurat's edge a logarithm may round otherwise."""
    for n, seeds in ((1_000_000, [[20261130]]), (3072, [*SEEDS, *([seed, 3] for seed in range(90))])):
        found, wanted = both_draw("standardNormal", "float64", n, seeds)
        assert abs(found - wanted).max() <= 2e-15
        inside = abs(wanted) < 3.654
        assert (found == wanted)[inside].all() and not inside.all()


def test_single_precision_is_numpys_to_the_last_bit_but_for_the_tails():
    """As for doubles; C libraries differ in the last bit of a single logarithm."""
    for n, seeds in ((1_000_000, [[20261130]]), (3072, [*SEEDS, *([seed, 3] for seed in range(90))])):
        found, wanted = both_draw("standardNormal32", "float32", n, seeds)
        assert abs(found - wanted).max() <= 1e-6
        inside = abs(wanted) < 3.654
        assert (found == wanted)[inside].all() and not inside.all()


@pytest.mark.parametrize("seed", [3, [3, 2**30 + 2]])
def test_noise_of_pictures(seed):
    """Rows, also from the middle; and the noise that other samplers begin with."""
    script = 'const { noiseForEach } = await load("random"); tell(noiseForEach(3, 96, input.seed, 2));'
    assert (numbers(script, "float32", seed=seed).reshape(3, 96) == noise_for_each(5, (96,), seed)[2:]).all()
    script = 'const { initialNoise } = await load("random"); tell(initialNoise(100, 9));'
    assert (numbers(script, "float32") == initial_noise((100,), 9)).all()


def test_dice_of_each_row():
    """What a sampler draws on the way; one to six numbers in a row, of which at most four seed its dice."""
    script = """
    const { ownDice } = await load("samplers"), { noiseForEach } = await load("random");
    const dice = ownDice(noiseForEach(3, input.size, 4), input.size);
    tell(Float32Array.from([...dice.next().value, ...dice.next().value]));
    """
    for size in (1, 2, 4, 6):
        wanted = np.concatenate(list(itertools.islice(own_dice(noise_for_each(3, (size,), 4)), 2))).reshape(-1)
        assert (numbers(script, "float32", size=size) == wanted).all()


# Captions

HOSTILE = [
    "", "   ", ",.!?", "\u3000", "\x1c\x85", "<img src=x onerror=alert(1)>", "a red circle <script>", "{{7*7}}",
    "&lt;", "%00", "\U0001f992", "\U0001f469\u200d\U0001f467 red", "\u0645\u0631\u062d\u0628\u0627",
    "\u05e9\u05dc\u05d5\u05dd", "\u202ea red circle", "a\u200bred", "a red\ufeffcircle", "a\x1cred\x85circle",
    "a\nred\tcircle", "\x00red", "\ud83d", "x" * 10_000, "a " * 5000, "红" * 5000, "\U0001f992" * 5000,
    "a red circle" + " " * 9000, "<" * 10_000, "-" * 10_000, "\ufb01", "\uff32\uff25\uff24", "re\u0301d", "e\u0301",
    "\u0130", "\u03a3\u0391\u03a3", "\u2460", "\xbd red", "a1", "a_b", "a__", "don't", "\u2019a", "a\u2019b\u2019c",
    "it''s", "red-blue", "A RED CIRCLE", "__proto__", "constructor", "\U00020000", "一个红色的圆形circle", "circle圆",
    "\u3007", "\u3005", "\uf900",
]
ENCODE = """
const { WordTokenizer, splitWords } = await load("tokenizer");
const tokenizer = new WordTokenizer(input.config);
tell(input.captions.map((caption) => {
  const start = performance.now();
  try {
    return { words: splitWords(caption).slice(0, 50), ids: [...tokenizer.encode(caption)] };
  } catch (error) {
    const { name, message, word, nearest } = error, milliseconds = performance.now() - start;
    return { name, message, word, nearest, milliseconds };
  }
}));
"""


def expected(tokenizer, caption):
    """The ids that Python gives, or the error."""
    try:
        return tokenizer([caption])[0].tolist()
    except CaptionError as error:
        return error


@pytest.mark.parametrize("words", [VOCABULARY, [w for w in VOCABULARY if w.isascii()]], ids=["both", "English"])
def test_captions_become_the_same_ids_or_the_same_error(words):
    """Some hundred of the grammar in both languages, and what nobody should type."""
    tokenizer, rng = WordTokenizer(words, 44), np.random.default_rng(0)
    captions = [describe(d, rng, language) for d in sample(150, 0)[0] for language in ("en", "zh")]
    captions += [caption.replace(" ", "  ").upper() for caption in captions[:20]] + HOSTILE
    for caption, found in zip(captions, told(ENCODE, config=tokenizer.get_config(), captions=captions), strict=True):
        wanted = expected(tokenizer, caption)
        if not isinstance(wanted, CaptionError):
            assert found["ids"] == wanted, caption
            continue
        assert found.get("name") == "CaptionError", (caption, found)
        assert len(found["message"]) < 250 and found["milliseconds"] < 200
        if isinstance(wanted, UnknownWordError):
            assert found["word"] == wanted.word[:80], caption
            assert found["message"].startswith("I have never seen '")
            assert set(found["nearest"]) <= set(words)
        else:
            assert found["word"] is None
            assert ("empty" in found["message"]) == ("empty" in str(wanted)) != ("too long" in found["message"])


# Schedules, guidance and samplers

RATES = """
const { findSchedule } = await load("schedule");
tell(input.configs.map((config) => input.times.map(findSchedule(config).rates)));
"""


def test_rates():
    """Of every schedule, by name and by configuration, at many times."""
    configs = [*SCHEDULES, {"name": "linear", "steps": 100, "last": 0.1}, {"name": "cosine", "offset": 0.02}]
    times = [0.0, *np.random.default_rng(1).random(300).tolist(), 1.0]
    for config, found in zip(configs, told(RATES, configs=configs, times=times), strict=True):
        wanted = [find_schedule(config).rates(t) for t in times]
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15, err_msg=str(config))


CONVERT = """
const { targetOf, toX0AndNoise } = await load("schedule");
const { clipDynamic, clipStatic } = await load("guidance");
const [x, y] = input.arrays.map((array) => Float32Array.from(array));
const found = input.rates.flatMap(([signal, noise]) => input.kinds.flatMap((kind) => {
  const both = toX0AndNoise(kind, x, y, signal, noise);
  return [both.x0, both.noise, targetOf(kind, x, y, signal, noise)];
}));
tell([...found, clipStatic(x), clipDynamic(x, x.length / 2)].map((array) => [...array]));
"""


def test_conversions_and_clipping():
    """The same numbers in single precision, to the last bit; also where a rate is nothing."""
    x, y = np.random.default_rng(2).standard_normal((2, 2, 500)).astype("float32")
    rates = [(0.3, 0.7), (0.8, 0.6), (1.0, 0.0), (0.0, 1.0)]
    wanted = []
    for each in rates:
        for kind in KINDS:
            wanted += [*to_x0_and_noise(kind, x, y, *each), target_of(kind, x, y, *each)]
    wanted += [clip_x0(x, "static"), clip_x0(x, "dynamic")]
    found = told(CONVERT, arrays=[x.ravel().tolist(), y.ravel().tolist()], rates=rates, kinds=KINDS)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.array(a, "float32"), b.ravel())


# Ideal for data N(0.4, 0.5²), bent a little so that no sampler is exact; written alike in both languages, and rounded
# alike: what differs is the sampler's doing.
SAMPLE = """
const { SAMPLERS, invert, timesOf } = await load("samplers");
const { findSchedule } = await load("schedule");
const found = [];
for (const { sampler, schedule: name, steps, settings } of input.cases) {
  const schedule = findSchedule(name);
  const denoise = async (x, t) => {
    const [signal, noise] = schedule.rates(t), f = Math.fround, variance = f(signal ** 2 * 0.25 + noise ** 2);
    const bend = (value) => f(f(0.1) * Math.min(Math.max(value, -1), 1));
    const away = x.map((value) => f(f(value - f(signal * 0.4)) / variance) + bend(value));
    return { x0: away.map((value) => f(0.4) + f(f(signal * 0.25) * value)), noise: away.map((v) => f(noise) * v) };
  };
  const take = SAMPLERS[sampler] ?? invert;
  for await (const step of take(denoise, schedule, Float32Array.from(input.x), steps, settings)) {
    found.push(step.t, ...step.x, ...step.x0);
  }
}
tell(Float64Array.from(found));
"""
CASES = [
    *((sampler, schedule, steps, {"seed": 4}) for sampler in SAMPLERS for schedule in SCHEDULES for steps in (1, 2, 9)),
    *(("ddim", schedule, 6, {"eta": 0.5, "seed": 2}) for schedule in SCHEDULES),
    *(("invert", schedule, steps, {"refine": refine}) for schedule in SCHEDULES for steps in (5, [0.05, 0.4, 1.0])
      for refine in (0, 2)),
    ("dpm-solver", "rectified-flow", [1.0, 0.6, 0.5, 0.0], {}),
]


def test_samplers_take_the_same_steps():
    """Every sampler with every schedule, first order and second, to infinite λ and from it, drawn noise and none."""
    x = initial_noise((2, 50), 8)
    cases = [dict(zip(("sampler", "schedule", "steps", "settings"), case, strict=True)) for case in CASES]
    found, wanted = numbers(SAMPLE, "float64", cases=cases, x=x.ravel().tolist()), []
    for sampler, name, steps, settings in CASES:
        schedule = find_schedule(name)

        def denoise(x, t, schedule=schedule):
            signal, noise = schedule.rates(t)
            away = (x - signal * 0.4) / (signal**2 * 0.25 + noise**2) + 0.1 * np.clip(x, -1, 1)
            return 0.4 + signal * 0.25 * away, noise * away

        for step in {**SAMPLERS, "invert": invert}[sampler](denoise, schedule, x, steps, **settings):
            assert step.x.dtype == np.float32
            wanted.append(np.concatenate([[step.t], step.x.ravel(), step.x0.ravel()]))
    np.testing.assert_allclose(found.reshape(-1, 201), wanted, atol=1e-6, rtol=1e-6)


GIVEN = """
const { ddim, last } = await load("samplers");
const { makeDenoise } = await load("guidance");
const run = async (x, t, keep) => x.map((value) => value * (keep ? 0.5 : 0.2) + t);
const settings = { schedule: "cosine", prediction: input.prediction, guidanceScale: input.scale, clip: input.clip };
const { findSchedule } = await load("schedule");
const noise = input.noise.map((array) => Float32Array.from(array));
const x = Float32Array.from(input.x), denoise = makeDenoise(run, settings);
tell(await last(ddim(denoise, findSchedule("cosine"), x, 4, { eta: 1, noise })));
"""


@pytest.mark.parametrize(("scale", "clip"), [(1, None), (1, "static"), (3.5, "static"), (0, "dynamic")])
def test_guidance_and_given_noise(scale, clip):
    """What `Diffusion.denoise` does, spelt out."""
    x, *noise = np.random.default_rng(3).standard_normal((5, 1, 40)).astype("float32")
    schedule = find_schedule("cosine")

    def denoise(x, t):
        told, without = (x * np.float32(share) + np.float32(t) for share in (0.5, 0.2))
        output = told if scale == 1 else without + scale * (told - without)
        x0, guess = to_x0_and_noise("velocity", output, x, *schedule.rates(t))
        if clip is None:
            return x0, guess
        x0 = clip_x0(x0, clip)
        return x0, to_x0_and_noise("x0", x0, x, *schedule.rates(t))[1]

    *_, step = ddim(denoise, schedule, x, 4, eta=1.0, noise=noise)
    given = {"x": x.ravel().tolist(), "noise": [each.ravel().tolist() for each in noise]}
    found = numbers(GIVEN, "float32", scale=scale, clip=clip, prediction="velocity", **given)
    np.testing.assert_allclose(found, step.x.ravel(), atol=1e-5)


def test_times():
    """To the last bit, both ways."""
    script = """
    const { timesOf } = await load("samplers");
    tell(input.steps.flatMap((steps) => [timesOf(steps), timesOf(steps, true)]));
    """
    found = told(script, steps=[*range(1, 60)])
    assert found == [times_of(steps, backwards) for steps in range(1, 60) for backwards in (False, True)]


# Tokens, and vectors

CHOOSE = """
const { choose, ndtr } = await load("sampling");
tell(input.settings.map((settings) => input.logits.map((row, i) => choose(row, input.uniforms[i], settings))));
"""


def test_the_same_tokens_are_chosen():
    """At all temperatures and cuts, from random logits, from equal ones, and at both ends of the range."""
    rng = np.random.default_rng(4)
    logits = np.concatenate([3 * rng.standard_normal((100, 512)), rng.integers(0, 4, (30, 512))]).astype("float32")
    uniforms = np.concatenate([rng.random(126), [0.0, 1.0, 0.0, 1.0]])
    names = {"temperature": "temperature", "top_k": "topK", "top_p": "topP"}
    settings = [
        {}, {"temperature": 0}, {"temperature": 0.5}, {"temperature": 2.0}, {"top_k": 1}, {"top_k": 40}, {"top_p": 0.9},
        {"top_p": 0.01}, {"top_p": 1.0}, {"temperature": 0.7, "top_k": 64, "top_p": 0.8}, {"top_k": 1000},
    ]
    renamed = [{names[name]: value for name, value in each.items()} for each in settings]
    found = told(CHOOSE, settings=renamed, logits=logits.tolist(), uniforms=uniforms.tolist())
    for each, tokens in zip(settings, found, strict=True):
        assert tokens == choose(logits, uniforms, **each).tolist(), each


def test_ndtr():
    """Within 1e-12, also in proportion."""
    x = np.concatenate([np.linspace(-8, 8, 4001), [-30.0, -3.0, 3.0, 0.0, 30.0]])
    found = told('const { ndtr } = await load("sampling"); tell(input.x.map(ndtr));', x=x.tolist())
    np.testing.assert_allclose(found, ndtr(x), rtol=1e-12, atol=0)


def test_slerp():
    """Random pairs, the same vector twice, opposite ones, and lengths that differ."""
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, 30, 64)).astype("float32")
    b[0], b[1], a[2] = a[0], 2 * a[1], 0.1 * a[2]
    fractions = np.concatenate([[0.5, 0.25], np.linspace(0, 1, 28)])
    script = """
    const { slerp } = await load("slerp");
    const row = (array) => Float32Array.from(array);
    tell(input.a.map((a, i) => [...slerp(row(a), row(input.b[i]), input.fractions[i])]));
    """
    found = told(script, a=a.tolist(), b=b.tolist(), fractions=fractions.tolist())
    np.testing.assert_allclose(found, slerp(a, b, fractions), atol=1e-5)
