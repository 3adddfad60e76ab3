// Dropout: sets random elements to 0 in training, and scales the others so that the expectation stays.
import { ArgumentError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { checkSeed } from '../random/seed.js'
import type { Shape } from '../tensor-spec.js'
import { finite } from './arguments.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

/** Arguments of every layer that draws random numbers. */
export interface NoiseOptions extends LayerOptions {
  /** Integer in [0, 2^53); null (default): the training run's seed. */
  readonly seed?: number | null
}
export interface DropoutOptions extends NoiseOptions {
  /** Fraction of elements that become 0, in [0, 1]. */
  readonly rate: number
  /** Shape of the mask, with the batch; null dimensions are the input's, 1 is shared along that dimension. Default null. */
  readonly noiseShape?: readonly (number | null)[] | null
}

/** The base of layers that are the identity in inference and add noise in training. */
export abstract class Noise extends Layer {
  readonly seed: number | null
  constructor(options: NoiseOptions, known: readonly string[]) {
    super(options, ['seed', ...known])
    this.seed = options.seed ?? null
    if (this.seed !== null) checkSeed(this.className, this.seed)
  }
  /** The input with noise. */
  protected abstract disturb(x: Value, ctx: CallContext): Value
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    return ctx.training ? this.disturb(x, ctx) : x
  }
  protected uniform(ctx: CallContext, shape: Shape): Value {
    return ctx.random(shape, this.name, this.seed)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), seed: this.seed }
  }
}

/** Keeps where a uniform number of `shape` is at least `rate`. */
export function drop(x: Value, uniform: Value, rate: number): Value {
  const scale = rate === 1 ? 0 : 1 / (1 - rate)
  return elementwise([x, uniform], (v, u) => E.select(E.ge(u, rate), E.mul(v, scale), 0))
}

/**
 * The input in inference; in training each element is 0 with probability `rate`, else times 1 / (1 - rate).
 * Source: Srivastava et al. 2014; Keras 3.
 * @example new Dropout({ rate: 0.5, seed: 1 })
 */
export class Dropout extends Noise {
  static override readonly className = 'Dropout'
  readonly rate: number
  readonly noiseShape: readonly (number | null)[] | null
  constructor(options: DropoutOptions) {
    super(options, ['rate', 'noiseShape'])
    this.rate = finite('Dropout', 'rate', options.rate, 0, 1)
    this.noiseShape = options.noiseShape ?? null
    const bad = (d: number | null): boolean => d !== null && (!Number.isInteger(d) || d < 1)
    if (this.noiseShape !== null && (!Array.isArray(this.noiseShape) || this.noiseShape.some(bad))) {
      throw new ArgumentError({
        where: 'Dropout',
        what: 'noiseShape',
        expected: 'null or a list of positive integers and nulls',
        got: options.noiseShape,
      })
    }
  }
  protected override disturb(x: Value, ctx: CallContext): Value {
    return this.rate === 0 ? x : drop(x, this.uniform(ctx, this.#shapeFor(x)), this.rate)
  }
  #shapeFor(x: Value): Shape {
    const noise = this.noiseShape
    if (noise === null) return x.shape
    const shape = x.shape.map((d, i) => noise[i] ?? d)
    if (noise.length !== x.rank || shape.some((d, i) => d !== 1 && d !== x.shape[i])) {
      throw new ArgumentError({
        where: this.name,
        what: 'noiseShape',
        expected: `1, null or the dimension, for each of [${x.shape.join(', ')}]`,
        got: [...noise],
      })
    }
    return shape
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, noiseShape: this.noiseShape }
  }
}
