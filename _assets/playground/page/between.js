// The way between two captions: both are drawn, then the pictures between, and a slider goes from one to the other.

import { pictureCanvas, show } from "./canvas.js";
import { captionField } from "./caption.js";
import { button, isCalm, labelled, make } from "./dom.js";
import { bounded } from "./models.js";
import { duration } from "./words.js";

const FRAMES = 9;

export class BetweenTool {
  /** `app`: as main.js makes it. */
  constructor(app) {
    Object.assign(this, { app, result: null });
    const model = () => (app.loader.has("unclip") ? "unclip" : null);
    this.first = captionField("From the caption", "a large red circle on the left", app.client, model);
    this.second = captionField("to the caption", "a small blue star on the right", app.client, model);
    this.go = button("Draw the way", () => app.status.attempt((signal) => this.start(signal)), { class: "pg-go" });
    this.canvas = pictureCanvas("The picture at the slider's place");
    this.slider = make("input", { type: "range", min: 0, max: FRAMES - 1, step: 1 });
    this.slider.value = 0;
    this.slider.addEventListener("input", () => this.at(Number(this.slider.value)));
    this.reading = make("p", { class: "pg-reading", "aria-live": "polite" });
    this.strip = make("div", { class: "pg-strip", "aria-hidden": "true" });
    this.way = make("div", { class: "pg-way" }, make("div", { class: "pg-frame" }, this.canvas),
      labelled("Frame on the way", this.slider), this.reading, this.strip);
    this.way.hidden = true;
    this.element = make("div", { class: "pg-tool" },
      make("p", { class: "pg-intro", text: "Both captions are drawn; then vector and noise turn from the one to the "
        + "other, in nine frames. The oracle reads each." }),
      make("div", { class: "pg-fields pg-wide" }, this.first.element, this.second.element, this.go), this.way);
  }

  wake() {
    this.go.textContent = this.app.loader.label("unclip", "Draw the way");
  }

  async start(signal) {
    const { client, loader, status } = this.app;
    await loader.need("unclip", signal);
    this.wake();
    const captions = [this.first.caption, this.second.caption];
    for (const caption of captions) {
      if (await caption.check("unclip")) continue;
      status.say("Nothing was drawn: the caption needs other words.", true);
      return;
    }
    status.say("Drawing the way between the two captions …");
    this.prepare();
    const seed = bounded("seed", this.app.form.elements.seed.value), ends = [], start = performance.now();
    for (const [i, { text }] of captions.entries()) {
      const onStep = (told) => this.frame(i * (FRAMES - 1), told.picture);
      ends.push((await client.run("draw", { model: "unclip", caption: text, seed, index: 0 }, { signal, onStep })).picture);
      this.frame(i * (FRAMES - 1), ends[i], true);
    }
    this.result = await client.run("interpolate", { first: ends[0], second: ends[1], frames: FRAMES }, {
      signal, onStep: (told) => this.frame(told.index ?? 0, told.picture),
    });
    this.result.pictures.forEach((picture, i) => this.frame(i, picture, true));
    this.slider.disabled = false;
    this.at(0);
    status.say(`The way is drawn, in ${duration(performance.now() - start)}: move the slider.`);
  }

  /** An empty strip of small canvases, one for each frame. */
  prepare() {
    this.result = null;
    this.slider.value = 0;
    this.slider.disabled = true;
    this.reading.textContent = "";
    this.thumbs = Array.from({ length: FRAMES }, () => make("canvas", { width: 32, height: 32 }));
    this.thumbs.forEach((thumb, i) => thumb.addEventListener("click", () => {
      this.slider.value = i;
      this.at(i);
    }));
    this.strip.replaceChildren(...this.thumbs);
    this.way.hidden = false;
  }

  frame(index, picture, last = false) {
    if (!picture || (isCalm() && !last)) return;
    show(this.thumbs[index], picture);
    show(this.canvas, picture);
  }

  /** Shows frame k, and says what the oracle reads in it. */
  at(k) {
    if (!this.result) return;
    show(this.canvas, this.result.pictures[k]);
    const said = `Frame ${k + 1} of ${FRAMES}: ${this.result.readings[k] || "nothing that the oracle can read"}.`;
    this.reading.textContent = said;
    this.canvas.setAttribute("aria-label", said);
    this.slider.setAttribute("aria-valuetext", said);
    this.thumbs.forEach((thumb, i) => thumb.classList.toggle("pg-here", i === k));
  }
}
