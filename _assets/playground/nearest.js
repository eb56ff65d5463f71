/** What a reader is told about a word that no model knows: it, shortened, and the known ones that are most like it. */

const LONGEST = 40; // characters of a reader's word that a message repeats
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const INVISIBLE = /[\p{C}\p{M}\p{Z}]/u;
const SAID = 8; // words that are named where none is near

/**
 * A word in quotation marks, cut to 40 characters. Signs that cannot be seen, or would change what stands beside them,
 * are named by their number; words that run from right to left are kept from turning the sentence round.
 * @param {string} word
 * @returns {string}
 */
export function quoted(word) {
  const signs = [...word.slice(0, 4 * LONGEST)];
  const shown = signs.slice(0, LONGEST).map((sign) =>
    INVISIBLE.test(sign) ? `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` : sign);
  const text = shown.join("").slice(0, LONGEST + 8) + (signs.length > LONGEST ? "…" : "");
  return `'${RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text}'`;
}

/**
 * How many letters must be changed, added, left out or swapped with the next to make one word of another.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {number}
 */
export function editDistance(a, b) {
  let before = [], above = b.map((_, j) => j).concat(b.length);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] !== b[j - 1]));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, above] = [above, row];
  }
  return above[b.length];
}

/**
 * The known words nearest to this one, the nearest first: by `editDistance`, in Chinese by shared characters. None for
 * signs that are no letters, such as emoji, and none that have nothing in common with it.
 * @param {string} word
 * @param {string[]} known
 * @param {number} [n]
 * @returns {string[]}
 */
export function nearestWords(word, known, n = 3) {
  if (!/[\p{L}\p{N}]/u.test(word)) return [];
  const letters = [...word.slice(0, 2 * LONGEST)].slice(0, LONGEST);
  const share = (signs) => editDistance(letters, signs) / Math.max(letters.length, signs.length);
  const common = (signs) => signs.filter((sign) => letters.includes(sign)).length;
  return known
    .map((other) => ({ other, distance: share([...other]), common: common([...other]) }))
    .filter(({ distance }) => distance < 1) // at 1, every letter had to be changed
    .sort((a, b) => a.distance - b.distance || b.common - a.common)
    .slice(0, n)
    .map(({ other }) => other);
}

/**
 * The second half of the sentence about an unknown word.
 * @param {string[]} nearest
 * @param {string[]} known all words of its script
 * @param {boolean} chinese
 * @returns {string}
 */
export function knownWords(nearest, known, chinese) {
  const list = (words) => words.map((word) => `'${word}'`).join(", ");
  if (nearest.length === 1) return `the nearest word I know is ${list(nearest)}`;
  if (nearest.length) return `the nearest words I know are ${list(nearest)}`;
  if (!known.length) return chinese ? "I read no Chinese" : "I read nothing but Chinese";
  if (chinese) return `the characters I know are ${known.join("")}`;
  const content = known.filter((word) => word.length > 2), every = Math.ceil(content.length / SAID);
  return `I know only words such as ${list(content.filter((_, i) => i % every === 0))}`;
}
