// Two tools for a picture: variations of it, and a change by words. Each is a small form, a source and a shelf.

import { pictureCanvas, show } from "./canvas.js";
import { captionField } from "./caption.js";
import { button, labelled, make } from "./dom.js";
import { bounded } from "./models.js";
import { makeShelf, newCards, runOnCards } from "./shelf.js";
import { duration, plural } from "./words.js";

/** What all tools share: the picture that they start from, a button, a shelf for what comes. */
export class Tool {
  /** `app`: as main.js makes it; says: one sentence on what the tool does; verb: what its button says. */
  constructor(app, says, verb) {
    Object.assign(this, { app, verb, picture: null, asked: null, shelf: makeShelf("Pictures of this tool") });
    this.canvas = pictureCanvas("No picture is chosen yet");
    this.note = make("p", { class: "pg-source-name", text: "Choose a picture with its buttons." });
    this.go = button(verb, () => this.app.status.attempt((signal) => this.start(signal)), { class: "pg-go" });
    this.fields = make("div", { class: "pg-fields" });
    this.element = make("div", { class: "pg-tool" },
      make("p", { class: "pg-intro", text: says }),
      make("div", { class: "pg-bench-row" }, make("div", { class: "pg-source" }, this.source(), this.note), this.fields),
      this.shelf);
  }

  /** What shows the picture that is worked on. */
  source() {
    return this.canvas;
  }

  /** A picture to start from: a card that has one. */
  take({ name, caption, picture }) {
    if (!picture) return;
    Object.assign(this, { picture, asked: caption });
    this.note.textContent = `From: ${name}`;
    this.canvas.setAttribute("aria-label", `${name}${caption ? `: ${caption}` : ""}`);
    show(this.canvas, picture);
    this.wake();
  }

  /** The button says what has to be loaded first: these tools are unCLIP's, whatever drew the picture. */
  wake() {
    this.go.textContent = this.app.loader.label("unclip", this.verb);
  }

  async start(signal) {
    if (!this.picture) {
      this.app.status.say("Choose a picture first, with the buttons beneath it.", true);
      return;
    }
    await this.app.loader.need("unclip", signal);
    this.wake();
    if (!(await this.ready())) {
      this.app.status.say("Nothing was drawn: the caption needs other words.", true);
      return;
    }
    await this.work(signal);
  }

  /** Whether captions, where there are some, are known. */
  async ready() {
    return true;
  }

  get seed() {
    return bounded("seed", this.app.form.elements.seed.value);
  }

  /** Runs a task on new cards and says how long it took. */
  async fill(task, count, parameters, { caption, name }, signal) {
    const cards = newCards(this.shelf, count, { caption, seed: this.seed, onUse: this.app.use, name });
    this.app.status.say(`${this.verb}: ${plural(count, "picture")} …`);
    this.shelf.scrollIntoView({ block: "nearest" });
    const result = await runOnCards(this.app.client, cards, task, parameters, signal);
    this.app.status.say(`${this.verb}: ${plural(count, "picture")} in ${duration(result.milliseconds)}.`);
    return result;
  }
}

/** A labelled slider with its number beside it; `said` turns the number into words. */
export function slider(label, low, high, step, value, said = String) {
  const input = make("input", { type: "range", min: low, max: high, step, value });
  input.value = value;
  const output = make("output", { text: said(value) });
  input.addEventListener("input", () => {
    output.textContent = said(input.value);
    input.setAttribute("aria-valuetext", said(input.value));
  });
  const element = labelled(label, input, { class: "pg-slider" });
  element.append(output);
  return { element, get value() { return Number(input.value); } };
}

export class VaryTool extends Tool {
  constructor(app) {
    super(app, "The picture's CLIP vector stays, and part of its noise is thrown anew: what unCLIP takes for the "
      + "same thing, drawn again.", "Vary");
    this.count = slider("Variations", 1, 8, 1, 4);
    this.eta = slider("How different", 0, 1, 0.05, 1, (value) => Number(value).toFixed(2));
    this.fields.append(this.count.element, this.eta.element, this.go);
  }

  work(signal) {
    const caption = this.asked ?? undefined;
    const parameters = { picture: this.picture, n: this.count.value, eta: this.eta.value, seed: this.seed, caption };
    return this.fill("vary", this.count.value, parameters, { caption, name: "Variation" }, signal);
  }
}

export class WordsTool extends Tool {
  constructor(app) {
    super(app, "The CLIP vector turns as one caption differs from the other; the noise stays, and with it the rest "
      + "of the picture.", "Reword");
    const model = () => (app.loader.has("unclip") ? "unclip" : null);
    this.from = captionField("It shows", "", app.client, model);
    this.to = captionField("It is to show", "", app.client, model);
    this.fraction = slider("How far to turn", 0, 1, 0.05, 0.5, (value) => Number(value).toFixed(2));
    this.fields.append(this.from.element, this.to.element, this.fraction.element, this.go);
  }

  take(card) {
    super.take(card);
    this.from.caption.input.value = card.caption ?? "";
    if (!this.to.caption.text) this.to.caption.input.value = card.caption ?? "";
  }

  async ready() {
    return (await this.from.caption.check("unclip")) && this.to.caption.check("unclip");
  }

  work(signal) {
    const target = this.to.caption.text;
    const parameters = { picture: this.picture, source: this.from.caption.text, target, fraction: this.fraction.value };
    return this.fill("textDiff", 1, parameters, { caption: target, name: "Reworded" }, signal);
  }
}
