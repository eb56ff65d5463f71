/** The oracle's own parts, on small cases worked out by hand. Whole verdicts: tests/test_js_oracle.py. */

import assert from "node:assert/strict";
import test from "node:test";

import { coverage } from "../../_assets/playground/oracle/coverage.js";
import { nearestWords, quoted } from "../../_assets/playground/oracle/errors.js";
import { grownByTwo, label, nearestMarked } from "../../_assets/playground/oracle/grids.js";
import { ive, leastSquares } from "../../_assets/playground/oracle/model.js";
import { fixed } from "../../_assets/playground/oracle/numbers.js";
import { CaptionError, examine, inWords, judge, parse, PictureError, score }
  from "../../_assets/playground/oracle/oracle.js";
import { BACKGROUND, PALETTE, placeOf, relationHolds, SHAPES } from "../../_assets/playground/oracle/scenes.js";

/** A picture of things [shape, index of colour, x, y, radius in pixels]. */
function drawn(...things) {
  const picture = Float32Array.from({ length: 3072 }, (_, i) => BACKGROUND[i % 3]);
  for (const [shape, colour, x, y, radius] of things) {
    coverage(shape, x, y, radius, 32).forEach((alpha, i) => {
      for (let k = 0; k < 3; k++) picture[3 * i + k] += alpha * (PALETTE[colour][k] - picture[3 * i + k]);
    });
  }
  return Uint8Array.from(picture, (value) => value + 0.5);
}

test("every shape in every colour is read, at its place", () => {
  for (const shape of SHAPES) {
    PALETTE.forEach((_, colour) => {
      const { objects, unread } = examine(drawn([shape, colour, 16, 16, 5]));
      assert.deepEqual(unread, []);
      assert.equal(objects.length, 1);
      assert.deepEqual([objects[0].shape, objects[0].size, objects[0].place], [shape, "large", "centre"]);
      assert.ok(Math.hypot(objects[0].x - 0.5, objects[0].y - 0.5) < 0.1 / 32);
    });
  }
});

test("a verdict says what is wrong, in words", () => {
  const picture = drawn(["circle", 0, 8, 16, 3.4], ["square", 4, 23, 16, 5]);
  assert.equal(score(picture, "a small red circle left of a large blue square").correct, true);
  const turned = score(picture, "a red circle right of a blue square");
  assert.deepEqual(turned.attributes,
    { shape: true, colour: true, size: null, place: null, count: true, relation: false });
  assert.deepEqual(turned.reasons, ["asked for the red circle right of the blue square, found it left of"]);
  assert.deepEqual(score(picture, "一个橙色圆形").reasons,
    ["asked for 1 object, found 2", "asked for an orange circle, found a red circle"]);
  assert.equal(inWords(turned.objects), "a small red circle left of a large blue square");
});

test("floats in [-1, 1] are read as bytes are", () => {
  const picture = drawn(["heart", 6, 12, 20, 3.5]);
  const floats = Float32Array.from(picture, (value) => value / 127.5 - 1);
  assert.equal(inWords(examine(floats).objects), inWords(examine(picture).objects));
  assert.equal(inWords(examine(new Uint8ClampedArray(picture)).objects), inWords(examine(picture).objects));
});

test("a picture of another size, type or range is refused", () => {
  const floats = (value) => new Float32Array(3072).fill(value);
  for (const picture of [new Uint8Array(4096), [1, 2], floats(2), floats(NaN)]) {
    assert.throws(() => examine(picture), PictureError);
  }
});

test("readings in words", () => {
  const one = (shape, x, y) => ({ shape, colour: "orange", size: "small", place: placeOf(x, y), x, y });
  assert.equal(inWords([one("star", 0.7, 0.2), one("heart", 0.3, 0.4)]),
    "a small orange heart left of a small orange star");
  assert.equal(inWords([]), "no object");
  assert.equal(inWords([one("star", 0.1, 0.1)]), "a small orange star at the top left");
  assert.equal(inWords([one("star", 0.1, 0.1), one("star", 0.8, 0.4), one("star", 0.5, 0.8)]),
    "three small orange stars");
  assert.equal(inWords([one("square", 0.8, 0.5), one("star", 0.1, 0.5), one("star", 0.8, 0.9)]),
    "a small orange star left of a small orange square, which is above a small orange star");
  assert.match(inWords(["star", "heart", "cross", "circle"].map((shape, i) => one(shape, i / 5, 0.5))),
    /^a small orange star, a small .* and a small orange circle$/);
});

test("the best of all matchings counts", () => {
  const object = { shape: "circle", colour: "red", size: "small", place: "top", x: 0.5, y: 0.1, radius: 0.1 };
  const objects = [{ ...object, y: 0.8 }, { ...object, colour: "blue" }];
  assert.equal(judge({ objects, unread: [] }, parse("a blue circle above a red circle")).correct, true);
  assert.equal(judge({ objects, unread: ["a blob"] }, parse("a blue circle above a red circle")).correct, false);
});

test("captions that cannot be read say why", () => {
  const refused = (caption) => {
    try {
      parse(caption);
    } catch (error) {
      assert.ok(error instanceof CaptionError);
      return error;
    }
    return assert.fail(`${caption} was read`);
  };
  assert.deepEqual(refused("a red circel").nearest, ["circle", "circles", "corner"]);
  assert.equal(refused("a red giraffe").word, "giraffe");
  assert.match(refused("a red red circle").message, /two colours/);
  assert.match(refused(null).message, /empty/);
  assert.match(refused("two red stars above a blue box").message, /counts objects/);
});

test("quotes are short and hide nothing", () => {
  assert.equal(quoted("it's"), '"it\'s"');
  assert.equal(quoted("a\u202eb\n"), "'a\\u202eb\\n'");
  assert.equal([...quoted("🦒".repeat(10000))].length, 43);
  assert.deepEqual(nearestWords("x".repeat(10000), ["red"]), []);
});

test("numbers round as in Python", () => {
  assert.deepEqual([0.125, 0.375, -0.125, 0.005, 1.005, 0.25].map((value) => fixed(value, 2)),
    ["0.12", "0.38", "-0.12", "0.01", "1.00", "0.25"]);
  assert.deepEqual([0.5, 1.5, 2.5, 254.5, 7].map((value) => fixed(value, 0)), ["0", "2", "2", "254", "7"]);
});

test("areas, growth and nearest pixels", () => {
  const mask = Uint8Array.of(1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1);
  assert.deepEqual([...label(mask, 4).labels], [1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 3, 3]);
  const dot = new Uint8Array(25);
  dot[12] = 1;
  assert.equal(grownByTwo(dot, 5).reduce((a, b) => a + b, 0), 13);
  assert.ok(nearestMarked(dot, 5).every((i) => i === 12));
});

test("small sums: Bessel functions, least squares", () => {
  assert.ok(Math.abs(ive(0, 1) - 0.46575960759364043) < 1e-15 && ive(0, 0) === 1 && ive(1, 0) === 0);
  assert.ok(Math.abs(ive(2, 1.5) - 0.33783461833568074 * Math.exp(-1.5)) < 1e-15);
  const columns = [Float32Array.of(1, 1, 1), Float32Array.of(0, 1, 2)];
  assert.deepEqual(leastSquares(columns, Float32Array.of(1, 1, 1), Float32Array.of(1, 3, 5), 0), [1, 2]);
});

test("relations follow the longer axis", () => {
  const [a, b] = [{ x: 0.2, y: 0.5 }, { x: 0.6, y: 0.6 }];
  assert.ok(relationHolds("left of", a, b) && relationHolds("right of", b, a) && !relationHolds("above", a, b));
  assert.equal(placeOf(-0.1, 1.2), "bottom left");
});
