// The engine without models: pixels, settings, files, tasks, and what crosses between page and worker.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { connect } from "../../_assets/playground/client.js";
import { Engine, MODELS } from "../../_assets/playground/engine.js";
import { packError, ReaderError, stopped, unpackError } from "../../_assets/playground/errors.js";
import { SiteFiles } from "../../_assets/playground/files.js";
import { checkedMask, keepKnown } from "../../_assets/playground/models/inpainting.js";
import { Diffusion } from "../../_assets/playground/models/diffusion.js";
import { NUMBERS, toBytes, toUnit } from "../../_assets/playground/models/pixels.js";
import { nearestCandidate } from "../../_assets/playground/models/prior.js";
import { settled } from "../../_assets/playground/models/settings.js";
import { noiseForEach } from "../../_assets/playground/random.js";
import { fittingBuild } from "../../_assets/playground/runtime.js";

const BASE = "http://localhost/sub/_static/vendor/models/";
const bytesOf = (text) => new TextEncoder().encode(text);
const entryOf = (file, bytes) => (
  { file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }
);

/** Caches of a browser, in memory. */
function fakeCaches() {
  const held = new Map();
  const nameOf = (request) => request.url ?? request;
  const cache = {
    match: async (key) => held.get(nameOf(key))?.clone(),
    put: async (key, response) => { held.set(nameOf(key), response); },
    delete: async (key) => held.delete(nameOf(key)),
    keys: async () => [...held.keys()].map((url) => ({ url })),
  };
  return { held, open: async () => cache };
}

/** A network that answers with these bodies by file name, and notes what it was asked. */
function fakeNetwork(bodies) {
  const asked = [];
  const fetch = async (url) => {
    const file = url.slice(BASE.length);
    asked.push(file);
    if (bodies[file] === undefined) return new Response("", { status: 404 });
    if (bodies[file] instanceof Error) throw bodies[file];
    return new Response(bodies[file]);
  };
  return { asked, fetch };
}

test("every byte survives the way inside and back, and what lies beyond is cut", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(Array.from(toBytes(toUnit(all))), Array.from(all));
  assert.deepEqual(Array.from(toBytes(Float32Array.of(-9, -1, 0, 1, 9))), [0, 0, 128, 255, 255]);
});

test("settings: what is given, else what the card says, else the default", () => {
  const defaults = { guidanceScale: 2, steps: 16, sampler: "ddim" };
  const told = settled({ steps: 8, sampler: null }, { guidance_scale: 3 }, defaults);
  assert.deepEqual(told, { guidanceScale: 3, steps: 8, sampler: "ddim" });
});

test("of several candidates the nearest to the caption stays, at length √width", () => {
  const found = nearestCandidate(Float32Array.of(0, 5, 3, 3.5), Float32Array.of(1, 0));
  assert.ok(found[0] > 0.9 && Math.abs(Math.hypot(...found) - Math.SQRT2) < 1e-6);
});

test("files come with progress, are kept, and are not asked for twice", async () => {
  const [body, caches] = [bytesOf("weights"), fakeCaches()];
  const { asked, fetch } = fakeNetwork({ "a.bin": body });
  const files = new SiteFiles(BASE, { fetch, caches });
  const entry = entryOf("a.bin", body);
  let told = 0;
  assert.equal(await files.has(entry), false);
  for (let i = 1; i <= 2; i++) {
    assert.deepEqual(await files.read(entry, { onBytes: (n) => { told += n; } }), body);
    assert.equal(told, i * body.length);
  }
  assert.equal(await files.has(entry), true);
  assert.deepEqual(asked, ["a.bin"]);
});

test("a file that is missing, cut, too long, changed or not answered can be tried again, and says so", async () => {
  const body = bytesOf("weights");
  const entry = entryOf("a.bin", body);
  const cases = [
    [undefined, /404/], [bytesOf("weig"), /4 of 7 bytes/], [bytesOf("weights and more"), /longer/],
    [bytesOf("Weights"), /others than/], [new TypeError("network"), /nothing answered/],
  ];
  for (const [answer, said] of cases) {
    const caches = fakeCaches();
    const files = new SiteFiles(BASE, { fetch: fakeNetwork({ "a.bin": answer }).fetch, caches });
    await assert.rejects(files.read(entry), (error) => said.test(error.message) && error.retry === true);
    assert.equal(caches.held.size, 0);
  }
});

test("a damaged file in the cache is loaded anew; without a cache everything still works", async () => {
  const [body, caches] = [bytesOf("weights"), fakeCaches()];
  const { asked, fetch } = fakeNetwork({ "a.bin": body });
  const files = new SiteFiles(BASE, { fetch, caches });
  const entry = entryOf("a.bin", body);
  caches.held.set(files.keyOf(entry), new Response("rotten!"));
  assert.deepEqual(await files.read(entry), body);
  const without = new SiteFiles(BASE, { fetch, caches: null, crypto: null });
  assert.deepEqual(await without.read(entry), body);
  assert.equal(asked.length, 2);
});

test("without a network the list is that of the last visit; files that it no longer names are thrown away", async () => {
  const [caches, old] = [fakeCaches(), entryOf("old.bin", bytesOf("old"))];
  const bodies = { "index.json": JSON.stringify({ models: {} }) };
  const { fetch } = fakeNetwork(bodies);
  const files = new SiteFiles(BASE, { fetch, caches });
  caches.held.set(files.keyOf(old), new Response("old"));
  assert.deepEqual(await files.index(), { models: {} });
  assert.equal(await files.has(old), false);
  bodies["index.json"] = new TypeError("network");
  assert.deepEqual(await files.index(), { models: {} });
  await assert.rejects(new SiteFiles(BASE, { fetch, caches: fakeCaches() }).index(), { retry: true });
});

test("a stopped download is an AbortError", async () => {
  const stop = new AbortController();
  const fetch = async () => { stop.abort(); throw new Error("aborted"); };
  const files = new SiteFiles(BASE, { fetch, caches: fakeCaches() });
  for (let i = 0; i < 2; i++) {
    const read = files.read({ file: "a", bytes: 1, sha256: "" }, { signal: stop.signal });
    await assert.rejects(read, { name: "AbortError" });
  }
});

test("errors cross as plain objects, and keep the word and the nearest ones", () => {
  const error = new ReaderError("I have never seen 'giraffe'", { retry: true });
  Object.assign(error, { word: "giraffe", nearest: ["star"] });
  const { message, word, nearest, retry } = unpackError(structuredClone(packError(error)));
  assert.deepEqual([message, word, nearest, retry], [error.message, "giraffe", ["star"], true]);
  assert.equal(unpackError(packError(stopped())).name, "AbortError");
  assert.match(packError(new RangeError("Array buffer allocation failed")).message, /memory/);
});

/** An engine over one fake model, a CVAE whose z is the noise, and which paints everything in the same grey. */
async function fakeEngine() {
  const about = {
    name: "cvae-shapes", tokenizer: { vocabulary: ["circle", "red"], max_length: 6 }, noise_shape: [12],
    settings: { temperature: 0.5 }, weights: { file: "w.bin" }, rounds: 2,
    graphs: Object.fromEntries(["prior", "paint"].map((role) => [role, { file: `${role}.onnx`, inputs: {
      ids: { shape: [6], kind: 5 }, z: { shape: [12], kind: "number" },
    } }])),
  };
  const bodies = { "cvae-shapes.json": bytesOf(JSON.stringify(about)), "w.bin": bytesOf("w") };
  for (const role of ["prior", "paint"]) bodies[`${role}.onnx`] = bytesOf(role);
  const entries = Object.entries(bodies).map(([file, bytes]) => entryOf(file, bytes));
  const files = {
    index: async () => ({ models: Object.fromEntries(Object.values(MODELS).flatMap(({ needs }) => needs)
      .map((name) => [name, { json: "cvae-shapes.json", files: entries }])) }),
    has: async () => true,
    read: async ({ file, bytes }, { onBytes } = {}) => { onBytes?.(bytes); return bodies[file]; },
  };
  class Tensor {
    constructor(type, data, dims) { Object.assign(this, { type, data, dims }); }
  }
  const made = [];
  const InferenceSession = { create: async (bytes, options) => {
    made.push(options);
    const tensor = (size, value) => new Tensor("float32", new Float32Array(size).fill(value), [1, size]);
    const prior = { mean: tensor(12, 3), log_var: tensor(12, 0) };
    const answers = { prior, paint: { pictures: tensor(NUMBERS, 0.5) } };
    const asked = [];
    return {
      asked,
      run: async (feeds) => { asked.push(feeds); return answers[new TextDecoder().decode(bytes)]; },
      release: async () => {},
    };
  } };
  return { engine: new Engine({ ort: { Tensor, InferenceSession }, files }), made, entries };
}

test("an engine lists, loads, checks, completes and draws", async () => {
  const { engine, made, entries } = await fakeEngine();
  const total = entries.reduce((all, { bytes }) => all + bytes, 0);
  const listed = { title: "CVAE", needs: ["cvae-shapes"], bytes: total, cached: true };
  assert.deepEqual((await engine.inventory()).cvae, listed);
  await assert.rejects(engine.run("draw", { model: "cvae", caption: "red circle" }), /not loaded/);
  let told = 0;
  await engine.load("cvae", { onBytes: (n) => { told += n; } });
  assert.equal(told, total);
  assert.equal(made[0].externalData[0].path, "w.bin");
  assert.equal(engine.backend, "wasm");
  assert.equal(await engine.check("cvae", "red circle"), null);
  const { word, message } = await engine.check("cvae", "red giraffe");
  assert.equal(word, "giraffe");
  assert.match(message, /giraffe/);
  assert.deepEqual(await engine.complete("cvae", "a r"), ["red"]);
  const steps = [];
  const asked = { model: "cvae", caption: "red circle", seed: 1, index: 2, steps: null };
  const drawn = await engine.run("draw", asked, { onStep: (told) => steps.push(told) });
  assert.equal(drawn.picture[0], 191);
  const [first, second] = engine.opened.get("cvae-shapes").sessions.prior.asked.map(({ z }) => z.data[0]);
  const noise = noiseForEach(1, 12, 1, 2)[0];
  assert.deepEqual([first, second], [0, Math.fround(3 + 0.5 * noise)]); // the card says temperature 0.5
  assert.equal(drawn.verdict.correct, null); // the model takes these words, the oracle's grammar misses an article
  assert.equal(drawn.verdict.reasons.length, 1);
  assert.deepEqual(steps.map(({ index, step, of, t }) => ({ index, step, of, t })), [
    { index: 2, step: 1, of: 2, t: 0.5 }, { index: 2, step: 2, of: 2, t: 0 },
  ]);
});

test("an engine refuses what it does not know, in words", async () => {
  const { engine } = await fakeEngine();
  await engine.load("cvae");
  const run = (task, parameters, told) => engine.run(task, { model: "cvae", caption: "red circle", ...parameters }, told);
  await assert.rejects(run("sing", {}), /no task/);
  await assert.rejects(run("toString", {}), /no task/);
  await assert.rejects(run("draw", { model: "constructor" }), /no model/);
  await assert.rejects(run("draw", { seed: -1 }), /seed is -1/);
  await assert.rejects(run("draw", { index: 0.5 }), /index is 0.5/);
  await assert.rejects(run("draw", { temperature: "hot" }), /temperature/);
  await assert.rejects(run("draw", { caption: "" }), { name: "CaptionError" });
  await assert.rejects(run("draw", {}, { signal: AbortSignal.abort() }), { name: "AbortError" });
  const stop = new AbortController();
  await assert.rejects(run("draw", {}, { signal: stop.signal, onStep: () => stop.abort() }), { name: "AbortError" });
});

test("guidance doubles the batch, and drops all that may be dropped in its second half", async () => {
  const about = {
    schedule: { name: "rectified-flow" }, prediction: "x0", noise_shape: [2], dropped: ["embedding", "ids"],
    graphs: { denoise: { inputs: {
      x: { shape: [2], kind: "number" }, t: { shape: [], kind: "time" }, ids: { shape: [3], kind: 9 },
      keep_ids: { shape: [], kind: "flag" },
      embedding: { shape: [2], kind: "number" }, keep_embedding: { shape: [], kind: "flag" },
    } } },
  };
  const runs = [];
  const graphs = {
    about, tensor: (role, name, value) => value,
    run: async (role, feeds) => {
      runs.push(feeds);
      return { output: { data: Float32Array.from(feeds.x, (_, i) => feeds.keep_ids[Math.floor(i / 2)] / 4) } };
    },
  };
  const model = new Diffusion(graphs);
  const conditions = model.conditions({ ids: Int32Array.of(1, 5, 2) }, 1);
  assert.deepEqual(Array.from(conditions.keep_embedding), [0]); // not given: dropped, and zeros in its place
  assert.deepEqual(Array.from(conditions.keep_ids), [1]);
  const denoise = model.denoise(conditions, 1, { guidanceScale: 3, clip: "static" });
  const { x0 } = await denoise(Float32Array.of(0.1, 0.2), 0.5);
  assert.deepEqual(Array.from(x0), [0.75, 0.75]); // 0 + 3 · (1/4 − 0)
  const [{ ids, keep_ids: keepIds, t }] = runs;
  assert.deepEqual([...ids, ...keepIds, ...t], [1, 5, 2, 1, 5, 2, 1, 0, 0.5, 0.5]);
  await model.denoise(conditions, 1)(Float32Array.of(0.1, 0.2), 0.5);
  assert.equal(runs[1].x.length, 2);
  assert.throws(() => model.denoise(conditions, 1, { guidanceScale: -1 }), /guidance/);
});

test("inpainting keeps what is known; an empty mask is refused", async () => {
  const known = new Float32Array(NUMBERS).fill(0.5);
  const mask = new Uint8Array(1024).fill(1, 0, 1);
  const schedule = { rates: () => [0.5, 0.5] };
  const guess = async () => ({ x0: new Float32Array(NUMBERS), noise: new Float32Array(NUMBERS) });
  const { x0, noise } = await keepKnown(known, mask, schedule)(guess)(new Float32Array(NUMBERS).fill(1), 0.5);
  assert.deepEqual([x0[0], x0[2], x0[3], noise[2], noise[3]], [0, 0, 0.5, 0, 1.5]);
  assert.throws(() => checkedMask(new Uint8Array(1024)), /Nothing is masked/);
  assert.throws(() => checkedMask(new Uint8Array(5)), /1024/);
});

test("WebGPU's build is for browsers that give an adapter and can wait inside WASM", async () => {
  const gpu = { requestAdapter: async () => ({}) };
  assert.equal(await fittingBuild({ navigator: { gpu }, WebAssembly: { Suspending: 1 } }), "webgpu");
  assert.equal(await fittingBuild({ navigator: { gpu }, WebAssembly: {} }), "wasm");
  assert.equal(await fittingBuild({ navigator: {}, WebAssembly: { Suspending: 1 } }), "wasm");
  for (const adapter of [null, { info: { isFallbackAdapter: true } }]) {
    const other = { requestAdapter: async () => adapter };
    assert.equal(await fittingBuild({ navigator: { gpu: other }, WebAssembly: { Suspending: 1 } }), "wasm");
  }
});

/** A worker that answers by a function of the request, which may say several things. */
function workerOf(answers) {
  return class {
    constructor() { this.heard = []; this.listeners = {}; this.constructor.last = this; }
    addEventListener(kind, listener) { this.listeners[kind] = listener; }
    postMessage(request) {
      this.heard.push(request);
      for (const answer of answers(request) ?? []) this.listeners.message({ data: { id: request.id, ...answer } });
    }
    terminate() { this.ended = true; }
  };
}

test("a client turns messages into promises", async () => {
  const error = { message: "no", name: "CaptionError", word: "giraffe", nearest: ["star"], retry: false };
  const client = connect(new URL(BASE), { Worker: workerOf(({ call }) => ({
    load: [
      { kind: "progress", value: { loaded: 1, total: 2 } }, { kind: "done", value: { result: undefined, backend: "wasm" } },
    ],
    run: [{ kind: "step", value: { step: 1 } }, { kind: "failed", value: error }],
  })[call]) });
  const told = [];
  await client.load("cvae", { onProgress: (value) => told.push(value) });
  assert.equal(client.backend, "wasm");
  const running = client.run("draw", {}, { onStep: (value) => told.push(value) });
  await assert.rejects(running, { word: "giraffe", name: "CaptionError" });
  assert.deepEqual(told, [{ loaded: 1, total: 2 }, { step: 1 }]);
});

test("a client stops at once, and survives a worker that breaks off", async () => {
  const Fake = workerOf(() => []);
  const client = connect(new URL(BASE), { Worker: Fake });
  const stop = new AbortController();
  const running = client.run("draw", {}, { signal: stop.signal });
  stop.abort();
  await assert.rejects(running, { name: "AbortError" });
  assert.deepEqual(Fake.last.heard.map(({ call }) => call), ["run", "stop"]);
  await assert.rejects(client.run("draw", {}, { signal: stop.signal }), { name: "AbortError" });
  const lost = client.inventory();
  const first = Fake.last;
  first.listeners.error({ message: "boom" });
  await assert.rejects(lost, { retry: true });
  assert.ok(first.ended);
  client.inventory().catch(() => {});
  assert.notEqual(Fake.last, first);
});
