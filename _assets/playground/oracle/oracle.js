/**
 * The oracle: says whether a picture shows its caption, as dalle_tutorial/data/oracle.py does. Nothing is learned.
 *
 * It finds patches of one colour, draws all six shapes over each, and keeps the one that fits. What fits none is a
 * failure with a reason. tests/test_js_oracle.py holds that its verdicts are Python's.
 */

import { parse } from "./captions.js";
import { PictureError } from "./errors.js";
import { judge } from "./judge.js";
import { readPicture } from "./reading.js";
import { SIDE } from "./scenes.js";

export { describe, parse } from "./captions.js";
export { CaptionError, PictureError } from "./errors.js";
export { ATTRIBUTES, judge } from "./judge.js";
export { inWords } from "./words.js";

const NUMBERS = SIDE * SIDE * 3;

/** Numbers 0 … 255 as float32 (_check). */
function checked(picture) {
  const bytes = picture instanceof Uint8Array || picture instanceof Uint8ClampedArray;
  if (!bytes && !(picture instanceof Float32Array)) {
    throw new PictureError("a picture must be bytes (0 to 255) or a Float32Array (-1 to 1)");
  }
  if (picture.length !== NUMBERS) {
    throw new PictureError(`a picture of ${picture.length} numbers: allowed are 32 × 32 × 3 = ${NUMBERS}`);
  }
  if (bytes) return Float32Array.from(picture);
  if (!picture.every((value) => Math.abs(value) <= 1.001)) {
    throw new PictureError("a picture of floats with values beyond -1 to 1");
  }
  return picture.map((value) => Math.fround(value + 1) * 127.5);
}

/**
 * Reads a picture (examine).
 * @param {Uint8Array | Uint8ClampedArray | Float32Array} picture (32 · 32 · 3) RGB, rows first; bytes, or floats −1 … 1
 * @returns {{objects: import("./reading.js").SceneObject[], unread: string[]}} what could be read, and a sentence for
 *   each thing that could not
 * @throws {PictureError} for another size, type or range
 */
export function examine(picture) {
  return readPicture(checked(picture));
}

/**
 * Judges a picture against its caption (score).
 * @param {Uint8Array | Uint8ClampedArray | Float32Array} picture as for `examine`
 * @param {string | import("./captions.js").Description} caption English, Chinese, or a description
 * @returns {ReturnType<typeof judge>}
 * @throws {PictureError} as `examine`
 * @throws {CaptionError} as `parse`
 */
export function score(picture, caption) {
  const description = typeof caption === "string" ? parse(caption) : caption;
  return judge(examine(picture), description);
}
