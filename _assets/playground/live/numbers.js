// What the live figures reckon; no page is needed for it.

/**
 * z with offsets added.
 * @param {Float32Array} z numbers of all tokens, one token behind the other
 * @param {object} offsets token ("all", "0", "1" …) → offsets, one for each number of a token; missing ones are 0
 * @param {number} width numbers in a token
 * @returns {Float32Array}
 */
export function moved(z, offsets, width) {
  return z.map((value, i) => {
    const [token, number] = [Math.floor(i / width), i % width];
    return value + (offsets.all?.[number] ?? 0) + (offsets[token]?.[number] ?? 0);
  });
}

/** The cosine of the angle between two vectors of the same length. */
export function cosine(a, b) {
  const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** +0.35, −1.20, 0.00: a number with its sign. */
export function signed(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** A z as text, a token at a time: "−0.10 +0.02 · …". */
export function inTokens(z, width) {
  const texts = Array.from(z, (value) => signed(value));
  const tokens = Array.from({ length: z.length / width }, (_, k) => texts.slice(k * width, (k + 1) * width).join(" "));
  return tokens.join(" · ");
}
