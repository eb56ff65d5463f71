/**
 * First half of the oracle: which pixels belong together, and which of the eight colours they have
 * (dalle_tutorial/data/_segment.py).
 *
 * A decision hangs on every number here, so each is rounded to float32 where NumPy rounds it.
 */

import { label, nearestMarked } from "./grids.js";
import { BACKGROUND, COLOURS, PALETTE, SIDE } from "./scenes.js";

const f = Math.fround;
const CORE = 0.5; // a pixel is solid if it lies at least half the way from the background to its colour
const SPECK = 5; // solid areas of fewer pixels are specks, and ignored
const SECOND_COLOUR = 0.12; // a patch is cut in two if a second colour fills this share of it

/** From the background to each colour of the palette. */
export const TOWARDS = PALETTE.map((colour) => colour.map((value, k) => value - BACKGROUND[k]));
const LENGTH = TOWARDS.map(([r, g, b]) => f(Math.sqrt(r * r + g * g + b * b)));
const UNIT = TOWARDS.map((towards, i) => towards.map((value) => f(value / LENGTH[i])));

/**
 * How far a pixel has gone from the background to the palette colour in whose direction it lies (strength).
 * @param {number} r
 * @param {number} g
 * @param {number} b its difference from the background, each −255 … 255
 * @returns {{share: number, colour: number}} about 1 inside an object, the coverage at its edge; an index of COLOURS
 */
export function strength(r, g, b) {
  let [along, colour] = [-Infinity, 0];
  for (let i = 0; i < UNIT.length; i++) {
    const unit = UNIT[i];
    const found = f(b * unit[2] + f(g * unit[1] + f(r * unit[0]))); // a chain of fused multiply-adds, as BLAS has it
    if (found > along) [along, colour] = [found, i];
  }
  return { share: f(along / LENGTH[colour]), colour };
}

/** How many pixels of each colour each area has: Int32Array(8 · (n + 1)). */
function countColours(labels, n, colour) {
  const counts = new Int32Array(COLOURS.length * (n + 1));
  for (let i = 0; i < labels.length; i++) counts[COLOURS.length * labels[i] + colour[i]]++;
  return counts;
}

/** Cuts areas in which a second colour fills a good share, and numbers the pieces anew from n + 1. */
function cutWhereColoursMeet(labels, n, colour) {
  const counts = countColours(labels, n, colour);
  const [many, mixed] = [new Uint8Array(counts.length), new Uint8Array(n + 1)];
  for (let area = 1; area <= n; area++) {
    const its = counts.subarray(COLOURS.length * area, COLOURS.length * (area + 1));
    const least = Math.max(SPECK, SECOND_COLOUR * its.reduce((a, b) => a + b, 0));
    its.forEach((count, k) => { many[COLOURS.length * area + k] = count >= least ? 1 : 0; });
    mixed[area] = its.filter((count) => count >= least).length > 1 ? 1 : 0;
  }
  if (!mixed.includes(1)) return { labels, n };
  const cut = Uint8Array.from(labels, (area) => mixed[area]);
  // Pixels of a colour that only speckles the area go with the nearest pixel of a colour that fills it.
  const main = Uint8Array.from(labels, (area, i) => cut[i] & many[COLOURS.length * area + colour[i]]);
  const taken = Int8Array.from(nearestMarked(main, SIDE), (i) => colour[i]);
  const fresh = Int32Array.from(labels, (area, i) => (cut[i] ? 0 : area));
  let last = n;
  for (let index = 0; index < COLOURS.length; index++) {
    const parts = label(Uint8Array.from(cut, (value, i) => (value && taken[i] === index ? 1 : 0)), SIDE);
    parts.labels.forEach((part, i) => { if (part) fresh[i] = part + last; });
    last += parts.n;
  }
  return { labels: fresh, n: last };
}

/**
 * Connected patches of solid pixels, cut where two colours meet; specks are left out (patches).
 * @param {Float32Array} difference (32 · 32 · 3) from the background
 * @returns {Int32Array} (32 · 32): 0 for none, else the number of the patch; some numbers may be missing
 */
export function patches(difference) {
  const [solid, colour] = [new Uint8Array(SIDE * SIDE), new Int8Array(SIDE * SIDE)];
  for (let i = 0; i < solid.length; i++) {
    const found = strength(difference[3 * i], difference[3 * i + 1], difference[3 * i + 2]);
    solid[i] = found.share >= CORE ? 1 : 0;
    colour[i] = found.colour;
  }
  const areas = label(solid, SIDE);
  const { labels, n } = cutWhereColoursMeet(areas.labels, areas.n, colour);
  const size = new Int32Array(n + 1);
  for (const area of labels) size[area]++;
  return labels.map((area) => (size[area] >= SPECK ? area : 0));
}
