/** Reads a picture into objects, and names what it could not read (dalle_tutorial/data/_reading.py). */

import { explain } from "./explain.js";
import { grownByTwo, label } from "./grids.js";
import { fixed } from "./numbers.js";
import { BACKGROUND, COLOURS, PALETTE, placeOf, RADII, SHAPES, SIDE } from "./scenes.js";
import { patches } from "./segment.js";
import { WINDOW } from "./windows.js";

const f = Math.fround;
// The thresholds of the Python oracle, fixed there before any model's pictures were seen.
const RESIDUAL = f(0.08); // a patch is read if its best shape leaves at most this share unexplained,
const SHAPE_MARGIN = 0.4; // and at most this share of what the second best shape leaves
const COLOUR_TOLERANCE = 80; // its colour lies at most this far (RGB, 0 … 255) from a colour of the palette,
const COLOUR_MARGIN = 0.85; // and at most this share of the distance to the second nearest
const LEAST_RADIUS = f(2.4); // pixels; anything smaller is a blot
const SIZE_BORDER = (RADII.small[1] + RADII.large[0]) / 2; // between small and large
const GHOST_CONTRAST = 60; // a smudge counts if, averaged over 3 × 3 pixels, it differs so much from the background
const GHOST_AREA = 12; // over at least this many connected pixels of 32 × 32

/**
 * @typedef {{shape: string, colour: string, size: string, place: string, x: number, y: number, radius: number}}
 *   SceneObject centre and radius in fractions of the side
 */

/** An object, or what is wrong with the blob (_object_or_complaint). */
function objectOrComplaint(blob) {
  const at = `(${fixed(blob.x, 2)}, ${fixed(blob.y, 2)})`;
  const [shape, second] = [SHAPES[blob.shape], SHAPES[blob.second]];
  if (blob.residual > RESIDUAL || blob.extent > WINDOW - 3) return `the blob at ${at} has none of the six shapes`;
  if (blob.radius < LEAST_RADIUS) return `the blob at ${at} is too small to be an object`;
  if (blob.residual > f(SHAPE_MARGIN * blob.secondResidual)) {
    return `the blob at ${at} could be a ${shape} or a ${second}`;
  }
  const away = (rgb) => rgb.reduce((sum, value, k) => sum + f(value - blob.seen[k]) ** 2, 0);
  const distance = PALETTE.map((rgb) => f(Math.sqrt(away(rgb))));
  const [colour, other] = [...distance.keys()].sort((a, b) => distance[a] - distance[b]);
  if (blob.mottled > RESIDUAL) return `the ${shape} at ${at} is not of one colour`;
  if (distance[colour] > COLOUR_TOLERANCE) {
    const rgb = blob.seen.map((value) => fixed(Math.min(Math.max(value, 0), 255), 0)).join(", ");
    return `the ${shape} at ${at} has none of the eight colours: RGB (${rgb})`;
  }
  if (distance[colour] > f(COLOUR_MARGIN * distance[other])) {
    return `the ${shape} at ${at} could be ${COLOURS[colour]} or ${COLOURS[other]}`;
  }
  const radius = blob.radius / 32;
  const size = radius < SIZE_BORDER ? "small" : "large";
  return { shape, colour: COLOURS[colour], size, place: placeOf(blob.x, blob.y), x: blob.x, y: blob.y, radius };
}

/** The average over three pixels along one axis, the outermost ones repeated (ndimage.uniform_filter1d). */
function averaged(planes, length, step, others) {
  const result = new Float32Array(planes.length);
  for (const start of others) {
    const at = (i) => planes[start + step * Math.min(Math.max(i, 0), length - 1)];
    // A running sum in double precision, as in SciPy, so that what lies on the border falls to the same side.
    let mean = (at(-1) + at(0) + at(1)) / 3;
    result[start] = mean;
    for (let i = 1; i < length; i++) {
      mean += (at(i + 1) - at(i - 2)) / 3;
      result[start + step * i] = mean;
    }
  }
  return result;
}

/** The average over 3 × 3 pixels of planes (32 · 32 · 3): first along the columns, then along the rows. */
function smoothed(difference) {
  const numbers = (n, of) => Array.from({ length: n }, (_, i) => of(i));
  const columns = averaged(difference, SIDE, 3 * SIDE, numbers(3 * SIDE, (i) => i));
  return averaged(columns, SIDE, 3, numbers(3 * SIDE, (i) => 3 * SIDE * Math.floor(i / 3) + (i % 3)));
}

/** Smudges too faint to be solid, beyond two pixels of anything solid (_ghosts): complaints. */
function ghosts(labels, difference) {
  const smooth = smoothed(difference);
  const solid = grownByTwo(Uint8Array.from(labels, (value) => (value ? 1 : 0)), SIDE);
  const marks = solid.map((covered, i) => {
    const square = (k) => f(smooth[3 * i + k] * smooth[3 * i + k]);
    return !covered && f(f(square(0) + square(1)) + square(2)) > GHOST_CONTRAST ** 2 ? 1 : 0;
  });
  const parts = label(marks, SIDE);
  const found = Array.from({ length: parts.n }, () => ({ size: 0, x: 0, y: 0 }));
  parts.labels.forEach((part, i) => {
    if (!part) return;
    found[part - 1].size++;
    found[part - 1].x += i % SIDE;
    found[part - 1].y += Math.floor(i / SIDE);
  });
  return found.filter(({ size }) => size >= GHOST_AREA).map(({ size, x, y }) => (
    `a smudge at (${fixed(x / size / 32, 2)}, ${fixed(y / size / 32, 2)}) is neither object nor background`
  ));
}

/**
 * Reads one picture (read_chunk).
 * @param {Float32Array} picture (32 · 32 · 3), 0 … 255
 * @returns {{objects: SceneObject[], unread: string[]}} what it could read, and a sentence for each thing it could not
 */
export function readPicture(picture) {
  const difference = picture.map((value, i) => value - BACKGROUND[i % 3]);
  const labels = patches(difference);
  const [objects, unread] = [[], []];
  for (const blob of explain(labels, difference)) {
    const kept = objectOrComplaint(blob);
    if (typeof kept === "string") unread.push(kept);
    else objects.push(kept);
  }
  return { objects, unread: [...unread, ...ghosts(labels, difference)] };
}
