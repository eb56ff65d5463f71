// A drawn picture, and a slider from one caption to another: its vector turns, its noise stays (chapter 13).

import { make } from "../../page/dom.js";
import { captionPicker, frame, layout, slider, verdictLine } from "../parts.js";

/** told.sources, told.targets: captions to choose from; told.steps: of DDIM, there and back; told.fraction; told.seed. */
export function build({ client, model, newest, told, ...rest }) {
  const drawn = frame("drawn"), changed = frame("changed"), verdict = verdictLine();
  let source = null;

  const change = () => newest.ask(async (signal) => {
    const caption = from.text;
    if (source?.caption !== caption) {
      const asked = { model, caption, seed: told.seed ?? 0, index: 0 };
      const found = await client.run("draw", asked, { signal, onStep: (step) => drawn.step(step) });
      drawn.show(found.picture, found.verdict.seen || caption);
      source = { caption, picture: found.picture };
    }
    const asked = {
      picture: source.picture, source: caption, target: to.text, fraction: fraction.value, steps: told.steps,
    };
    const found = await client.run("textDiff", asked, { signal, onStep: (step) => changed.step(step) });
    changed.show(found.pictures[0], found.verdicts[0].seen || asked.target);
    verdict.say(found.verdicts[0], found.milliseconds);
  });
  const from = captionPicker({ client, model, ...rest }, "It shows", told.sources, change);
  const to = captionPicker({ client, model, ...rest }, "It is to show", told.targets, change);
  const fraction = slider("How far to turn", {
    low: 0, high: 1, step: 0.05, value: told.fraction ?? 0.3, said: (value) => value.toFixed(2), onInput: change,
  });
  const controls = [from.element, to.element, fraction.element];
  return {
    element: make("div", {}, layout([drawn.element, changed.element], controls), verdict.element), start: change,
  };
}
