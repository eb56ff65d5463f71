/** From one vector to another along the great circle (Shoemake 1985). */

const LEAST_ANGLE = 1e-4;

/**
 * `slerp` of `models/slerp.py`, for one vector: from a (fraction 0) to b (1). Its length goes from that of a to that of
 * b; where both point the same way, so does the result.
 * @param {Float32Array} a
 * @param {Float32Array} b as long as a
 * @param {number} fraction
 * @returns {Float32Array}
 */
export function slerp(a, b, fraction) {
  const inner = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const lengths = [a, b].map((x) => Math.sqrt(inner(x, x)) + 1e-8); // so that nothing is divided by 0
  const cosine = inner(a, b) / (lengths[0] * lengths[1]);
  const angle = Math.max(Math.acos(Math.min(Math.max(cosine, -1), 1)), LEAST_ANGLE);
  const length = ((1 - fraction) * lengths[0] + fraction * lengths[1]) / Math.sin(angle);
  const first = (length * Math.sin((1 - fraction) * angle)) / lengths[0];
  const second = (length * Math.sin(fraction * angle)) / lengths[1];
  return a.map((value, i) => first * value + second * b[i]);
}
