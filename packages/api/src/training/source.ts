// Sources of batches: tells data sets from arrays, and iterates the former epoch by epoch.
import { Dataset } from '../data/dataset.js'
import { isHostTensor } from '../data/host-tensor.js'
import { DataError } from '../errors.js'
import { type Batch, batchOf, type DataFields } from './batches.js'
import type { BatchInput, BatchSource } from './options.js'

/** Whether the data are batches to be iterated, rather than tensors. */
export function isBatchSource(data: unknown): data is BatchSource {
  if (data instanceof Dataset || typeof data === 'function') return true
  if (
    typeof data !== 'object' ||
    data === null ||
    Array.isArray(data) ||
    ArrayBuffer.isView(data) ||
    isHostTensor(data)
  ) {
    return false
  }
  return Symbol.asyncIterator in data || Symbol.iterator in data
}

/** Batches of a data set. With a number of steps per epoch one iteration goes on over several epochs. */
export class Stream {
  readonly #dataset: Dataset<BatchInput>
  #open: AsyncGenerator<BatchInput, void, undefined> | null = null
  #passes = 0

  constructor(
    readonly where: string,
    source: BatchSource,
    readonly fields: DataFields,
    readonly needTargets: boolean,
    readonly steps: number | null,
    readonly signal: AbortSignal | undefined,
  ) {
    this.#dataset = source instanceof Dataset ? source : Dataset.from(source)
  }
  /** Batches per epoch, if they can be told. */
  get size(): number | null {
    if (this.steps !== null) return this.steps
    const { size } = this.#dataset
    return size === undefined || size === Number.POSITIVE_INFINITY ? null : size
  }

  /** @throws DataError if the data set is empty, or endless without a number of steps */
  async *batches(epoch: number): AsyncGenerator<Batch, void, undefined> {
    if (this.steps === null && this.#dataset.size === Number.POSITIVE_INFINITY) {
      throw new DataError({ where: this.where, what: 'endless data set', expected: 'a number of steps' })
    }
    if (this.steps === null) {
      let n = 0
      for await (const element of this.#dataset.iterate({ epoch, signal: this.signal })) yield this.#batch(element, n++)
      if (n === 0)
        throw new DataError({ where: this.where, what: 'data set', expected: 'at least one batch', got: 'none' })
      return
    }
    for (let n = 0; n < this.steps; n++) yield this.#batch(await this.#next(), n)
  }
  #batch(element: BatchInput, index: number): Batch {
    return batchOf(this.where, this.fields, element, index, this.needTargets).all()
  }
  async #next(): Promise<BatchInput> {
    for (let attempt = 0; attempt < 2; attempt++) {
      this.#open ??= this.#dataset.iterate({ epoch: this.#passes++, signal: this.signal })
      const { done, value } = await this.#open.next()
      if (done !== true) return value
      this.#open = null
    }
    throw new DataError({ where: this.where, what: 'data set', expected: 'at least one batch', got: 'none' })
  }
  async close(): Promise<void> {
    await this.#open?.return()
    this.#open = null
  }
}
