// Tensors on the host: what data sets hold, what `fit` takes and what `predict` returns.
import { ArgumentError, DataError, ShapeError } from '../errors.js'

/** Element arrays of host tensors: float32, int32 and uint8. */
export type HostData = Float32Array | Int32Array | Uint8Array

/** A shape and its values in row-major order. The data may be a view of a larger buffer; nothing here writes to it. */
export interface HostTensor {
  readonly shape: readonly number[]
  readonly data: HostData
}

/** Numbers nested to any depth, all lists of one depth equally long. */
export type NestedNumbers = number | readonly NestedNumbers[]

/** What {@link hostTensor} takes. */
export type TensorLike = HostTensor | NestedNumbers | HostData | Float64Array | Int8Array | Int16Array | Uint16Array

/** Whether a value is a host tensor. */
export function isHostTensor(value: unknown): value is HostTensor {
  if (typeof value !== 'object' || value === null || !('shape' in value) || !('data' in value)) return false
  return Array.isArray(value.shape) && isHostData(value.data)
}

const isHostData = (v: unknown): v is HostData =>
  v instanceof Float32Array || v instanceof Int32Array || v instanceof Uint8Array

/** The number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/**
 * Makes a host tensor. Nested numbers and Float64Array become float32; Float32Array, Int32Array and Uint8Array are
 * used as they are, without a copy; the narrower integer arrays become int32.
 *
 * @param shape Default: that of the nesting, or the length of the typed array. One size may be -1: it is inferred.
 * @throws DataError for ragged nesting (naming the place and both lengths), for values that are no numbers, and for
 *   empty data; ShapeError for a shape that does not fit the number of elements.
 * @example
 * hostTensor([[1, 2, 3], [4, 5, 6]])              // float32 [2, 3]
 * hostTensor(Uint8Array.of(1, 2, 3, 4), [2, 2])   // uint8 [2, 2]
 */
export function hostTensor(values: TensorLike, shape?: readonly number[]): HostTensor {
  const { data, shape: natural } = arrayOf(values)
  if (data.length === 0) throw new DataError({ where: 'hostTensor', what: 'data', expected: 'elements', got: 'none' })
  return { shape: shape === undefined ? natural : resolveShape(shape, data.length), data }
}

function arrayOf(values: TensorLike): HostTensor {
  if (isHostTensor(values)) {
    resolveShape(values.shape, values.data.length)
    return values
  }
  if (isHostData(values)) return { data: values, shape: [values.length] }
  if (values instanceof Float64Array) return { data: Float32Array.from(values), shape: [values.length] }
  if (values instanceof Int8Array || values instanceof Int16Array || values instanceof Uint16Array) {
    return { data: Int32Array.from(values), shape: [values.length] }
  }
  if (typeof values === 'number' || Array.isArray(values)) return fromNested(values)
  const got: unknown = values
  throw new DataError({
    where: 'hostTensor',
    what: 'data',
    expected: 'nested numbers, a typed array or a host tensor',
    got: typeof got === 'object' && got !== null ? got.constructor?.name : got,
  })
}

function fromNested(values: NestedNumbers): HostTensor {
  const where = 'hostTensor'
  const shape: number[] = []
  for (let v = values; typeof v !== 'number'; v = v[0]) {
    if (!Array.isArray(v)) throw new DataError({ where, what: 'first element', expected: 'a number', got: v })
    shape.push(v.length)
    if (v.length === 0)
      throw new DataError({ where, what: `data of shape [${shape.join(', ')}]`, expected: 'elements' })
  }
  const data = new Float32Array(sizeOf(shape))
  let at = 0
  const fill = (v: NestedNumbers, depth: number, path: string): void => {
    if (depth === shape.length) {
      if (typeof v !== 'number') {
        throw new DataError({ where, what: `element ${path || 'data'}`, expected: 'a number', got: v })
      }
      data[at++] = v
      return
    }
    if (!Array.isArray(v) || v.length !== shape[depth]) {
      const got = Array.isArray(v) ? `a list of ${v.length}` : v
      throw new DataError({ where, what: `ragged data at ${path}`, expected: `a list of ${shape[depth]}`, got })
    }
    for (let i = 0; i < v.length; i++) fill(v[i], depth + 1, `${path}[${i}]`)
  }
  fill(values, 0, '')
  return { shape, data }
}

function resolveShape(shape: readonly number[], length: number): readonly number[] {
  const where = 'hostTensor'
  const free = shape.filter(n => n === -1).length
  if (free > 1 || shape.some(n => !Number.isSafeInteger(n) || n < -1)) {
    throw new ArgumentError({ where, what: 'shape', expected: 'non-negative integers, at most one -1', got: shape })
  }
  const known = shape.reduce((a, n) => (n === -1 ? a : a * n), 1)
  const resolved = shape.map(n => (n === -1 ? length / known : n))
  if (sizeOf(resolved) !== length || resolved.some(n => !Number.isInteger(n))) {
    throw new ShapeError({ where, what: `elements for shape [${shape.join(', ')}]`, expected: `${known}`, got: length })
  }
  return resolved
}

/** A new zero tensor of a shape, with elements of the type of `like`. */
export function zerosLike(like: HostData, shape: readonly number[]): HostTensor {
  const n = sizeOf(shape)
  const data =
    like instanceof Float32Array
      ? new Float32Array(n)
      : like instanceof Int32Array
        ? new Int32Array(n)
        : new Uint8Array(n)
  return { shape, data }
}

const typeName = (data: HostData): string =>
  data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8'

/** Two tensors that are to be rows of one must have the same element type and shape. @throws ShapeError with both. */
export function checkAlike(where: string, what: string, expected: HostTensor, got: HostTensor): void {
  const [a, b] = [expected.shape, got.shape]
  const same = a.length === b.length && a.every((n, i) => n === b[i])
  if (same && typeName(expected.data) === typeName(got.data)) return
  const show = (t: HostTensor): string => `${typeName(t.data)} [${t.shape.join(', ')}]`
  throw new ShapeError({ where, what, expected: show(expected), got: show(got) })
}

/**
 * Stacks equal tensors along a new first axis.
 *
 * @throws DataError for an empty list; ShapeError naming the first tensor that differs in shape or element type.
 * @example stack([hostTensor([1, 2]), hostTensor([3, 4])]) // float32 [2, 2]
 */
export function stack(tensors: readonly HostTensor[]): HostTensor {
  if (tensors.length === 0) throw new DataError({ where: 'stack', what: 'list of tensors', expected: 'at least one' })
  const first = tensors[0]
  const out = zerosLike(first.data, [tensors.length, ...first.shape])
  tensors.forEach((tensor, i) => {
    checkAlike('stack', `tensor ${i}`, first, tensor)
    out.data.set(tensor.data, i * first.data.length)
  })
  return out
}

/** The number of rows (the size of the first axis). @throws ShapeError for a scalar. */
export function rowCount(where: string, tensor: HostTensor): number {
  if (tensor.shape.length === 0) throw new ShapeError({ where, what: 'rank', expected: 'at least 1', got: 0 })
  return tensor.shape[0]
}

/**
 * Rows `begin` (inclusive) to `end` (exclusive) of the first axis, as a view of the same data.
 *
 * @throws ArgumentError unless 0 <= begin <= end <= rows.
 * @example sliceRows(hostTensor([[1, 2], [3, 4], [5, 6]]), 1, 3) // [[3, 4], [5, 6]]
 */
export function sliceRows(tensor: HostTensor, begin: number, end = rowCount('sliceRows', tensor)): HostTensor {
  const rows = rowCount('sliceRows', tensor)
  if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || begin > end || end > rows) {
    const expected = `0 <= begin <= end <= ${rows}`
    throw new ArgumentError({ where: 'sliceRows', what: 'begin, end', expected, got: [begin, end] })
  }
  const inner = tensor.shape.slice(1)
  const width = sizeOf(inner)
  return { shape: [end - begin, ...inner], data: tensor.data.subarray(begin * width, end * width) }
}

/**
 * Copies the rows of the given indices, in their order.
 *
 * @param out Written to and returned if given: [indices.length, ...row shape], same element type, so that a training
 *   loop allocates its batch once.
 * @throws DataError naming an index outside the rows; ShapeError if `out` does not fit.
 * @example gatherRows(hostTensor([[1, 2], [3, 4]]), [1, 1, 0]) // [[3, 4], [3, 4], [1, 2]]
 */
export function gatherRows(tensor: HostTensor, indices: ArrayLike<number>, out?: HostTensor): HostTensor {
  const rows = rowCount('gatherRows', tensor)
  const inner = tensor.shape.slice(1)
  const shape = [indices.length, ...inner]
  const target = out ?? zerosLike(tensor.data, shape)
  if (out !== undefined) checkAlike('gatherRows', 'out', { shape, data: tensor.data }, out)
  const width = sizeOf(inner)
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]
    if (!Number.isInteger(row) || row < 0 || row >= rows) {
      const expected = `an integer in [0, ${rows})`
      throw new DataError({ where: 'gatherRows', what: `index ${i}`, expected, got: row })
    }
    target.data.set(tensor.data.subarray(row * width, (row + 1) * width), i * width)
  }
  return target
}
