/** How the next token is chosen (`models/sampling.py`), and the number from 0 to 1 that decides it. */

import { lead } from "./guidance.js";

/**
 * `guided`: logits told the caption, and those without it, → those led by guidance.
 * @param {Float32Array} both those told first, then those without
 * @param {number} scale
 * @returns {Float32Array} half as many
 */
export function guided(both, scale) {
  const half = both.length / 2;
  return lead(both.subarray(0, half), both.subarray(half), scale);
}

/** `check_settings`: throws RangeError for what `choose` or guidance do not allow. */
export function checkSettings({ guidanceScale = 1, temperature = 1, topK = null, topP = null } = {}) {
  for (const [name, value] of [["guidance_scale", guidanceScale], ["temperature", temperature]]) {
    const allowed = value >= 0 && value < Infinity;
    if (!allowed) throw new RangeError(`${name} is ${value}: it must be a number of at least 0`);
  }
  if (topK !== null && !(Number.isSafeInteger(topK) && topK >= 1)) {
    throw new RangeError(`top_k is ${topK}: it must be a whole number of at least 1, or null for all tokens`);
  }
  if (topP !== null && !(topP > 0 && topP <= 1)) {
    throw new RangeError(`top_p is ${topP}: it must lie above 0 and be at most 1, or null for all tokens`);
  }
}

/**
 * `choose`, for one row: the first token whose cumulated probability reaches the number and is not zero.
 * @param {ArrayLike<number>} logits
 * @param {number} uniform from 0 to 1
 * @param {{temperature?: number, topK?: number|null, topP?: number|null, allowed?: ArrayLike<boolean>|null}} [settings]
 *   as in Python: temperature 0 takes the likeliest; only the k likeliest stay, or those that reach the sum topP
 * @returns {number}
 */
export function choose(logits, uniform, { temperature = 1, topK = null, topP = null, allowed = null } = {}) {
  const scores = Float64Array.from(logits, (logit, i) => (allowed && !allowed[i] ? -Infinity : logit));
  if (temperature === 0) return scores.indexOf(scores.reduce((most, score) => Math.max(most, score)));
  if (topK !== null || topP !== null) keepLikeliest(scores, temperature, topK ?? scores.length, topP);
  return inverseCdf(scores, uniform, temperature);
}

/** Sets to −∞ what is not among the k likeliest, or comes after the sum of probabilities has reached topP. */
function keepLikeliest(scores, temperature, topK, topP) {
  // The likeliest first; of equals, the first: sorting keeps their order.
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || 0);
  const top = scores[order[0]] / temperature;
  const shares = order.map((token, rank) => (rank < topK ? Math.exp(scores[token] / temperature - top) : 0));
  const enough = topP === null ? Infinity : topP * shares.reduce((sum, share) => sum + share, 0);
  let cumulated = 0;
  order.forEach((token, rank) => {
    cumulated += shares[rank];
    if (rank >= topK || !(cumulated - shares[rank] < enough)) scores[token] = -Infinity;
  });
}

/** `inverse_cdf`, for one row and a temperature above 0. */
function inverseCdf(scores, uniform, temperature) {
  const scaled = scores.map((score) => score / temperature);
  const most = scaled.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  const cumulated = scaled.map((score) => (sum += Math.exp(score - most)));
  // What comes before the first possible token is zero throughout, and the number may be zero too.
  const token = cumulated.findIndex((reached) => reached > 0 && reached >= uniform * sum);
  return token < 0 ? scores.length - 1 : token;
}

const FAR = 3; // beyond it the fraction is more exact than the series
const ROUNDS = 100;

/**
 * `scipy.special.ndtr`: the probability of a standard normal number below x, to 13 digits.
 *
 * Near 0 it is ½ + φ(x) · (x + x³/3 + x⁵/(3·5) + …). Far below 0 it is a continued fraction,
 * φ(x) / (|x| + 1/(|x| + 2/(|x| + …))), and far above, what that leaves of 1.
 * @param {number} x
 * @returns {number}
 */
export function ndtr(x) {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI), size = Math.abs(x);
  if (size < FAR) {
    let term = x, sum = x;
    for (let k = 3; Math.abs(term) > 1e-18; k += 2) sum += term *= (x * x) / k;
    return 0.5 + density * sum;
  }
  let fraction = size;
  for (let k = ROUNDS; k > 0; k--) fraction = size + k / fraction;
  const beyond = density / fraction;
  return x < 0 ? beyond : 1 - beyond;
}
