// Dot: products of pairs of examples along one axis of each.
import { ArgumentError, ShapeError } from '../errors.js'
import { cast, matmul, reshape, transpose } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { resolveAxis, sizeOf } from '../tensor-spec.js'
import { anyInteger, flag } from './arguments.js'
import { type Config, Layer, type LayerOptions } from './layer.js'
import { unitNormalize } from './unit-normalization.js'

export interface DotOptions extends LayerOptions {
  /** The axis that is summed over: of both inputs, or of each. Not the batch. */
  readonly axes: number | readonly [number, number]
  /** Whether the inputs are divided by their norms along the axes first (cosines); default false. */
  readonly normalize?: boolean
}

/**
 * [N, ..., K, ...] and [N, ..., K, ...] -> [N, the others of the first, the others of the second]; [N, 1] for vectors.
 * @throws ShapeError if the dimensions or batches differ
 * @example new Dot({ axes: 1 }).apply([x, y])
 */
export class Dot extends Layer {
  static override readonly className = 'Dot'
  readonly axes: number | readonly [number, number]
  readonly normalize: boolean
  constructor(options: DotOptions) {
    super(options, ['axes', 'normalize'])
    const { axes } = options
    if (Array.isArray(axes)) {
      if (axes.length !== 2) {
        throw new ArgumentError({ where: 'Dot', what: 'axes', expected: 'an integer or two', got: axes })
      }
      this.axes = [anyInteger('Dot', 'axes', axes[0]), anyInteger('Dot', 'axes', axes[1])]
    } else this.axes = anyInteger('Dot', 'axes', axes)
    this.normalize = flag('Dot', 'normalize', options.normalize ?? false)
  }
  override call(inputs: readonly Value[]): Value {
    if (inputs.length !== 2) {
      throw new ShapeError({ where: this.name, what: 'number of inputs', expected: 2, got: inputs.length })
    }
    const [a, b] = inputs.map((x, i) => this.#rows(cast(x, 'float32'), i))
    for (const [what, expected, got] of [
      ['batch of the second input', a.rows.shape[0], b.rows.shape[0]],
      ['dimension of the second input that is summed over', a.rows.shape[2], b.rows.shape[2]],
    ] as const) {
      if (expected !== got) throw new ShapeError({ where: this.name, what, expected, got })
    }
    const shape = [...a.others, ...b.others]
    return reshape(matmul(a.rows, b.rows, { transposeB: true }), [
      a.rows.shape[0],
      ...(shape.length === 0 ? [1] : shape),
    ])
  }
  /** [N, all others, K], and the others' shape. */
  #rows(x: Value, i: number): { rows: Value; others: readonly number[] } {
    const axis = resolveAxis(this.name, typeof this.axes === 'number' ? this.axes : this.axes[i], x.rank)
    if (axis === 0) throw new ShapeError({ where: this.name, what: 'axes', expected: 'not the batch', got: this.axes })
    const perm = x.shape.map((_, d) => d).filter(d => d !== axis)
    const others = perm.slice(1).map(d => x.shape[d])
    const moved = transpose(this.normalize ? unitNormalize(x, axis) : x, [...perm, axis])
    return { rows: reshape(moved, [x.shape[0], sizeOf(others), x.shape[axis]]), others }
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axes: this.axes, normalize: this.normalize }
  }
}
