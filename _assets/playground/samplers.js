/**
 * From noise to a picture, step by step, and back (`models/samplers.py`): async generators that yield every step.
 *
 * `denoise(x, t)` promises {x0, noise}: what x, at time t, was mixed from. x is a Float32Array of any number of
 * pictures. Arrays are rounded to single precision after each operation, as NumPy does; rates are doubles.
 *
 * @typedef {{t: number, x: Float32Array, x0: Float32Array}} Step x at time t, and the x0 that the step aimed at
 */

import { Generator, samplerNoise } from "./random.js";
import { checkChoice, mix, targetOf, toX0AndNoise } from "./schedule.js";

/**
 * `ddim`: mixes the guess again, with a share `eta` of fresh noise instead of the guessed (Song et al. 2021, Eq. 12).
 * @param {function(Float32Array, number): Promise<{x0: Float32Array, noise: Float32Array}>} denoise
 * @param {{rates: function(number): [number, number]}} schedule
 * @param {Float32Array} x at the first time
 * @param {number|number[]} steps how many, or the times themselves
 * @param {{eta?: number, seed?: number, noise?: Iterable<Float32Array>|null}} [settings] eta from 0 to 1; the noise of
 *   each step that draws, if it is not to come from the seed
 * @returns {AsyncGenerator<Step>}
 * @throws {RangeError} for steps, an eta or a seed that are not allowed
 */
export async function* ddim(denoise, schedule, x, steps, { eta = 0, seed = 0, noise = null } = {}) {
  if (!(eta >= 0 && eta <= 1)) {
    throw new RangeError(`eta is ${eta}: it must lie between 0 (nothing drawn) and 1 (as DDPM)`);
  }
  const fresh = freshNoise(x.length, seed, noise);
  for (const [t, tNext] of pairs(timesOf(steps))) {
    const { x0, noise: guess } = await denoise(x, t);
    const [signal, noiseRate] = schedule.rates(tNext);
    const drawn = eta * posteriorDeviation(schedule, t, tNext);
    x = mix(signal, x0, Math.sqrt(Math.max(noiseRate ** 2 - drawn ** 2, 0)), guess);
    if (drawn) x = mix(1, x, drawn, fresh.next().value);
    yield { t: tNext, x, x0 };
  }
}

/** `ddpm`: ancestral sampling (Ho et al. 2020, Algorithm 2), which is `ddim` with eta = 1. Arguments as there. */
export function ddpm(denoise, schedule, x, steps, settings = {}) {
  return ddim(denoise, schedule, x, steps, { ...settings, eta: 1 });
}

/**
 * `dpm_solver`: DPM-Solver++(2M), of second order with one evaluation a step (Lu et al. 2022, Algorithm 2). Nothing is
 * drawn. The last step, to λ = ∞, is of first order; so is one that comes from pure noise. Arguments as for `ddim`.
 */
export async function* dpmSolver(denoise, schedule, x, steps) {
  let before = null, strideBefore = null;
  for (const [t, tNext] of pairs(timesOf(steps))) {
    const [signal, noiseRate] = schedule.rates(t), [signalNext, noiseNext] = schedule.rates(tNext);
    const { x0 } = await denoise(x, t);
    const stride = logRatio(signalNext, noiseNext) - logRatio(signal, noiseRate);
    let aim = x0;
    if (before && Number.isFinite(stride) && Number.isFinite(strideBefore)) {
      aim = mix(1, x0, (0.5 * stride) / strideBefore, mix(1, x0, -1, before));
    }
    const kept = noiseNext / noiseRate;
    x = mix(kept, x, signalNext - kept * signal, aim);
    [before, strideBefore] = [x0, stride];
    yield { t: tNext, x, x0 };
  }
}

/**
 * `invert`: DDIM backwards, from a picture to the noise that `ddim` draws it from. `refine` more evaluations for each
 * step solve for its noisier end. Other arguments as for `ddim`.
 */
export async function* invert(denoise, schedule, x, steps, { refine = 0 } = {}) {
  const first = schedule.velocity === "flow" ? "flow" : "noise";
  for (const [t, tNext] of pairs(timesOf(steps, true))) {
    const rates = schedule.rates(t), [signalNext, noiseNext] = schedule.rates(tNext);
    let end = x, x0;
    for (let round = 0; round <= refine; round++) {
      const kind = round ? "flow" : first, guess = await denoise(end, tNext);
      const found = toX0AndNoise(kind, targetOf(kind, guess.x0, guess.noise, ...rates), x, ...rates);
      x0 = found.x0;
      end = mix(signalNext, x0, noiseNext, found.noise);
    }
    x = end;
    yield { t: tNext, x, x0 };
  }
}

/** By the names that Python knows. */
export const SAMPLERS = { "ddpm": ddpm, "ddim": ddim, "dpm-solver": dpmSolver };

/** `find_sampler`: the sampler of this name; RangeError where there is none. */
export function findSampler(name) {
  checkChoice("sampler", name, Object.keys(SAMPLERS));
  return SAMPLERS[name];
}

/**
 * `own_dice`: what is drawn on the way from `noise`, for each of its rows by dice of its own, which the row's first
 * four numbers seed: an endless iterator of arrays like it.
 * @param {Float32Array} noise
 * @param {number} size numbers in a row
 */
export function* ownDice(noise, size) {
  const words = new Uint32Array(noise.slice().buffer);
  const dice = Array.from({ length: noise.length / size }, (_, row) => (
    new Generator(Array.from(words.subarray(row * size, row * size + Math.min(4, size))))
  ));
  for (;;) {
    const drawn = new Float32Array(noise.length);
    dice.forEach((each, row) => drawn.set(each.standardNormal32(size), row * size));
    yield drawn;
  }
}

/** The result of a sampler: the x of its last step. */
export async function last(steps) {
  let x;
  for await (const step of steps) x = step.x;
  return x;
}

/**
 * `times_of`: the times that a sampler passes through, the first one included.
 * @param {number|number[]} steps how many, evenly from 1 to 0, or the times themselves
 * @param {boolean} [backwards] from 0 to 1
 * @returns {number[]}
 * @throws {RangeError} for fewer than one step, and for times that do not go one way within [0, 1]
 */
export function timesOf(steps, backwards = false) {
  if (typeof steps === "number") {
    if (!(Number.isSafeInteger(steps) && steps >= 1)) {
      throw new RangeError(`steps is ${steps}: a sampler needs a whole number of them, at least 1`);
    }
    const stride = -1 / steps; // as np.linspace: the strides are multiplied, and the last time is set
    const times = Array.from({ length: steps + 1 }, (_, i) => (i === steps ? 0 : i * stride + 1));
    return backwards ? times.reverse() : times;
  }
  const times = Array.from(steps, Number), sign = backwards ? -1 : 1;
  const falls = pairs(times).every(([t, tNext]) => (tNext - t) * sign < 0);
  if (times.length < 2 || !falls || times.some((t) => !(t >= 0 && t <= 1))) {
    const way = backwards ? "rise" : "fall";
    throw new RangeError(`the times of a sampler must ${way} within [0, 1], and be two at least: got ${times}`);
  }
  return times;
}

/** Neighbours: [[a, b], [b, c], …]. */
const pairs = (items) => items.slice(1).map((item, i) => [items[i], item]);

/** Arrays of noise: those given, or drawn by a generator of the seed. */
function* freshNoise(size, seed, noise) {
  if (noise !== null) {
    yield* noise;
    throw new RangeError("noise must hold one array for each step that draws: there are too few");
  }
  const generator = samplerNoise(seed);
  for (;;) yield generator.standardNormal32(size);
}

/** The standard deviation of q(x_next | x, x0) (Ho et al. 2020, Eq. 7, for any two rates). */
function posteriorDeviation(schedule, t, tNext) {
  const [signal, noise] = schedule.rates(t), [signalNext, noiseNext] = schedule.rates(tNext);
  const added = noise ** 2 - ((signal / signalNext) * noiseNext) ** 2;
  return (noiseNext / noise) * Math.sqrt(Math.max(added, 0));
}

/** λ = log(signal / noise), infinite at the ends. */
function logRatio(signal, noise) {
  if (!signal || !noise) return signal ? Infinity : -Infinity;
  return Math.log(signal / noise);
}
