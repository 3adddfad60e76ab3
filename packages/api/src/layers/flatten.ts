// Flatten: each example as a vector.
import { reshape, transpose } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { type DataFormat, dataFormat } from './images.js'
import { checkLeastRank, single } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface FlattenOptions extends LayerOptions {
  /** 'channelsFirst': the channels are moved to the end first, so that weights behind mean the same in both formats. */
  readonly dataFormat?: DataFormat | 'channels_last' | 'channels_first' | null
}

/** [N, ...] -> [N, product of the others]. @example new Flatten() */
export class Flatten extends Layer {
  static override readonly className = 'Flatten'
  readonly dataFormat: DataFormat
  constructor(options: FlattenOptions = {}) {
    super(options, ['dataFormat'])
    this.dataFormat = dataFormat('Flatten', options.dataFormat)
  }
  override call(inputs: readonly Value[]): Value {
    const x = single(this.name, inputs)
    checkLeastRank(this.name, x.shape, 1)
    const first = this.dataFormat === 'channelsFirst' && x.rank > 2
    const ordered = first ? transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]) : x
    return reshape(ordered, [x.shape[0], x.shape.slice(1).reduce((a, b) => a * b, 1)])
  }
  override getConfig(): Config {
    return { ...super.getConfig(), dataFormat: this.dataFormat }
  }
}
