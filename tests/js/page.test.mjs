// The parts of the page that touch no page: fragment, command, mask, words, bounds.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { commandOf, shellQuote } from "../../_assets/playground/page/command.js";
import { fromFragment, toFragment } from "../../_assets/playground/page/fragment.js";
import { SIDE, countOf, emptyMask, inverted, moved, placeIn, stamp, stroke } from "../../_assets/playground/page/mask.js";
import { bounded, megabytes } from "../../_assets/playground/page/models.js";
import { chinesePhrases } from "../../_assets/playground/page/phrases.js";
import { completed, duration, fileName, plural, verdictReasons, verdictWord } from "../../_assets/playground/page/words.js";

const HOSTILE = ["<img src=x onerror=alert(1)>", "a & b = c # d", "🦒", "مرحبا", "two\nlines", "100 % 'red' \"star\" $HOME `id` \\"];
const DRAWING = { caption: "a small red circle", model: "unclip", seed: 3, count: 1, guidance: 2, steps: 16 };

test("a link gives back the drawing that it was made of", () => {
  for (const caption of [DRAWING.caption, "三个绿色五角星", ...HOSTILE]) {
    const drawing = { ...DRAWING, caption };
    assert.deepEqual(fromFragment(`#${toFragment(drawing)}`), drawing);
  }
});

test("a link of a model without settings has none", () => {
  const drawing = { caption: "a red star", model: "cvae", seed: 0, count: 8 };
  assert.equal(toFragment(drawing), "caption=a+red+star&model=cvae&seed=0&count=8");
  assert.deepEqual(fromFragment(toFragment({ ...drawing, guidance: 3 })), drawing);
});

test("a place on the page is no drawing", () => {
  for (const fragment of ["", "#", "#main-content", "#caption=", "#model=unclip"]) assert.equal(fromFragment(fragment), null);
});

test("what a link asks for lies within the bounds", () => {
  const found = fromFragment("#caption=x&model=__proto__&seed=-5&count=900&guidance=1e9&steps=NaN");
  assert.deepEqual(found, { caption: "x", model: "unclip", seed: 0, count: 8, guidance: 8 });
});

test("bounds round to the control's steps", () => {
  assert.equal(bounded("guidance", "2.26"), 2.5);
  assert.equal(bounded("count", "0"), 1);
  assert.equal(bounded("seed", ""), 0);
  assert.equal(bounded("seed", 2 ** 40), 2 ** 31 - 1);
  assert.equal(bounded("steps", "x", null), null);
});

test("the command is the one that the book prints", () => {
  assert.equal(commandOf(DRAWING), 'python -m dalle_tutorial draw "a small red circle" --model unclip --seed 3 --count 1'
    + " --guidance 2 --steps 16 --scale 1 --precision int8 --out out.png");
  assert.ok(!/guidance|steps/.test(commandOf({ caption: "a star", model: "cvae", seed: 0, count: 1 })));
  assert.ok(commandOf({ ...DRAWING, caption: "-star" }).endsWith('-- "-star"'));
});

test("a shell reads back every caption as it was", () => {
  for (const caption of ["a star", ...HOSTILE]) {
    const back = execFileSync("/bin/sh", ["-c", `printf %s ${shellQuote(caption)}`], { encoding: "utf-8" });
    assert.equal(back, caption.replaceAll("\n", " "));
  }
});

test("the brush paints a square and stays inside", () => {
  assert.equal(countOf(stamp(emptyMask(), { x: 15, y: 15 }, 6)), 36);
  assert.equal(countOf(stamp(emptyMask(), { x: 0, y: 0 }, 3)), 4);
  const mask = stamp(emptyMask(), { x: 31, y: 31 }, 1);
  assert.equal(mask[SIDE * SIDE - 1], 1);
  assert.equal(countOf(stamp(mask, { x: 31, y: 31 }, 1, 0)), 0);
});

test("a fast stroke has no gaps", () => {
  const mask = stroke(emptyMask(), { x: 2, y: 3 }, { x: 29, y: 3 }, 1);
  assert.equal(countOf(mask), 28);
  assert.equal(countOf(stroke(emptyMask(), { x: 0, y: 0 }, { x: 31, y: 31 }, 1)), 32);
});

test("inverting twice changes nothing", () => {
  const mask = stamp(emptyMask(), { x: 9, y: 9 }, 4);
  assert.equal(countOf(inverted(mask)), 1024 - 16);
  assert.deepEqual(inverted(inverted(mask)), mask);
});

test("arrows move within the picture, other keys nowhere", () => {
  assert.deepEqual(moved({ x: 0, y: 5 }, "ArrowLeft"), { x: 0, y: 5 });
  assert.deepEqual(moved({ x: 4, y: 5 }, "ArrowDown"), { x: 4, y: 6 });
  assert.deepEqual(moved({ x: 4, y: 5 }, "End"), { x: 31, y: 5 });
  assert.equal(moved({ x: 4, y: 5 }, "q"), null);
  assert.equal(moved({ x: 4, y: 5 }, "toString"), null);
});

test("a pointer's place is the pixel under it", () => {
  const box = { left: 100, top: 50, width: 320, height: 320 };
  assert.deepEqual(placeIn(box, 100, 50), { x: 0, y: 0 });
  assert.deepEqual(placeIn(box, 419, 369), { x: 31, y: 31 });
  assert.deepEqual(placeIn(box, 999, -5), { x: 31, y: 0 });
});

test("a completion takes the place of the word begun", () => {
  assert.deepEqual(completed("a sm", 4, "small"), { text: "a small ", caret: 8 });
  assert.deepEqual(completed("a sm star", 4, "small"), { text: "a small star", caret: 7 });
  assert.deepEqual(completed("一个红", 3, "红色"), { text: "一个红色", caret: 4 });
  assert.deepEqual(completed("在左", 2, "左边"), { text: "在左边", caret: 3 });
});

test("Chinese goes on by whole words, from the longest end of the text", () => {
  assert.deepEqual(chinesePhrases("一个正"), ["正方形"]);
  assert.deepEqual(chinesePhrases("在左上"), ["在左上角"]);
  assert.deepEqual(chinesePhrases("一个红色"), []);
  assert.ok(chinesePhrases("在").length > 5);
  assert.deepEqual(chinesePhrases("a red"), []);
});

test("verdicts are said in words", () => {
  const wrong = { correct: false, reasons: ["asked for 2 objects, found 1"], seen: "a red star" };
  assert.equal(verdictWord(wrong), "Not as asked");
  assert.equal(verdictReasons(wrong), "Asked for 2 objects, found 1.");
  assert.equal(verdictReasons({ correct: true, reasons: [], seen: "a red star" }), "The oracle sees a red star.");
  assert.match(verdictReasons(null), /cannot read/);
});

test("numbers are said as people say them", () => {
  assert.deepEqual([duration(84.4), duration(1234), plural(1, "picture"), plural(8, "picture")],
    ["84 ms", "1.23 s", "1 picture", "8 pictures"]);
  assert.deepEqual([megabytes(12_345_678), megabytes(850_000)], ["12.3 MB", "850 kB"]);
  assert.equal(fileName("A red/../star!", 3, 0), "a-red-star-seed3-1.png");
  assert.equal(fileName("🦒", 0, 1), "picture-seed0-2.png");
});
