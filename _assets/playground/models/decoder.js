/** The decoder: a diffusion model of pictures, given a caption, an embedding or both (Python: models/decoder.py). */

import { noiseForEach } from "../random.js";
import { Diffusion } from "./diffusion.js";
import { toBytes } from "./pixels.js";
import { numbered } from "./steps.js";
import { settled } from "./settings.js";

/** What `Decoder.generate` is told where neither the reader nor the card says anything. */
export const DEFAULTS = { guidanceScale: 2, steps: 16, sampler: "dpm-solver" };

export class Decoder extends Diffusion {
  /**
   * The steps from noise to pictures: an async generator of {t, x, x0} (`Decoder.steps_of`).
   * given: ids and embedding, either of which may be missing, row after row; noise: Float32Array(rows · 3072).
   * wrap: a function of the guess (x, t) → {x0, noise} to the one that the sampler asks in its place, or null.
   */
  stepsOf(given, noise, { guidanceScale, steps, sampler }, { wrap = null } = {}) {
    const rows = noise.length / this.size;
    const guess = this.denoise(this.conditions(given, rows), rows, { guidanceScale, clip: "static" });
    return this.sample(wrap ? wrap(guess) : guess, noise, { sampler, steps });
  }

  /** The settings to draw with (`inference.settled`). */
  settings(given) {
    return settled(given, this.about.settings, DEFAULTS);
  }

  /**
   * Draws picture number `index` of those that Python's `draw` makes of one caption and this seed: yields its steps
   * {t, x0, step, of}, returns {pictures} as bytes. embedding: a condition beside the caption.
   */
  async *draw(caption, { seed, index = 0, embedding, ...settings }) {
    const told = this.settings(settings);
    const given = { ids: this.graphs.tokenizer.encode(caption), embedding };
    const noise = noiseForEach(1, this.size, seed, index);
    const x = yield* numbered(this.stepsOf(given, noise, told), told.steps);
    return { pictures: toBytes(x) };
  }
}
