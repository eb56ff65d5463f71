// The engine in Node: does tasks that come as JSON at stdin, {models, jobs: [{task, parameters}]}, and writes what it
// drew as JSON, pictures in base64. `models` is the folder of the exported models. Needs what `make setup` fetches.

import { readFile } from "node:fs/promises";
import path from "node:path";

import * as ort from "../../node_modules/onnxruntime-web/dist/ort.node.min.mjs";
import { Engine } from "../../_assets/playground/engine.js";

/** Files of a folder on this disk, as `SiteFiles` gives those of the site. */
export class DiskFiles {
  constructor(folder) {
    this.folder = folder;
  }

  async index() {
    return JSON.parse(await readFile(path.join(this.folder, "index.json"), "utf8"));
  }

  async has() {
    return true;
  }

  async read({ file }) {
    return new Uint8Array(await readFile(path.join(this.folder, file)));
  }
}

/** JSON holds no bytes: arrays of them become base64. */
const packed = (key, value) => {
  const bytes = value instanceof Uint8Array || value instanceof Uint8ClampedArray;
  if (bytes) return Buffer.from(value).toString("base64");
  return value instanceof Float32Array ? Array.from(value) : value;
};

function unpacked(parameters) {
  const bytes = ["picture", "first", "second", "mask"].filter((name) => name in parameters);
  const arrays = bytes.map((name) => [name, new Uint8Array(Buffer.from(parameters[name], "base64"))]);
  return { ...parameters, ...Object.fromEntries(arrays) };
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { models, jobs } = JSON.parse(Buffer.concat(chunks).toString());
  ort.env.wasm.numThreads = 1;
  const engine = new Engine({ ort, files: new DiskFiles(models) });
  const results = [];
  for (const { task, parameters } of jobs) {
    const began = performance.now();
    await engine.load(parameters.model ?? "unclip");
    const opening = performance.now() - began;
    let steps = 0;
    const onStep = ({ index }) => { steps += index === (parameters.index ?? 0); };
    results.push({ ...(await engine.run(task, unpacked(parameters), { onStep })), opening, steps });
  }
  process.stdout.write(JSON.stringify(results, packed));
}

if (process.argv[1] === import.meta.filename) await main();
