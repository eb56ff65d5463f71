/** DALL·E: writes a picture as 64 codes, one behind the other (Python: models/dalle.py). */

import { noiseForEach } from "../random.js";
import { choose, guided, ndtr } from "../sampling.js";
import { PIXELS, SIDE, toBytes } from "./pixels.js";
import { checkScale, settled } from "./settings.js";

/** What is told where neither the reader nor the card says anything. */
export const DEFAULTS = { guidanceScale: 1, temperature: 1, topK: null, topP: null };
const NEW = "new_";
const SHOWN_EVERY = 4; // codes: to decode costs about as much as to write one

export class Dalle {
  constructor(graphs) {
    this.graphs = graphs;
    [this.cells] = graphs.about.graphs.decode.inputs.codes.shape;
  }

  /**
   * Draws picture number `index` of a caption and a seed: yields {t, x0, step, of}, where t is the share of codes still
   * to come and x0 the picture so far, or null where it is not decoded; returns {pictures} as bytes.
   */
  async *draw(caption, { seed, index = 0, ...settings }) {
    const told = settled(settings, this.graphs.about.settings, DEFAULTS);
    checkScale("guidance", told.guidanceScale);
    checkScale("temperature", told.temperature);
    const ids = this.graphs.tokenizer.encode(caption);
    const uniforms = Float64Array.from(noiseForEach(1, this.cells, seed, index), ndtr);
    const codes = new Int32Array(this.cells);
    let [step, x0] = [0, null];
    for await (const code of this.write(ids, uniforms, told)) {
      codes[step] = code;
      step += 1;
      const shown = step % SHOWN_EVERY === 0 || step === this.cells;
      x0 = shown ? await this.pictureOf(codes, step) : null;
      yield { t: 1 - step / this.cells, x0, step, of: this.cells };
    }
    return { pictures: toBytes(x0) };
  }

  /** The codes, one after another (`DALLE.steps_of`). Keys and values stay tensors from step to step. */
  async *write(ids, uniforms, { guidanceScale, ...how }) {
    const twice = guidanceScale !== 1;
    const rows = twice ? 2 : 1;
    const told = new Int32Array(rows * ids.length); // a second row without words is filling only
    told.set(ids);
    let found = await this.graphs.run("start", { ids: told });
    for (let k = 0; k < this.cells; k++) {
      const logits = twice ? guided(found.logits.data, guidanceScale) : found.logits.data;
      const code = choose(logits, uniforms[k], how);
      yield code;
      if (k + 1 === this.cells) return;
      const codes = new Int32Array(rows).fill(code);
      found = await this.graphs.run("step", { codes, k, ...remembered(found) });
    }
  }

  /** What the first `written` codes show, the rest being grey: Float32Array(3072) (`DALLE.pictures_of`). */
  async pictureOf(codes, written) {
    const { pictures } = await this.graphs.run("decode", { codes });
    const [picture, grid] = [pictures.data, Math.sqrt(this.cells)];
    const side = SIDE / grid;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const [row, column] = [Math.floor(pixel / SIDE / side), Math.floor((pixel % SIDE) / side)];
      if (row * grid + column >= written) picture.fill(0, pixel * 3, pixel * 3 + 3);
    }
    return picture;
  }
}

/** The keys and values that a step returned, under the names by which the next one takes them. */
function remembered(found) {
  const kept = Object.entries(found).filter(([name]) => name.startsWith(NEW));
  return Object.fromEntries(kept.map(([name, tensor]) => [name.slice(NEW.length), tensor]));
}
