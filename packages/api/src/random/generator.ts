// A sequential view of a Philox sequence for host code: initialisers, shuffles, splits, augmentation.
import { ArgumentError, StateError } from '../errors.js'
import { cosSinOfTurns, logOf } from './elementary.js'
import { checkPhiloxKey, philoxBlock, streamOf } from './philox.js'

const UINT32 = 2 ** 32
// Blocks computed at once: large enough to keep the loop hot, small enough for a generator that draws one number.
const BUFFER_WORDS = 64

/**
 * Random numbers drawn one after another from the Philox sequence (seed, stream, step): `nextUint32()` yields exactly
 * the words of `philoxBits(seed, stream, step, n)`, and everything else is made from those.
 *
 * @throws ArgumentError if `seed` is not an integer in [0, 2^53) or `stream` or `step` is not an unsigned 32-bit integer.
 * @example
 * const random = new Philox(42, streamOf('augment'))
 * random.below(6) + 1
 */
export class Philox {
  readonly seed: number
  readonly stream: number
  readonly step: number
  private readonly words = new Uint32Array(BUFFER_WORDS)
  private at = BUFFER_WORDS
  private block = 0
  private spareNormal: number | undefined

  constructor(seed: number, stream = 0, step = 0) {
    checkPhiloxKey('Philox', seed, stream, step)
    this.seed = seed
    this.stream = stream
    this.step = step
  }

  /** An independent generator for a part of the work: same seed and step, stream `streamOf(name, this.stream)`. */
  split(name: string): Philox {
    return new Philox(this.seed, streamOf(name, this.stream), this.step)
  }

  /**
   * The next 32 random bits, unsigned.
   *
   * @throws StateError after 2^34 words, where the counter would repeat.
   */
  nextUint32(): number {
    if (this.at === BUFFER_WORDS) this.refill()
    return this.words[this.at++]
  }

  private refill(): void {
    if (this.block >= UINT32) {
      throw new StateError({
        where: 'Philox',
        what: `sequence (seed ${this.seed}, stream ${this.stream}, step ${this.step}) is used up`,
        expected: 'at most 2^34 words; go on with another stream or step',
      })
    }
    const k0 = this.seed % UINT32
    const k1 = Math.floor(this.seed / UINT32)
    for (let i = 0; i < BUFFER_WORDS; i += 4) {
      philoxBlock(this.words, i, this.block++, this.step, this.stream, 0, k0, k1)
    }
    this.at = 0
  }

  /** 53 random bits as an integer: the high 27 bits of one word, then the high 26 of the next. */
  private next53(): number {
    const high = this.nextUint32() >>> 5
    return high * 2 ** 26 + (this.nextUint32() >>> 6)
  }

  /** A uniform double in [0, 1) with 53 random bits. */
  uniform(): number {
    return this.next53() * 2 ** -53
  }

  /**
   * A number from the normal distribution, by Box-Muller in double precision (the second of a pair is kept for the
   * next call). The same bits on every JavaScript engine.
   */
  normal(mean = 0, stddev = 1): number {
    let z = this.spareNormal
    if (z === undefined) {
      const radius = Math.sqrt(-2 * logOf(1 - this.uniform()))
      const [cos, sin] = cosSinOfTurns(this.uniform())
      z = radius * cos
      this.spareNormal = radius * sin
    } else {
      this.spareNormal = undefined
    }
    return mean + stddev * z
  }

  /** A normal number within two standard deviations of the mean: others are drawn again (Keras's truncated normal). */
  truncatedNormal(mean = 0, stddev = 1): number {
    for (;;) {
      const z = this.normal()
      if (Math.abs(z) <= 2) return mean + stddev * z
    }
  }

  /**
   * A uniform integer in [0, n), without bias: draws from the incomplete last interval are thrown away.
   *
   * @throws ArgumentError if `n` is not an integer in [1, 2^53).
   */
  below(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new ArgumentError({ where: 'Philox.below', what: 'n', expected: 'an integer in [1, 2^53)', got: n })
    }
    const range = n <= UINT32 ? UINT32 : 2 ** 53
    const limit = range - (range % n)
    for (;;) {
      const x = range === UINT32 ? this.nextUint32() : this.next53()
      if (x < limit) return x % n
    }
  }

  /** Shuffles in place (Fisher-Yates, from the end), and returns its argument. */
  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const item = items[i]
      items[i] = items[j]
      items[j] = item
    }
    return items
  }

  /**
   * A uniform random order of 0 .. n-1.
   *
   * @throws ArgumentError if `n` is not an integer in [0, 2^32).
   */
  permutation(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n >= UINT32) {
      throw new ArgumentError({ where: 'Philox.permutation', what: 'n', expected: 'an integer in [0, 2^32)', got: n })
    }
    const order = new Uint32Array(n)
    for (let i = 0; i < n; i++) order[i] = i
    return this.shuffle(order)
  }
}
