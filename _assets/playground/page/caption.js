// A caption's field: what it offers while one types, and what it answers to words that no model has seen.

import { Combobox } from "./combobox.js";
import { button, languageOf, make } from "./dom.js";
import { chinesePhrases } from "./phrases.js";

const PAUSE = 350;    // milliseconds without a key before the caption is checked

export class Caption {
  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} says where answers stand; the field is described by it
   * @param {object} client as `connect` gives it
   * @param {function(): string|null} model the model to ask, or null while none is here
   */
  constructor(input, says, client, model) {
    Object.assign(this, { input, says, client, model });
    says.setAttribute("aria-live", "polite");
    new Combobox(input, (text) => this.complete(text));
    let timer = null;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      this.answer(null);
      timer = setTimeout(() => this.check(), PAUSE);
    });
    input.addEventListener("change", () => this.check());
  }

  get text() {
    return this.input.value.trim();
  }

  /** Words that go on from a text: the model's own, or where it reads Chinese, words of that. */
  async complete(text) {
    const model = this.model();
    if (!model) return [];
    const [words, phrases] = [await this.client.complete(model, text), chinesePhrases(text)];
    if (words.length || !phrases.length) return words;
    return (await this.client.check(model, phrases[0])) ? [] : phrases;
  }

  /** Asks the model whether it knows the words, and says so beside the field; gives whether all is well. */
  async check(model = this.model()) {
    if (!model) return true;
    const asked = this.text;
    const problem = await this.client.check(model, asked);
    if (asked !== this.text) return true;       // the reader has typed on; the next check answers that
    this.answer(problem);
    return !problem;
  }

  answer(problem) {
    this.input.setAttribute("aria-invalid", String(Boolean(problem)));
    this.input.lang = languageOf(this.input.value) ?? "en";
    // Buttons that stand there already stay: a click on one makes the field lose the focus, which asks again.
    const told = problem?.message ?? "";
    if (told === this.told) return;
    this.told = told;
    if (!problem) {
      this.says.replaceChildren();
      return;
    }
    const nearest = (problem.nearest ?? []).map((word) => button(word, () => this.replace(problem.word, word), {
      "aria-label": `Write ${word} instead`, lang: languageOf(word),
    }));
    this.says.replaceChildren(make("span", { text: problem.message }), ...nearest);
  }

  replace(word, by) {
    const at = this.input.value.toLowerCase().indexOf(String(word).toLowerCase());
    if (at < 0) return;
    this.input.value = this.input.value.slice(0, at) + by + this.input.value.slice(at + word.length);
    this.input.focus();
    this.check();
  }
}

/** A labelled caption field for a tool, with all of this; gives {element, caption}. */
export function captionField(label, value, client, model) {
  const input = make("input", { type: "text", value, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const says = make("p", { class: "pg-says" });
  input.id = `pg-${label.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  says.id = `${input.id}-says`;
  input.setAttribute("aria-describedby", says.id);
  const element = make("div", { class: "pg-field" }, make("label", { for: input.id, text: label }),
    make("div", { class: "pg-box" }, input), says);
  return { element, caption: new Caption(input, says, client, model) };
}
