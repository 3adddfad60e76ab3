// PReLU: a rectifier whose slope below 0 is learnt.
import { ArgumentError, ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import { broadcastsTo, type Shape } from '../tensor-spec.js'
import { integers } from './arguments.js'
import { single, singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

export interface PReLUOptions extends LayerOptions, WeightArguments<'alpha'> {
  /** Axes (from 1) along which one slope is shared, e.g. [1, 2] for one per channel of images. Default null: none. */
  readonly sharedAxes?: readonly number[] | null
}

/** x above 0, alpha * x below. Weight: alpha. Source: He et al. 2015. @example new PReLU({ sharedAxes: [1, 2] }) */
export class PReLU extends Layer {
  static override readonly className = 'PReLU'
  readonly sharedAxes: readonly number[] | null
  readonly #spec: WeightSpec
  #alpha!: Variable
  constructor(options: PReLUOptions = {}) {
    super(options, ['sharedAxes', ...weightArguments('alpha')])
    const shared = options.sharedAxes ?? null
    this.sharedAxes = shared === null ? null : integers('PReLU', 'sharedAxes', shared)
    this.#spec = new WeightSpec('alpha', options, 'zeros')
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    const shared = this.sharedAxes ?? []
    if (shared.some(a => a >= shape.length)) {
      throw new ArgumentError({
        where: this.name,
        what: 'sharedAxes',
        expected: `axes in [1, ${shape.length - 1}]`,
        got: [...shared],
      })
    }
    const alpha = shape.slice(1).map((d, i) => (shared.includes(i + 1) ? 1 : d))
    this.#alpha = this.addWeight('alpha', alpha, this.#spec.options)
  }
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    if (x.rank !== this.#alpha.shape.length + 1 || !broadcastsTo(this.#alpha.shape, x.shape)) {
      throw new ShapeError({
        where: this.name,
        what: 'input',
        expected: [x.shape[0], ...this.#alpha.shape],
        got: [...x.shape],
      })
    }
    // Both parts have the slope 0 at 0.
    return elementwise([x, ctx.read(this.#alpha)], (v, a) => E.sub(E.relu(v), E.mul(a, E.relu(E.neg(v)))))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), sharedAxes: this.sharedAxes, ...this.#spec.getConfig() }
  }
}
