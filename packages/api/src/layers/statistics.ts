// Mean and population variance of data that come in parts, in float64.
import { DataError } from '../errors.js'
import { type Shape, sizeOf } from '../tensor-spec.js'

/**
 * Statistics of each cell of the kept axes. Parts are merged as (count, mean, sum of squared deviations): neither large means
 * nor many parts cancel. Source: Chan, Golub & LeVeque 1983.
 */
export class RunningMoments {
  readonly mean: Float64Array
  readonly #squares: Float64Array
  #count = 0
  /** @param keep the axes that keep their own statistics, ascending @param kept their sizes */
  constructor(
    readonly keep: readonly number[],
    readonly kept: Shape,
  ) {
    this.mean = new Float64Array(sizeOf(kept))
    this.#squares = new Float64Array(sizeOf(kept))
  }
  /** Elements seen per cell. */
  get count(): number {
    return this.#count
  }
  get variance(): Float64Array {
    return this.#squares.map(s => s / this.#count)
  }
  /** @throws DataError for an element that is not finite */
  add(where: string, shape: Shape, data: ArrayLike<number>): void {
    const cells = this.#cellsOf(shape)
    const n = data.length / this.mean.length
    const mean = new Float64Array(this.mean.length)
    const squares = new Float64Array(this.mean.length)
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) {
        throw new DataError({ where, what: `element ${i} of the data`, expected: 'a finite number', got: data[i] })
      }
      mean[cells[i]] += data[i] / n
    }
    for (let i = 0; i < data.length; i++) squares[cells[i]] += (data[i] - mean[cells[i]]) ** 2
    const total = this.#count + n
    for (let c = 0; c < mean.length; c++) {
      const delta = mean[c] - this.mean[c]
      this.mean[c] += (delta * n) / total
      this.#squares[c] += squares[c] + (delta * delta * this.#count * n) / total
    }
    this.#count = total
  }
  /** The cell of every element. */
  #cellsOf(shape: Shape): Int32Array {
    const cells = new Int32Array(sizeOf(shape))
    let stride = 1
    let cellStride = 1
    for (let d = shape.length - 1; d >= 0; d--) {
      if (this.keep.includes(d)) {
        for (let i = 0; i < cells.length; i++) cells[i] += (Math.floor(i / stride) % shape[d]) * cellStride
        cellStride *= shape[d]
      }
      stride *= shape[d]
    }
    return cells
  }
}
