// The one way in which this page makes elements: what readers type becomes text nodes, never markup.

/**
 * Makes an element.
 * @param {string} tag name of the element
 * @param {object} [props] attributes; `on…` functions become listeners, `class`, `text` and `value` do what they say,
 *   null, undefined and false are left out, true is a bare attribute
 * @param {...(Node|string)} children strings become text
 * @returns {HTMLElement}
 */
export function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let count = 0;

/** An id that no other element of the page has. */
export function newId(name = "part") {
  count += 1;
  return `pg-${name}-${count}`;
}

/** A button of the page; `props` as for `make`. */
export function button(text, onclick, props = {}) {
  return make("button", { type: "button", text, onclick, ...props });
}

/** A label and its control, in one block; the label names the control. */
export function labelled(text, control, props = {}) {
  control.id ||= newId("field");
  return make("div", { class: "pg-field", ...props }, make("label", { for: control.id, text }), control);
}

/** "zh" where the text holds Chinese, so that it is drawn and read aloud as such; else null (as viz/_html.py). */
export function languageOf(text) {
  return /[\u3400-\u9fff]/.test(text) ? "zh" : null;
}

/** The reader asks for less motion. */
export function isCalm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
