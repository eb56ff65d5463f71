/**
 * The book's trained models, drawing. It knows nothing of pages or workers: it is given ONNX Runtime and files.
 *
 * Same seed, index and settings give the picture that Python's `draw` gives (tests/test_js_engine.py).
 */

import { checkStopped, ReaderError } from "./errors.js";
import { Clip } from "./models/clip.js";
import { Cvae } from "./models/cvae.js";
import { Dalle } from "./models/dalle.js";
import { Decoder } from "./models/decoder.js";
import { Graphs } from "./models/graphs.js";
import { NUMBERS, rowsOf, toBytes } from "./models/pixels.js";
import { Prior } from "./models/prior.js";
import { Unclip } from "./models/unclip.js";
import { TASKS } from "./tasks.js";
import { WordTokenizer } from "./tokenizer.js";

/** The models of the page: title, the exported models that each is made of, and how. */
export const MODELS = {
  cvae: { title: "CVAE", needs: ["cvae-shapes"], make: (graphs) => new Cvae(graphs) },
  dalle: { title: "DALL·E 1", needs: ["dalle-shapes"], make: (graphs) => new Dalle(graphs) },
  glide: { title: "Text diffusion", needs: ["decoder-shapes"], make: (graphs) => new Decoder(graphs) },
  unclip: {
    title: "unCLIP", needs: ["clip-shapes", "prior-shapes", "unclip-shapes"],
    make: (clip, prior, decoder) => new Unclip(new Clip(clip), new Prior(prior), new Decoder(decoder)),
  },
};

export class Engine {
  /**
   * ort: the module of ONNX Runtime; it may come later, before the first `load`. files: {index(), has(entry),
   * read(entry, {onBytes, signal})}, such as `SiteFiles`. webgpu: whether `ort` may be asked for it.
   */
  constructor({ ort = null, files, webgpu = false, onLog = () => {} }) {
    Object.assign(this, { ort, files, webgpu, onLog });
    Object.assign(this, { opened: new Map(), abouts: new Map(), models: new Map(), listed: null });
  }

  /** "webgpu" where a graph of the models opened so far runs there, "wasm" where none does, null before. */
  get backend() {
    const backends = [...this.opened.values()].map(({ backend }) => backend);
    return backends.find((backend) => backend === "webgpu") ?? backends[0] ?? null;
  }

  /** {model: {title, bytes, cached, needs}} of what the site has: bytes still to open, and whether all lie here. */
  async inventory() {
    const found = {};
    const { models } = await this.index();
    for (const [name, { title, needs }] of Object.entries(MODELS)) {
      if (!needs.every((part) => Object.hasOwn(models, part))) continue; // this copy of the site is without it
      const entries = await this.entries(name);
      const kept = await Promise.all(entries.map((entry) => this.files.has(entry)));
      found[name] = { title, needs, bytes: sum(entries), cached: kept.every(Boolean) };
    }
    return found;
  }

  /** The entries {file, bytes, sha256} of a model of the page that are not open yet. */
  async entries(model) {
    const closed = known(model).needs.filter((name) => !this.opened.has(name));
    return (await Promise.all(closed.map((name) => this.exported(name)))).flatMap(({ files }) => files);
  }

  /** Reads and opens a model of the page. onBytes(n): n more bytes are here. */
  async load(model, { onBytes, signal } = {}) {
    const { needs, make } = known(model);
    for (const name of needs) {
      if (!this.opened.has(name)) this.opened.set(name, await this.open(name, { onBytes, signal }));
    }
    if (!this.models.has(model)) this.models.set(model, make(...needs.map((name) => this.opened.get(name))));
  }

  /** null, or why a model cannot read a caption: {message, word, nearest}. */
  async check(model, caption) {
    for (const name of known(model).needs) {
      try {
        (await this.about(name)).words.encode(caption);
      } catch (error) {
        if (error.name !== "CaptionError") throw error;
        return { message: error.message, word: error.word ?? null, nearest: error.nearest ?? [] };
      }
    }
    return null;
  }

  /** Completions of the last word of a text, which may be any text. */
  async complete(model, text, n = 8) {
    return (await this.about(known(model).needs[0])).words.complete(text, n);
  }

  /**
   * Does a task of TASKS; returns what it promises, with `milliseconds` for the drawing alone.
   * onStep({index, step, of, picture, t, noisy?}); pause(): awaited between two steps, so that a worker hears of a stop.
   */
  async run(task, parameters, { onStep = () => {}, signal, pause = async () => {} } = {}) {
    if (!Object.hasOwn(TASKS, task)) throw new ReaderError(`There is no task ${task}.`);
    const { start, finish } = TASKS[task];
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null));
    const began = performance.now();
    checkStopped(signal);
    const way = start((name) => this.ready(name), given);
    for (;;) {
      const { done, value } = await way.next();
      if (done) return { ...finish(value, given), milliseconds: performance.now() - began };
      tell(value, given.index ?? 0, onStep);
      await pause();
      checkStopped(signal);
    }
  }

  /** A model that `load` opened. */
  ready(model) {
    const found = this.models.get(model);
    if (!found) throw new ReaderError(`${known(model).title} is not loaded yet: load it first.`, { retry: true });
    return found;
  }

  /** Opens one exported model. */
  async open(name, told) {
    const { data } = await this.about(name, told);
    const { files } = await this.exported(name);
    const bytes = new Map();
    for (const entry of files) {
      if (!entry.file.endsWith(".json")) bytes.set(entry.file, await this.files.read(entry, told));
    }
    checkStopped(told.signal);
    return Graphs.open(this.ort, data, bytes, { webgpu: this.webgpu, onLog: this.onLog });
  }

  /** The JSON of an exported model, and its tokeniser. */
  async about(name, told) {
    if (!this.abouts.has(name)) {
      const { json, files } = await this.exported(name);
      const bytes = await this.files.read(files.find(({ file }) => file === json), told);
      const data = JSON.parse(new TextDecoder().decode(bytes));
      this.abouts.set(name, { data, words: new WordTokenizer(data.tokenizer) });
    }
    return this.abouts.get(name);
  }

  /** What the list says of an exported model: {json, files}. */
  async exported(name) {
    const { models } = await this.index();
    if (Object.hasOwn(models, name)) return models[name];
    throw new ReaderError(`This copy of the book was built without the model ${name}, so it cannot draw with it.`);
  }

  /** The list of the exported models, asked for once. */
  async index() {
    this.listed ??= await this.files.index();
    return this.listed;
  }
}

/** How many bytes entries have together. */
export function sum(entries) {
  return entries.reduce((total, { bytes }) => total + bytes, 0);
}

function known(model) {
  if (Object.hasOwn(MODELS, model)) return MODELS[model];
  throw new ReaderError(`There is no model ${model}: allowed are ${Object.keys(MODELS).join(", ")}.`);
}

/** Tells of each picture of a step that has something to show; `noisy` is x at time t, where there is one. */
function tell({ t, x = null, x0, step, of }, first, onStep) {
  if (!x0) return;
  const noisy = x ? rowsOf(x, NUMBERS).map(toBytes) : null;
  rowsOf(x0, NUMBERS).forEach((row, i) => {
    const shown = { index: first + i, step, of, picture: toBytes(row), t };
    onStep(noisy ? { ...shown, noisy: noisy[i] } : shown);
  });
}
