// LayerNormalization: normalises each example over some of its axes.

import { ShapeError } from '../errors.js'
import { moments } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { resolveAxes, type Shape, sameShape } from '../tensor-spec.js'
import { axes } from './arguments.js'
import { single, singleFloat } from './inputs.js'
import type { Config } from './layer.js'
import { normalize } from './normalize.js'
import { Normalizing, type NormalizingOptions } from './scale-and-center.js'

export interface LayerNormalizationOptions extends NormalizingOptions {
  /** The normalised axes; default -1. */
  readonly axis?: number | readonly number[]
}

/**
 * gamma * (x - mean) / sqrt(variance + epsilon) + beta over `axis`. Weights: gamma, beta of the shape of those axes.
 * Source: Ba, Kiros & Hinton 2016; Keras 3.
 * @example new LayerNormalization({ axis: -1, epsilon: 1e-6 })
 */
export class LayerNormalization extends Normalizing {
  static override readonly className = 'LayerNormalization'
  readonly axis: number | readonly number[]
  #shape: Shape = []
  constructor(options: LayerNormalizationOptions = {}) {
    super(options, ['axis'])
    this.axis = axes('LayerNormalization', 'axis', options.axis ?? -1)
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    this.#shape = resolveAxes(this.name, this.axis, shape.length).map(a => shape[a])
    this.addScaleAndCenter(this.#shape)
  }
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    const normalized = resolveAxes(this.name, this.axis, x.rank)
    const shape = normalized.map(a => x.shape[a])
    if (!sameShape(shape, this.#shape)) {
      throw new ShapeError({
        where: this.name,
        what: 'normalised dimensions of the input',
        expected: [...this.#shape],
        got: shape,
      })
    }
    const { mean, variance } = moments(x, normalized)
    const kept = x.shape.map((d, i) => (normalized.includes(i) ? d : 1))
    return normalize(x, mean, variance, this.epsilon, ...this.scaleAndCenter(ctx, kept))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}
