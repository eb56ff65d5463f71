/** Random numbers: known first numbers of NumPy, what a seed may be, and the shape of the bell. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Generator, initialNoise, noiseForEach, samplerNoise, seedSequence } from "../../_assets/playground/random.js";
import { EDGE, exactExp, exactLog, zigguratTables } from "../../_assets/playground/ziggurat.js";

test("the first numbers are NumPy's", () => {
  // np.random.default_rng([0, 0]).standard_normal(2), and the same in float32
  assert.deepEqual([...new Generator([0, 0]).standardNormal(2)], [0.1257302210933933, -0.1321048632913019]);
  assert.deepEqual([...new Generator([0, 0]).standardNormal32(2)], [1.1176220178604126, -1.3871248960494995]);
});

test("a seed may be as large as it likes, and stands for its words of 32 bits", () => {
  assert.deepEqual(seedSequence([2n ** 32n + 5n]), seedSequence([5, 1]));
  assert.deepEqual(seedSequence([2 ** 32 + 5]), seedSequence([5, 1]));
  assert.notDeepEqual(seedSequence([5]), seedSequence([6]));
});

test("what is no whole number is no seed", () => {
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 60, "1", null, -1n]) {
    assert.throws(() => new Generator([seed]), /must be a whole number of at least 0/);
  }
});

test("a picture's noise depends on the seed and its number alone", () => {
  const all = noiseForEach(4, 10, 3);
  assert.deepEqual(noiseForEach(2, 10, 3, 2), all.slice(20));
  const drawn = new Generator([3, 2 ** 30, 0]).standardNormal(10);
  assert.deepEqual(noiseForEach(1, 10, [3, 2 ** 30]), Float32Array.from(drawn));
  assert.notDeepEqual(initialNoise(10, 3), samplerNoise(3).standardNormal32(10));
});

test("doubles do not disturb the half that single precision has kept", () => {
  const plain = new Generator([1]), mixed = new Generator([1]);
  const [first, second] = [plain.next32(), plain.next32()];
  assert.equal(mixed.next32(), first);
  mixed.nextDouble();
  assert.equal(mixed.next32(), second);
});

test("the numbers are spread as they should be", () => {
  for (const method of ["standardNormal", "standardNormal32"]) {
    const found = new Generator([7])[method](200000);
    const mean = (f) => found.reduce((sum, x) => sum + f(x), 0) / found.length;
    assert.ok(Math.abs(mean((x) => x)) < 0.01);
    assert.ok(Math.abs(mean((x) => x * x) - 1) < 0.015);
    assert.ok(Math.abs(mean((x) => Math.abs(x) > 2) - 0.0455) < 0.002);
    assert.ok(found.some((x) => Math.abs(x) > EDGE), "the tail is reached");
  }
});

test("strips of the ziggurat have one area", () => {
  const { w, f, k } = zigguratTables(), edges = w.map((x) => x * 2 ** 52);
  const area = edges[0] * f[255];
  for (let i = 1; i < 255; i++) assert.ok(Math.abs(edges[i + 1] * (f[i] - f[i + 1]) / area - 1) < 1e-12);
  assert.equal(edges[255], EDGE);
  assert.equal(k[1], 0);
});

test("logarithms and exponentials are those of the machine, but for its last bit", () => {
  for (const x of [0.0027, 0.1, 0.5, 0.75, 0.999]) {
    assert.ok(Math.abs(exactLog(x) / Math.log(x) - 1) < 3e-16);
    assert.ok(Math.abs(exactExp(-7 * x) / Math.exp(-7 * x) - 1) < 3e-16);
  }
});

test("the noise of a picture takes a few milliseconds", () => {
  noiseForEach(3, 3072, 0);
  const start = process.cpuUsage();
  noiseForEach(10, 3072, 1);
  assert.ok(process.cpuUsage(start).user / 10 < 5000, "microseconds");
});
