/** ONNX Runtime, from the site's own folder: the build for WASM, or where there is a GPU, the one that knows WebGPU. */

import { ReaderError } from "./errors.js";

const BUILDS = {
  wasm: ["ort.wasm.min.mjs", "ort-wasm-simd-threaded"],
  webgpu: ["ort.jspi.min.mjs", "ort-wasm-simd-threaded.jspi"],
};

/**
 * Which build fits this browser: "webgpu" where it gives an adapter and can wait for it inside WASM, else "wasm". An
 * adapter that the processor only plays is slower than the processor itself.
 */
export async function fittingBuild({ navigator = globalThis.navigator, WebAssembly = globalThis.WebAssembly } = {}) {
  if (!navigator?.gpu || !("Suspending" in WebAssembly)) return "wasm";
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter && !adapter.info?.isFallbackAdapter ? "webgpu" : "wasm";
}

/** The entry {file, bytes, sha256} of a build's .wasm. files: a `SiteFiles` of the folder vendor/ort. */
export async function runtimeEntry(files, build) {
  const { files: entries } = await files.index();
  return entries.find(({ file }) => file === `${BUILDS[build][1]}.wasm`);
}

/** Opens a build on one thread: static sites send none of the headers that more would need. */
export async function openRuntime(files, build, told) {
  const wasm = await files.read(await runtimeEntry(files, build), told);
  const [script, name] = BUILDS[build];
  const ort = await import(new URL(script, files.base).href).catch((cause) => {
    const message = `The script ${script} could not be loaded. Check the network, then try again.`;
    throw new ReaderError(message, { retry: true, cause });
  });
  Object.assign(ort.env.wasm, {
    numThreads: 1,
    proxy: false,
    wasmPaths: { mjs: new URL(`${name}.mjs`, files.base).href },
    wasmBinary: wasm,
  });
  return ort;
}
