/**
 * The engine in a thread of its own, so that the page never waits. Messages: see client.js.
 *
 * A request is {id, call, given}; answers are {id, kind: "progress" | "step" | "done" | "failed", value}, and
 * {kind: "log", value}. "load" and "run" take turns; the others are answered between two steps.
 */

import { Engine, sum } from "./engine.js";
import { checkStopped, packError } from "./errors.js";
import { SiteFiles } from "./files.js";
import { fittingBuild, openRuntime, runtimeEntry } from "./runtime.js";

const vendor = (folder) => new URL(`../vendor/${folder}/`, import.meta.url);
const onLog = (value) => self.postMessage({ kind: "log", value });
const files = new SiteFiles(vendor("models"), { onLog });
const runtimeFiles = new SiteFiles(vendor("ort"), { onLog });
const engine = new Engine({ files, onLog });
const EXPECTED = ["AbortError", "CaptionError"]; // the reader's own doing, which needs no log
const stops = new Map(); // id → AbortController
let turn = Promise.resolve();

const CALLS = {
  inventory: () => engine.inventory(),
  check: ([model, caption]) => engine.check(model, caption),
  complete: ([model, text, n]) => engine.complete(model, text, n),
  load: ([model], told) => inTurn(told, () => load(model, told)),
  run: ([task, parameters], told) => inTurn(told, () => engine.run(task, parameters, { ...told, pause })),
};

self.addEventListener("message", async ({ data: { id, call, given } }) => {
  if (call === "stop") {
    stops.get(id)?.abort();
    return;
  }
  const stop = new AbortController();
  stops.set(id, stop);
  const say = (kind, value) => self.postMessage({ id, kind, value }, buffersIn(value));
  const told = {
    signal: stop.signal,
    onStep: (value) => say("step", value),
    onProgress: (value) => say("progress", value),
  };
  try {
    say("done", { result: await CALLS[call](given, told), backend: engine.backend });
  } catch (error) {
    if (!EXPECTED.includes(error?.name)) onLog(String(error?.cause?.message ?? error?.stack ?? error));
    say("failed", packError(error));
  } finally {
    stops.delete(id);
  }
});

/** Loads a model of the page, and before the first one the runtime; tells how far it is, of all that has to come. */
async function load(model, { onProgress, signal }) {
  const build = engine.ort ? null : await fittingBuild();
  const total = sum(await engine.entries(model)) + (build ? (await runtimeEntry(runtimeFiles, build)).bytes : 0);
  let loaded = 0;
  const onBytes = (n) => {
    loaded += n;
    onProgress({ loaded: Math.min(loaded, total), total });
  };
  if (build) {
    engine.ort = await openRuntime(runtimeFiles, build, { onBytes, signal });
    engine.webgpu = build === "webgpu";
  }
  await engine.load(model, { onBytes, signal });
}

/** Waits for what was asked for before, then does it. */
function inTurn({ signal }, work) {
  const mine = turn.then(() => {
    checkStopped(signal);
    return work();
  });
  turn = mine.catch(() => {});
  return mine;
}

/** Lets the messages in that have come meanwhile: what only awaits promises never hears of a stop. */
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** The buffers of an answer's pictures, which move to the page instead of being copied. */
function buffersIn(value) {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (value === null || typeof value !== "object") return [];
  return [...new Set(Object.values(value).flatMap(buffersIn))];
}
