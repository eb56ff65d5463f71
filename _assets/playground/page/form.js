// The form of the page: reading it, filling it in, and what its controls say of themselves.

import { MODELS, bounded } from "./models.js";

/** What the form asks for: {caption, model, seed, count, guidance?, steps?}, numbers within their bounds. */
export function readForm(form) {
  const model = form.elements.model.value;
  const drawing = {
    caption: form.elements.caption.value.trim(), model,
    seed: bounded("seed", form.elements.seed.value), count: bounded("count", form.elements.count.value),
  };
  for (const name of MODELS[model].settings) drawing[name] = bounded(name, form.elements[name].value);
  return drawing;
}

/** Fills the form in from a drawing; what the drawing leaves open stays as it was. */
export function fillForm(form, drawing) {
  for (const [name, value] of Object.entries(drawing)) form.elements[name].value = value;
  describe(form);
}

/** Hides what the chosen model does not take, and writes each slider's number beside it. */
export function describe(form) {
  const { settings } = MODELS[form.elements.model.value];
  for (const name of ["guidance", "steps"]) form.querySelector(`[data-setting=${name}]`).hidden = !settings.includes(name);
  for (const output of form.querySelectorAll("output")) output.value = form.elements[output.htmlFor.value.slice(3)].value;
}

/** A newly chosen model gets the guidance that its card found best. */
export function adopt(form) {
  const best = form.querySelector("[name=model]:checked").dataset.guidance;
  if (best) form.elements.guidance.value = best;
  describe(form);
}
