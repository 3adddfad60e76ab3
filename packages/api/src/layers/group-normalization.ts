// GroupNormalization: normalises each example over groups of its channels.
import { ArgumentError } from '../errors.js'
import { moments, reshape } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { resolveAxis, type Shape } from '../tensor-spec.js'
import { anyInteger, integer } from './arguments.js'
import { checkBuiltFor, checkLeastRank, single, singleFloat } from './inputs.js'
import type { Config } from './layer.js'
import { normalize } from './normalize.js'
import { Normalizing, type NormalizingOptions } from './scale-and-center.js'

export interface GroupNormalizationOptions extends NormalizingOptions {
  /** Number of groups; default 32. -1: one per channel (instance normalisation). */
  readonly groups?: number
  /** The channels' axis; default -1. */
  readonly axis?: number
}

/**
 * gamma * (x - mean) / sqrt(variance + epsilon) + beta; the statistics are those of one example and one group of
 * neighbouring channels, gamma and beta [C] are per channel. Source: Wu & He 2018; Keras 3.
 * @throws ArgumentError if the groups do not divide the channels
 * @example new GroupNormalization({ groups: 8 })
 */
export class GroupNormalization extends Normalizing {
  static override readonly className = 'GroupNormalization'
  readonly groups: number
  readonly axis: number
  #axis = 0
  #channels = 0
  constructor(options: GroupNormalizationOptions = {}) {
    super(options, ['groups', 'axis'])
    const { groups = 32 } = options
    this.groups = groups === -1 ? -1 : integer('GroupNormalization', 'groups', groups)
    this.axis = anyInteger('GroupNormalization', 'axis', options.axis ?? -1)
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    checkLeastRank(this.name, shape, 2)
    this.#axis = resolveAxis(this.name, this.axis, shape.length)
    this.#channels = shape[this.#axis]
    if (this.groups !== -1 && this.#channels % this.groups !== 0) {
      throw new ArgumentError({
        where: this.name,
        what: `channels divided by groups`,
        expected: `a multiple of ${this.groups}`,
        got: this.#channels,
      })
    }
    this.addScaleAndCenter([this.#channels])
  }
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    checkLeastRank(this.name, x.shape, this.#axis + 1)
    checkBuiltFor(this.name, this.#axis, this.#channels, x.shape)
    const groups = this.groups === -1 ? this.#channels : this.groups
    // The channels' axis becomes two: [group, channel within the group].
    const split = (shape: Shape): number[] =>
      shape.flatMap((d, i) => (i !== this.#axis ? [d] : [groups, this.#channels / groups]))
    const grouped = reshape(x, split(x.shape))
    const { mean, variance } = moments(
      grouped,
      grouped.shape.flatMap((_, i) => (i === 0 || i === this.#axis ? [] : [i])),
    )
    const kept = split(x.shape.map((d, i) => (i === this.#axis ? d : 1)))
    const y = normalize(grouped, mean, variance, this.epsilon, ...this.scaleAndCenter(ctx, kept))
    return reshape(y, x.shape)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), groups: this.groups, axis: this.axis }
  }
}
