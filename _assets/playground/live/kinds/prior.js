// Two throws of the dice: what the prior imagines, and how the decoder draws it. One can be kept (chapter 12).

import { make } from "../../page/dom.js";
import { cosine } from "../numbers.js";
import { captionPicker, frame, layout, slider, verdictLine } from "../parts.js";

/** told.captions: to choose from; told.steps: of the decoder. */
export function build({ client, model, newest, told, ...rest }) {
  const now = frame("now"), before = frame("before"), verdict = verdictLine();
  const vector = make("p", { class: "live-z", "aria-live": "polite" });
  let shown = null;
  before.element.hidden = true;

  const draw = () => newest.ask(async (signal) => {
    const asked = {
      model, caption: words.text, seed: noise.value, priorSeed: imagined.value, index: 0, steps: told.steps,
    };
    const found = await client.run("draw", asked, { signal, onStep: (step) => now.step(step) });
    if (shown) before.show(shown.picture, shown.verdict.seen || shown.caption);
    before.element.hidden = !shown;
    now.show(found.picture, found.verdict.seen || asked.caption);
    verdict.say(found.verdict, found.milliseconds);
    vector.textContent = compared(found.embedding, shown?.embedding);
    shown = { ...found, caption: asked.caption };
  });
  const seed = (label) => slider(label, { low: 0, high: 9, step: 1, value: 0, onInput: draw });
  const imagined = seed("Prior's dice");
  const noise = seed("Decoder's dice");
  const words = captionPicker({ client, model, ...rest }, "Caption", told.captions, draw);
  const controls = [words.element, imagined.element, noise.element];
  const element = make("div", { class: "live-two" }, layout([now.element, before.element], controls), verdict.element, vector);
  return { element, start: draw };
}

/** How the imagined vector z compares with the one before, in words. */
function compared(z, earlier) {
  if (!earlier) return `z: ${z.length} numbers, imagined from the caption`;
  const near = cosine(z, earlier);
  return near > 0.99999 ? "z: the same as before" : `z: another, at cosine ${near.toFixed(2)} to the one before`;
}
