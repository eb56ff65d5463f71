/**
 * How much of each pixel a shape covers (dalle_tutorial/data/render.py).
 *
 * A signed distance function gives, at every point, the distance to the edge of a shape: negative inside, positive
 * outside. A pixel whose centre lies d pixels from the edge is covered by about 0.5 − d, clipped to [0, 1].
 */

const f = Math.fround;
const { abs, max, min, sqrt, sign } = Math;

/** An equilateral triangle that points up. */
function triangle(u, v) {
  return max(v, sqrt(0.75) * abs(u) - 0.5 * v) - 0.54;
}

/** An upright cross: arms 0.95 long, 0.62 wide. */
function cross(u, v) {
  const a = abs(u);
  const b = abs(v);
  return max(max(a, b) - 0.95, min(a, b) - 0.31);
}

const [OUTER, INNER] = [1.08, 0.46];
const [COS36, SIN36] = [Math.cos(Math.PI / 5), Math.sin(Math.PI / 5)];
// The edge of the star runs from the tip (0, outer) to the notch (inner sin 36°, inner cos 36°).
const [EX, EY] = [INNER * SIN36, INNER * COS36 - OUTER];
const LENGTH = Math.hypot(EX, EY);

/** A five-pointed star: the plane is folded into half a point, then the distance to one line is measured. */
function star(u, v) {
  let x = abs(u);
  let y = -v;
  const first = 2 * max(x * COS36 - y * SIN36, 0);
  x -= first * COS36;
  y += first * SIN36;
  const second = 2 * max(-x * COS36 - y * SIN36, 0);
  x = abs(x + second * COS36);
  y += second * SIN36;
  return (y - OUTER) * EX / LENGTH - x * EY / LENGTH;
}

/** A heart with its point down. */
function heart(u, v) {
  const x = abs(u) * 0.62;
  const y = 0.56 - v * 0.62;
  if (x + y > 1) return (sqrt((x - 0.25) ** 2 + (y - 0.75) ** 2) - Math.SQRT2 / 4) / 0.62;
  const along = 0.5 * max(x + y, 0);
  return sqrt(min(x ** 2 + (y - 1) ** 2, (x - along) ** 2 + (y - along) ** 2)) * sign(x - y) / 0.62;
}

/** Shape → distance of the point (u, v) from the edge of that shape of radius 1. */
export const SDF = {
  circle: (u, v) => sqrt(u * u + v * v) - 0.9,
  square: (u, v) => max(abs(u), abs(v)) - 0.76,
  triangle, star, heart, cross,
};

/**
 * How much of each pixel of a square window a shape covers (coverage).
 * @param {string} shape a key of SDF
 * @param {number} x
 * @param {number} y its centre, in pixels of the window
 * @param {number} radius in pixels
 * @param {number} side of the window
 * @returns {Float32Array} (side · side), 0 … 1
 */
export function coverage(shape, x, y, radius, side) {
  const distance = SDF[shape];
  // Python hands lengths over as fractions of the window; the rounding there and back is kept.
  const [left, top, reach] = [x, y, radius].map((value) => f(f(value / side) * side));
  const covered = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    const v = f((row + 0.5 - top) / reach);
    for (let column = 0; column < side; column++) {
      const u = f((column + 0.5 - left) / reach);
      covered[row * side + column] = min(max(0.5 - distance(u, v) * reach, 0), 1);
    }
  }
  return covered;
}
