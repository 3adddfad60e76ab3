// Reshape: the elements of each example in another shape.
import { ArgumentError } from '../errors.js'
import { reshape } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { integers } from './arguments.js'
import { single } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface ReshapeOptions extends LayerOptions {
  /** Shape without the batch dimension; one dimension may be -1. */
  readonly targetShape: readonly number[]
}

/** [N, ...] -> [N, ...targetShape]. @throws ShapeError if the sizes differ @example new Reshape({ targetShape: [-1, 4] }) */
export class Reshape extends Layer {
  static override readonly className = 'Reshape'
  readonly targetShape: readonly number[]
  constructor(options: ReshapeOptions) {
    super(options, ['targetShape'])
    this.targetShape = integers('Reshape', 'targetShape', options.targetShape, -1)
    const unknown = this.targetShape.filter(d => d === -1).length
    if (unknown > 1 || this.targetShape.includes(0)) {
      throw new ArgumentError({
        where: 'Reshape',
        what: 'targetShape',
        expected: 'positive integers and at most one -1',
        got: [...this.targetShape],
      })
    }
  }
  override call(inputs: readonly Value[]): Value {
    const x = single(this.name, inputs)
    return reshape(x, [x.shape[0], ...this.targetShape])
  }
  override getConfig(): Config {
    return { ...super.getConfig(), targetShape: this.targetShape }
  }
}
