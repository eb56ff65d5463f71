/** The diffusion prior: from a caption to the CLIP embedding of a picture of it (Python: models/prior.py). */

import { last } from "../samplers.js";
import { Diffusion } from "./diffusion.js";
import { repeated } from "./pixels.js";

export class Prior extends Diffusion {
  /**
   * An image embedding of length √width for one caption (`DiffusionPrior.generate`).
   * ids: Int32Array; noise: Float32Array(candidates · width); text: the caption's own embedding, of length √width.
   */
  async generate(ids, noise, text, { guidanceScale = 1, steps = 16, sampler = "dpm-solver" } = {}) {
    const candidates = noise.length / this.size;
    const given = { ids: repeated(ids, candidates), text: repeated(text, candidates) };
    const denoise = this.denoise(this.conditions(given, candidates), candidates, { guidanceScale });
    const found = await last(this.sample(denoise, noise, { sampler, steps }));
    return nearestCandidate(found, text);
  }
}

/** Of several embeddings, one behind the other, the one nearest to `text`, brought to length √width. */
export function nearestCandidate(candidates, text) {
  const width = text.length;
  let [best, nearest] = [-Infinity, null];
  for (let at = 0; at < candidates.length; at += width) {
    const candidate = candidates.subarray(at, at + width);
    const size = Math.sqrt(candidate.reduce((sum, value) => sum + value * value, 0));
    const found = candidate.map((value) => (Math.sqrt(width) * value) / size);
    const near = found.reduce((sum, value, i) => sum + value * text[i], 0);
    if (near > best) [best, nearest] = [near, found];
  }
  return nearest;
}
