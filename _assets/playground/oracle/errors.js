/** The errors that a reader can cause, in words (dalle_tutorial/errors.py), and how they quote what he typed. */

import { CaptionError } from "../errors.js";

export { CaptionError };

const LONGEST_QUOTE = 40;
const SUGGESTIONS = 3;
const CUTOFF = 0.4;

/** A picture of the wrong size or type. */
export class PictureError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "PictureError";
  }
}

/** The first characters of a text that may be very long. */
function shortened(text) {
  // No character takes more than two units, so this cut is cheap and still leaves enough.
  const characters = [...text.slice(0, 2 * LONGEST_QUOTE + 2)];
  return characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("")}…` : text;
}

/** A character that shows nothing, or turns the text round, as its number. */
function escaped(character) {
  const known = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
  const code = character.codePointAt(0);
  const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return known ?? `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}

/**
 * A text in quotes, as Python's repr writes it, cut after 40 characters.
 * @param {string} text any text, however hostile
 * @returns {string} for people to read; every character in it is printable
 */
export function quoted(text) {
  const inside = shortened(text).replaceAll("\\", "\\\\").replace(/(?! )[\p{C}\p{Z}]/gu, escaped);
  if (inside.includes("'") && !inside.includes('"')) return `"${inside}"`;
  return `'${inside.replaceAll("'", "\\'")}'`;
}

/** How many characters of a and b match: the longest common run, then the same on its left and on its right. */
function matching(a, b) {
  let [length, i, j] = [0, 0, 0];
  for (let k = 0; k < a.length; k++) {
    for (let l = 0; l < b.length; l++) {
      let run = 0;
      while (k + run < a.length && l + run < b.length && a[k + run] === b[l + run]) run++;
      if (run > length) [length, i, j] = [run, k, l];
    }
  }
  if (!length) return 0;
  return length + matching(a.slice(0, i), b.slice(0, j)) + matching(a.slice(i + length), b.slice(j + length));
}

/**
 * The known words that look most like an unknown one (difflib.get_close_matches with n = 3, cutoff = 0.4).
 * @param {string} word of any length
 * @param {Iterable<string>} vocabulary
 * @returns {string[]} at most three, the best first
 */
export function nearestWords(word, vocabulary) {
  const most = Math.max(...[...vocabulary].map((known) => known.length));
  if (word.length > 2 * most * (2 / CUTOFF)) return []; // could not reach the cutoff, and would take long to compare
  const letters = [...word];
  const ratio = (known) => (2 * matching([...known], letters)) / (known.length + letters.length);
  const rated = [...vocabulary].map((known) => [ratio(known), known]).filter(([rate]) => rate >= CUTOFF);
  rated.sort(([a, first], [b, second]) => b - a || (first < second ? 1 : -1));
  return rated.slice(0, SUGGESTIONS).map(([, known]) => known);
}

/**
 * The error for a word that the grammar does not hold (UnknownWordError).
 * @param {string} word
 * @param {Iterable<string>} vocabulary
 * @returns {CaptionError} with the word, cut after 40 characters, and the nearest known ones
 */
export function unknownWord(word, vocabulary) {
  const nearest = nearestWords(word, vocabulary);
  const hint = nearest.length ? `the nearest known words are ${nearest.join(", ")}`
    : `known words are ${[...vocabulary].sort().slice(0, 12).join(", ")}, …`;
  return new CaptionError(`unknown word ${quoted(word)}: ${hint}`, shortened(word), nearest);
}
