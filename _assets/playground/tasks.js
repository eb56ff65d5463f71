/** What can be asked of the models: each task checks what it is told, starts a model's steps, and adds the verdicts. */

import { checkedMask } from "./models/inpainting.js";
import { checkedPicture, rowsOf } from "./models/pixels.js";
import { checkWhole } from "./models/settings.js";
import { seenIn, verdictOn } from "./verdicts.js";

/**
 * name → start(ready, parameters), an async generator of steps that returns {pictures} (bytes one behind the other),
 * where ready(model) gives the model; and finish(result, parameters), what the task returns.
 */
export const TASKS = {
  draw: {
    start: (ready, { model, caption, seed = 0, index = 0, guidance, steps, sampler, temperature, priorSeed }) => {
      const told = { guidanceScale: guidance, steps, sampler, temperature };
      if (priorSeed !== undefined) told.priorSeed = checkSeed(priorSeed);
      return ready(model).draw(caption, { seed: checkSeed(seed), index: checkWhole("index", index, 0), ...told });
    },
    finish: ({ pictures, embedding }, { caption }) => ({
      picture: pictures, verdict: verdictOn(pictures, caption), ...(embedding ? { embedding } : {}),
    }),
  },
  latent: {
    start: (ready, { model = "cvae", caption, seed, index = 0, temperature }) => {
      const told = { index: checkWhole("index", index, 0), temperature };
      return ready(model).latent(caption, seed === undefined ? told : { seed: checkSeed(seed), ...told });
    },
    finish: (found) => found,
  },
  paint: {
    start: (ready, { model = "cvae", caption, z }) => ready(model).paint(caption, z),
    finish: ({ pictures }, { caption }) => ({ picture: pictures, verdict: verdictOn(pictures, caption) }),
  },
  vary: {
    start: (ready, { picture, n, eta, seed = 0, steps, guidance }) => (
      ready("unclip").vary(checkedPicture(picture), { n, eta, seed: checkSeed(seed), steps, guidanceScale: guidance })
    ),
    finish: ({ pictures }, { caption }) => judged(pictures, caption),
  },
  interpolate: {
    start: (ready, { first, second, frames, steps, guidance }) => {
      const ends = [checkedPicture(first), checkedPicture(second)];
      return ready("unclip").interpolate(...ends, { frames, steps, guidanceScale: guidance });
    },
    finish: ({ pictures }) => ({ pictures: rowsOf(pictures), readings: rowsOf(pictures).map(seenIn) }),
  },
  textDiff: {
    start: (ready, { picture, source, target, fraction, steps, guidance }) => (
      ready("unclip").textDiff(checkedPicture(picture), source, target, { fraction, steps, guidanceScale: guidance })
    ),
    finish: ({ pictures }, { target }) => judged(pictures, target),
  },
  inpaint: {
    start: (ready, { picture, mask, caption, seed = 0, steps, guidance }) => {
      const told = { seed: checkSeed(seed), steps, guidanceScale: guidance };
      return ready("unclip").inpaint(checkedPicture(picture), checkedMask(mask), caption, told);
    },
    finish: ({ pictures }, { caption }) => judged(pictures, caption),
  },
};

/** Pictures and verdicts on them, null where there is no caption to judge by. */
function judged(batch, caption) {
  const pictures = rowsOf(batch);
  return { pictures, verdicts: caption ? pictures.map((picture) => verdictOn(picture, caption)) : null };
}

function checkSeed(seed) {
  return checkWhole("seed", seed, 0);
}
