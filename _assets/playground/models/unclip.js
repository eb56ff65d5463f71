/** unCLIP: caption → prior → CLIP embedding → decoder → picture (Python: models/unclip.py). */

import { ReaderError } from "../errors.js";
import { noiseForEach } from "../random.js";
import { ddim, invert, timesOf } from "../samplers.js";
import { slerp } from "../slerp.js";
import { keepKnown } from "./inpainting.js";
import { joined, repeated, rowsOf, toBytes, toUnit } from "./pixels.js";
import { checkShare, checkWhole, settled } from "./settings.js";
import { numbered } from "./steps.js";

const GRAIN = 0.1; // the time up to which the noise of a given picture is drawn, and from which on it is found
const [PRIOR_STREAM, DRAWN_STREAM, , GRAIN_STREAM] = [0, 1, 2, 3].map((k) => 2 ** 30 + k);
const OF_PRIOR = { priorGuidance: 1, candidates: 2 };
const REMEMBERED = 16; // pictures whose (z, x_T) are kept

/** Each task yields {t, x0, step, of} and returns {pictures}, bytes one behind the other. */
export class Unclip {
  constructor(clip, prior, decoder) {
    Object.assign(this, { clip, prior, decoder, found: new Map() });
  }

  /** The image embedding that the prior sees before it for picture number `index` of a caption (`imagine`). */
  async imagine(caption, { seed = 0, index = 0, ...settings }) {
    const { priorGuidance, candidates } = settled(settings, this.decoder.about.settings, OF_PRIOR);
    const text = await this.embedCaptions([caption]);
    const size = checkWhole("candidates", candidates) * this.prior.size;
    const noise = noiseForEach(1, size, [seed, PRIOR_STREAM], index);
    const ids = this.prior.graphs.tokenizer.encode(caption);
    return this.prior.generate(ids, noise, text, { guidanceScale: priorGuidance });
  }

  /**
   * Draws picture number `index` of a caption and a seed; returns its `embedding` too. priorSeed: the prior's own, where
   * what is imagined and how it is drawn are to come from different dice.
   */
  async *draw(caption, { seed, priorSeed = seed, index = 0, ...settings }) {
    this.decoder.graphs.tokenizer.encode(caption); // what it refuses should not wait for the prior
    const embedding = await this.imagine(caption, { seed: priorSeed, index, ...settings });
    return { ...(yield* this.decoder.draw(caption, { seed, index, embedding, ...settings })), embedding };
  }

  /** n variations of a picture: `eta` (0 to 1) is how much of the way from its noise is drawn afresh. */
  async *vary(picture, { n = 8, eta = 1, seed = 0, steps = 32, guidanceScale = 1 }) {
    checkWhole("the number of variations", n);
    checkShare("eta", eta);
    const { z, noise, done } = yield* this.encode([picture], steps);
    const pictures = { z: repeated(z, n), noise: repeated(noise, n) };
    return yield* this.render(pictures, { guidanceScale, steps, eta, seed, done });
  }

  /** Pictures from one to another: z and x_T both turn. */
  async *interpolate(first, second, { frames = 8, steps = 32, guidanceScale = 1 }) {
    checkWhole("the number of pictures", frames, 2);
    const { z, noise, done } = yield* this.encode([first, second], steps);
    const fractions = Array.from({ length: frames }, (_, i) => i / (frames - 1));
    const between = (both) => {
      const [a, b] = rowsOf(both, both.length / 2);
      return joined(fractions.map((fraction) => slerp(a, b, fraction)));
    };
    return yield* this.render({ z: between(z), noise: between(noise) }, { guidanceScale, steps, done });
  }

  /** A picture changed as the caption `target` differs from `source`. */
  async *textDiff(picture, source, target, { fraction = 0.5, steps = 32, guidanceScale = 1 }) {
    checkShare("fraction", fraction);
    const [from, to] = rowsOf(await this.embedCaptions([source, target]), this.clip.width);
    const difference = to.map((value, i) => value - from[i]);
    const size = Math.sqrt(difference.reduce((sum, value) => sum + value * value, 0));
    if (size < 1e-4) throw new ReaderError("Both captions say the same: there is nothing to change.");
    const { z, noise, done } = yield* this.encode([picture], steps);
    const towards = difference.map((value) => (Math.sqrt(this.clip.width) * value) / size);
    return yield* this.render({ z: slerp(z, towards, fraction), noise }, { guidanceScale, steps, done });
  }

  /** A picture whose masked part (1 = paint) shows what the caption asks of the whole; the rest stays. */
  async *inpaint(picture, mask, caption, { seed = 0, ...settings }) {
    const { decoder } = this;
    const told = decoder.settings(settings);
    const ids = decoder.graphs.tokenizer.encode(caption);
    const embedding = await this.imagine(caption, { seed, ...settings });
    const noise = noiseForEach(1, decoder.size, [seed, DRAWN_STREAM]);
    const wrap = keepKnown(toUnit(picture), mask, decoder.schedule);
    const drawn = toBytes(yield* numbered(decoder.stepsOf({ ids, embedding }, noise, told, { wrap }), told.steps));
    return { pictures: drawn.map((value, i) => (mask[Math.floor(i / 3)] ? value : picture[i])) };
  }

  /** The decoder without a caption: from embeddings z and noise to pictures, by DDIM (`render`). */
  async *render({ z, noise }, { guidanceScale, steps, eta = 0, seed = 0, done = 0 }) {
    const { decoder } = this;
    const denoise = this.denoise(z, guidanceScale);
    const way = ddim(denoise, decoder.schedule, noise, steps, { eta, seed });
    return { pictures: toBytes(yield* numbered(way, done + steps, done)) };
  }

  /**
   * (z, x_T) of pictures (`encode`), and how many steps that took; found once for each picture.
   * Up to the time GRAIN noise is drawn, from there on found: drawn pictures have no grain of their own.
   */
  async *encode(pictures, steps) {
    checkWhole("steps", steps);
    const key = `${steps} ${pictures.map((picture) => picture.join()).join(" ")}`;
    if (!this.found.has(key)) {
      const { schedule, size } = this.decoder;
      const times = timesOf(steps, true).slice(Math.min(halfEven(GRAIN * steps), steps - 1));
      const z = await this.clip.embed(joined(pictures));
      const [signal, noiseRate] = schedule.rates(times[0]);
      const drawn = noiseForEach(pictures.length, size, [0, GRAIN_STREAM]);
      const x = toUnit(joined(pictures)).map((value, i) => signal * value + noiseRate * drawn[i]);
      const way = invert(this.denoise(z, 1), schedule, x, times, { refine: 1 });
      const done = times.length - 1;
      const noise = yield* numbered(way, done + steps);
      if (this.found.size >= REMEMBERED) this.found.delete(this.found.keys().next().value);
      this.found.set(key, { z, noise });
      return { z, noise, done };
    }
    return { ...this.found.get(key), done: 0 };
  }

  /** The CLIP embeddings of captions, one behind the other. */
  embedCaptions(captions) {
    return this.clip.embedCaptions(joined(captions.map((caption) => this.clip.graphs.tokenizer.encode(caption))));
  }

  /** What samplers ask where only embeddings are known. */
  denoise(embedding, guidanceScale) {
    const rows = embedding.length / this.clip.width;
    const conditions = this.decoder.conditions({ embedding }, rows);
    return this.decoder.denoise(conditions, rows, { guidanceScale, clip: "static" });
  }
}

/** The nearest whole number, of two the even one, as Python rounds. */
function halfEven(value) {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}
