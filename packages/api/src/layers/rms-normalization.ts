// RMSNormalization: divides each example by its root mean square over some axes.
import { ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, reduceMap, reshape } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import { resolveAxes, type Shape, sameShape, sizeOf } from '../tensor-spec.js'
import { axes, finite } from './arguments.js'
import { single, singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface RMSNormalizationOptions extends LayerOptions {
  /** The normalised axes; default -1. */
  readonly axis?: number | readonly number[]
  /** Added to the mean square; default 1e-6. */
  readonly epsilon?: number
}

/** x / sqrt(mean(x^2) + epsilon) * scale. Weight: scale. Source: Zhang & Sennrich 2019; Keras 3. @example new RMSNormalization() */
export class RMSNormalization extends Layer {
  static override readonly className = 'RMSNormalization'
  readonly axis: number | readonly number[]
  readonly epsilon: number
  #scale!: Variable
  constructor(options: RMSNormalizationOptions = {}) {
    super(options, ['axis', 'epsilon'])
    this.axis = axes('RMSNormalization', 'axis', options.axis ?? -1)
    this.epsilon = finite('RMSNormalization', 'epsilon', options.epsilon ?? 1e-6, 0)
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    const scale = resolveAxes(this.name, this.axis, shape.length).map(a => shape[a])
    this.#scale = this.addWeight('scale', scale, { initializer: 'ones' })
  }
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    const normalized = resolveAxes(this.name, this.axis, x.rank)
    const shape = normalized.map(a => x.shape[a])
    if (!sameShape(shape, this.#scale.shape)) {
      throw new ShapeError({
        where: this.name,
        what: 'normalised dimensions of the input',
        expected: [...this.#scale.shape],
        got: shape,
      })
    }
    const [squares] = reduceMap('sum', [x], v => [E.square(v)], normalized, true)
    const inverse = elementwise([squares], s => E.rsqrt(E.add(E.div(s, sizeOf(shape)), this.epsilon)))
    const kept = x.shape.map((d, i) => (normalized.includes(i) ? d : 1))
    return elementwise([x, inverse, reshape(ctx.read(this.#scale), kept)], (v, r, s) => E.mul(E.mul(v, r), s))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis, epsilon: this.epsilon }
  }
}
