/** What samplers ask of an exported diffusion model (Python: `Diffusion.denoise` and `Decoder.conditions`). */

import { ReaderError } from "../errors.js";
import { makeDenoise } from "../guidance.js";
import { findSampler, ownDice } from "../samplers.js";
import { findSchedule } from "../schedule.js";
import { joined } from "./pixels.js";
import { checkScale } from "./settings.js";

const KEEP = "keep_";

/**
 * One model whose graph is "denoise" (x, t and conditions → output). Where it has a graph "read" too, that makes of the
 * conditions what "denoise" takes in their place; they are the same at every step, and so read once.
 */
export class Diffusion {
  /** graphs: a `Graphs`; its JSON tells the schedule, what is predicted, and what may be dropped. */
  constructor(graphs) {
    const { about } = graphs;
    this.graphs = graphs;
    this.about = about;
    this.schedule = findSchedule(about.schedule);
    this.size = about.noise_shape.reduce((product, length) => product * length, 1);
    this.dropped = about.dropped.map((name) => KEEP + name);
    this.reader = about.graphs.read ? "read" : "denoise";
    this.inputs = about.graphs[this.reader].inputs;
  }

  /**
   * All conditions for `rows` examples: what is given, ones for its flags; zeros for what is not, and for its flag.
   * given: name → numbers, row after row. Returns such a dict with every condition that the graph takes.
   */
  conditions(given, rows) {
    const found = {};
    for (const [name, { shape, kind }] of Object.entries(this.inputs)) {
      if (name === "x" || name === "t") continue;
      const size = rows * shape.reduce((product, length) => product * length, 1);
      const Numbers = typeof kind === "number" ? Int32Array : Float32Array;
      found[name] = given[name] ?? new Numbers(size);
      if (kind === "flag" && !given[name] && given[name.slice(KEEP.length)]) found[name].fill(1);
      if (found[name].length !== size) throw new ReaderError(`${name} has ${found[name].length} numbers, not ${size}.`);
    }
    return found;
  }

  /**
   * A function (x, t) → Promise of {x0, noise}, Float32Arrays like x, for these conditions of `rows` examples.
   * guidanceScale: 1 is one evaluation; any other is one of a batch of twice the size, where all that may be dropped
   * is dropped together in the second half. clip: null or "static".
   */
  denoise(conditions, rows, { guidanceScale = 1, clip = null } = {}) {
    checkScale("guidance", guidanceScale);
    const { size, schedule } = this;
    const twice = guidanceScale !== 1;
    const all = twice ? rows * 2 : rows;
    const given = twice ? this.doubled(conditions) : conditions;
    let told = null;
    const [twin, times] = [new Float32Array(all * size), new Float32Array(all)];
    const evaluate = async (x, t) => {
      told ??= await this.told(given);
      twin.set(x);
      if (twice) twin.set(x, rows * size);
      const { output } = await this.graphs.run("denoise", { x: twin, t: times.fill(t), ...told });
      return output.data;
    };
    const runBoth = async (x, t) => {
      const output = await evaluate(x, t);
      return [output.subarray(0, rows * size), output.subarray(rows * size)];
    };
    return makeDenoise(evaluate, { schedule, prediction: this.about.prediction, guidanceScale, clip, runBoth });
  }

  /** The steps of a sampler, each row with its own dice (Python: `samplers.sample`): an async generator of {t, x, x0}. */
  sample(denoise, noise, { sampler, steps }) {
    return findSampler(sampler)(denoise, this.schedule, noise, steps, { noise: ownDice(noise, this.size) });
  }

  /** The conditions twice over, the second time with the flags of what may be dropped at zero. */
  doubled(conditions) {
    return Object.fromEntries(Object.entries(conditions).map(([name, value]) => {
      const second = this.dropped.includes(name) ? value.map(() => 0) : value;
      return [name, joined([value, second])];
    }));
  }

  /** What "denoise" takes beside x and t, as tensors, made once for all steps. */
  async told(conditions) {
    const entries = Object.entries(conditions);
    const found = Object.fromEntries(entries.map(([name, value]) => [name, this.graphs.tensor(this.reader, name, value)]));
    return this.reader === "read" ? this.graphs.run("read", found) : found;
  }
}
