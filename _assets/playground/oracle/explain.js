/** Fits every patch of a picture, and again where patches are neighbours (_explain of data/_reading.py). */

import { fit } from "./fit.js";
import { grownByTwo } from "./grids.js";
import { BACKGROUND } from "./scenes.js";
import { strength, TOWARDS } from "./segment.js";
import { eachPixel, measured, WINDOW, windowOf } from "./windows.js";

const f = Math.fround;
const CLEAR = f(0.3); // a neighbour is taken away if its first fit leaves less
const PIXELS = WINDOW * WINDOW;

/** What does not change between the two fits of a patch: its window, and which pixels of it are whose. */
function prepared(blob, labels, difference) {
  const label = windowOf(labels, blob);
  const inside = new Uint8Array(PIXELS);
  eachPixel(blob, (i) => { inside[i] = 1; });
  const own = Uint8Array.from(label, (value) => (value === blob.label ? 1 : 0));
  const near = grownByTwo(label.map((value, i) => (value > 0 && !own[i] ? 1 : 0)), WINDOW);
  const support = grownByTwo(own, WINDOW).map((value, i) => value & inside[i] & ~near[i]);
  const towards = TOWARDS[strength(...blob.mean).colour];
  const square = towards.reduce((sum, value) => sum + value * value, 0);
  const axis = towards.map((value) => f(value / square));
  const values = windowOf(difference, blob, 3);
  return { ...blob, around: label, inside, own, near, support, axis, values };
}

/** The colour that, drawn in the fitted shape, comes nearest to the window, and what it leaves (_colour). */
function coloured(drawn, values, weight) {
  const sums = [0, 0, 0];
  let scale = 0;
  for (let i = 0; i < PIXELS; i++) {
    if (!weight[i]) continue;
    for (let k = 0; k < 3; k++) sums[k] += drawn[i] * values[3 * i + k];
    scale += drawn[i] * drawn[i];
  }
  const colour = sums.map((sum) => f(f(sum) / f(scale + 1e-6)));
  let [left, whole] = [0, 0];
  for (let i = 0; i < PIXELS; i++) {
    if (!weight[i] || !(drawn[i] > f(0.05))) continue;
    for (let k = 0; k < 3; k++) {
      left += (values[3 * i + k] - drawn[i] * colour[k]) ** 2;
      whole += values[3 * i + k] ** 2;
    }
  }
  return { seen: colour.map((value, k) => f(value + BACKGROUND[k])), mottled: f(left / f(whole + 1e-6)) };
}

/** Fits shapes and colours to the windows `values` with the weights given, one for each blob. */
function fitted(blobs, allValues, weights) {
  const windows = blobs.map(({ axis, support }, n) => {
    const [values, target] = [allValues[n], new Float32Array(PIXELS)];
    for (let i = 0; i < PIXELS; i++) {
      target[i] = values[3 * i] * axis[0] + values[3 * i + 1] * axis[1] + values[3 * i + 2] * axis[2];
    }
    return { target, weight: Float32Array.from(weights[n]), support, side: WINDOW };
  });
  return fit(windows).map((found, n) => ({ ...found, ...coloured(found.drawn, allValues[n], weights[n]) }));
}

/** What each blob, if it could be read, adds to the background: windows, and a canvas as wide as windows reach. */
function addedByEach(blobs, found) {
  const wide = 32 + 2 * WINDOW;
  const canvas = new Float32Array(wide * wide * 3);
  const place = ({ left, top }, i) => (
    3 * ((top + WINDOW + Math.floor(i / WINDOW)) * wide + left + WINDOW + (i % WINDOW))
  );
  const added = found.map(({ drawn, seen, residual }, n) => {
    const own = new Float32Array(PIXELS * 3);
    if (!(residual < CLEAR)) return own;
    for (let i = 0; i < PIXELS; i++) {
      for (let k = 0; k < 3; k++) {
        own[3 * i + k] = drawn[i] * f(seen[k] - BACKGROUND[k]);
        canvas[place(blobs[n], i) + k] += own[3 * i + k];
      }
    }
    return own;
  });
  const foreignTo = (blob, n) => added[n].map((value, i) => canvas[place(blob, Math.floor(i / 3)) + (i % 3)] - value);
  return blobs.map(foreignTo);
}

/**
 * Fits every patch (_explain).
 * @param {Int32Array} labels (32 · 32) as `patches` gives them
 * @param {Float32Array} difference (32 · 32 · 3) from the background
 * @returns {object[]} as `fit` gives them, in the order of the labels, but `x`, `y` in fractions of the picture's side
 *   and without `drawn`; and `seen` (RGB), `mottled` (the residual in colour), `extent` (pixels)
 */
export function explain(labels, difference) {
  const blobs = measured(labels, difference).map((blob) => prepared(blob, labels, difference));
  const uncovered = blobs.map(({ inside, near }) => inside.map((value, i) => value & ~near[i]));
  const found = fitted(blobs, blobs.map(({ values }) => values), uncovered);
  // A neighbour may have hidden a part of a patch, or lent it an edge. Now that each has a first fit, take the
  // neighbours away and fit again; where a neighbour could not be read, its surroundings stay hidden.
  const foreign = addedByEach(blobs, found);
  const unclear = new Set(blobs.filter((_, n) => !(found[n].residual < CLEAR)).map(({ label }) => label));
  const crowded = [...blobs.keys()].filter((n) => (
    blobs[n].near.some((value, i) => value && blobs[n].inside[i]) || foreign[n].some((value) => Math.abs(value) > 4)
  ));
  if (crowded.length) {
    const weights = crowded.map((n) => {
      const { around, own, inside } = blobs[n];
      const hidden = grownByTwo(own.map((value, i) => (!value && unclear.has(around[i]) ? 1 : 0)), WINDOW);
      return inside.map((value, i) => value & ~hidden[i]);
    });
    const values = crowded.map((n) => blobs[n].values.map((value, i) => value - foreign[n][i]));
    const again = fitted(crowded.map((n) => blobs[n]), values, weights);
    crowded.forEach((n, k) => { found[n] = again[k]; });
  }
  return found.map(({ drawn, ...rest }, n) => ({
    ...rest, x: (rest.x + blobs[n].left) / 32, y: (rest.y + blobs[n].top) / 32, extent: blobs[n].extent,
  }));
}
