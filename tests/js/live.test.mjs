// Live figures: the parts that touch no page, and the tasks that they ask of the engine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Newest } from "../../_assets/playground/live/newest.js";
import { cosine, inTokens, moved, signed } from "../../_assets/playground/live/numbers.js";

const close = (a, b) => assert.ok(Array.from(a).every((value, i) => Math.abs(value - b[i]) < 1e-6), `${a} is not ${b}`);
const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

test("z moves by what all tokens and each token are told", () => {
  const z = Float32Array.of(1, 2, 3, 4, 5, 6);
  close(moved(z, {}, 3), z);
  close(moved(z, { all: [1, 0, 0] }, 3), [2, 2, 3, 5, 5, 6]);
  close(moved(z, { all: [1, 0, 0], 1: [0, 0, -6] }, 3), [2, 2, 3, 5, 5, 0]);
  close(z, [1, 2, 3, 4, 5, 6]);
});

test("vectors are compared by their angle, and told with their signs", () => {
  assert.equal(cosine([3, 0], [5, 0]), 1);
  assert.equal(cosine([1, 0], [0, 2]), 0);
  assert.deepEqual([0.351, -1.2, 0, -0.001].map((value) => signed(value)), ["+0.35", "−1.20", "0.00", "0.00"]);
  assert.equal(inTokens([0.1, -0.2, 1, 2], 2), "+0.10 −0.20 · +1.00 +2.00");
});

/** A newest wish, and what became of it. */
function watched(options = {}) {
  const log = [];
  const newest = new Newest({ onFail: (error) => log.push(error ? error.message : "fine"), ...options });
  const wish = (name, ms = 5) => async (signal) => {
    log.push(`begin ${name}`);
    await pause(ms);
    signal.throwIfAborted();
    log.push(`end ${name}`);
  };
  return { log, newest, wish };
}

test("a new wish stops the one under way, and of those that wait only the newest is done", async () => {
  const { log, newest, wish } = watched();
  newest.ask(wish("a"));
  await pause(1);
  newest.ask(wish("b"));
  await newest.ask(wish("c"));
  assert.deepEqual(log, ["begin a", "begin c", "end c", "fine"]);
});

test("where one is patient, what is under way is finished first", async () => {
  const { log, newest, wish } = watched({ patient: true });
  newest.ask(wish("a"));
  newest.ask(wish("b"));
  await newest.ask(wish("c"));
  assert.deepEqual(log, ["begin a", "end a", "fine", "begin c", "end c", "fine"]);
});

test("what goes wrong is told, and tried again after getting ready", async () => {
  let broken = true;
  const { log, newest } = watched({ ready: async () => { log.push("ready"); } });
  const work = async () => { if (broken) throw Object.assign(new Error("The network is gone."), { retry: true }); };
  await newest.ask(work);
  broken = false;
  await newest.again();
  await newest.again();
  assert.deepEqual(log, ["The network is gone.", "ready", "fine", "fine"]);
});

test("busy is told once for all that is asked for meanwhile", async () => {
  const busy = [];
  const { newest, wish } = watched({ onBusy: (value) => busy.push(value) });
  newest.ask(wish("a"));
  await newest.ask(wish("b"));
  await newest.ask(wish("c"));
  assert.deepEqual(busy, [true, false, true, false]);
});
