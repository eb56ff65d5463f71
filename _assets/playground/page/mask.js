// A mask as numbers: 32 × 32, 1 where to paint anew. Nothing here touches the page.

export const SIDE = 32;

/** An empty mask: Uint8Array(1024). */
export function emptyMask() {
  return new Uint8Array(SIDE * SIDE);
}

/**
 * Sets the pixels under a square brush, in place, and returns the mask.
 * @param {Uint8Array} mask
 * @param {{x: number, y: number}} at the brush's centre, column and row; it may lie at the edge
 * @param {number} size of the brush, in pixels a side
 * @param {0|1} value 1 paints, 0 takes away
 */
export function stamp(mask, { x, y }, size, value = 1) {
  const before = Math.floor((size - 1) / 2);
  for (let row = y - before; row < y - before + size; row += 1) {
    for (let column = x - before; column < x - before + size; column += 1) {
      if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) mask[row * SIDE + column] = value;
    }
  }
  return mask;
}

/** Stamps along the straight line between two points, so that a fast pointer leaves no gaps. */
export function stroke(mask, from, to, size, value = 1) {
  const steps = Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  for (let i = 0; i <= steps; i += 1) {
    const at = { x: Math.round(from.x + ((to.x - from.x) * i) / steps), y: Math.round(from.y + ((to.y - from.y) * i) / steps) };
    stamp(mask, at, size, value);
  }
  return mask;
}

/** The mask with painted and unpainted exchanged: a new one. */
export function inverted(mask) {
  return mask.map((value) => 1 - value);
}

/** How many pixels are painted. */
export function countOf(mask) {
  return mask.reduce((sum, value) => sum + value, 0);
}

/** A place moved by an arrow key (Home and End: to the row's ends), kept inside; null for any other key. */
export function moved(at, key, by = 1) {
  const ways = {
    ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by], Home: [-SIDE, 0], End: [SIDE, 0],
  };
  if (!Object.hasOwn(ways, key)) return null;
  const inside = (value) => Math.min(SIDE - 1, Math.max(0, value));
  return { x: inside(at.x + ways[key][0]), y: inside(at.y + ways[key][1]) };
}

/** The pixel under a pointer: its place within a box {left, top, width, height}, kept inside. */
export function placeIn(box, clientX, clientY) {
  const inside = (share) => Math.min(SIDE - 1, Math.max(0, Math.floor(share * SIDE)));
  return { x: inside((clientX - box.left) / box.width), y: inside((clientY - box.top) / box.height) };
}
