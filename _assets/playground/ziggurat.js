/**
 * The tables of NumPy's ziggurat, computed from its two constants.
 *
 * A ziggurat covers the bell curve f(x) = exp(−x²/2) with 256 strips of one area (Marsaglia & Tsang 2000). From the
 * edge x of a strip, and f there, follows the edge of the strip above: x' = √(−2 log(area / x + f)).
 *
 * NumPy's tables were made once, in double precision, and each edge inherits the rounding of those before it. To get
 * the same bits, every logarithm and exponential must be rounded as it was then: to the nearest double. `Math.log` and
 * `Math.exp` do not promise that, and differ between browsers. So both are computed here in whole numbers, to 128 bits.
 */

/** Where the tail begins, and the area of each strip. */
export const EDGE = 3.6541528853610088;
const AREA = 0x143016a5a4372e / 2 ** 60; // 0.00492867323397465…
const STRIPS = 256;

const BITS = 128n;
const ONE = 1n << BITS;
const HALVINGS = 8n;

/** A double, at least 2^−27 in size or a multiple of 2^−80, as a whole number of 2^−128. */
const toFixed = (x) => BigInt(x * 2 ** 80) << (BITS - 80n);

/** The nearest double; `Number` rounds a BigInt so. */
const toDouble = (fixed) => Number(fixed) / 2 ** Number(BITS);

/** exp of a number not far from 0, both in 2^−128: a series for a 256th of it, squared eight times. */
function expFixed(x) {
  const small = x >> HALVINGS;
  let sum = ONE, term = ONE;
  for (let k = 1n; term && term !== -1n; k++) {
    term = ((term * small) >> BITS) / k;
    sum += term;
  }
  for (let k = 0; k < HALVINGS; k++) sum = (sum * sum) >> BITS;
  return sum;
}

/** exp(x), rounded correctly. */
export const exactExp = (x) => toDouble(expFixed(toFixed(x)));

/** log(y), rounded correctly: `Math.log`, and what is missing of it to second order. */
export function exactLog(y) {
  const guess = toFixed(Math.log(y));
  const missing = ((toFixed(y) * expFixed(-guess)) >> BITS) - ONE;
  return toDouble(guess + missing - ((missing * missing) >> (BITS + 1n)));
}

/**
 * What `standard_normal` looks up. In strip i a whole number n below 2^52 stands for x = n · w[i], and lies wholly
 * under the curve if n < k[i]; f[i] is the height of the curve at the edge. w32, k32 and f32 are the same for
 * single precision, with n below 2^23.
 * @returns {{k: Float64Array, w: Float64Array, f: Float64Array, k32: Uint32Array, w32: Float32Array,
 *   f32: Float32Array}}
 */
export function zigguratTables() {
  const x = new Float64Array(STRIPS), f = new Float64Array(STRIPS), k = new Float64Array(STRIPS);
  const last = STRIPS - 1, numbers = 2 ** 52, numbers32 = 2 ** 23;
  f[0] = 1;
  x[last] = EDGE;
  f[last] = exactExp(-0.5 * EDGE * EDGE);
  for (let i = last - 1; i > 0; i--) {
    x[i] = Math.sqrt(-2 * exactLog(AREA / x[i + 1] + f[i + 1]));
    f[i] = exactExp(-0.5 * x[i] * x[i]);
    // Here, and only here, whoever made NumPy's tables had an exponential that was rounded the wrong way.
    if (i === 38) f[i] += 2 ** -53;
  }
  x[0] = AREA / f[last]; // the lowest strip, as if it were as wide as it is large
  for (let i = 2; i < STRIPS; i++) k[i] = (x[i - 1] / x[i]) * numbers + numbers - numbers; // halves to even
  k[0] = Math.floor(((EDGE * f[last]) / AREA) * numbers);
  return {
    k, f,
    w: x.map((edge) => edge / numbers),
    k32: Uint32Array.from(k, (n) => Math.round((n / numbers) * numbers32)),
    w32: Float32Array.from(x, (edge) => edge / numbers32),
    f32: Float32Array.from(f),
  };
}
