// UnitNormalization: divides each example by its Euclidean norm over some axes.
import * as E from '../expr/expr.js'
import { elementwise, reduceMap } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { axes } from './arguments.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface UnitNormalizationOptions extends LayerOptions {
  /** The normalised axes; default -1. */
  readonly axis?: number | readonly number[]
}

/** The least square of a norm that is divided by, Keras's epsilon 1e-7 squared: a zero vector stays zero. */
const LEAST_SQUARE = 1e-14

/** x / |x| over `axis`. */
export function unitNormalize(x: Value, axis: number | readonly number[]): Value {
  const [squares] = reduceMap('sum', [x], v => [E.square(v)], axis, true)
  // The root is taken of a number above 0: its slope at 0 is infinite.
  return elementwise([x, squares], (v, s) => E.mul(v, E.rsqrt(E.select(E.gt(s, LEAST_SQUARE), s, LEAST_SQUARE))))
}

/** x divided by its Euclidean norm over `axis`. @example new UnitNormalization({ axis: [1, 2] }) */
export class UnitNormalization extends Layer {
  static override readonly className = 'UnitNormalization'
  readonly axis: number | readonly number[]
  constructor(options: UnitNormalizationOptions = {}) {
    super(options, ['axis'])
    this.axis = axes('UnitNormalization', 'axis', options.axis ?? -1)
  }
  override call(inputs: readonly Value[]): Value {
    return unitNormalize(singleFloat(this.name, inputs), this.axis)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}
