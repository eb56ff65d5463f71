// Models come when they are asked for, once, and stay for the next visit.

import { MODELS, megabytes } from "./models.js";
import { duration } from "./words.js";

export class Loader {
  /** client: as `connect` gives it; status: a `Status`; form: the page's form, whose choices say what is here. */
  constructor(client, status, form) {
    Object.assign(this, { client, status, form, here: new Set(), known: {} });
  }

  /** Asks what lies in the cache, and marks the choices. Never fails: it is only a courtesy. */
  async look() {
    try {
      this.known = await this.client.inventory();
    } catch {
      this.known = {};
    }
    for (const radio of this.form.querySelectorAll("[name=model]")) {
      const size = radio.closest("label").querySelector(".pg-size"), told = this.known[radio.value];
      if (this.here.has(radio.value)) size.textContent = "ready";
      else if (told) size.textContent = told.cached ? `${megabytes(told.bytes)}, kept here` : megabytes(told.bytes);
    }
  }

  has(model) {
    return this.here.has(model);
  }

  /** What has to be pressed for a task with this model: "Draw", or how much that loads first. */
  label(model, task) {
    const told = this.known[model];
    if (this.has(model) || !told) return task;
    const runtime = this.here.size ? 0 : Number(this.form.dataset.runtime), then = `and ${task[0].toLowerCase()}${task.slice(1)}`;
    return told.cached ? `Open ${MODELS[model].title} ${then}`
      : `Load ${MODELS[model].title} (${megabytes(told.bytes + runtime)}) ${then}`;
  }

  /** Loads a model unless it is here; rejects with an error whose message is for readers. */
  async need(model, signal) {
    if (this.has(model)) return;
    const start = performance.now(), { title } = MODELS[model];
    this.status.say(`Loading ${title} …`);
    await this.client.load(model, { onProgress: (told) => this.status.progress(told), signal });
    signal.throwIfAborted();
    this.here.add(model);
    this.status.loaded();
    this.status.say(`${title} is ready, after ${duration(performance.now() - start)}.`);
    await this.look();
  }
}
