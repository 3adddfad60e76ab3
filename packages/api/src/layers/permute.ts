// Permute: reorders the dimensions of each example.
import { ArgumentError } from '../errors.js'
import { transpose } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { integers } from './arguments.js'
import { checkRank, single } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface PermuteOptions extends LayerOptions {
  /** A permutation of 1..n for inputs [N, d1, ..., dn]. */
  readonly dims: readonly number[]
}

/** Output dimension i is input dimension dims[i - 1]. @example new Permute({ dims: [2, 1] }) */
export class Permute extends Layer {
  static override readonly className = 'Permute'
  readonly dims: readonly number[]
  constructor(options: PermuteOptions) {
    super(options, ['dims'])
    this.dims = integers('Permute', 'dims', options.dims)
    const sorted = [...this.dims].sort((a, b) => a - b)
    if (sorted.some((d, i) => d !== i + 1)) {
      throw new ArgumentError({
        where: 'Permute',
        what: 'dims',
        expected: `a permutation of 1..${sorted.length}`,
        got: [...this.dims],
      })
    }
  }
  override call(inputs: readonly Value[]): Value {
    const x = single(this.name, inputs)
    checkRank(this.name, x.shape, this.dims.length + 1)
    return transpose(x, [0, ...this.dims])
  }
  override getConfig(): Config {
    return { ...super.getConfig(), dims: this.dims }
  }
}
