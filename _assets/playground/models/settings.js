/** What a model is told beside a caption and a seed: what is given, and else what its card says. */

import { ReaderError } from "../errors.js";

/** The given settings over the card's over the defaults (Python: `inference.settled`); null counts as not given. */
export function settled(given, card, defaults) {
  const told = {};
  for (const [name, value] of Object.entries(defaults)) told[name] = given[name] ?? card?.[inPython(name)] ?? value;
  return told;
}

/** A number of at least 0; a ReaderError for any other. */
export function checkScale(name, value) {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw new ReaderError(`${name} is ${value}: it must be a number of at least 0.`);
}

/** A whole number of at least `least`; a ReaderError for any other. */
export function checkWhole(name, value, least = 1) {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ReaderError(`${name} is ${value}: it must be a whole number of at least ${least}.`);
}

/** A number from 0 to 1; a ReaderError for any other. */
export function checkShare(name, value) {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new ReaderError(`${name} is ${value}: it must lie between 0 and 1.`);
}

function inPython(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
