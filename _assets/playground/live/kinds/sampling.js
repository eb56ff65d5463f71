// A sampler at work: x at time t and the guess x₀ beside it, step by step (chapter 10).

import { button, isCalm, make } from "../../page/dom.js";
import { captionPicker, choice, frame, layout, slider, verdictLine } from "../parts.js";

const SAMPLERS = [["ddim", "DDIM"], ["ddpm", "DDPM"], ["dpm-solver", "DPM-Solver++"]];

/** told.captions: to choose from; told.steps, told.seed: to begin with. */
export function build({ client, model, newest, told, ...rest }) {
  const noisy = frame("x at time t"), guess = frame("guess at x₀"), verdict = verdictLine();
  let seed = told.seed ?? 0, taken = [];

  const words = captionPicker({ client, model, ...rest }, "Caption", told.captions, () => draw());
  const sampler = choice("Sampler", SAMPLERS, () => draw());
  const steps = slider("Steps", { low: 2, high: 50, step: 1, value: told.steps ?? 10, onInput: () => draw() });
  const at = slider("Look at step", {
    low: 1, high: steps.value, step: 1, value: 1, onInput: (k) => look(k),
    said: (k) => (taken[k - 1] ? `${k}, t = ${taken[k - 1].t.toFixed(2)}` : `${k}`),
  });

  /** Shows step k of those that were taken. */
  function look(k) {
    const step = taken[k - 1];
    if (!step) return;
    noisy.show(step.noisy, `step ${k}, t = ${step.t.toFixed(2)}`);
    guess.show(step.picture, `step ${k}, t = ${step.t.toFixed(2)}`);
  }
  const draw = () => newest.ask(async (signal) => {
    taken = [];
    at.input.max = steps.value;
    at.input.disabled = true;
    const asked = { model, caption: words.text, seed, index: 0, steps: steps.value, sampler: sampler.value };
    const onStep = (step) => {
      taken.push(step);
      at.set(taken.length);
      if (!isCalm()) look(taken.length);
    };
    const found = await client.run("draw", asked, { signal, onStep });
    at.input.disabled = false;
    look(taken.length);
    verdict.say(found.verdict, found.milliseconds);
  });
  const other = button("Other noise", () => {
    seed += 1;
    draw();
  });
  const controls = [words.element, sampler.element, steps.element, at.element, make("div", { class: "live-buttons" }, other)];
  return {
    element: make("div", {}, layout([noisy.element, guess.element], controls), verdict.element), start: draw,
  };
}
