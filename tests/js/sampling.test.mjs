/** Choosing tokens, the normal distribution, and great circles. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkSettings, choose, guided, ndtr } from "../../_assets/playground/sampling.js";
import { slerp } from "../../_assets/playground/slerp.js";

const logits = Float32Array.from([0.1, 0.4, 0.2, 0.3], Math.log);
const near = (found, wanted, error) => assert.ok(Math.abs(found - wanted) <= error, `${found} is not ${wanted}`);

/** How often each token is chosen, by 1,000 numbers spread evenly over 0…1. */
function shares(settings) {
  const found = [0, 0, 0, 0];
  for (let i = 0; i < 1000; i++) found[choose(logits, (i + 0.5) / 1000, settings)] += 1;
  return found;
}

test("tokens are chosen as often as they are likely", () => {
  assert.deepEqual(shares({}), [100, 400, 200, 300]);
  assert.deepEqual(shares({ temperature: 0 }), [0, 1000, 0, 0]);
  assert.deepEqual(shares({ topK: 2 }), [0, 571, 0, 429]);
  assert.deepEqual(shares({ topP: 0.6 }), [0, 571, 0, 429]);
  assert.deepEqual(shares({ allowed: [true, false, false, false] }), [1000, 0, 0, 0]);
});

test("both ends of the range give a possible token", () => {
  const few = { allowed: [false, true, true, false] };
  assert.equal(choose(logits, 0, few), 1);
  assert.equal(choose(logits, 1, few), 2);
});

test("settings that are not allowed", () => {
  checkSettings({ temperature: 0, topK: 5, topP: 1, guidanceScale: 0 });
  const refused = [{ temperature: -1 }, { temperature: NaN }, { topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 2 }];
  for (const settings of [...refused, { guidanceScale: Infinity }]) {
    assert.throws(() => checkSettings(settings), RangeError);
  }
});

test("guided logits lead away from those without the caption", () => {
  assert.deepEqual(guided(Float32Array.of(1, 2, 0, 4), 2), Float32Array.of(2, 0));
});

test("the normal distribution", () => {
  near(ndtr(0), 0.5, 0);
  near(ndtr(1.959963984540054), 0.975, 1e-15);
  near(ndtr(-1) + ndtr(1), 1, 1e-15);
  assert.deepEqual([ndtr(-40), ndtr(40), ndtr(-Infinity), ndtr(Infinity), ndtr(NaN)], [0, 1, 0, 1, NaN]);
  for (const edge of [-3, 3]) near(ndtr(edge - 1e-13), ndtr(edge + 1e-13), 1e-14);
});

test("great circles", () => {
  const [a, b] = [Float32Array.of(1, 0), Float32Array.of(0, 2)];
  assert.deepEqual(slerp(a, b, 0), a);
  near(Math.hypot(...slerp(a, b, 0.5)), 1.5, 1e-6);
  near(slerp(a, b, 0.5)[0], slerp(a, b, 0.5)[1], 1e-6);
  assert.deepEqual(slerp(a, a, 0.3), a);
  assert.deepEqual(slerp(new Float32Array(2), new Float32Array(2), 0.3), new Float32Array(2));
});
