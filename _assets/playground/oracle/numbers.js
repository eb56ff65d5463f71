/** Numbers in sentences, as Python's format writes them. */

/**
 * `value` with so many digits after the point; what lies exactly between two goes to the even one.
 * @param {number} value
 * @param {0 | 2} digits
 * @returns {string}
 */
export function fixed(value, digits) {
  const text = value.toFixed(digits);
  // toFixed rounds an exact half up. With two digits only odd eighths are such halves, with none only odd halves.
  const eighths = Math.abs(value) * (digits === 2 ? 8 : 2);
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return text;
  const scale = 10 ** digits;
  const below = Math.floor(Math.abs(value) * scale);
  return ((Math.sign(value) * (below % 2 ? below + 1 : below)) / scale).toFixed(digits);
}
