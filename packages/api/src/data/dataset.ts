// Dataset: a lazy, re-iterable sequence of examples. Each method gives a new Dataset and changes nothing; work happens
// while somebody iterates. Modelled on tf.data, with exact shuffles and errors that name the element.
import { ArgumentError, checkOptions, StateError } from '../errors.js'
import { Philox } from '../random/generator.js'
import { streamOf } from '../random/philox.js'
import type { Batched } from './collate.js'
import { collate } from './collate.js'
import type { HostTensor } from './host-tensor.js'
import type { RandomAccess } from './random-access.js'
import { chunksOfAccess, mapAccess, rowsOf, shuffleAccess, sliceAccess, streamOfAccess } from './random-access.js'
import type { MaybePromise, Stream } from './streams.js'
import { abortable, chunks, elementError, elementsOf, orderedParallel, readAhead } from './streams.js'

/** What a Dataset is made from. A function is called once per iteration with the epoch. */
export type DatasetSource<T> = Iterable<T> | AsyncIterable<T> | ((epoch: number) => Iterable<T> | AsyncIterable<T>)

/** Options of one iteration. */
export interface IterateOptions {
  /** Which epoch: shuffles are a function of (seed, epoch). Default: counts the iterations of this Dataset from 0. */
  readonly epoch?: number
  /** Cancels the iteration with a CancelledError, also while an element is being waited for. */
  readonly signal?: AbortSignal
}

function checkCount(where: string, what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError({ where, what, expected: `an integer of at least ${least}`, got: value })
  }
}

/**
 * A lazy sequence of elements that can be iterated again and again.
 *
 * @example
 * const train = Dataset.fromTensors({ x, y }).shuffle(42).batch(32).prefetch(2)
 * for await (const batch of train) console.log(batch.x.shape, batch.y.shape)
 */
export class Dataset<T> implements AsyncIterable<T> {
  /** The number of elements; undefined if it shows only on iteration, Infinity after an endless `repeat`. */
  readonly size: number | undefined
  private readonly generate: (epoch: number) => Stream<T>
  private readonly access: RandomAccess<T> | undefined
  private epochs = 0

  private constructor(size: number | undefined, generate: (epoch: number) => Stream<T>, access?: RandomAccess<T>) {
    this.size = size
    this.generate = generate
    this.access = access
  }

  private static ofAccess<T>(access: RandomAccess<T>): Dataset<T> {
    return new Dataset(access.size, epoch => streamOfAccess(access, epoch), access)
  }

  /**
   * A Dataset over an array, typed array, iterable, async iterable, or a function (such as a generator function) that
   * returns one. An iterator can be used up only once: iterating it again is a StateError; pass its function instead.
   *
   * @example Dataset.from(function* () { for (let i = 0; i < 10; i++) yield i })
   */
  static from<T>(source: DatasetSource<T>): Dataset<T> {
    const where = 'Dataset.from'
    if (typeof source === 'function') return new Dataset(undefined, epoch => elementsOf(where, source(epoch)))
    if (
      typeof source !== 'object' ||
      source === null ||
      !(Symbol.iterator in source || Symbol.asyncIterator in source)
    ) {
      throw new ArgumentError({ where, what: 'source', expected: 'an iterable or a function', got: source })
    }
    if (Array.isArray(source)) {
      const array: readonly T[] = source
      return Dataset.ofAccess({ size: array.length, parallel: 1, at: i => array[i] })
    }
    if (ArrayBuffer.isView(source) && Symbol.iterator in source) return Dataset.from(Array.from(source))
    const once = 'next' in source
    let used = false
    return new Dataset(undefined, () => {
      if (once && used) {
        const expected = 'a function that returns a new one'
        throw new StateError({ where, what: 'an iterator is used up after one iteration', expected })
      }
      used = true
      return elementsOf(where, source)
    })
  }

  /**
   * A Dataset over the rows of tensors: element i holds row i of every field, as views.
   *
   * @throws ShapeError if the numbers of rows differ; ArgumentError without a tensor.
   * @example Dataset.fromTensors({ x: images, y: oneHot(labels, 10) })
   */
  static fromTensors<F extends Readonly<Record<string, HostTensor>>>(
    fields: F,
  ): Dataset<{ [K in keyof F]: HostTensor }> {
    return Dataset.ofAccess(rowsOf('Dataset.fromTensors', fields))
  }

  /**
   * Iterates once. Leaving the loop early closes the source (its `return()` is called).
   *
   * @throws CancelledError if the signal is aborted.
   * @example for await (const batch of dataset.iterate({ epoch: 3, signal })) step(batch)
   */
  iterate(options: IterateOptions = {}): Stream<T> {
    checkOptions('Dataset.iterate', options, ['epoch', 'signal'])
    const { epoch = this.epochs, signal } = options
    checkCount('Dataset.iterate', 'epoch', epoch, 0)
    this.epochs = epoch + 1
    const generator = this.generate(epoch)
    return signal === undefined ? generator : abortable('Dataset', generator, signal)
  }

  [Symbol.asyncIterator](): Stream<T> {
    return this.iterate()
  }

  /** All elements of one iteration. */
  async toArray(options?: IterateOptions): Promise<T[]> {
    const out: T[] = []
    for await (const element of this.iterate(options)) out.push(element)
    return out
  }

  /**
   * Applies a function to each element; results come in order. Errors become a DataError that names the element's index
   * and carries the cause; a FileError passes as it is.
   *
   * @param options.parallel How many calls may be under way at once (default 1).
   * @example files.map(async path => decode(await readFile(path)), { parallel: 8 })
   */
  map<U>(fn: (element: T, index: number) => MaybePromise<U>, options: { readonly parallel?: number } = {}): Dataset<U> {
    checkOptions('Dataset.map', options, ['parallel'])
    const { parallel = 1 } = options
    checkCount('Dataset.map', 'parallel', parallel, 1)
    const failed = (index: number, error: unknown): never => {
      throw elementError('Dataset.map', index, error)
    }
    const call = (element: T, index: number): MaybePromise<U> => {
      try {
        const result = fn(element, index)
        return result instanceof Promise ? result.catch((error: unknown) => failed(index, error)) : result
      } catch (error) {
        return failed(index, error)
      }
    }
    const { access, generate } = this
    if (access !== undefined) return Dataset.ofAccess(mapAccess(access, call, parallel))
    return new Dataset(this.size, epoch => orderedParallel(generate(epoch), call, parallel))
  }

  /**
   * Shuffles anew in each epoch, as a function of (seed, epoch) alone. Without `bufferSize` the order is uniform over all
   * permutations (Fisher-Yates): over positions where the elements can be reached in any order, else after reading
   * everything into memory. With it, each element is drawn from a window of that many.
   *
   * @throws ArgumentError for an endless Dataset without `bufferSize`.
   * @example dataset.shuffle(42)
   */
  shuffle(seed: number, bufferSize?: number): Dataset<T> {
    const where = 'Dataset.shuffle'
    new Philox(seed) // refuses a bad seed now, not at the first iteration
    if (bufferSize !== undefined) checkCount(where, 'bufferSize', bufferSize, 1)
    else if (this.size === Number.POSITIVE_INFINITY) {
      throw new ArgumentError({ where, what: 'bufferSize', expected: 'an integer, since the data set is endless' })
    }
    const { access, generate } = this
    const randomOf = (epoch: number): Philox => new Philox(seed, streamOf(where), epoch)
    const exact = bufferSize === undefined || (this.size !== undefined && bufferSize >= this.size)
    if (access !== undefined && exact) return Dataset.ofAccess(shuffleAccess(access, randomOf))
    return new Dataset(this.size, async function* (epoch) {
      const random = randomOf(epoch)
      const window: T[] = []
      for await (const element of generate(epoch)) {
        if (exact || window.length < bufferSize) window.push(element)
        else {
          const k = random.below(bufferSize)
          const out = window[k]
          window[k] = element
          yield out
        }
      }
      yield* random.shuffle(window)
    })
  }

  /**
   * Groups `size` elements and stacks them (see {@link Batched}).
   *
   * @param options.dropRemainder Leaves out a last batch that is not full (default false).
   * @example Dataset.fromTensors({ x, y }).batch(32, { dropRemainder: true })
   */
  batch(size: number, options: { readonly dropRemainder?: boolean } = {}): Dataset<Batched<T>> {
    checkOptions('Dataset.batch', options, ['dropRemainder'])
    checkCount('Dataset.batch', 'size', size, 1)
    const { dropRemainder = false } = options
    const { access, generate } = this
    const round = dropRemainder ? Math.floor : Math.ceil
    return new Dataset(this.size === undefined ? undefined : round(this.size / size), async function* (epoch) {
      let done = 0
      for await (const elements of access ? chunksOfAccess(access, size, epoch) : chunks(generate(epoch), size)) {
        if (elements.length === size || !dropRemainder) yield collate(elements, done)
        done += size
      }
    })
  }

  /** Prepares up to `count` elements while the consumer works on the current one. */
  prefetch(count: number): Dataset<T> {
    checkCount('Dataset.prefetch', 'count', count, 1)
    const { generate } = this
    return new Dataset(this.size, epoch => readAhead(generate(epoch), count))
  }

  /** The first `count` elements; the source is closed after them. */
  take(count: number): Dataset<T> {
    checkCount('Dataset.take', 'count', count, 0)
    const { access, generate } = this
    if (access !== undefined) return Dataset.ofAccess(sliceAccess(access, 0, count))
    const size = this.size === undefined ? undefined : Math.min(count, this.size)
    return new Dataset(size, async function* (epoch) {
      if (count === 0) return
      let taken = 0
      for await (const element of generate(epoch)) {
        yield element
        if (++taken === count) return
      }
    })
  }

  /** All but the first `count` elements. */
  skip(count: number): Dataset<T> {
    checkCount('Dataset.skip', 'count', count, 0)
    const { access, generate } = this
    if (access !== undefined) return Dataset.ofAccess(sliceAccess(access, count, access.size))
    return new Dataset(this.size === undefined ? undefined : Math.max(0, this.size - count), async function* (epoch) {
      let seen = 0
      for await (const element of generate(epoch)) if (seen++ >= count) yield element
    })
  }

  /** The elements `count` times over (default: endlessly). Each pass is an epoch of the source, so it shuffles anew. */
  repeat(count = Number.POSITIVE_INFINITY): Dataset<T> {
    if (count !== Number.POSITIVE_INFINITY) checkCount('Dataset.repeat', 'count', count, 0)
    const { generate } = this
    const passes = Number.isFinite(count) ? count : 1
    const size = this.size === undefined ? undefined : this.size === 0 || count === 0 ? 0 : this.size * count
    return new Dataset(size, async function* (epoch) {
      for (let pass = 0; pass < count; pass++) {
        let empty = true
        for await (const element of generate(epoch * passes + pass)) {
          empty = false
          yield element
        }
        if (empty) return // an endless loop over nothing would hang
      }
    })
  }

  /** The elements of this Dataset, then those of another. */
  concatenate<U>(other: Dataset<U>): Dataset<T | U> {
    const { generate } = this
    const size = this.size === undefined || other.size === undefined ? undefined : this.size + other.size
    return new Dataset<T | U>(size, async function* (epoch) {
      yield* generate(epoch)
      yield* other.generate(epoch)
    })
  }

  /**
   * Keeps the elements in memory after the first complete iteration, in that order: put it before `shuffle` and after
   * costly `map`s.
   */
  cache(): Dataset<T> {
    const { generate } = this
    let kept: readonly T[] | undefined
    return new Dataset(this.size, async function* (epoch) {
      if (kept !== undefined) {
        yield* kept
        return
      }
      const elements: T[] = []
      for await (const element of generate(epoch)) {
        elements.push(element)
        yield element
      }
      kept ??= elements
    })
  }
}
