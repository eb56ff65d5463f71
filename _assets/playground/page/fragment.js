// A drawing as the fragment of an address, and back: whoever opens the link finds the form filled in.

import { MODELS, bounded } from "./models.js";

const NUMBERS = ["seed", "count", "guidance", "steps"];

/**
 * The fragment, without its #, that stands for a drawing.
 * @param {{caption: string, model: string, seed: number, count: number, guidance?: number, steps?: number}} drawing
 * @returns {string} settings that the model does not take are left out
 */
export function toFragment(drawing) {
  const parts = new URLSearchParams({ caption: drawing.caption, model: drawing.model });
  for (const name of NUMBERS) {
    if (drawing[name] !== undefined && drawing[name] !== null) parts.set(name, String(drawing[name]));
  }
  return parts.toString();
}

/**
 * The drawing that a fragment stands for, or null where it stands for none (such as the place of a heading).
 * Whatever it says, the model is one of the page's and numbers lie within their bounds; the caption is any text.
 * @param {string} fragment with or without its #
 */
export function fromFragment(fragment) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const caption = parts.get("caption");
  if (!caption) return null;
  const model = Object.hasOwn(MODELS, parts.get("model")) ? parts.get("model") : "unclip";
  const drawing = { caption, model, seed: bounded("seed", parts.get("seed")), count: bounded("count", parts.get("count"), 1) };
  for (const name of MODELS[model].settings) {
    const value = bounded(name, parts.get(name), null);
    if (value !== null) drawing[name] = value;
  }
  return drawing;
}

