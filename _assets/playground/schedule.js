/** How a picture turns into noise: x_t = signal · x0 + noiseRate · noise (`models/schedules.py`). */

const { fround } = Math;
const KINDS = ["noise", "x0", "velocity", "flow"];
const NOTHING = 1e-6; // a rate below this is taken for 0: single precision holds nothing of what it multiplies

/** `LinearSchedule`: β grows linearly over the steps (Ho et al. 2020, §4). */
function linear({ steps = 1000, first = 1e-4, last = 0.02 }) {
  const table = new Float64Array(steps + 1), stride = (last - first) / (steps - 1);
  for (let i = 0; i < steps; i++) {
    const beta = i === steps - 1 ? last : first + i * stride;
    table[i + 1] = table[i] + Math.log1p(-beta);
  }
  const logSignalSquared = (t) => {
    const place = Math.min(Math.max(t, 0), 1) * steps, before = Math.min(Math.floor(place), steps - 1);
    return table[before] + (place - before) * (table[before + 1] - table[before]);
  };
  return (t) => [Math.exp(0.5 * logSignalSquared(t)), Math.sqrt(-Math.expm1(logSignalSquared(t)))];
}

/** `CosineSchedule`: signal = cos(a) / cos(a₀), never below what a β of 0.999 leaves (Nichol & Dhariwal 2021, §3.2). */
function cosine({ offset = 0.008 }) {
  const angle = (t) => ((t + offset) / (1 + offset)) * (Math.PI / 2);
  const start = angle(0), least = (Math.sqrt(0.001) * Math.cos(angle(0.999))) / Math.cos(start);
  return (t) => {
    const gone = (t / (1 + offset)) * (Math.PI / 2);
    const signal = Math.max(Math.cos(angle(t)) / Math.cos(start), least);
    return [signal, Math.sqrt(Math.sin(gone) * Math.sin(gone + 2 * start)) / Math.cos(start)];
  };
}

/** `RectifiedFlow`: a straight line (Liu et al. 2022). */
const rectifiedFlow = () => (t) => [1 - t, t];

const SCHEDULES = {
  "linear": { make: linear, velocity: "velocity" },
  "cosine": { make: cosine, velocity: "velocity" },
  "rectified-flow": { make: rectifiedFlow, velocity: "flow" },
};

/**
 * `find_schedule`: from a name, or from what `get_config` gave.
 * @param {string|{name: string}} config
 * @returns {{name: string, rates: function(number): [number, number], velocity: string}} `rates(t)` for t in [0, 1] are
 *   doubles; `velocity` is the kind of target that goes by that name here
 */
export function findSchedule(config) {
  const { name, ...settings } = typeof config === "string" ? { name: config } : config;
  checkChoice("schedule", name, Object.keys(SCHEDULES));
  const { make, velocity } = SCHEDULES[name];
  return { name, rates: make(settings), velocity };
}

/** `check_choice`: throws RangeError unless the value is one of those allowed. */
export function checkChoice(name, value, allowed) {
  if (!allowed.includes(value)) throw new RangeError(`unknown ${name} '${value}': allowed are ${allowed.join(", ")}`);
}

/**
 * a · x + b · y, each step rounded to single precision as NumPy rounds it: numbers first, then arrays.
 * @param {number} a
 * @param {Float32Array} x
 * @param {number} b
 * @param {Float32Array} y
 * @returns {Float32Array}
 */
export function mix(a, x, b, y) {
  const first = fround(a), second = fround(b), mixed = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) mixed[i] = fround(first * x[i]) + fround(second * y[i]);
  return mixed;
}

/** x / rate, and 0 where the rate is nothing. */
function over(x, rate) {
  if (rate <= NOTHING) return x.map((value) => 0 * value);
  const divisor = fround(rate);
  return x.map((value) => value / divisor);
}

/**
 * `target_of`: what a network of this kind is to predict.
 * @param {string} kind "noise", "x0", "velocity" or "flow"
 * @param {Float32Array} x0
 * @param {Float32Array} noise
 * @param {number} signal
 * @param {number} noiseRate
 * @returns {Float32Array}
 */
export function targetOf(kind, x0, noise, signal, noiseRate) {
  checkChoice("kind of prediction", kind, KINDS);
  if (kind === "velocity") return mix(signal, noise, -noiseRate, x0);
  if (kind === "flow") return mix(1, noise, -1, x0);
  return kind === "x0" ? x0 : noise;
}

/**
 * `to_x0_and_noise`, the inverse: from the output and x = signal · x0 + noiseRate · noise to both.
 * @param {string} kind
 * @param {Float32Array} output
 * @param {Float32Array} x
 * @param {number} signal
 * @param {number} noiseRate
 * @returns {{x0: Float32Array, noise: Float32Array}}
 */
export function toX0AndNoise(kind, output, x, signal, noiseRate) {
  checkChoice("kind of prediction", kind, KINDS);
  if (kind === "noise") return { x0: over(mix(1, x, -noiseRate, output), signal), noise: output };
  if (kind === "x0") return { x0: output, noise: over(mix(1, x, -signal, output), noiseRate) };
  if (kind === "velocity") {
    const size = signal * signal + noiseRate * noiseRate;
    return {
      x0: over(mix(signal, x, -noiseRate, output), size), noise: over(mix(noiseRate, x, signal, output), size),
    };
  }
  const x0 = over(mix(1, x, -noiseRate, output), signal + noiseRate);
  return { x0, noise: mix(1, x0, 1, output) };
}
