// What the normalisation layers share: epsilon, and the optional weights gamma and beta.

import { reshape } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Shape } from '../tensor-spec.js'
import { finite, flag } from './arguments.js'
import { type Config, Layer, type LayerOptions } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

export interface NormalizingOptions extends LayerOptions, WeightArguments<'beta'>, WeightArguments<'gamma'> {
  /** Added to the variance; default 1e-3. */
  readonly epsilon?: number
  /** Whether beta is added; default true. */
  readonly center?: boolean
  /** Whether the result is multiplied by gamma; default true. */
  readonly scale?: boolean
}

/** The base of BatchNormalization, LayerNormalization and GroupNormalization. */
export abstract class Normalizing extends Layer {
  readonly epsilon: number
  readonly center: boolean
  readonly scale: boolean
  readonly #betaSpec: WeightSpec
  readonly #gammaSpec: WeightSpec
  #gamma: Variable | null = null
  #beta: Variable | null = null
  constructor(options: NormalizingOptions, known: readonly string[]) {
    super(options, ['epsilon', 'center', 'scale', ...weightArguments('beta'), ...weightArguments('gamma'), ...known])
    const where = this.className
    this.epsilon = finite(where, 'epsilon', options.epsilon ?? 1e-3, 0)
    this.center = flag(where, 'center', options.center ?? true)
    this.scale = flag(where, 'scale', options.scale ?? true)
    this.#betaSpec = new WeightSpec('beta', options, 'zeros')
    this.#gammaSpec = new WeightSpec('gamma', options, 'ones')
  }
  /** Creates gamma, then beta, as far as they are wanted. */
  protected addScaleAndCenter(shape: Shape): void {
    if (this.scale) this.#gamma = this.addWeight('gamma', shape, this.#gammaSpec.options)
    if (this.center) this.#beta = this.addWeight('beta', shape, this.#betaSpec.options)
  }
  /** gamma and beta in a shape that broadcasts to the data. */
  protected scaleAndCenter(ctx: CallContext, shape: Shape): [gamma: Value | null, beta: Value | null] {
    const read = (v: Variable | null): Value | null => (v === null ? null : reshape(ctx.read(v), shape))
    return [read(this.#gamma), read(this.#beta)]
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      ...this.#betaSpec.getConfig(),
      ...this.#gammaSpec.getConfig(),
    }
  }
}
