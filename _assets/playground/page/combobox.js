// A text field that offers words which the model knows: the combobox pattern of WAI-ARIA, with a list beneath.

import { languageOf, make, newId } from "./dom.js";
import { completed } from "./words.js";

export class Combobox {
  /**
   * @param {HTMLInputElement} input
   * @param {function(string): Promise<string[]>} complete words that may go on from the text before the caret
   */
  constructor(input, complete) {
    Object.assign(this, { input, complete, words: [], active: -1, asked: 0 });
    this.list = make("ul", { class: "pg-list", role: "listbox", id: newId("list"), "aria-label": "Words the model knows" });
    this.list.hidden = true;
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    })) input.setAttribute(name, value);
    input.parentElement.append(this.list);
    input.addEventListener("input", (event) => { if (!event.isComposing) this.ask(); });
    input.addEventListener("compositionend", () => this.ask());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.close());
    // Pressing must not take the focus from the field, or the list would be gone before the click.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  /** Asks for completions; only the answer to the newest question counts. */
  async ask() {
    const question = ++this.asked, caret = this.input.selectionStart ?? this.input.value.length;
    const before = this.input.value.slice(0, caret);
    let words = [];
    if (/[^\s,.;:!?，。]$/u.test(before) && before.length < 500) words = await this.complete(before).catch(() => []);
    if (question !== this.asked || document.activeElement !== this.input) return;
    // A word that stands there already is no completion of itself.
    this.show(words.filter((word) => !before.toLowerCase().endsWith(word)));
  }

  show(words) {
    this.words = words;
    this.list.replaceChildren(...words.map((word) => make("li", {
      role: "option", id: newId("option"), "aria-selected": "false", text: word, lang: languageOf(word),
    })));
    this.list.hidden = words.length === 0;
    this.input.setAttribute("aria-expanded", String(words.length > 0));
    this.choose(-1);
  }

  choose(index) {
    this.active = index;
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    const option = this.list.children[index];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.asked += 1;
    this.show([]);
  }

  take(index) {
    const caret = this.input.selectionStart ?? this.input.value.length;
    const now = completed(this.input.value, caret, this.words[index]);
    this.close();
    this.input.value = now.text;
    this.input.focus();
    this.input.setSelectionRange(now.caret, now.caret);
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  press(event) {
    if (event.isComposing || !this.words.length) return;
    const last = this.words.length - 1;
    if (event.key === "ArrowDown") this.choose(this.active >= last ? 0 : this.active + 1);
    else if (event.key === "ArrowUp") this.choose(this.active <= 0 ? last : this.active - 1);
    else if (event.key === "Enter" && this.active >= 0) this.take(this.active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}
