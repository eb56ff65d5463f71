// What live figures are made of: pictures with a name, sliders, captions to choose from, the oracle's word.

import { pictureCanvas, show } from "../page/canvas.js";
import { captionField } from "../page/caption.js";
import { button, isCalm, labelled, languageOf, make, newId } from "../page/dom.js";
import { duration, verdictKind, verdictReasons, verdictWord } from "../page/words.js";

/** A picture with its name beneath: {element, step({picture, step, of}), show(picture, said)}. */
export function frame(name) {
  const canvas = pictureCanvas(`${name}, not drawn yet`);
  const bar = make("span", { class: "pg-bar", "aria-hidden": "true" });
  const element = make("div", { class: "live-frame" }, make("div", { class: "pg-frame" }, canvas, bar),
    make("p", { class: "live-name", text: name }));
  return {
    element,
    /** A guess on the way. Readers who ask for less motion see only the end. */
    step({ picture, step, of }) {
      bar.style.transform = `scaleX(${of ? Math.min(1, step / of) : 0})`;
      if (picture && !isCalm()) show(canvas, picture);
    },
    show(picture, said) {
      bar.style.transform = "scaleX(0)";
      show(canvas, picture);
      canvas.setAttribute("aria-label", `${name}: ${said}`);
    },
  };
}

/**
 * A labelled slider with its number beside it: {element, input, value, set(value), bound(high)}.
 * said: the number in words, for eyes and for screen readers; onInput(value): at every move.
 */
export function slider(label, { low, high, step, value, said = String, onInput = () => {} }) {
  const input = make("input", { type: "range", min: low, max: high, step, value });
  const output = make("output", { class: "live-number" });
  const tell = () => {
    output.textContent = said(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    tell();
    onInput(Number(input.value));
  });
  tell();
  const element = labelled(label, input, { class: "pg-slider" });
  output.htmlFor = input.id;
  element.append(output);
  return {
    element, input, tell,
    get value() { return Number(input.value); },
    set(wanted) {
      input.value = wanted;
      tell();
    },
  };
}

/** A labelled choice of one of several: {element, value}. choices: pairs of a value and what the reader sees. */
export function choice(label, choices, onChange) {
  const select = make("select", {}, ...choices.map(([value, text]) => make("option", { value, text })));
  select.addEventListener("change", () => onChange(select.value));
  return { element: labelled(label, select, { class: "pg-slider live-choice" }), get value() { return select.value; } };
}

/**
 * A caption, typed or chosen: {element, text}. onChange(text) hears of a new one that the model can read; of others the
 * field itself says why not.
 */
export function captionPicker({ client, model }, label, captions, onChange) {
  const { element, caption } = captionField(label, captions[0], client, () => model);
  const { input, says } = caption;
  [input.id, says.id] = [newId("caption"), newId("says")]; // there may be several such fields on a page
  element.querySelector("label").htmlFor = input.id;
  input.setAttribute("aria-describedby", says.id);
  let text = captions[0];
  const take = async () => {
    const wanted = caption.text;
    if (wanted === text || !(await caption.check()) || wanted !== caption.text) return;
    text = wanted;
    onChange(text);
  };
  input.addEventListener("change", take);
  const chips = captions.map((words) => button(words, () => {
    input.value = words;
    take();
  }, { lang: languageOf(words) }));
  const examples = make("div", { class: "pg-examples", role: "group", "aria-label": "Captions to choose from" }, ...chips);
  const whole = make("div", { class: "live-caption" }, element, captions.length > 1 ? examples : null);
  return { element: whole, get text() { return text; } };
}

/** Where the oracle's verdict stands, in words, and is said aloud: {element, say(verdict, milliseconds)}. */
export function verdictLine() {
  const element = make("p", { class: "live-verdict", "aria-live": "polite" });
  const time = make("p", { class: "live-time" });
  return {
    element: make("div", { class: "live-said" }, element, time),
    say(verdict, milliseconds) {
      const kind = verdictKind(verdict);
      const said = `${{ right: "✓", wrong: "✗", unjudged: "–" }[kind]} ${verdictWord(verdict)}. ${verdictReasons(verdict)}`;
      time.textContent = duration(milliseconds);
      if (element.textContent === said) return; // what stays true need not be said again
      element.textContent = said;
      element.className = `live-verdict live-${kind}`;
    },
  };
}

/** Pictures on the left, controls on the right; beneath one another where there is little room. */
export function layout(pictures, controls) {
  return make("div", { class: "live-row" }, make("div", { class: "live-pictures" }, ...pictures),
    make("div", { class: "live-controls" }, ...controls));
}
