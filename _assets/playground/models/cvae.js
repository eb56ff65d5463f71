/** The conditional VAE: z is drawn number by number, and painted (Python: `CVAE.generate`). */

import { ReaderError } from "../errors.js";
import { noiseForEach } from "../random.js";
import { toBytes } from "./pixels.js";
import { checkScale, settled } from "./settings.js";

/** What is told where neither the reader nor the card says anything. */
export const DEFAULTS = { temperature: 1 };

export class Cvae {
  constructor(graphs) {
    this.graphs = graphs;
    [this.size] = graphs.about.noise_shape;
  }

  /**
   * Draws picture number `index` of a caption and a seed: yields {t, x0, step, of} once for each time that p(z|c) is
   * asked, x0 being what the z so far would show; returns {pictures} as bytes.
   */
  async *draw(caption, { seed, index = 0, ...settings }) {
    const { about } = this.graphs;
    const { temperature } = settled(settings, about.settings, DEFAULTS);
    checkScale("temperature", temperature);
    const [ids, noise] = [this.graphs.tokenizer.encode(caption), noiseForEach(1, this.size, seed, index)];
    let [z, painted] = [new Float32Array(this.size), null];
    for (let step = 1; step <= about.rounds; step++) {
      ({ z } = await this.round(ids, z, noise, temperature));
      painted = (await this.graphs.run("paint", { ids, z })).pictures.data;
      yield { t: 1 - step / about.rounds, x0: painted, step, of: about.rounds };
    }
    return { pictures: toBytes(painted) };
  }

  /**
   * z for a caption (`sample_prior`): drawn from a seed, or the likeliest where there is none. Returns {z, mean,
   * deviation}, the latter two those of p(z|c), each number of z given the tokens before it. There are no steps.
   */
  async *latent(caption, { seed, index = 0, ...settings }) {
    const { about } = this.graphs;
    const { temperature } = settled(settings, about.settings, DEFAULTS);
    checkScale("temperature", temperature);
    const ids = this.graphs.tokenizer.encode(caption);
    const noise = seed === undefined ? new Float32Array(this.size) : noiseForEach(1, this.size, seed, index);
    let found = { z: new Float32Array(this.size) };
    for (let round = 1; round <= about.rounds; round++) found = await this.round(ids, found.z, noise, temperature);
    return found;
  }

  /** The picture that z shows with the words of a caption (`decode`): returns {pictures} as bytes. There are no steps. */
  async *paint(caption, z) {
    if (!(z instanceof Float32Array) || z.length !== this.size) throw new ReaderError(`z has ${this.size} numbers.`);
    const { pictures } = await this.graphs.run("paint", { ids: this.graphs.tokenizer.encode(caption), z });
    return { pictures: toBytes(pictures.data) };
  }

  /** One round of `sample_prior`: p(z|c) given the z before, {mean, deviation}, and the z that it makes of the noise. */
  async round(ids, before, noise, temperature) {
    const { mean: { data }, log_var: logVariance } = await this.graphs.run("prior", { ids, z: before });
    const mean = data.slice(), deviation = logVariance.data.map((value) => Math.exp(0.5 * value));
    return { mean, deviation, z: mean.map((value, i) => value + temperature * deviation[i] * noise[i]) };
  }
}
