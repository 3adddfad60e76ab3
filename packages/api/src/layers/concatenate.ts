// Concatenate: joins inputs along one axis.
import { ShapeError } from '../errors.js'
import { cast, concat } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { resolveAxis } from '../tensor-spec.js'
import { anyInteger } from './arguments.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface ConcatenateOptions extends LayerOptions {
  /** Default -1; not the batch. */
  readonly axis?: number
}

/** The inputs one after another along `axis`. @throws ShapeError if other dimensions differ @example new Concatenate().apply([x, y]) */
export class Concatenate extends Layer {
  static override readonly className = 'Concatenate'
  readonly axis: number
  constructor(options: ConcatenateOptions = {}) {
    super(options, ['axis'])
    this.axis = anyInteger('Concatenate', 'axis', options.axis ?? -1)
  }
  override call(inputs: readonly Value[]): Value {
    if (inputs.length === 0) {
      throw new ShapeError({ where: this.name, what: 'number of inputs', expected: 'at least 1', got: 0 })
    }
    const axis = resolveAxis(this.name, this.axis, inputs[0].rank)
    if (axis === 0) throw new ShapeError({ where: this.name, what: 'axis', expected: 'not the batch', got: this.axis })
    const mixed = inputs.some(x => x.spec.dtype !== inputs[0].spec.dtype)
    return concat(mixed ? inputs.map(x => cast(x, 'float32')) : inputs, axis)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}
