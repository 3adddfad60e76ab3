// BatchNormalization: normalises each channel by the statistics of the batch, and by moving statistics in inference.
import { ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, moments, reduceMap, reshape } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { InitializerOption } from '../initializers/index.js'
import { resolveAxis, type Shape } from '../tensor-spec.js'
import { anyInteger, finite } from './arguments.js'
import { checkBuiltFor, checkLeastRank, single, singleFloat } from './inputs.js'
import type { Config } from './layer.js'
import { normalize, normalizeFolded } from './normalize.js'
import { Normalizing, type NormalizingOptions } from './scale-and-center.js'
import { WeightSpec } from './weights.js'

export interface BatchNormalizationOptions extends NormalizingOptions {
  /** The channels' axis; default -1. */
  readonly axis?: number
  /** Weight of the old value in the moving statistics; default 0.99. */
  readonly momentum?: number
  /** Default 'zeros'. */
  readonly movingMeanInitializer?: InitializerOption
  /** Default 'ones'. */
  readonly movingVarianceInitializer?: InitializerOption
}
const NAMES = ['axis', 'momentum', 'movingMeanInitializer', 'movingVarianceInitializer']
/** Keras's guard against a mask that keeps nothing. */
const MASK_EPSILON = 1e-7

/**
 * gamma * (x - mean) / sqrt(variance + epsilon) + beta per channel. Weights: gamma, beta, moving_mean, moving_variance.
 *
 * In training, mean and (population) variance are the batch's, and moving = moving * momentum + batch * (1 - momentum). In
 * inference, and while the layer is not trainable, the moving statistics are used and stay. A mask [N, ...] enters the
 * batch statistics alone. Source: Ioffe & Szegedy 2015; Keras 3.
 *
 * @example new BatchNormalization({ momentum: 0.9 })
 */
export class BatchNormalization extends Normalizing {
  static override readonly className = 'BatchNormalization'
  readonly axis: number
  readonly momentum: number
  readonly #meanSpec: WeightSpec
  readonly #varianceSpec: WeightSpec
  #axis = 0
  #mean!: Variable
  #variance!: Variable
  constructor(options: BatchNormalizationOptions = {}) {
    super(options, NAMES)
    const where = 'BatchNormalization'
    // Models of older Keras versions store the axis as a list of one.
    const { axis = -1 }: { readonly axis?: unknown } = options
    this.axis = anyInteger(where, 'axis', Array.isArray(axis) && axis.length === 1 ? axis[0] : axis)
    this.momentum = finite(where, 'momentum', options.momentum ?? 0.99, 0, 1)
    this.#meanSpec = new WeightSpec('movingMean', options, 'zeros')
    this.#varianceSpec = new WeightSpec('movingVariance', options, 'ones')
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    checkLeastRank(this.name, shape, 2)
    this.#axis = resolveAxis(this.name, this.axis, shape.length)
    const channels = [shape[this.#axis]]
    this.addScaleAndCenter(channels)
    const statistic = (name: string, spec: WeightSpec): Variable =>
      this.addWeight(name, channels, { initializer: spec.initializer, trainable: false })
    this.#mean = statistic('moving_mean', this.#meanSpec)
    this.#variance = statistic('moving_variance', this.#varianceSpec)
  }
  override call(inputs: readonly Value[], ctx: CallContext, mask: Value | null = null): Value {
    const x = singleFloat(this.name, inputs)
    checkLeastRank(this.name, x.shape, this.#axis + 1)
    checkBuiltFor(this.name, this.#axis, this.#mean.shape[0], x.shape)
    const kept = x.shape.map((d, i) => (i === this.#axis ? d : 1))
    const [gamma, beta] = this.scaleAndCenter(ctx, kept)
    if (!ctx.training || !this.trainable) {
      const moving = (v: Variable): Value => reshape(ctx.read(v), kept)
      return normalizeFolded(x, moving(this.#mean), moving(this.#variance), this.epsilon, gamma, beta)
    }
    const { mean, variance } = this.#statistics(x, mask)
    this.#move(ctx, this.#mean, mean)
    this.#move(ctx, this.#variance, variance)
    return normalize(x, mean, variance, this.epsilon, gamma, beta)
  }
  #move(ctx: CallContext, moving: Variable, batch: Value): void {
    const { momentum } = this
    const values = [ctx.read(moving), reshape(batch, moving.shape)]
    ctx.assign(
      moving,
      elementwise(values, (old, now) => E.add(E.mul(old, momentum), E.mul(now, 1 - momentum))),
    )
  }
  /** Mean and variance of each channel, over the elements that the mask keeps. */
  #statistics(x: Value, mask: Value | null): { mean: Value; variance: Value } {
    const axes = x.shape.flatMap((_, i) => (i === this.#axis ? [] : [i]))
    if (mask === null) return moments(x, axes)
    if (mask.rank >= x.rank || mask.shape.some((d, i) => d !== x.shape[i] || i === this.#axis)) {
      throw new ShapeError({
        where: this.name,
        what: 'mask',
        expected: `the leading dimensions of [${x.shape.join(', ')}] before axis ${this.#axis}`,
        got: [...mask.shape],
      })
    }
    const weight = reshape(mask, [...mask.shape, ...x.shape.slice(mask.rank).map(() => 1)])
    const [count, total] = reduceMap('sum', [x, weight], (v, w) => [w, E.mul(w, v)], axes, true)
    const over = (sum: E.Expr, n: E.Expr): E.Expr => E.div(sum, E.add(n, MASK_EPSILON))
    const mean = elementwise([total, count], over)
    const [squares] = reduceMap('sum', [x, weight, mean], (v, w, m) => [E.mul(w, E.square(E.sub(v, m)))], axes, true)
    return { mean, variance: elementwise([squares, count], over) }
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      movingMeanInitializer: this.#meanSpec.initializer.serialize(),
      movingVarianceInitializer: this.#varianceSpec.initializer.serialize(),
    }
  }
}
