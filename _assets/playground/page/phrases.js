// Chinese is written without spaces, and the models know its single characters; readers complete whole words of the
// captions' grammar.

import { CHINESE } from "../oracle/lexicon.js";
import { overlap } from "../tokenizer.js";

const PHRASES = [...new Set(Object.values(CHINESE).flatMap((meanings) => Object.values(meanings).flat()))];

/**
 * Words of the Chinese captions that go on from the text: those whose beginning is the longest end of it.
 * @param {string} text what stands before the caret
 * @param {number} [n] how many at most
 * @returns {string[]}
 */
export function chinesePhrases(text, n = 8) {
  const found = PHRASES.map((phrase) => [overlap(text, phrase), phrase])
    .filter(([length, phrase]) => length && length < phrase.length);
  const longest = Math.max(...found.map(([length]) => length));
  return found.filter(([length]) => length === longest).map(([, phrase]) => phrase).slice(0, n);
}
