/** Schedules, samplers and guidance, with denoisers whose results are known. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { clipDynamic, clipStatic, lead, makeDenoise } from "../../_assets/playground/guidance.js";
import { SAMPLERS, ddim, findSampler, invert, last, timesOf } from "../../_assets/playground/samplers.js";
import { findSchedule, targetOf, toX0AndNoise } from "../../_assets/playground/schedule.js";

const row = (...values) => Float32Array.from(values);
const near = (found, wanted, error) =>
  found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) <= error, `${value} is not ${wanted[i]}`));

/** Always guesses the same picture, and the noise that is then left. */
const certain = (schedule, x0) => async (x, t) => toX0AndNoise("x0", x0, x, ...schedule.rates(t));

test("what is certain is drawn by every sampler with every schedule", async () => {
  const picture = row(0.5, -0.25, 1);
  for (const take of Object.values(SAMPLERS)) {
    for (const name of ["linear", "cosine", "rectified-flow"]) {
      const schedule = findSchedule(name);
      near(await last(take(certain(schedule, picture), schedule, row(1, 2, 3), 5, { seed: 1 })), picture, 1e-5);
    }
  }
});

test("steps tell their time, and are taken one after another", async () => {
  const schedule = findSchedule("rectified-flow"), times = [];
  for await (const { t, x, x0 } of ddim(certain(schedule, row(1)), schedule, row(0), [1, 0.5, 0])) {
    times.push([t, x[0], x0[0]]);
  }
  assert.deepEqual(times, [[0.5, 0.5, 1], [0, 1, 1]]);
});

test("the input is left as it is", async () => {
  const schedule = findSchedule("cosine"), x = row(1, 2);
  const denoise = certain(schedule, row(0, 0));
  for (const take of [...Object.values(SAMPLERS), invert]) await last(take(denoise, schedule, x, 3));
  assert.deepEqual(x, row(1, 2));
});

test("inversion leads back", async () => {
  const schedule = findSchedule("cosine");
  const denoise = async (x, t) => {
    const [signal, noise] = schedule.rates(t), variance = signal ** 2 * 0.25 + noise ** 2;
    const away = x.map((value) => value / variance);
    return { x0: away.map((value) => signal * 0.25 * value), noise: away.map((value) => noise * value) };
  };
  const picture = row(0.9, -0.3), noise = await last(invert(denoise, schedule, picture, 20, { refine: 8 }));
  near(await last(ddim(denoise, schedule, noise, 20)), picture, 1e-4);
});

test("settings that are not allowed", async () => {
  const schedule = findSchedule("cosine"), denoise = certain(schedule, row(0));
  const fails = (steps, error) => assert.rejects(last(steps), error);
  await fails(ddim(denoise, schedule, row(0), 3, { eta: 2 }), /eta is 2/);
  await fails(ddim(denoise, schedule, row(0), 3, { eta: 1, seed: -1 }), /seed is -1/);
  await fails(ddim(denoise, schedule, row(0), 3, { eta: 1, noise: [row(1)] }), /too few/);
  for (const steps of [0, 1.5, NaN, [1], [0.2, 0.8], [1.5, 0]]) {
    await fails(ddim(denoise, schedule, row(0), steps), RangeError);
  }
  assert.throws(() => timesOf([1, 0.5], true), /rise/);
  assert.throws(() => findSampler("euler"), /unknown sampler 'euler': allowed are ddpm, ddim, dpm-solver/);
  assert.throws(() => findSampler("toString"), /unknown sampler/);
  assert.throws(() => findSchedule("constructor"), /unknown schedule/);
  assert.throws(() => targetOf("score", row(0), row(0), 1, 0), /unknown kind/);
});

test("a target and what is found from it are inverse", () => {
  const x0 = row(0.2, -0.7), noise = row(1.5, 0.3), x = row(0.8 * 0.2 + 0.6 * 1.5, 0.8 * -0.7 + 0.6 * 0.3);
  for (const kind of ["noise", "x0", "velocity", "flow"]) {
    const found = toX0AndNoise(kind, targetOf(kind, x0, noise, 0.8, 0.6), x, 0.8, 0.6);
    near(found.x0, x0, 1e-6);
    near(found.noise, noise, 1e-6);
  }
});

test("guidance evaluates twice, or a doubled batch once, and only where it is asked for", async () => {
  const asked = [], settings = { schedule: "rectified-flow", prediction: "x0" };
  const run = async (x, t, keep) => (asked.push(keep), row(keep ? 0.5 : 0.25));
  const guess = async (denoise) => (await denoise(row(1), 0.5)).x0[0];
  assert.equal(await guess(makeDenoise(run, settings)), 0.5);
  assert.deepEqual(asked, [1]);
  assert.equal(await guess(makeDenoise(run, { ...settings, guidanceScale: 3 })), 1);
  assert.deepEqual(asked, [1, 1, 0]);
  const runBoth = async () => [row(0.5), row(0.25)];
  assert.equal(await guess(makeDenoise(null, { ...settings, runBoth, guidanceScale: 7, clip: "static" })), 1);
  assert.equal(await guess(makeDenoise(null, { ...settings, runBoth })), 0.5);
  assert.throws(() => makeDenoise(run, { ...settings, guidanceScale: -1 }), /guidance_scale/);
  assert.throws(() => makeDenoise(run, { ...settings, clip: "hard" }), /unknown clip/);
  assert.deepEqual(lead(row(2), row(1), 0), row(1));
});

test("pictures are brought back into range", () => {
  assert.deepEqual(clipStatic(row(-3, 0.5, 2)), row(-1, 0.5, 1));
  assert.deepEqual(clipDynamic(row(0.5, -0.25)), row(0.5, -0.25));
  assert.deepEqual(clipDynamic(row(2, -2, 0.5, 0.5), 2), row(1, -1, 0.5, 0.5));
});
