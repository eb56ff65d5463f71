/**
 * Second half of the oracle: which shape, where and how large, by drawing all six and comparing
 * (dalle_tutorial/data/_fit.py).
 *
 * Each patch is fitted by Gauss–Newton on five numbers: strength a, centre x, y, radius r, and blur t. The patches of
 * a picture go in step, as in Python, which stops blurring only when none of them needs it.
 */

import { leastSquares, model, slopes } from "./model.js";
import { SHAPES } from "./scenes.js";

const f = Math.fround;
const STEPS = 4;
const CANDIDATES = 3; // shapes that are fitted, after a first look at all six
const RADIUS_RANGE = [1.5, 9]; // pixels of 32: what the fit may try
const BLUR_RANGE = [0, 0.8]; // t = σ² / 2 in pixels², so σ up to 1.26 pixels
const NOISE_CAP = 0.1; // noise of the background that is forgiven, as a share of the object's colour
const NO_BLUR = f(1e-3);

/** Area and height of the centroid of each shape at radius 1, counted on a fine grid by _moments. */
export const AREA = Float32Array.of(2.5378344, 2.3076682, 1.5086311, 1.4563459, 2.3185759, 1.967994);
export const CENTROID = Float32Array.of(
  -1.3116981e-05, 8.4917164e-17, -1.0026958e-03, -6.3431985e-06, -1.5529959e-01, 6.6382535e-17,
);

const clip = (value, low, high) => Math.min(Math.max(value, low), high);

/** One step: fits strength and blur, measures what is left, and if `move`, moves x, y, radius and t on. */
function step(state, shape, { target, weight, side }, sharp, move) {
  const [m, dt] = model(shape, state, side, sharp);
  const [strength, b] = leastSquares([m, dt], weight, target, 1e-4);
  const a = clip(strength, f(0.2), 2);
  const more = clip(f(b / a), f(BLUR_RANGE[0] - state.t), f(BLUR_RANGE[1] - state.t));
  const [drawn, left] = [new Float32Array(target.length), new Float32Array(target.length)];
  for (let i = 0; i < target.length; i++) {
    drawn[i] = m[i] + more * dt[i];
    left[i] = target[i] - a * drawn[i];
  }
  if (!move) return { drawn, left };
  const columns = [...slopes(m, state, side, a), m, dt];
  const [dx, dy, dr] = leastSquares(columns, weight, left, 1e-3).map((value) => clip(value, -1.5, 1.5));
  state.x = f(state.x + dx);
  state.y = f(state.y + dy);
  state.radius = clip(f(state.radius + dr), ...RADIUS_RANGE);
  state.t = f(state.t + more);
  return { drawn, left };
}

function weightedSquares(weight, values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += weight[i] * values[i] * values[i];
  return f(sum);
}

/**
 * Fits one shape to windows (fit_shape, and try_shape inside fit).
 * @param {number} index of the shape in SHAPES
 * @param {object[]} windows with target, weight, side, area, cx, cy
 * @param {number} steps
 * @returns {{x: number, y: number, radius: number, residual: number, drawn: Float32Array}[]} pixels of the window; the
 *   residual is the squared error as a share of the squared target
 */
function fitShape(index, windows, steps) {
  const states = windows.map(({ area, cx, cy }) => {
    const radius = clip(f(Math.sqrt(f(area / AREA[index]))), ...RADIUS_RANGE);
    return { x: cx, y: f(cy - f(CENTROID[index] * radius)), radius, t: 0 };
  });
  let results = [];
  for (let k = 0; k <= steps; k++) {
    const sharp = Math.max(...states.map(({ t }) => t)) < NO_BLUR;
    results = states.map((state, i) => step(state, SHAPES[index], windows[i], sharp, k < steps));
  }
  return states.map(({ x, y, radius }, i) => {
    const { weight, target } = windows[i];
    const { drawn, left } = results[i];
    const residual = f(weightedSquares(weight, left) / f(weightedSquares(weight, target) + 1e-6));
    return { x, y, radius, residual, drawn };
  });
}

/** The first guess: area and centre of what the patch itself covers. */
function withGuess(window) {
  const { target, support, side } = window;
  let [mass, alongX, alongY] = [0, 0, 0];
  for (let i = 0; i < target.length; i++) {
    if (!support[i]) continue;
    const value = clip(target[i], 0, f(1.1));
    mass += value;
    alongX += value * ((i % side) + 0.5);
    alongY += value * (Math.floor(i / side) + 0.5);
  }
  const area = f(mass + 1e-6);
  return { ...window, area, cx: f(alongX / area), cy: f(alongY / area) };
}

/** The share of the squared target that is noise, judged by the median of the background around the blob (_noise). */
function noiseOf({ target, weight }, drawn) {
  const quiet = target.filter((_, i) => drawn[i] < f(0.02) && weight[i] > 0).map(Math.abs).sort();
  const median = quiet.length ? quiet[Math.floor(quiet.length / 2)] : Infinity;
  const sigma = Math.min(f(1.4826 * median), f(NOISE_CAP));
  const sum = weight.reduce((a, b) => a + b, 0);
  return f(f(f(sigma * sigma) * sum) / f(weightedSquares(weight, target) + 1e-6));
}

/** The indices of the numbers, the smallest first. */
const order = (values) => [...values.keys()].sort((a, b) => values[a] - values[b] || a - b);

/**
 * The best shape of each window (fit).
 * @param {{target: Float32Array, weight: Float32Array, support: Uint8Array, side: number}[]} windows of one picture:
 *   (side · side) each; pixels of weight 0 do not count, `support` marks those of the patch itself
 * @returns {{shape: number, second: number, x: number, y: number, radius: number, residual: number,
 *   secondResidual: number, drawn: Float32Array}[]} indices into SHAPES, pixels of the window, and the model as drawn
 *   at strength 1
 */
export function fit(windows) {
  const ready = windows.map(withGuess);
  const looks = SHAPES.map((_, index) => fitShape(index, ready, 0));
  const hopeful = ready.map((_, i) => new Set(order(looks.map((look) => look[i].residual)).slice(0, CANDIDATES)));
  const fits = ready.map(() => new Array(SHAPES.length).fill(null));
  for (let index = 0; index < SHAPES.length; index++) {
    const rows = [...ready.keys()].filter((i) => hopeful[i].has(index));
    const found = rows.length ? fitShape(index, rows.map((i) => ready[i]), STEPS) : [];
    rows.forEach((i, k) => { fits[i][index] = found[k]; });
  }
  return ready.map((window, i) => {
    const residuals = fits[i].map((found) => (found ? found.residual : Infinity));
    const { drawn } = fits[i][residuals.indexOf(Math.min(...residuals))];
    const noise = noiseOf(window, drawn);
    const left = residuals.map((residual) => Math.max(f(residual - noise), f(1e-4)));
    const [shape, second] = order(left);
    const { x, y, radius } = fits[i][shape];
    return { shape, second, x, y, radius, residual: left[shape], secondResidual: left[second], drawn };
  });
}
