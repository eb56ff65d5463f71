/**
 * What a patch is compared with: the coverage of a shape, softened by a blur, and how that changes with each of the
 * numbers that are fitted (the first half of dalle_tutorial/data/_fit.py).
 */

import { coverage } from "./coverage.js";

const f = Math.fround;

/**
 * exp(−z) I_k(z), the modified Bessel function of whole order k, by its power series (scipy.special.ive).
 * @param {number} k 0, 1 or 2
 * @param {number} z from 0 to 2 or so
 * @returns {number}
 */
export function ive(k, z) {
  let term = (z / 2) ** k / (k === 2 ? 2 : 1);
  let sum = term;
  for (let m = 1; term > 1e-18 * sum; m++) {
    term *= (z / 2) ** 2 / (m * (m + k));
    sum += term;
  }
  return Math.exp(-z) * sum;
}

/** A plane after one pass of the kernel along the columns, turned on its side. */
function blurredColumns(plane, side, [middle, near, far]) {
  const turned = new Float32Array(side * side);
  for (let x = 0; x < side; x++) {
    let [twoUp, up, here, down] = [0, 0, plane[x], plane[side + x]];
    for (let y = 0; y < side; y++) {
      const twoDown = y + 2 < side ? plane[(y + 2) * side + x] : 0;
      turned[x * side + y] = middle * here + near * (up + down) + far * (twoUp + twoDown);
      twoUp = up;
      up = here;
      here = down;
      down = twoDown;
    }
  }
  return turned;
}

/** A plane after heat has flowed for a time t: the kernel of the discrete Laplacian (_blur). */
function blurred(plane, side, t) {
  const taps = [0, 1, 2].map((k) => f(ive(k, f(2 * t))));
  const sum = f(taps[0] + 2 * taps[1] + 2 * taps[2]);
  const kernel = taps.map((tap) => f(tap / sum));
  return blurredColumns(blurredColumns(plane, side, kernel), side, kernel);
}

/**
 * The blurred coverage m, and ∂m/∂t = ∇²m (_model).
 * @param {string} shape
 * @param {{x: number, y: number, radius: number, t: number}} guess in pixels of the window; t = σ² / 2 of the blur
 * @param {number} side of the window
 * @param {boolean} sharp whether t is too small to matter
 * @returns {Float32Array[]} two planes (side · side); the second is 0 at the border
 */
export function model(shape, { x, y, radius, t }, side, sharp) {
  const drawn = coverage(shape, x, y, radius, side);
  const m = sharp ? drawn : blurred(drawn, side, t);
  const dt = new Float32Array(side * side);
  for (let row = 1; row < side - 1; row++) {
    for (let i = row * side + 1; i < (row + 1) * side - 1; i++) {
      dt[i] = m[i - 1] + m[i + 1] + m[i - side] + m[i + side] - 4 * m[i];
    }
  }
  return [m, dt];
}

/**
 * How m, times a, changes with x, y and radius, by central differences (_model).
 * @param {Float32Array} m (side · side)
 * @param {{x: number, y: number, radius: number}} guess
 * @param {number} side
 * @param {number} a
 * @returns {Float32Array[]} three planes (side · side), 0 at the border
 */
export function slopes(m, { x, y, radius }, side, a) {
  const [dx, dy, dr] = [0, 1, 2].map(() => new Float32Array(side * side));
  for (let row = 1; row < side - 1; row++) {
    for (let column = 1; column < side - 1; column++) {
      const i = row * side + column;
      const alongX = (m[i - 1] - m[i + 1]) / 2;
      const alongY = (m[i - side] - m[i + side]) / 2;
      dx[i] = a * alongX;
      dy[i] = a * alongY;
      dr[i] = (a * (alongX * (column + 0.5 - x) + alongY * (row + 0.5 - y))) / radius;
    }
  }
  return [dx, dy, dr];
}

/** The solution of a small system of linear equations, by elimination with row swaps; `matrix` holds the right side. */
function solved(matrix) {
  const n = matrix.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(matrix[i][k]) > Math.abs(matrix[pivot][k])) pivot = i;
    [matrix[k], matrix[pivot]] = [matrix[pivot], matrix[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = matrix[i][k] / matrix[k][k];
      for (let j = k; j <= n; j++) matrix[i][j] -= factor * matrix[k][j];
    }
  }
  const found = new Array(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let rest = matrix[k][n];
    for (let j = k + 1; j < n; j++) rest -= matrix[k][j] * found[j];
    found[k] = rest / matrix[k][k];
  }
  return found;
}

function product(weight, first, second) {
  let sum = 0;
  for (let i = 0; i < weight.length; i++) sum += weight[i] * first[i] * second[i];
  return sum;
}

/**
 * Weighted least squares (_solve).
 * @param {Float32Array[]} columns
 * @param {Float32Array} weight
 * @param {Float32Array} target
 * @param {number} ridge added to the diagonal, so that there is always one solution
 * @returns {number[]} what each column is multiplied by
 */
export function leastSquares(columns, weight, target, ridge) {
  const n = columns.length;
  const matrix = columns.map((column) => [...new Array(n).fill(0), product(weight, column, target)]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i][j] = matrix[j][i] = product(weight, columns[i], columns[j]);
    matrix[i][i] += ridge;
  }
  return solved(matrix).map(f);
}
