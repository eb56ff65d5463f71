/** What is known of a picture stays known at each step (Python: `UnCLIP.inpaint`). */

import { ReaderError } from "../errors.js";
import { PIXELS } from "./pixels.js";

/** The mask as it came: 1024 numbers, 1 where to paint. A ReaderError for another size, or for nothing to paint. */
export function checkedMask(mask) {
  if (mask?.length !== PIXELS) throw new ReaderError(`A mask has ${PIXELS} pixels; this one has ${mask?.length}.`);
  if (!mask.some(Boolean)) throw new ReaderError("Nothing is masked: paint over the part that is to change.");
  return mask;
}

/**
 * A wrapper of the guess (x, t) → {x0, noise} for one picture: the guess of what is known gives way to what is known
 * (Lugmayr et al. 2022, without their jumps back). known: Float32Array in [-1, 1]; mask: 1 where to paint.
 */
export function keepKnown(known, mask, schedule) {
  return (guess) => async (x, t) => {
    const { x0, noise } = await guess(x, t);
    const [signal, noiseRate] = schedule.rates(t);
    const painted = (i) => mask[Math.floor(i / 3)];
    return {
      x0: x0.map((value, i) => (painted(i) ? value : known[i])),
      noise: noise.map((value, i) => (painted(i) ? value : (x[i] - signal * known[i]) / noiseRate)),
    };
  };
}
