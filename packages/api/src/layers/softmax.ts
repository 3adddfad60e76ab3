// Softmax: probabilities along one or several axes.
import * as E from '../expr/expr.js'
import { elementwise, softmax } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { axes } from './arguments.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface SoftmaxOptions extends LayerOptions {
  /** Default -1. */
  readonly axis?: number | readonly number[]
}

/** What masked logits become: far below any other, and finite. */
const MASKED = -1e9

/**
 * exp(x) / sum(exp(x)) over `axis`. Where a mask (broadcast to the input) is at most 0.5, the result is 0.
 * @example new Softmax({ axis: [1, 2] })
 */
export class Softmax extends Layer {
  static override readonly className = 'Softmax'
  readonly axis: number | readonly number[]
  constructor(options: SoftmaxOptions = {}) {
    super(options, ['axis'])
    this.axis = axes('Softmax', 'axis', options.axis ?? -1)
  }
  override call(inputs: readonly Value[], _ctx: CallContext, mask: Value | null = null): Value {
    const x = singleFloat(this.name, inputs)
    if (mask === null) return softmax(x, this.axis)
    const hide = (v: Value, hidden: number): Value =>
      elementwise([mask, v], (m, e) => E.select(E.gt(m, 0.5), e, hidden), x.shape)
    return hide(softmax(hide(x, MASKED), this.axis), 0)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}
