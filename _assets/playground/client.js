/** The page's side of the engine: starts the worker when it is first needed, and turns messages into promises. */

import { ReaderError, stopped, unpackError } from "./errors.js";

/**
 * A client of the worker beside this file, or of the one at `base`. onLog(text) hears what helps to find a fault.
 * Every promise rejects with an Error whose message is for readers; `retry` is true where trying again can help.
 */
export function connect(base = new URL("./", import.meta.url), { onLog = () => {}, Worker = globalThis.Worker } = {}) {
  return new Client(new URL("worker.js", base), onLog, Worker);
}

class Client {
  constructor(url, onLog, Worker) {
    Object.assign(this, { url, onLog, Worker, worker: null, waiting: new Map(), next: 1, backend: null });
  }

  /** {model: {title, bytes, cached, needs}}: bytes without the runtime, cached: whether all of it is kept here. */
  inventory() {
    return this.ask("inventory", []);
  }

  /** Loads a model and, before the first, the runtime. onProgress({loaded, total}) in bytes. */
  load(model, { onProgress, signal } = {}) {
    return this.ask("load", [model], { onProgress, signal });
  }

  /** null, or why the model cannot read the caption: {message, word, nearest}. */
  check(model, caption) {
    return this.ask("check", [model, caption]);
  }

  /** Completions of the last word of a text. */
  complete(model, text, n) {
    return this.ask("complete", [model, text, n]);
  }

  /** Does a task (tasks.js). onStep({index, step, of, picture, t}); the signal stops it between two steps. */
  run(task, parameters, { onStep, signal } = {}) {
    return this.ask("run", [task, parameters], { onStep, signal });
  }

  /** Ends the worker, and with it everything that is loaded; the next call starts another. */
  close(error = stopped()) {
    this.worker?.terminate();
    const waiting = [...this.waiting.values()];
    Object.assign(this, { worker: null, waiting: new Map(), backend: null });
    for (const { reject } of waiting) reject(error);
  }

  /** One request. Once its signal is aborted it rejects at once, and the worker stops as soon as it can. */
  ask(call, given, { onProgress, onStep, signal } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(stopped());
        return;
      }
      const id = this.next;
      this.next += 1;
      const stop = () => {
        this.worker?.postMessage({ id, call: "stop" });
        this.waiting.delete(id);
        reject(stopped());
      };
      signal?.addEventListener("abort", stop, { once: true });
      const settle = (how) => (value) => {
        signal?.removeEventListener("abort", stop);
        how(value);
      };
      this.waiting.set(id, { resolve: settle(resolve), reject: settle(reject), onProgress, onStep });
      try {
        this.start().postMessage({ id, call, given });
      } catch (error) {
        this.waiting.delete(id);
        settle(reject)(error);
      }
    });
  }

  /** The worker, started if there is none. */
  start() {
    if (this.worker) return this.worker;
    if (globalThis.location?.protocol === "file:") {
      throw new ReaderError("A page opened as a file cannot draw: browsers let no file start the models. "
        + "Serve the site (make serve) and open it by its address.");
    }
    this.worker = new this.Worker(this.url, { type: "module", name: "playground" });
    this.worker.addEventListener("message", ({ data }) => this.hear(data));
    this.worker.addEventListener("error", (event) => {
      event.preventDefault?.();
      this.onLog(event.message ?? "the worker failed");
      this.close(new ReaderError("The part of the page that draws did not start, or broke off. "
        + "Check the network, then try again; if that does not help, reload the page.", { retry: true }));
    });
    return this.worker;
  }

  hear({ id, kind, value }) {
    if (kind === "log") this.onLog(value);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    if (kind === "progress") waiting.onProgress?.(value);
    if (kind === "step") waiting.onStep?.(value);
    if (kind === "done") {
      this.waiting.delete(id);
      this.backend = value.backend;
      waiting.resolve(value.result);
    }
    if (kind === "failed") {
      this.waiting.delete(id);
      waiting.reject(unpackError(value));
    }
  }
}
