/** Small pieces of image processing on masks of width × height, rows first; each does what scipy.ndimage does. */

/**
 * Connected areas, whose pixels share edges (ndimage.label).
 * @param {Uint8Array} mask 0 or 1
 * @param {number} width
 * @returns {{labels: Int32Array, n: number}} 0 outside, 1 … n in the order in which a reader meets the areas
 */
export function label(mask, width) {
  const labels = new Int32Array(mask.length);
  const stack = [];
  let n = 0;
  const visit = (i) => {
    if (!mask[i] || labels[i]) return;
    labels[i] = n;
    stack.push(i);
  };
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || labels[start]) continue;
    n++;
    visit(start);
    while (stack.length) {
      const i = stack.pop();
      if (i % width > 0) visit(i - 1);
      if (i % width < width - 1) visit(i + 1);
      if (i >= width) visit(i - width);
      if (i < mask.length - width) visit(i + width);
    }
  }
  return { labels, n };
}

/**
 * The mask grown by two steps to the neighbours that share an edge (ndimage.binary_dilation, iterations = 2).
 * @param {Uint8Array} mask 0 or 1
 * @param {number} width
 * @returns {Uint8Array}
 */
export function grownByTwo(mask, width) {
  const grown = new Uint8Array(mask.length);
  const height = mask.length / width;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let dy = -2; dy <= 2; dy++) {
      const reach = 2 - Math.abs(dy);
      if (y + dy < 0 || y + dy >= height) continue;
      for (let k = Math.max(0, x - reach); k <= Math.min(width - 1, x + reach); k++) grown[(y + dy) * width + k] = 1;
    }
  }
  return grown;
}

/** In each column, the row of the nearest marked pixel, or −1; of two equally near ones, the upper. */
function nearestInColumns(mask, width) {
  const height = mask.length / width;
  const rows = new Int32Array(mask.length).fill(-1);
  for (let x = 0; x < width; x++) {
    const marked = [];
    for (let y = 0; y < height; y++) if (mask[y * width + x]) marked.push(y);
    let k = 0;
    for (let y = 0; y < height && marked.length; y++) {
      while (k < marked.length - 1 && Math.abs(marked[k] - y) > Math.abs(marked[k + 1] - y)) k++;
      rows[y * width + x] = marked[k];
    }
  }
  return rows;
}

/**
 * For each pixel the index of the marked pixel nearest to it (ndimage.distance_transform_edt, return_indices).
 *
 * Where several are equally near, SciPy's choice follows from how it searches: first in columns, then along each row,
 * with only those columns kept whose pixel is nearest somewhere in that row. So this searches in the same way.
 * @param {Uint8Array} mask 0 or 1, somewhere 1
 * @param {number} width
 * @returns {Int32Array}
 */
export function nearestMarked(mask, width) {
  const rows = nearestInColumns(mask, width);
  const nearest = new Int32Array(mask.length);
  for (let start = 0; start < mask.length; start += width) {
    const y = start / width;
    const away = (x) => (rows[start + x] - y) ** 2;
    const kept = [];
    for (let x = 0; x < width; x++) {
      if (rows[start + x] < 0) continue;
      while (kept.length >= 2) {
        const [before, last] = kept.slice(-2);
        const [a, b, c] = [last - before, x - last, x - before];
        if (c * away(last) - b * away(before) - a * away(x) - a * b * c <= 0) break;
        kept.pop();
      }
      kept.push(x);
    }
    let k = 0;
    for (let x = 0; x < width; x++) {
      const distance = (j) => (kept[j] - x) ** 2 + away(kept[j]);
      while (k < kept.length - 1 && distance(k) > distance(k + 1)) k++;
      nearest[start + x] = rows[start + kept[k]] * width + kept[k];
    }
  }
  return nearest;
}
