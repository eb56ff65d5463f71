// One picture: how it comes into being, what the oracle says of it, and what can be done with it.

import { download, pictureCanvas, show } from "./canvas.js";
import { button, isCalm, languageOf, make } from "./dom.js";
import { duration, verdictKind, verdictReasons, verdictWord } from "./words.js";

/** What a picture can be used for: the tool's name → what its button says. */
const USES = { vary: "Vary", words: "Reword", paint: "Repaint" };

export class Card {
  /**
   * @param {string} name what the picture is called, such as "Picture 2"
   * @param {string|null} caption what was asked for
   * @param {string} file name for the PNG
   * @param {function(string, {name, caption, picture})} onUse called with a tool's name; without it there are no uses
   */
  constructor({ name, caption = null, file = "picture.png", onUse = null }) {
    Object.assign(this, { name, caption, file, onUse, picture: null });
    this.canvas = pictureCanvas(`${name}, not drawn yet`);
    this.bar = make("span", { class: "pg-bar", "aria-hidden": "true" });
    this.said = make("figcaption", {}, make("span", { class: "pg-name", text: name }));
    this.actions = make("div", { class: "pg-actions", role: "group", "aria-label": name });
    const figure = make("figure", {}, make("div", { class: "pg-frame" }, this.canvas, this.bar), this.said);
    this.element = make("li", { class: "pg-card pg-waiting" }, figure, this.actions);
  }

  /** Shows a guess on the way. Readers who ask for less motion see only the end. */
  frame({ picture, step, of }) {
    if (this.element.classList.contains("pg-waiting")) {
      this.element.classList.remove("pg-waiting");
      this.canvas.setAttribute("aria-label", `${this.name}, being drawn`);
    }
    this.bar.style.transform = `scaleX(${of ? (step + 1) / of : 0})`;
    if (picture && !isCalm()) show(this.canvas, picture);
  }

  /** Shows the picture, the verdict (null: none is given) and the time. */
  finish({ picture, verdict, milliseconds, judged = true }) {
    this.picture = picture;
    show(this.canvas, picture);
    this.bar.remove();
    this.element.classList.remove("pg-waiting");
    const time = milliseconds ? make("span", { class: "pg-time", text: duration(milliseconds) }) : null;
    if (time) this.said.append(time);
    if (judged) this.judge(verdict);
    this.canvas.setAttribute("aria-label", `${this.name}: ${verdict?.seen || this.caption || "a picture"}`);
    this.actions.append(...this.buttons());
  }

  judge(verdict) {
    const kind = verdictKind(verdict);
    const mark = { right: "✓", wrong: "✗", unjudged: "–" }[kind];
    this.element.classList.add(`pg-${kind}`);
    this.said.append(
      make("span", { class: "pg-verdict" }, make("span", { "aria-hidden": "true", text: `${mark} ` }), verdictWord(verdict)),
      make("span", { class: "pg-reasons", text: verdictReasons(verdict) }),
    );
  }

  buttons() {
    const called = (text) => ({ "aria-label": `${text} ${this.name}`, title: `${text} this picture` });
    const save = button("Save", () => download(this.canvas, this.file), { ...called("Save"), title: "Save as PNG" });
    const uses = this.onUse ? Object.entries(USES) : [];
    return [save, ...uses.map(([tool, text]) => button(text, () => this.onUse(tool, this), called(text)))];
  }

  /** Says in the picture's place why it was not drawn. */
  fail(message) {
    this.bar.remove();
    this.element.classList.add("pg-undrawn");
    this.canvas.setAttribute("aria-label", `${this.name}, not drawn`);
    this.said.append(make("span", { class: "pg-reasons", text: message, lang: languageOf(message) }));
  }
}
