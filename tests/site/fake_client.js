// Stands in for client.js in tests of the page: the same interface, pictures made of arithmetic, no models. The page is
// tested with it where the engine would only cost time; `window.fake` holds what a test wants to go wrong or be slow.
const WORDS = ["a", "above", "blue", "circle", "cross", "green", "large", "red", "small", "square", "star", "stars",
  "the", "three", "triangle", "left", "of", "on", "right"];
const SIZES = { cvae: 900_000, dalle: 4_200_000, glide: 2_900_000, unclip: 4_500_000 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function picture(seed, share) {
  const rgb = new Uint8ClampedArray(3072);
  for (let i = 0; i < 1024; i += 1) {
    const inside = Math.hypot((i % 32) - 15.5, Math.floor(i / 32) - 15.5) < 8 + (seed % 4);
    const noise = ((i * 7919 + seed * 104729) % 255) * (1 - share);
    [214, 39, 40].forEach((value, k) => { rgb[3 * i + k] = (inside ? value : 255) * share + noise; });
  }
  return rgb;
}

const verdict = (index) => (index % 2
  ? { correct: false, attributes: {}, reasons: ["asked for 2 objects, found 1"], seen: "a large red circle" }
  : { correct: true, attributes: {}, reasons: [], seen: "a large red circle" });

export function connect() {
  const told = (window.fake ??= { pause: 5, failures: 0, asked: [] });
  const check = (caption) => {
    if (!caption.trim()) return { message: "The caption is empty.", word: null, nearest: [] };
    const words = caption.toLowerCase().match(/[\u3400-\u9fff]+|[^\s,.]+/g) ?? [];
    if (words.length > 40) return { message: `The caption is too long: ${words.length} words.`, word: null, nearest: [] };
    const word = words.find((each) => !WORDS.includes(each) && !/^[\u3400-\u9fff]+$/.test(each));
    return word ? { message: `I have never seen '${word}'; the nearest words I know are triangle, star.`, word, nearest: ["triangle", "star"] } : null;
  };
  const many = (n, extra = {}) => ({
    pictures: Array.from({ length: n }, (_, i) => picture(i, 1)), verdicts: Array.from({ length: n }, (_, i) => verdict(i)),
    milliseconds: 100 * n, ...extra,
  });
  return {
    backend: "fake",
    async inventory() {
      return Object.fromEntries(Object.entries(SIZES).map(([name, bytes]) => [name, { title: name, bytes, cached: false, needs: [] }]));
    },
    async load(model, { onProgress, signal } = {}) {
      for (let part = 1; part <= 4; part += 1) {
        await pause(told.pause);
        signal?.throwIfAborted();
        onProgress?.({ loaded: (SIZES[model] * part) / 4, total: SIZES[model] });
        if (told.failures > 0 && part === 2) {
          told.failures -= 1;
          throw Object.assign(new Error("The download stopped: is the network there?"), { retry: true });
        }
      }
    },
    async check(model, caption) { return check(caption); },
    async complete(model, text) {
      const word = text.toLowerCase().match(/[a-z]+$/)?.[0];
      return word ? WORDS.filter((each) => each.startsWith(word) && each !== word) : [];
    },
    async run(task, parameters, { onStep, signal } = {}) {
      told.asked.push({ task, parameters });
      const of = parameters.steps ?? 4, index = 0;
      for (let step = 0; step < of; step += 1) {
        await pause(told.pause);
        signal?.throwIfAborted();
        onStep?.({ index, step, of, t: 1 - step / of, picture: picture(parameters.seed ?? 0, (step + 1) / of) });
      }
      const results = {
        draw: () => ({ picture: picture((parameters.seed ?? 0) + parameters.index, 1), verdict: verdict(parameters.index), milliseconds: 123 }),
        vary: () => many(parameters.n), textDiff: () => many(1), inpaint: () => many(1),
        interpolate: () => many(parameters.frames, { readings: Array.from({ length: parameters.frames }, (_, i) => `a red circle of frame ${i + 1}`) }),
      };
      return results[task]();
    },
  };
}
