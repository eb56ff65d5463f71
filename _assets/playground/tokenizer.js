/** Captions as numbers, as `text/tokenizers.py` makes them: `WordTokenizer`, and what a reader may be told. */

import { CaptionError } from "./errors.js";
import { knownWords, nearestWords, quoted } from "./nearest.js";

export { CaptionError };

export const PAD = 0, START = 1, END = 2;

const HAN = "\\u3005-\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const LETTERS = `(?:(?![${HAN}])[\\p{L}\\p{N}])+`;
// What Python calls space: some control characters more than JavaScript, and one mark less.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const TOKEN = new RegExp(`[${HAN}]|${LETTERS}(?:['’]${LETTERS})*|[^${SPACE}]`, "gu");
const IS_HAN = new RegExp(`^[${HAN}]$`, "u");
const PUNCTUATION = /^\p{P}$/u;
const TYPED = new RegExp(`(?:(?![${HAN}])[\\p{L}\\p{N}'’])*$`, "u");
const MOST_QUOTED = 80; // characters of an unknown word that an error carries
const MOST_SIGNS = 100000; // a longer text is no caption, whatever it says

/**
 * `split_words`: the words of a text in lower case. Each Chinese character is one, punctuation is dropped, and any
 * other sign is a word of its own.
 * @param {string} text
 * @returns {string[]}
 */
export function splitWords(text) {
  const words = text.normalize("NFC").toLowerCase().match(TOKEN) ?? [];
  return words.filter((word) => !PUNCTUATION.test(word));
}

/** Whether a word is one Chinese character. */
export const isHan = (word) => IS_HAN.test(word);

/** `WordTokenizer`: captions to ids, one a word: 0 pads, 1 starts, 2 ends, words count from 3. */
export class WordTokenizer {
  #ids;

  /** @param {{vocabulary: string[], max_length: number}} config what `get_config` gave */
  constructor({ vocabulary, max_length: maxLength }) {
    this.vocabulary = [...vocabulary];
    this.maxLength = maxLength;
    this.#ids = new Map(this.vocabulary.map((word, i) => [word, END + 1 + i]));
  }

  /**
   * The ids of a caption, start and end included, filled up with 0.
   * @param {string} text anything: it is a reader's
   * @returns {Int32Array} maxLength ids
   * @throws {CaptionError} where the text holds no word, one that is not known, or too many
   */
  encode(text) {
    if (typeof text !== "string") throw new CaptionError(`A caption is text, not ${typeof text}.`);
    if (text.length > MOST_SIGNS) throw new CaptionError(`The caption is too long: ${text.length} characters.`);
    const words = splitWords(text);
    if (!words.length) throw new CaptionError("The caption is empty: write some words, such as 'a red circle'.");
    for (const word of words) if (!this.#ids.has(word)) throw this.#unknown(word);
    const most = this.maxLength - 2;
    if (words.length > most) {
      throw new CaptionError(`The caption is too long: it has ${words.length} words, and I read at most ${most}.`);
    }
    const ids = new Int32Array(this.maxLength);
    ids.set([START, ...words.map((word) => this.#ids.get(word)), END]);
    return ids;
  }

  /** Whether the vocabulary holds this word. */
  knows(word) {
    return this.#ids.has(word);
  }

  #unknown(word) {
    const chinese = isHan(word), alike = this.vocabulary.filter((known) => isHan(known) === chinese);
    const nearest = nearestWords(word, alike);
    const hint = knownWords(nearest, alike, chinese);
    return new CaptionError(`I have never seen ${quoted(word)}; ${hint}.`, word.slice(0, MOST_QUOTED), nearest);
  }

  /**
   * How the last word before the caret may go on. Without `phrases`, English words that begin with its letters. Phrases
   * are for Chinese, whose words here are single characters: those whose beginning is the longest end of the text.
   * @param {string} textBeforeCaret
   * @param {number} [n] how many at most
   * @param {string[]} [phrases] of known words; those with unknown ones are left out
   * @returns {string[]} whole words or phrases; `overlap` says how much of each is there already
   */
  complete(textBeforeCaret, n = 8, phrases = []) {
    const text = tail(textBeforeCaret);
    const known = [...this.vocabulary, ...phrases.filter((phrase) => splitWords(phrase).every((w) => this.knows(w)))];
    const found = new Map();
    for (const phrase of known) {
      const length = overlap(text, phrase);
      if (length && length < phrase.length) found.set(phrase, length);
    }
    const longest = Math.max(...found.values());
    return [...found.keys()].filter((phrase) => found.get(phrase) === longest).slice(0, n);
  }
}

/**
 * How many of the last characters of a text the word begins with: what a completion takes the place of. English counts
 * only whole words, Chinese the longest end.
 * @param {string} text
 * @param {string} word
 * @returns {number}
 */
export function overlap(text, word) {
  const end = tail(text);
  if (!isHan([...word][0])) {
    const [typed] = end.match(TYPED);
    return word.startsWith(typed) ? typed.length : 0;
  }
  for (let length = Math.min(end.length, word.length); length; length--) {
    if (word.startsWith(end.slice(end.length - length))) return length;
  }
  return 0;
}

/** The last characters of a text, which are all that a completion depends on. */
const tail = (text) => text.slice(-80).normalize("NFC").toLowerCase();
