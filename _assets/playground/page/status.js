// What the page says aloud (aria-live), what it shows while something is loaded, and one piece of work at a time.

import { button, make } from "./dom.js";
import { megabytes } from "./models.js";

export class Status {
  /** @param {HTMLElement} line the element with role="status" */
  constructor(line) {
    this.line = line;
    this.bar = make("progress", { class: "pg-progress", max: "1", "aria-label": "Loading" });
    this.amount = make("span", { class: "pg-amount" });
    this.stop = button("Stop", () => this.controller?.abort(), { class: "pg-stop" });
    this.again = button("Try again", () => this.attempt(this.work), { class: "pg-retry" });
    this.row = make("div", { class: "pg-row" }, this.bar, this.amount, this.stop, this.again);
    line.after(this.row);
    this.show({});
  }

  /** Which parts of the row are seen. */
  show({ loading = false, busy = false, retry = false }) {
    this.bar.hidden = this.amount.hidden = !loading;
    this.stop.hidden = !busy;
    this.again.hidden = !retry;
    this.row.hidden = !(loading || busy || retry);
  }

  say(text, failed = false) {
    this.line.textContent = text;
    this.line.classList.remove("pg-note");
    this.line.classList.toggle("pg-failed", failed);
  }

  /** How much has been loaded; only shown, since a voice that counts bytes is of no use. */
  progress({ loaded, total }) {
    this.show({ loading: true, busy: true });
    this.bar.value = total ? Math.min(1, loaded / total) : 0;
    this.amount.textContent = `${megabytes(loaded)} of ${megabytes(total)}`;
  }

  loaded() {
    this.show({ busy: true });
  }

  /**
   * Does one piece of work, and stops another one that is under way. What goes wrong is said in words.
   * @param {function(AbortSignal): Promise<void>} work
   */
  async attempt(work) {
    this.controller?.abort();
    const controller = new AbortController();
    const before = this.running;
    Object.assign(this, { controller, work });
    this.running = (async () => {
      await before;
      if (controller.signal.aborted) return;
      this.show({ busy: true });
      let retry = false;
      try {
        await work(controller.signal);
      } catch (error) {
        retry = error.retry === true && !controller.signal.aborted;
        if (controller.signal.aborted) this.say("Stopped.");
        else this.say(error.message, true);
      }
      if (this.controller === controller) this.show({ retry });
    })();
    return this.running;
  }
}
