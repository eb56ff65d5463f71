// A slider that really decodes: some numbers of z move, and the CVAE paints at every move (chapters 6 and 7).

import { button, make } from "../../page/dom.js";
import { inTokens, moved, signed } from "../numbers.js";
import { captionPicker, choice, frame, layout, slider, verdictLine } from "../parts.js";

const WIDTH = 4; // numbers of z for one token (cvae-shapes)
const MOVES = [ // label, which number of a token, how far
  ["To the right", 0, 1.4], ["Down", 1, 1.4], ["Larger", 3, 2],
];

/**
 * told.captions: to choose from. told.tokens: true where the reader may choose the token that moves; else all of them
 * move alike, since a lone object is painted by all.
 */
export function build(app) {
  const { client, newest, told } = app;
  newest.patient = true; // one painting takes a moment only
  const picture = frame("painted from z"), verdict = verdictLine();
  const numbers = make("p", { class: "live-z" });
  let z = null, seed = null, who = "all", offsets = {};
  let drawn = null; // what z was drawn for

  const paint = () => newest.ask(async (signal) => {
    const [caption, wanted] = [words.text, `${seed} ${words.text}`];
    if (drawn !== wanted) {
      ({ z } = await client.run("latent", { model: app.model, caption, seed }, { signal }));
      drawn = wanted;
    }
    const now = moved(z, offsets, WIDTH);
    const found = await client.run("paint", { caption, z: now }, { signal });
    picture.show(found.picture, found.verdict.seen || caption);
    verdict.say(found.verdict, found.milliseconds);
    numbers.textContent = `z = ${inTokens(now, WIDTH)}`;
  });
  const draw = (wanted) => {
    seed = wanted;
    return paint();
  };
  const sliders = MOVES.map(([label, number, far]) => slider(label, {
    low: -far, high: far, step: 0.05, value: 0, said: signed,
    onInput: (value) => {
      (offsets[who] ??= Array(WIDTH).fill(0))[number] = value;
      paint();
    },
  }));
  const restore = () => MOVES.forEach(([, number], i) => sliders[i].set(offsets[who]?.[number] ?? 0));
  const back = () => {
    offsets = {};
    restore();
    paint();
  };
  const words = captionPicker(app, "Caption", told.captions, paint);
  const tokens = [["all", "all three tokens"], ["0", "token 1"], ["1", "token 2"], ["2", "token 3"]];
  const token = told.tokens ? choice("What moves", tokens, (value) => {
    who = value;
    restore();
  }).element : null;
  const buttons = make("div", { class: "live-buttons" },
    button("Sliders back", back), button("Likeliest z", () => draw(null)),
    button("Another z", () => draw(seed === null ? 0 : seed + 1)));
  const controls = [words.element, token, ...sliders.map(({ element }) => element), buttons].filter(Boolean);
  return {
    element: make("div", {}, layout([picture.element], controls), verdict.element, numbers),
    start: paint,
  };
}
