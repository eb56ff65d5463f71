/** What a sampler asks of a network: classifier-free guidance, and pictures kept in range (`models/guidance.py`). */

import { checkChoice, findSchedule, mix, toX0AndNoise } from "./schedule.js";

const { fround } = Math;
const CLIPS = [null, "static", "dynamic"];
const MOST = 0.995; // the share of pixels that dynamic thresholding leaves within range

/**
 * without + scale · (with − without), in single precision.
 * @param {Float32Array} withThem what is said with the conditions
 * @param {Float32Array} without
 * @param {number} scale
 * @returns {Float32Array}
 */
export const lead = (withThem, without, scale) => mix(1, without, scale, mix(1, withThem, -1, without));

/** `clip_x0(x0, "static")`: cut to [−1, 1]. */
export const clipStatic = (x0) => x0.map((value) => Math.min(Math.max(value, -1), 1));

/**
 * `clip_x0(x0, "dynamic")`: each picture is divided by the 99.5th percentile of |x0| where that is above 1, and cut.
 * @param {Float32Array} x0 pictures, one after another
 * @param {number} size numbers in each picture
 * @returns {Float32Array}
 */
export function clipDynamic(x0, size = x0.length) {
  const clipped = new Float32Array(x0.length);
  for (let at = 0; at < x0.length; at += size) {
    const picture = x0.subarray(at, at + size), most = fround(Math.max(quantile(picture.map(Math.abs), MOST), 1));
    clipped.set(picture.map((value) => Math.min(Math.max(value, -most), most) / most), at);
  }
  return clipped;
}

/** `np.quantile`: between the two nearest of the sorted numbers. */
function quantile(values, share) {
  const sorted = values.sort(), place = share * (sorted.length - 1), below = Math.floor(place);
  const low = sorted[below], high = sorted[Math.min(below + 1, sorted.length - 1)];
  return low + (place - below) * (high - low);
}

/**
 * `Diffusion.denoise`: the function (x, t) → {x0, noise} that samplers ask.
 * @param {null|function(Float32Array, number, 0|1): Promise<Float32Array>} run evaluates the network once, with (1) or
 *   without (0) the conditions that may be dropped; may be null where there is `runBoth`
 * @param {object} settings
 * @param {object|string} settings.schedule what `findSchedule` takes or gives
 * @param {string} settings.prediction "noise", "x0", "velocity" (the schedule's own) or "flow"
 * @param {number} [settings.guidanceScale] 1 heeds the conditions as learnt, more exaggerates them, 0 ignores them
 * @param {null|"static"|"dynamic"} [settings.clip]
 * @param {function(Float32Array, number): Promise<Float32Array[]>} [settings.runBoth] [with, without] in one evaluation
 * @param {number} [settings.size] numbers in each picture, for "dynamic"
 * @returns {function(Float32Array, number): Promise<{x0: Float32Array, noise: Float32Array}>}
 * @throws {RangeError} for settings that are not allowed
 */
export function makeDenoise(run, { schedule, prediction, guidanceScale = 1, clip = null, runBoth = null, size }) {
  const { rates, velocity } = schedule.rates ? schedule : findSchedule(schedule);
  const kind = prediction === "velocity" ? velocity : prediction;
  checkChoice("clip", clip, CLIPS);
  if (!(guidanceScale >= 0 && guidanceScale < Infinity)) {
    throw new RangeError(`guidance_scale is ${guidanceScale}: it must be a number of at least 0`);
  }
  const both = runBoth ?? (async (x, t) => [await run(x, t, 1), await run(x, t, 0)]);
  const once = async (x, t) => (run ? run(x, t, 1) : (await runBoth(x, t))[0]);
  const guided = async (x, t) => lead(...(await both(x, t)), guidanceScale);
  const evaluate = guidanceScale === 1 ? once : guided;

  return async (x, t) => {
    const now = rates(t), guess = toX0AndNoise(kind, await evaluate(x, t), x, ...now);
    if (clip === null) return guess;
    const x0 = clip === "static" ? clipStatic(guess.x0) : clipDynamic(guess.x0, size);
    return toX0AndNoise("x0", x0, x, ...now);
  };
}
