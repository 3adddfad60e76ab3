// ActivityRegularization: adds a penalty on what passes through to the loss.
import type { Value } from '../graph/value.js'
import { L1L2 } from '../regularizers/index.js'
import { single } from './inputs.js'
import { type Config, Layer } from './layer.js'

export interface ActivityRegularizationOptions {
  readonly name?: string
  readonly trainable?: boolean
  /** Factor of sum |x|; default 0. */
  readonly l1?: number
  /** Factor of sum x^2; default 0. */
  readonly l2?: number
}

/** The input; adds l1 * sum |x| + l2 * sum x^2 to the loss. @example new ActivityRegularization({ l2: 1e-4 }) */
export class ActivityRegularization extends Layer {
  static override readonly className = 'ActivityRegularization'
  readonly l1: number
  readonly l2: number
  constructor(options: ActivityRegularizationOptions = {}) {
    const { l1 = 0, l2 = 0, ...rest } = options
    super({ ...rest, activityRegularizer: new L1L2({ l1, l2 }) })
    this.l1 = l1
    this.l2 = l2
  }
  override call(inputs: readonly Value[]): Value {
    return single(this.name, inputs)
  }
  override getConfig(): Config {
    return { name: this.name, trainable: this.trainable, l1: this.l1, l2: this.l2 }
  }
}
