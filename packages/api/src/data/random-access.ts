// Elements that can be reached in any order. A data set keeps this property through map, shuffle, take and skip, so that
// a shuffle moves positions instead of elements, and batches of elements that are at hand need no promise for each.
import { ArgumentError, ShapeError } from '../errors.js'
import type { Philox } from '../random/generator.js'
import type { HostTensor } from './host-tensor.js'
import { isHostTensor, rowCount, sliceRows } from './host-tensor.js'
import type { MaybePromise, Stream } from './streams.js'
import { chunks, orderedParallel } from './streams.js'

/** Elements by position, made `parallel` at a time. */
export interface RandomAccess<T> {
  readonly size: number
  readonly parallel: number
  /** The element at a position of an epoch. */
  at(position: number, epoch: number): MaybePromise<T>
}

/** The rows of tensors, as views; each field is checked to have the same number of rows. */
export function rowsOf<F extends Readonly<Record<string, HostTensor>>>(
  where: string,
  fields: F,
): RandomAccess<{ [K in keyof F]: HostTensor }> {
  const names: (keyof F & string)[] = Object.keys(fields)
  if (names.length === 0 || !names.every(n => isHostTensor(fields[n]))) {
    throw new ArgumentError({ where, what: 'fields', expected: 'an object of host tensors', got: names })
  }
  const size = rowCount(where, fields[names[0]])
  const columns = names.map(name => {
    const rows = rowCount(where, fields[name])
    if (rows !== size) {
      throw new ShapeError({ where, what: `rows of '${name}'`, expected: `${size} (as '${names[0]}')`, got: rows })
    }
    return { name, tensor: fields[name], shape: fields[name].shape.slice(1) }
  })
  const at = (i: number): { [K in keyof F]: HostTensor } => {
    const row: Partial<{ [K in keyof F]: HostTensor }> = {}
    for (const { name, tensor, shape } of columns) row[name] = { shape, data: sliceRows(tensor, i, i + 1).data }
    return row as { [K in keyof F]: HostTensor }
  }
  return { size, parallel: 1, at }
}

function* positions(size: number): Generator<number, void, undefined> {
  for (let i = 0; i < size; i++) yield i
}

/** All elements of an epoch, in order. */
export function streamOfAccess<T>(access: RandomAccess<T>, epoch: number): Stream<T> {
  return orderedParallel(positions(access.size), i => access.at(i, epoch), access.parallel)
}

/** All elements of an epoch in lists of `count`, the last one perhaps shorter. */
export async function* chunksOfAccess<T>(access: RandomAccess<T>, count: number, epoch: number): Stream<T[]> {
  if (access.parallel > 1) {
    yield* chunks(streamOfAccess(access, epoch), count)
    return
  }
  for (let begin = 0; begin < access.size; begin += count) {
    const chunk: T[] = []
    for (let i = begin; i < Math.min(begin + count, access.size); i++) {
      const element = access.at(i, epoch)
      chunk.push(element instanceof Promise ? await element : element)
    }
    yield chunk
  }
}

/** The elements under a function. */
export function mapAccess<S, T>(
  access: RandomAccess<S>,
  fn: (element: S, index: number) => MaybePromise<T>,
  parallel: number,
): RandomAccess<T> {
  return {
    size: access.size,
    parallel: Math.max(parallel, access.parallel),
    at(i, epoch) {
      const element = access.at(i, epoch)
      return element instanceof Promise ? element.then(e => fn(e, i)) : fn(element, i)
    },
  }
}

/** The elements in a uniformly random order of each epoch. */
export function shuffleAccess<T>(access: RandomAccess<T>, randomOf: (epoch: number) => Philox): RandomAccess<T> {
  let last: { epoch: number; order: Uint32Array } | undefined
  return {
    ...access,
    at(i, epoch) {
      if (last?.epoch !== epoch) last = { epoch, order: randomOf(epoch).permutation(access.size) }
      return access.at(last.order[i], epoch)
    },
  }
}

/** The elements from `begin` on, at most `count`. */
export function sliceAccess<T>(access: RandomAccess<T>, begin: number, count: number): RandomAccess<T> {
  const first = Math.min(begin, access.size)
  const at = (i: number, epoch: number): MaybePromise<T> => access.at(first + i, epoch)
  return { ...access, size: Math.min(count, access.size - first), at }
}
