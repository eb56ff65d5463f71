/** What was read in a picture, in words. */

import { describe } from "./captions.js";
import { RELATIONS, relationHolds } from "./scenes.js";

const alone = ({ shape, colour, size }) => ({ shape, colour, size, place: null });

/**
 * A reading in words: a caption of the grammar where one fits, else a list.
 * @param {{shape: string, colour: string, size: string, place: string, x: number, y: number}[]} objects as read
 * @returns {string} "a small red circle above a large blue square", "three small green stars", "no object"
 */
export function inWords(objects) {
  if (!objects.length) return "no object";
  if (objects.length === 1) return describe({ objects, relations: [] });
  // In this order each stands left of the next, or above it: the longer of the two ways points right or down.
  const ordered = [...objects].sort((a, b) => a.x + a.y - b.x - b.y);
  const nouns = ordered.map((object) => describe({ objects: [alone(object)], relations: [] }));
  if (objects.length <= 3) {
    const relations = ordered.slice(1).map((b, i) => RELATIONS.find((name) => relationHolds(name, ordered[i], b)));
    if (new Set(nouns).size === 1) return describe({ objects: ordered.map(alone), relations: [] });
    if (relations.every(Boolean)) return describe({ objects: ordered.map(alone), relations });
  }
  return `${nouns.slice(0, -1).join(", ")} and ${nouns.at(-1)}`;
}
