/**
 * NumPy's random numbers, bit for bit: `SeedSequence`, `PCG64`, and `Generator.standard_normal` by its ziggurat.
 *
 * The same seed gives the same noise as in Python, hence the same picture. PCG64 reckons modulo 2^128. JavaScript has
 * no such numbers, and BigInt is slow: the state is four words of 32 bits, the multiplier eight pieces of 16 bits, and
 * their products and the sums of these are exact in doubles.
 *
 * Held against NumPy on Linux: ten million doubles had the same bits. Of ten million in single precision six differed,
 * all beyond ±3.65, by one unit in the last place (5e-7), as logarithms in single precision do between C libraries.
 */

import { EDGE, zigguratTables } from "./ziggurat.js";

// The multiplier of PCG64, 0x2360ed051fc65da44385df649fccf645, the lowest piece first.
const [M0, M1, M2, M3, M4, M5, M6, M7] = [0xf645, 0x9fcc, 0xdf64, 0x4385, 0x5da4, 0x1fc6, 0xed05, 0x2360];
const PIECE = 2 ** 16;
const TAIL = 1 / EDGE;
const EDGE32 = Math.fround(EDGE), TAIL32 = Math.fround(TAIL);
let tables = null; // made when the first number is drawn

/** The words of 32 bits of a seed, the lowest first; 0 is one word. Throws RangeError for what is no whole number. */
function wordsOf(seed) {
  if (!(typeof seed === "bigint" ? seed >= 0n : Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`seed is ${String(seed).slice(0, 40)}: it must be a whole number of at least 0`);
  }
  const words = [];
  let rest = BigInt(seed);
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest);
  return words;
}

/**
 * Eight words of 32 bits that depend on all bits of the seeds: `SeedSequence(seeds).generate_state(8)`.
 * @param {(number|bigint)[]} seeds whole numbers of at least 0
 * @returns {Uint32Array}
 */
export function seedSequence(seeds) {
  const entropy = seeds.flatMap(wordsOf), pool = new Uint32Array(4);
  let constant = 0x43b0d7e5;
  const hash = (word, factor) => {
    word ^= constant;
    constant = Math.imul(constant, factor);
    word = Math.imul(word, constant);
    return word ^ (word >>> 16);
  };
  const mix = (x, y) => {
    const mixed = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
    return mixed ^ (mixed >>> 16);
  };
  const stir = (to, word) => { pool[to] = mix(pool[to], hash(word, 0x931e8875)); };
  for (let i = 0; i < 4; i++) pool[i] = hash(entropy[i] ?? 0, 0x931e8875);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) stir(to, pool[from]);
  }
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to++) stir(to, word);
  constant = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, i) => hash(pool[i % 4], 0x58f38ded));
}

/** `np.random.default_rng(seeds)`. Throws RangeError for a seed that is no whole number of at least 0. */
export class Generator {
  /** @param {(number|bigint)[]} seeds */
  constructor(seeds) {
    // Two numbers of 128 bits, each as four words, the lowest first; of 64 bits, the upper ones come before the lower.
    const words = seedSequence(seeds), [begin, sequence] = [0, 4].map((at) => [2, 3, 0, 1].map((i) => words[at + i]));
    // Twice the sequence, plus one: odd, as the method wants it.
    this.increment = Uint32Array.from(sequence, (word, i) => (word << 1) | (i ? sequence[i - 1] >>> 31 : 1));
    this.state = new Uint32Array(4);
    this.low = this.high = 0; // the two halves of the last number of 64 bits
    this.kept = -1; // half a number that single precision left over
    this.step();
    let carry = 0;
    begin.forEach((word, i) => {
      const sum = this.state[i] + word + carry;
      this.state[i] = sum;
      carry = sum >= 2 ** 32 ? 1 : 0;
    });
    this.step();
  }

  /** state = state · multiplier + increment, modulo 2^128. */
  step() {
    const { state, increment } = this, { floor } = Math;
    const s0 = state[0], s1 = state[1], s2 = state[2], s3 = state[3];
    const c0 = s0 * M0 + increment[0];
    const c1 = s0 * M1 + floor(c0 / PIECE);
    const c2 = s0 * M2 + s1 * M0 + increment[1] + floor(c1 / PIECE);
    const c3 = s0 * M3 + s1 * M1 + floor(c2 / PIECE);
    const c4 = s0 * M4 + s1 * M2 + s2 * M0 + increment[2] + floor(c3 / PIECE);
    const c5 = s0 * M5 + s1 * M3 + s2 * M1 + floor(c4 / PIECE);
    const c6 = s0 * M6 + s1 * M4 + s2 * M2 + s3 * M0 + increment[3] + floor(c5 / PIECE);
    const c7 = s0 * M7 + s1 * M5 + s2 * M3 + s3 * M1 + floor(c6 / PIECE);
    state[0] = (c0 & 0xffff) | (c1 << 16);
    state[1] = (c2 & 0xffff) | (c3 << 16);
    state[2] = (c4 & 0xffff) | (c5 << 16);
    state[3] = (c6 & 0xffff) | (c7 << 16);
  }

  /** The next 64 bits, in `high` and `low`: both halves of the state, combined and rotated (XSL-RR). */
  next64() {
    this.step();
    const s = this.state;
    let low = s[0] ^ s[2], high = s[1] ^ s[3];
    const turn = s[3] >>> 26;
    if (turn & 32) [low, high] = [high, low];
    const by = turn & 31;
    this.low = by ? (low >>> by) | (high << (32 - by)) : low;
    this.high = by ? (high >>> by) | (low << (32 - by)) : high;
  }

  /** The next 32 bits: the lower half of 64, then the upper one. */
  next32() {
    if (this.kept >= 0) {
      const word = this.kept;
      this.kept = -1;
      return word;
    }
    this.next64();
    this.kept = this.high >>> 0;
    return this.low >>> 0;
  }

  /** Evenly in [0, 1), 53 bits. */
  nextDouble() {
    this.next64();
    return ((this.high >>> 0) * 2 ** 21 + (this.low >>> 11)) * 2 ** -53;
  }

  /** Evenly in [0, 1), 24 bits. */
  nextFloat() {
    return (this.next32() >>> 8) * 2 ** -24;
  }

  /**
   * `standard_normal(n)`. Beyond ±3.65, where one number in 4,000 lies, the last bit hangs on `Math.log1p`.
   * @param {number} n
   * @returns {Float64Array}
   */
  standardNormal(n) {
    tables ??= zigguratTables();
    return Float64Array.from({ length: n }, () => this.#normal());
  }

  /**
   * `standard_normal(n, "float32")`: other numbers than `standardNormal`, from half as many bits.
   * @param {number} n
   * @returns {Float32Array}
   */
  standardNormal32(n) {
    tables ??= zigguratTables();
    return Float32Array.from({ length: n }, () => this.#normal32());
  }

  #normal() {
    const { k, w, f } = tables;
    for (;;) {
      this.next64();
      const { low, high } = this;
      const strip = low & 0xff;
      const number = (high & 0x1fffffff) * 2 ** 23 + (low >>> 9);
      const x = (low & 0x100 ? -number : number) * w[strip];
      if (number < k[strip]) return x;
      if (!strip) {
        const beyond = this.#tail(() => -TAIL * Math.log1p(-this.nextDouble()), () => -Math.log1p(-this.nextDouble()));
        return low & 0x20000 ? -(EDGE + beyond) : EDGE + beyond;
      }
      if ((f[strip - 1] - f[strip]) * this.nextDouble() + f[strip] < Math.exp(-0.5 * x * x)) return x;
    }
  }

  #normal32() {
    const { k32, w32, f32 } = tables, { fround } = Math;
    for (;;) {
      const word = this.next32(), strip = word & 0xff, number = word >>> 9;
      const x = fround((word & 0x100 ? -number : number) * w32[strip]);
      if (number < k32[strip]) return x;
      if (!strip) {
        const log = () => fround(-Math.log1p(-this.nextFloat()));
        const beyond = fround(this.#tail(() => fround(TAIL32 * log()), log));
        return word & 0x20000 ? -fround(EDGE32 + beyond) : fround(EDGE32 + beyond);
      }
      const height = fround(fround(fround(f32[strip - 1] - f32[strip]) * this.nextFloat()) + f32[strip]);
      if (height < Math.exp(-0.5 * x * x)) return x;
    }
  }

  /** How far beyond the edge (Marsaglia 1964). */
  #tail(drawX, drawY) {
    for (;;) {
      const x = drawX(), y = drawY();
      if (y + y > x * x) return x;
    }
  }
}

/**
 * Rows first … first + n − 1 of `noise_for_each`: what picture i begins with depends on the seed and on i alone.
 * @param {number} n pictures
 * @param {number} size numbers in each
 * @param {number|number[]} seed
 * @param {number} [first]
 * @returns {Float32Array} n · size standard normal numbers
 */
export function noiseForEach(n, size, seed, first = 0) {
  const found = new Float32Array(n * size);
  for (let i = 0; i < n; i++) found.set(new Generator([seed, first + i].flat()).standardNormal(size), i * size);
  return found;
}

/** `initial_noise`: float32, other numbers than those that a sampler of this seed draws. */
export const initialNoise = (size, seed = 0) => new Generator([seed, 0]).standardNormal32(size);

/** The generator that a sampler of this seed draws its noise from, by `standardNormal32`. */
export const samplerNoise = (seed) => new Generator([seed, 1]);
