/**
 * The world of shapes: what a picture may show (dalle_tutorial/data/scenes.py).
 *
 * Lengths are fractions of the picture's side, and y points down.
 */

export const SIDE = 32;
export const SHAPES = ["circle", "square", "triangle", "star", "heart", "cross"];
export const COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "black"];
/** The RGB, 0 … 255, of each of COLOURS. */
export const PALETTE = [
  [214, 39, 40], [250, 140, 20], [242, 211, 34], [44, 150, 62], [38, 88, 214], [125, 52, 168], [245, 134, 190],
  [28, 28, 32],
];
export const BACKGROUND = [245, 243, 238];
/** From the smallest to the largest radius of each size. */
export const RADII = { small: [3.2 / 32, 3.7 / 32], large: [4.8 / 32, 5.4 / 32] };
export const RELATIONS = ["left of", "right of", "above", "below"];
export const PLACES = [
  "top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right",
];

/**
 * The cell of the 3 × 3 grid that holds the point (x, y), one of PLACES (SceneObject.place).
 * @param {number} x from 0 to 1; what lies outside counts as the nearest cell
 * @param {number} y as x
 * @returns {string}
 */
export function placeOf(x, y) {
  const [column, row] = [x, y].map((value) => Math.min(Math.max(Math.trunc(value * 3), 0), 2));
  return PLACES[3 * row + column];
}

/**
 * Whether object `a` is `relation` object `b`: along the axis on which their centres differ more (relation_holds).
 * @param {string} relation one of RELATIONS
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 * @returns {boolean}
 */
export function relationHolds(relation, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  switch (relation) {
    case "left of": return dx > Math.abs(dy);
    case "right of": return -dx > Math.abs(dy);
    case "above": return dy > Math.abs(dx);
    default: return -dy > Math.abs(dx);
  }
}
