// Initializer: the base class of what gives weights their first values.
import { ArgumentError } from '../errors.js'
import type { Config } from '../layers/layer.js'
import { Part, type Serialized } from '../layers/serialized.js'
import { Philox } from '../random/generator.js'
import { streamOf } from '../random/philox.js'
import { checkSeed, getSeed } from '../random/seed.js'
import { type Shape, sizeOf } from '../tensor-spec.js'

/** An initialiser's name, its JSON, or an object of a class derived from `Initializer`. */
export type InitializerOption = string | Initializer | Serialized

/**
 * Gives a weight its first values, on the host: the same bits on every machine and backend.
 *
 * @example
 * class Ramp extends Initializer {
 *   static override readonly className = 'Ramp'
 *   override init(shape: Shape): Float32Array { return Float32Array.from({ length: sizeOf(shape) }, (_, i) => i) }
 *   override getConfig(): Config { return {} }
 * }
 */
export abstract class Initializer extends Part {
  static override readonly className: string = 'Initializer'
  /**
   * The values of a weight, row-major.
   * @param key the weight's path: names the random stream, so that two weights of one seed differ
   */
  abstract init(shape: Shape, key: string): Float32Array
}

/** Arguments of every random initialiser. */
export interface SeedOptions {
  /** Integer in [0, 2^53); null (default): the program's seed (`setSeed`). */
  readonly seed?: number | null
}

/** The base of random initialisers: Philox numbers of (seed, stream of the key). */
export abstract class RandomInitializer extends Initializer {
  readonly seed: number | null
  constructor({ seed = null }: SeedOptions) {
    super()
    if (seed !== null) checkSeed(this.className, seed)
    this.seed = seed
  }
  protected generator(key: string): Philox {
    return new Philox(this.seed ?? getSeed(), streamOf(key))
  }
  protected draw(shape: Shape, next: () => number): Float32Array {
    const out = new Float32Array(sizeOf(shape))
    for (let i = 0; i < out.length; i++) out[i] = next()
    return out
  }
  override getConfig(): Config {
    return { seed: this.seed }
  }
}

/**
 * Numbers of inputs and outputs of a weight, by Keras's rule for every shape: the last two dimensions are [in, out], those
 * before are the receptive field. A depthwise kernel [3, 3, 8, 1] has [72, 9].
 */
export function fans(shape: Shape): readonly [fanIn: number, fanOut: number] {
  if (shape.length === 0) return [1, 1]
  if (shape.length === 1) return [shape[0], shape[0]]
  const field = sizeOf(shape.slice(0, -2))
  return [shape.at(-2)! * field, shape.at(-1)! * field]
}

/** @throws ArgumentError unless the weight has `rank` dimensions */
export function checkRank(where: string, shape: Shape, test: (rank: number) => boolean, expected: string): void {
  if (!test(shape.length)) throw new ArgumentError({ where, what: 'rank of the weight', expected, got: [...shape] })
}
