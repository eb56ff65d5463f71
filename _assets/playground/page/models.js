// The four models of the page, and the bounds of what they may be told.

/** Name → title and the settings that the model takes; sizes and figures stand in the page (_ext/playground_page.py). */
export const MODELS = {
  cvae: { title: "CVAE", settings: [] },
  dalle: { title: "DALL·E 1", settings: ["guidance"] },
  glide: { title: "Text diffusion", settings: ["guidance", "steps"] },
  unclip: { title: "unCLIP", settings: ["guidance", "steps"] },
};

/** Bounds of the settings, both ends allowed, and what they are where neither reader nor card says. */
export const BOUNDS = {
  seed: { low: 0, high: 2 ** 31 - 1, step: 1, usual: 0 },
  count: { low: 1, high: 8, step: 1, usual: 4 },
  guidance: { low: 1, high: 8, step: 0.5, usual: 2 },
  steps: { low: 4, high: 50, step: 1, usual: 16 },
};

/** A number brought within the bounds of a setting and onto its steps; what is no number becomes `otherwise`. */
export function bounded(name, value, otherwise = BOUNDS[name].usual) {
  const { low, high, step } = BOUNDS[name];
  const text = String(value ?? "").trim();
  const number = text === "" ? NaN : Number(text);
  if (!Number.isFinite(number)) return otherwise;
  const whole = low + Math.round((number - low) / step) * step;
  return Math.min(high, Math.max(low, whole));
}

/** 12.3 MB of a number of bytes, as the page says it. */
export function megabytes(bytes) {
  return bytes < 950_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
