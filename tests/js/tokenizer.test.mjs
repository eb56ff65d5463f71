/** Captions: ids, what a reader is told about unknown words, completion, and hostile text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CaptionError, WordTokenizer, overlap, splitWords } from "../../_assets/playground/tokenizer.js";
import { editDistance, nearestWords, quoted } from "../../_assets/playground/nearest.js";

const english = ["a", "above", "blue", "circle", "circles", "green", "red", "small", "square", "squares", "the"];
const both = new WordTokenizer({ vocabulary: [...english, "圆", "形", "红", "色"], max_length: 10 });
const only = new WordTokenizer({ vocabulary: english, max_length: 6 });

/** The CaptionError that a text gives. */
function errorOf(text, tokenizer = both) {
  try {
    tokenizer.encode(text);
  } catch (error) {
    assert.ok(error instanceof CaptionError, String(error));
    return error;
  }
  return assert.fail(`no error: ${text}`);
}

test("captions become ids between start and end, filled with 0", () => {
  assert.deepEqual(both.encode("A red circle!"), Int32Array.of(1, 3, 9, 6, 2, 0, 0, 0, 0, 0));
  assert.deepEqual(both.encode("红色，圆形"), Int32Array.of(1, 16, 17, 14, 15, 2, 0, 0, 0, 0));
});

test("words are split as in Python", () => {
  assert.deepEqual(splitWords("It's a-b, 红色x 🦒 ½_"), ["it's", "a", "b", "红", "色", "x", "🦒", "½"]);
  assert.deepEqual(splitWords("re\u0301d\x1cA\ufeff"), ["réd", "a", "\ufeff"]);
});

test("an unknown word is named, with the nearest known ones", () => {
  const error = errorOf("a cricle", both);
  assert.equal(error.message, "I have never seen 'cricle'; the nearest words I know are 'circle', 'circles', 'green'.");
  assert.equal(error.word, "cricle");
  assert.deepEqual(error.nearest, ["circle", "circles", "green"]);
});

test("of Chinese characters and signs none is near, so some that are known are named", () => {
  assert.equal(errorOf("红猫").message, "I have never seen '猫'; the characters I know are 圆形红色.");
  assert.equal(errorOf("红", only).message, "I have never seen '红'; I read no Chinese.");
  const { message, nearest } = errorOf("a 🦒");
  assert.match(message, /^I have never seen '🦒'; I know only words such as 'above', /u);
  assert.deepEqual(nearest, []);
});

test("empty and too long captions", () => {
  for (const text of ["", "  ", ".,;"]) assert.match(errorOf(text).message, /empty/);
  assert.match(errorOf("a red circle above the", only).message, /has 5 words, and I read at most 4/);
  assert.match(errorOf("a ".repeat(5000)).message, /has 5000 words/);
  assert.match(errorOf("a".repeat(1e6)).message, /1000000 characters/);
  assert.match(errorOf(null).message, /text/);
});

test("hostile captions give a short message at once", () => {
  const texts = ["<img src=x onerror=alert(1)>", "x".repeat(10000), "🦒".repeat(5000), "\u202e red", "שלום",
    "e\u0301\u0301", "红x".repeat(3000), "'".repeat(10000) + "y", "\ud83d", "a\u0000b", "__proto__", "constructor"];
  for (const text of texts) {
    const start = performance.now(), { message, word } = errorOf(text);
    assert.ok(performance.now() - start < 100, "time");
    assert.ok(message.length < 200 && word.length <= 80, message);
    assert.doesNotMatch(message, /[\u202a-\u202e\u0000-\u001f]/);
  }
});

test("words in messages are cut, invisible signs named, and other directions kept apart", () => {
  assert.equal(quoted("x".repeat(100)), `'${"x".repeat(40)}…'`);
  assert.equal(quoted("\u202e"), "'U+202E'");
  assert.equal(quoted("שלום"), "'\u2068שלום\u2069'");
});

test("the distance between words", () => {
  const distance = (a, b) => editDistance([...a], [...b]);
  assert.equal(distance("", "abc"), 3);
  assert.equal(distance("kitten", "sitting"), 3);
  assert.equal(distance("cricle", "circle"), 1);
  assert.deepEqual(nearestWords("sqare", english, 2), ["square", "squares"]);
  assert.deepEqual(nearestWords("红块", ["方块", "圆形", "红色块"]), ["红色块", "方块"]);
});

test("completion of the last word", () => {
  assert.deepEqual(both.complete("a CIR"), ["circle", "circles"]);
  assert.deepEqual(both.complete("a s", 2), ["small", "square"]);
  assert.deepEqual(both.complete("squares"), []);
  assert.deepEqual(both.complete("a "), []);
  assert.deepEqual(both.complete(""), []);
  assert.deepEqual(both.complete("红c"), ["circle", "circles"]);
  assert.ok(both.complete("x".repeat(1e6) + " c").length, "only the end is read");
});

test("Chinese completion takes the longest end that a phrase begins with, and known characters only", () => {
  const phrases = ["红色", "红圆", "红方", "色形", "红色圆形"];
  assert.deepEqual(both.complete("红", 8, phrases), ["红色", "红圆", "红色圆形"]);
  assert.deepEqual(both.complete("圆形红色", 8, phrases), ["红色圆形"]);
  assert.equal(overlap("圆形红色", "红色圆形"), 2);
  assert.equal(overlap("a squ", "square"), 3);
});
