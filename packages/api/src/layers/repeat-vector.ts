// RepeatVector: each example's vector n times.
import { broadcastTo, cast, expandDims } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { integer } from './arguments.js'
import { checkRank, single } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface RepeatVectorOptions extends LayerOptions {
  readonly n: number
}

/** [N, C] -> [N, n, C]. @example new RepeatVector({ n: 3 }) */
export class RepeatVector extends Layer {
  static override readonly className = 'RepeatVector'
  readonly n: number
  constructor(options: RepeatVectorOptions) {
    super(options, ['n'])
    this.n = integer('RepeatVector', 'n', options.n)
  }
  override call(inputs: readonly Value[]): Value {
    const x = single(this.name, inputs)
    checkRank(this.name, x.shape, 2)
    const repeated = broadcastTo(expandDims(cast(x, 'float32'), 1), [x.shape[0], this.n, x.shape[1]])
    return cast(repeated, x.spec.dtype)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), n: this.n }
  }
}
