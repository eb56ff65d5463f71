/**
 * The patches of a picture, and a window of 18 × 18 pixels around each (_measure and _windows of
 * dalle_tutorial/data/_reading.py). A window may hang over the edge of the picture; there it holds 0.
 */

import { SIDE } from "./scenes.js";

/** The side of a window in pixels: the largest object is 12.1 wide. */
export const WINDOW = 18;

/**
 * The patches, by their numbers (_measure).
 * @param {Int32Array} labels (32 · 32) as `patches` gives them
 * @param {Float32Array} difference (32 · 32 · 3) from the background
 * @returns {{label: number, left: number, top: number, extent: number, mean: number[]}[]} corner of the window, larger
 *   side of the patch in pixels, and its mean difference
 */
export function measured(labels, difference) {
  const found = new Map();
  labels.forEach((label, i) => {
    if (!label) return;
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const patch = found.get(label) ?? { label, low: [x, y], high: [x, y], size: 0, sum: [0, 0, 0] };
    patch.low = [Math.min(patch.low[0], x), Math.min(patch.low[1], y)];
    patch.high = [Math.max(patch.high[0], x), Math.max(patch.high[1], y)];
    patch.size++;
    patch.sum = patch.sum.map((value, k) => value + difference[3 * i + k]);
    found.set(label, patch);
  });
  return [...found.values()].sort((a, b) => a.label - b.label).map(({ label, low, high, size, sum }) => {
    const [left, top] = low.map((value, axis) => Math.floor((value + high[axis] + 1 - WINDOW) / 2));
    const extent = Math.max(...high.map((value, axis) => value - low[axis])) + 1;
    return { label, left, top, extent, mean: sum.map((value) => value / size) };
  });
}

/**
 * Calls a function for each pixel of a window that lies in the picture.
 * @param {{left: number, top: number}} corner
 * @param {(inWindow: number, inPicture: number) => void} visit gets the two indices of the pixel
 */
export function eachPixel({ left, top }, visit) {
  for (let y = Math.max(0, -top); y < Math.min(WINDOW, SIDE - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(WINDOW, SIDE - left); x++) {
      visit(y * WINDOW + x, (top + y) * SIDE + left + x);
    }
  }
}

/**
 * A window cut from planes that lie in one array, pixel after pixel (_windows).
 * @template {Float32Array | Int32Array} T
 * @param {T} planes (32 · 32 · channels)
 * @param {{left: number, top: number}} corner
 * @param {number} channels
 * @returns {T} (18 · 18 · channels)
 */
export function windowOf(planes, corner, channels = 1) {
  const window = new planes.constructor(WINDOW * WINDOW * channels);
  eachPixel(corner, (i, j) => {
    for (let k = 0; k < channels; k++) window[channels * i + k] = planes[channels * j + k];
  });
  return window;
}
