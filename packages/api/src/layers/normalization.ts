// Normalization: shifts and scales data to mean 0 and variance 1, by statistics that are given or taken from data.
import { type HostTensor, hostTensor, isHostTensor, type TensorLike } from '../data/host-tensor.js'
import { ArgumentError, DataError, ShapeError, StateError } from '../errors.js'
import * as E from '../expr/expr.js'
import { constant, elementwise, reshape } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import { f32, resolveAxes, type Shape, sameShape, sizeOf } from '../tensor-spec.js'
import { axes, finite, flag } from './arguments.js'
import { checkLeastRank, single, singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'
import { RunningMoments } from './statistics.js'

type Numbers = number | readonly number[]
export interface NormalizationOptions extends LayerOptions {
  /** Axes that keep their own statistics; default -1. null: one mean and variance of everything. */
  readonly axis?: number | readonly number[] | null
  /** Mean, for each cell of `axis` or for all. Given with `variance`, or neither: then call `adapt`. */
  readonly mean?: Numbers | null
  /** Population variance, as `mean`. */
  readonly variance?: Numbers | null
  /** Whether the layer undoes the normalisation; default false. */
  readonly invert?: boolean
}

/** One batch of data, or a data set's example. */
export type AdaptElement = TensorLike | { readonly x: TensorLike }

/** The least standard deviation that is divided by. */
const LEAST_DEVIATION = 1e-7

function statistic(what: string, v: unknown, least?: number): Numbers | null {
  if (v === null || v === undefined) return null
  if (!Array.isArray(v)) return finite('Normalization', what, v, least)
  return v.map((x, i) => finite('Normalization', `element ${i} of ${what}`, x, least))
}

/**
 * (x - mean) / max(sqrt(variance), 1e-7). Weights, unless the statistics are given: mean, variance, count.
 * @example
 * const layer = new Normalization()
 * await layer.adapt(trainImages) // before fit
 */
export class Normalization extends Layer {
  static override readonly className = 'Normalization'
  readonly axis: number | readonly number[] | null
  readonly mean: Numbers | null
  readonly variance: Numbers | null
  readonly invert: boolean
  #keep: readonly number[] = []
  #kept: Shape = []
  #weights: { readonly mean: Variable; readonly variance: Variable; readonly count: Variable } | null = null

  constructor(options: NormalizationOptions = {}) {
    super(options, ['axis', 'mean', 'variance', 'invert'])
    const { axis = -1 } = options
    this.axis = axis === null || (Array.isArray(axis) && axis.length === 0) ? null : axes('Normalization', 'axis', axis)
    this.mean = statistic('mean', options.mean)
    this.variance = statistic('variance', options.variance, 0)
    this.invert = flag('Normalization', 'invert', options.invert ?? false)
    if ((this.mean === null) !== (this.variance === null)) {
      throw new ArgumentError({
        where: 'Normalization',
        what: 'mean and variance',
        expected: 'both or neither',
        got: [this.mean, this.variance],
      })
    }
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    checkLeastRank(this.name, shape, 1)
    this.#keep = this.axis === null ? [] : resolveAxes(this.name, this.axis, shape.length)
    if (this.#keep[0] === 0) {
      throw new ShapeError({ where: this.name, what: 'axis', expected: 'not the batch', got: this.axis })
    }
    this.#kept = this.#keep.map(a => shape[a])
    for (const [what, given] of Object.entries({ mean: this.mean, variance: this.variance })) {
      if (Array.isArray(given) && given.length !== sizeOf(this.#kept)) {
        throw new ShapeError({
          where: this.name,
          what: `number of elements of ${what}`,
          expected: sizeOf(this.#kept),
          got: given.length,
        })
      }
    }
    if (this.mean !== null) return
    const weight = (name: string, s: Shape, initializer: string): Variable =>
      this.addWeight(name, s, { initializer, trainable: false })
    this.#weights = {
      mean: weight('mean', this.#kept, 'zeros'),
      variance: weight('variance', this.#kept, 'ones'),
      count: weight('count', [], 'zeros'),
    }
  }

  /**
   * Takes mean and population variance from data: an array with its batch dimension, or batches of them (a Dataset; of
   * examples {x, y} the x).
   * @throws StateError if the statistics were given, DataError if there are no data or not finite ones, ShapeError
   */
  async adapt(data: TensorLike | Iterable<AdaptElement> | AsyncIterable<AdaptElement>): Promise<void> {
    if (this.mean !== null) {
      throw new StateError({
        where: `${this.name}.adapt`,
        what: 'mean and variance',
        expected: 'no given ones',
        got: [this.mean, this.variance],
      })
    }
    let moments: RunningMoments | null = null
    for await (const { shape, data: values } of batchesOf(data)) {
      this.ensureBuilt([shape])
      moments ??= new RunningMoments(this.#keep, this.#kept)
      this.#checkShape(shape)
      moments.add(`${this.name}.adapt`, shape, values)
    }
    if (moments === null || this.#weights === null) {
      throw new DataError({ where: `${this.name}.adapt`, what: 'data', expected: 'at least one batch', got: 'none' })
    }
    this.#weights.mean.write(moments.mean)
    this.#weights.variance.write(moments.variance)
    this.#weights.count.write([moments.count])
  }
  #checkShape(shape: Shape): void {
    const kept = this.#keep.map(a => shape[a])
    if (!sameShape(kept, this.#kept)) {
      throw new ShapeError({ where: this.name, what: 'dimensions of axis', expected: [...this.#kept], got: [...shape] })
    }
  }

  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    this.#checkShape(x.shape)
    const shape = x.shape.map((d, i) => (this.#keep.includes(i) ? d : 1))
    const value = (given: Numbers | null, weight: Variable | undefined): Value => {
      if (weight !== undefined) return reshape(ctx.read(weight), shape)
      return typeof given === 'number' ? constant([given], f32([])) : constant(given ?? [], f32(shape))
    }
    const mean = value(this.mean, this.#weights?.mean)
    const deviation = elementwise([value(this.variance, this.#weights?.variance)], v =>
      E.max(E.sqrt(v), LEAST_DEVIATION),
    )
    return elementwise([x, mean, deviation], (v, m, d) => (this.invert ? E.add(m, E.mul(v, d)) : E.div(E.sub(v, m), d)))
  }
  override getConfig(): Config {
    const { axis, mean, variance, invert } = this
    return { ...super.getConfig(), axis, mean, variance, invert }
  }
}

/** The host tensors in what `adapt` takes. */
async function* batchesOf(
  data: TensorLike | Iterable<AdaptElement> | AsyncIterable<AdaptElement>,
): AsyncGenerator<HostTensor, void, undefined> {
  if (isTensorLike(data)) {
    yield hostTensor(data)
    return
  }
  for await (const element of data) {
    const isExample = typeof element === 'object' && 'x' in element
    yield hostTensor(isExample ? element.x : element)
  }
}
function isTensorLike(data: unknown): data is TensorLike {
  if (typeof data === 'number' || ArrayBuffer.isView(data) || isHostTensor(data)) return true
  return (
    Array.isArray(data) &&
    data.length > 0 &&
    (typeof data[0] === 'number' || (Array.isArray(data[0]) && isTensorLike(data[0])))
  )
}
