/** Reads captions, English and Chinese, into descriptions, and writes them (dalle_tutorial/data/captions.py). */

import { CaptionError, quoted, unknownWord } from "./errors.js";
import { CHINESE, ENGLISH, SYMBOLS, VOCABULARY, WORDS } from "./lexicon.js";
import { COLOURS, SHAPES } from "./scenes.js";

/**
 * @typedef {{shape: string, colour: string, size: ?string, place: ?string}} ObjectSpec what is asked of one object
 * @typedef {{objects: ObjectSpec[], relations: string[]}} Description relations[i] stands between objects i and i + 1
 */

const EXAMPLES = "'a small red circle above a large blue square', 'three green stars', 'a pink heart at the top left'";
const KNOWN = new Set([...WORDS, ...VOCABULARY]);
// What Python's split() and strip() take for space; JavaScript's own \s differs in a few characters.
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const LONGEST = Object.fromEntries(Object.entries(SYMBOLS).map(
  ([language, phrases]) => [language, [...phrases.keys()].sort((a, b) => b.length - a.length).join("|")],
));
// JavaScript's \b knows only the Latin letters, so the borders of a word are spelled out.
const PATTERN = {
  en: new RegExp(`(?<![\\p{L}\\p{N}_])(?:${LONGEST.en})(?![\\p{L}\\p{N}_])`, "gu"),
  zh: new RegExp(LONGEST.zh, "gu"),
};
// What may follow what, a letter a symbol: number, attributes in any order, then relations or a place.
const GRAMMAR = {
  en: /^(?:N[ZCS]+(P|RN[ZCS]+(WRN[ZCS]+)?)?|PN[ZCS]+)$/,
  zh: /^(?:N[ZCS]+(P|AN[ZCS]+R(WN[ZCS]+R)?)?|PN[ZCS]+)$/,
};
const LETTER = {
  number: "N", size: "Z", colour: "C", shape: "S", place: "P", relation: "R", which: "W", at: "A",
};

/** Refuses the text between two phrases if it holds anything but space. */
function refuseRest(rest, caption, language) {
  const pieces = rest.split(SPACE).filter(Boolean);
  const first = language === "en" ? pieces[0] : [...(pieces[0] ?? "")][0];
  if (!first) return;
  if (!KNOWN.has(first)) throw unknownWord(first, language === "zh" ? VOCABULARY : WORDS);
  const where = `${quoted(first)} where it stands in ${quoted(caption)}`;
  throw new CaptionError(`cannot read ${where}: captions look like ${EXAMPLES}`);
}

/** The caption as a list of [kind, meaning], longest phrases first. */
function symbolsOf(caption, language) {
  const text = caption.toLowerCase().replace(/[,，.。!！]/g, " ");
  const symbols = [];
  let end = 0;
  for (const match of text.matchAll(PATTERN[language])) {
    refuseRest(text.slice(end, match.index), caption, language);
    end = match.index + match[0].length;
    symbols.push(SYMBOLS[language].get(match[0]));
  }
  refuseRest(text.slice(end), caption, language);
  return symbols.filter(([kind]) => kind !== "filler");
}

/**
 * "zh" if the caption holds a Chinese character, else "en" (language_of).
 * @param {string} caption
 * @returns {"en" | "zh"}
 */
export function languageOf(caption) {
  return /[\u4e00-\u9fff]/.test(caption) ? "zh" : "en";
}

/**
 * Reads an English or Chinese caption of the grammar (captions.parse).
 * @param {string} caption any text, of any length
 * @returns {Description}
 * @throws {CaptionError} for an empty caption, for a word that the grammar does not hold (then with `word` and
 *   `nearest`), and for words that do not make a scene
 */
export function parse(caption) {
  if (typeof caption !== "string" || !caption.split(SPACE).some(Boolean)) {
    throw new CaptionError(`the caption is empty: captions look like ${EXAMPLES}`);
  }
  const language = languageOf(caption);
  const symbols = symbolsOf(caption, language);
  if (!GRAMMAR[language].test(symbols.map(([kind]) => LETTER[kind]).join(""))) {
    throw new CaptionError(`cannot read ${quoted(caption)} as a scene: captions look like ${EXAMPLES}`);
  }
  const [objects, relations] = [[], []];
  let place = null;
  for (const [kind, meaning] of symbols) {
    if (kind === "number") objects.push({ number: meaning });
    else if (kind === "relation") relations.push(meaning);
    else if (kind === "place") place = meaning;
    else if (kind === "shape" || kind === "colour" || kind === "size") {
      const last = objects[objects.length - 1];
      if (kind in last) throw new CaptionError(`an object has two ${kind}s in ${quoted(caption)}: it may have one`);
      last[kind] = meaning;
    }
  }
  return built(caption, objects, relations, place);
}

function built(caption, objects, relations, place) {
  for (const object of objects) {
    for (const [need, allowed] of [["colour", COLOURS], ["shape", SHAPES]]) {
      if (need in object) continue;
      throw new CaptionError(`an object has no ${need} in ${quoted(caption)}: allowed are ${allowed.join(", ")}`);
    }
  }
  if (objects.some((object) => object.number > 1) && (objects.length > 1 || place)) {
    throw new CaptionError(
      `${quoted(caption)} counts objects and also places them: a count stands alone ('two red stars')`,
    );
  }
  const specs = objects.flatMap(({ number, shape, colour, size = null }) => (
    Array.from({ length: number }, () => ({ shape, colour, size, place }))
  ));
  return { objects: specs, relations };
}

function englishNoun({ size, colour, shape }, number = 1) {
  const words = [colour, number > 1 ? ENGLISH.plural[shape][0] : shape];
  if (size) words.unshift(size);
  const article = number > 1 ? ENGLISH.number[number][0] : /^[aeiou]/.test(words[0]) ? "an" : "a";
  return [article, ...words].join(" ");
}

function chineseNoun({ size, colour, shape }, number = 1) {
  const attributes = size ? `${CHINESE.size[size][0]}的` : "";
  return CHINESE.number[number][0] + attributes + CHINESE.colour[colour][0] + CHINESE.shape[shape][0];
}

/**
 * Writes a description as its canonical caption (captions.describe without a generator).
 * @param {Description} description of one to three objects
 * @param {"en" | "zh"} language
 * @returns {string}
 */
export function describe({ objects, relations }, language = "en") {
  const noun = language === "en" ? englishNoun : chineseNoun;
  const [first, second, third] = objects;
  if (objects.length > 1 && !relations.length) return noun(first, objects.length);
  if (language === "en") {
    if (!second) return noun(first) + (first.place ? ` ${ENGLISH.place[first.place][0]}` : "");
    const pair = `${noun(first)} ${relations[0]} ${noun(second)}`;
    return third ? `${pair}, which is ${relations[1]} ${noun(third)}` : pair;
  }
  if (!second) return first.place ? `${CHINESE.place[first.place][0]}有${noun(first)}` : noun(first);
  const pair = `${noun(first)}在${noun(second)}${CHINESE.relation[relations[0]][0]}`;
  return third ? `${pair}，后者在${noun(third)}${CHINESE.relation[relations[1]][0]}` : pair;
}
