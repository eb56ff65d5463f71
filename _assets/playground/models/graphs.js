/** The graphs of one exported model (Python: export/graphs.py), each run by ONNX Runtime. */

import { ReaderError } from "../errors.js";
import { WordTokenizer } from "../tokenizer.js";

const AGREE = 1e-2; // how far WebGPU may be from WASM, as a share of the largest number

/**
 * The sessions of a model, by role. `about` is its JSON: graphs[role] has "file", "inputs" (name → shape without the
 * batch, null for a number that has none; kind) and "outputs".
 */
export class Graphs {
  constructor(ort, about, sessions, backend) {
    Object.assign(this, { ort, about, sessions, backend, tokenizer: new WordTokenizer(about.tokenizer) });
  }

  /**
   * Opens all graphs.
   * bytes: file name → Uint8Array, the weights among them. webgpu: whether to try it, for the graphs named "denoise":
   * they are evaluated many times and are large enough. It is taken where it agrees with WASM.
   */
  static async open(ort, about, bytes, { webgpu = false, onLog = () => {} } = {}) {
    const sessions = {};
    let backend = "wasm";
    for (const [role, graph] of Object.entries(about.graphs)) {
      const open = (provider) => ort.InferenceSession.create(bytes.get(graph.file), {
        executionProviders: [provider],
        graphOptimizationLevel: "all", // among others, weights stored as int8 become float32 once, here
        externalData: [{ path: about.weights.file, data: bytes.get(about.weights.file) }],
        logSeverityLevel: 3,
      });
      sessions[role] = await open("wasm").catch((cause) => {
        throw new ReaderError(`The model ${about.name} does not open in this browser. A newer browser may help. `
          + `(${role}: ${cause.message ?? cause})`, { cause });
      });
      if (!webgpu || role !== "denoise") continue;
      const found = await faster(ort, graph, sessions[role], () => open("webgpu"), onLog);
      if (found !== sessions[role]) [sessions[role], backend] = [found, "webgpu"];
    }
    return new Graphs(ort, about, sessions, backend);
  }

  /** A tensor for an input of a graph, from plain numbers (a typed array, or a number for one without a batch). */
  tensor(role, name, value) {
    return tensorOf(this.ort, this.about.graphs[role].inputs[name], value);
  }

  /** Runs a graph: inputs by name, typed arrays or tensors of ONNX Runtime; returns tensors by name. */
  run(role, inputs) {
    const feeds = {};
    for (const [name, value] of Object.entries(inputs)) {
      feeds[name] = value instanceof this.ort.Tensor ? value : this.tensor(role, name, value);
    }
    return this.sessions[role].run(feeds);
  }

  /** Frees what the sessions hold. */
  async close() {
    await Promise.all(Object.values(this.sessions).map((session) => session.release()));
  }
}

function tensorOf(ort, { shape, kind }, value) {
  const type = typeof kind === "number" ? "int32" : "float32";
  const Numbers = type === "int32" ? Int32Array : Float32Array;
  if (shape === null) return new ort.Tensor(type, Numbers.of(value), []);
  const size = shape.reduce((product, length) => product * length, 1);
  return new ort.Tensor(type, value, [value.length / size, ...shape]);
}

/** The session on WebGPU where that opens, agrees with the one on WASM and is faster; else the one on WASM. */
async function faster(ort, graph, wasm, open, onLog) {
  let other;
  try {
    other = await open();
    const feeds = example(ort, graph);
    const [expected] = Object.values(await wasm.run(feeds));
    const [found] = Object.values(await other.run(feeds)); // also builds its shaders
    const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const apart = expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - found.data[i])), 0);
    const [slow, fast] = [await timed(wasm, feeds), await timed(other, feeds)];
    onLog(`WebGPU differs by ${(apart / largest).toExponential(1)}; ${fast.toFixed(0)} ms, WASM ${slow.toFixed(0)} ms`);
    if (apart / largest <= AGREE && fast < slow) {
      await wasm.release();
      return other;
    }
  } catch (error) {
    onLog(`WebGPU is not used: ${error.message ?? error}`);
  }
  await other?.release();
  return wasm;
}

async function timed(session, feeds) {
  const start = performance.now();
  await session.run(feeds);
  return performance.now() - start;
}

/** Inputs of a graph for a batch of two; what numbers they are does not matter, if they are about as large as noise. */
function example(ort, graph) {
  const feeds = {};
  for (const [name, input] of Object.entries(graph.inputs)) {
    const size = 2 * (input.shape ?? []).reduce((product, length) => product * length, 1);
    const numbers = Float32Array.from({ length: size }, (_, i) => 1.5 * Math.sin(1.7 * i + 0.1 * (i % 7)));
    if (input.kind !== "number") numbers.fill(input.kind === "time" ? 0.5 : 1);
    feeds[name] = tensorOf(ort, input, typeof input.kind === "number" ? Int32Array.from(numbers) : numbers);
  }
  return feeds;
}
