/** Pixels: bytes outside, numbers in [-1, 1] inside (Python: data/pixels.py). */

import { ReaderError } from "../errors.js";

export const SIDE = 32;
export const PIXELS = SIDE * SIDE;
export const NUMBERS = PIXELS * 3;

/** Bytes of any number of pictures as a Float32Array in [-1, 1] (`to_unit`). */
export function toUnit(bytes) {
  const unit = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) unit[i] = Math.fround(bytes[i] / 127.5) - 1;
  return unit;
}

/** Numbers near [-1, 1] as bytes, the nearest of 256; what lies beyond is cut (`to_bytes`). */
export function toBytes(unit) {
  const bytes = new Uint8ClampedArray(unit.length);
  for (let i = 0; i < unit.length; i++) {
    const cut = Math.min(Math.max(unit[i], -1), 1);
    bytes[i] = Math.floor(Math.fround(Math.fround(cut * 127.5) + 128));
  }
  return bytes;
}

/** The pictures of a batch, one array each, of floats or bytes. */
export function rowsOf(batch, size = NUMBERS) {
  return Array.from({ length: batch.length / size }, (_, i) => batch.slice(i * size, (i + 1) * size));
}

/** A picture (32, 32, 3) of bytes as it came; a ReaderError for anything else. */
export function checkedPicture(picture) {
  const bytes = picture instanceof Uint8Array || picture instanceof Uint8ClampedArray;
  if (bytes && picture.length === NUMBERS) return picture;
  throw new ReaderError(`A picture has ${SIDE} × ${SIDE} pixels of three bytes; this is none.`);
}

/** One array of the type of the first, all of them one behind the other. */
export function joined(arrays) {
  const all = new arrays[0].constructor(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** An array n times over. */
export function repeated(array, n) {
  return joined(Array(n).fill(array));
}
