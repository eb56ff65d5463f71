// Guidance, turned: the same caption and the same noise, drawn again at every setting (chapter 11).

import { show } from "../../page/canvas.js";
import { button, make } from "../../page/dom.js";
import { captionPicker, frame, layout, slider, verdictLine } from "../parts.js";

const [LOW, HIGH, STEP] = [0, 6, 0.5];
const COUNT = (HIGH - LOW) / STEP + 1;

/** told.captions: to choose from; told.guidance, told.steps, told.seed, told.index: as for `draw`. */
export function build({ client, model, newest, told, ...rest }) {
  const picture = frame("drawn"), verdict = verdictLine();
  const thumbs = Array.from({ length: COUNT }, () => make("canvas", { width: 32, height: 32 }));
  const strip = make("div", { class: "live-strip", "aria-hidden": "true" }, ...thumbs);
  let seed = told.seed ?? 0;

  const draw = () => newest.ask(async (signal) => {
    const guidance = scale.value;
    const asked = { model, caption: words.text, seed, index: told.index ?? 0, guidance, steps: told.steps };
    const found = await client.run("draw", asked, { signal, onStep: (step) => picture.step(step) });
    picture.show(found.picture, found.verdict.seen || asked.caption);
    verdict.say(found.verdict, found.milliseconds);
    const at = Math.round((guidance - LOW) / STEP);
    show(thumbs[at], found.picture);
    thumbs.forEach((thumb, i) => thumb.classList.toggle("live-here", i === at));
  });
  const afresh = () => {
    for (const thumb of thumbs) thumb.getContext("2d").clearRect(0, 0, 32, 32);
    return draw();
  };
  const scale = slider("Guidance", {
    low: LOW, high: HIGH, step: STEP, value: told.guidance ?? 2, said: (value) => value.toFixed(1), onInput: draw,
  });
  const words = captionPicker({ client, model, ...rest }, "Caption", told.captions, afresh);
  const other = button("Other noise", () => {
    seed += 1;
    afresh();
  });
  strip.addEventListener("click", ({ target }) => {
    if (!thumbs.includes(target)) return;
    scale.set(LOW + STEP * thumbs.indexOf(target));
    draw();
  });
  const controls = [words.element, scale.element, strip, make("div", { class: "live-buttons" }, other)];
  return { element: make("div", {}, layout([picture.element], controls), verdict.element), start: draw };
}
