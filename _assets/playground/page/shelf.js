// A row of pictures that a task gives: cards appear at once, and fill as the worker reports.

import { Card } from "./card.js";
import { make } from "./dom.js";
import { fileName } from "./words.js";

/** An empty list for cards. */
export function makeShelf(label) {
  return make("ul", { class: "pg-shelf", "aria-label": label });
}

/** `count` new cards on a shelf, in place of what stood there. */
export function newCards(shelf, count, { caption, seed, onUse, name = "Picture" }) {
  const cards = Array.from({ length: count }, (_, index) => new Card({
    name: count === 1 ? name : `${name} ${index + 1}`, caption, file: fileName(caption ?? "", seed ?? 0, index), onUse,
  }));
  shelf.style.setProperty("--wide", Math.min(4, count));
  shelf.style.setProperty("--narrow", Math.min(2, count));
  shelf.replaceChildren(...cards.map((card) => card.element));
  return cards;
}

/**
 * Runs a task of several pictures on cards.
 * @param {object} client as `connect` gives it
 * @param {Card[]} cards as many as the task gives pictures
 * @returns {Promise<object>} the task's result; rejects as `client.run`, the cards saying that nothing came
 */
export async function runOnCards(client, cards, task, parameters, signal) {
  try {
    const result = await client.run(task, parameters, {
      signal, onStep: (told) => cards[told.index ?? 0]?.frame(told),
    });
    result.pictures.forEach((picture, i) => cards[i].finish({
      picture, verdict: result.verdicts?.[i] ?? null, judged: Boolean(result.verdicts),
      milliseconds: result.milliseconds / result.pictures.length,
    }));
    return result;
  } catch (error) {
    for (const card of cards) card.fail(signal.aborted ? "stopped" : "not drawn");
    throw error;
  }
}
