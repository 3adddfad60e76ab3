// What users pass as data, brought into the order and the shapes of a model's inputs and outputs.

import {
  type HostData,
  type HostTensor,
  hostTensor,
  isHostTensor,
  type NestedNumbers,
  type TensorLike,
} from '../data/host-tensor.js'
import { ArgumentError, DataError, DTypeError, ShapeError } from '../errors.js'
import type { SymbolicShape } from '../layers/symbolic.js'
import { type DType, sizeOf } from '../tensor-spec.js'

/** Data for all inputs (or outputs) of a model: one tensor, a list in their order, or an object by their names. */
export type TensorInput = TensorLike | readonly TensorLike[] | { readonly [name: string]: TensorLike }

/** An input or output that wants data. The batch dimension of `shape` comes first. */
export interface Field {
  readonly name: string
  readonly shape: SymbolicShape
  readonly dtype: DType
}

type TypedArray = HostData | Float64Array | Int8Array | Int16Array | Uint16Array
const isTypedArray = (v: unknown): v is TypedArray => ArrayBuffer.isView(v) && !(v instanceof DataView)

/**
 * One value per field.
 * @throws ArgumentError for a wrong number of tensors, an unknown name or a missing one
 */
export function perField<T>(
  where: string,
  what: string,
  names: readonly string[],
  value: T | readonly T[] | { readonly [name: string]: T },
  isOne: (v: unknown) => v is T,
): T[] {
  if (isOne(value) && names.length === 1) return [value]
  if (Array.isArray(value)) {
    if (value.length !== names.length) {
      throw new ArgumentError({
        where,
        what: `number of ${what} (${names.join(', ')})`,
        expected: names.length,
        got: value.length,
      })
    }
    return [...value]
  }
  if (typeof value === 'object' && value !== null && !isOne(value)) {
    const byName = value as { readonly [name: string]: T }
    for (const key of Object.keys(byName)) {
      if (!names.includes(key)) {
        throw new ArgumentError({
          where,
          what: `unknown name in ${what}`,
          expected: `one of ${names.join(', ')}`,
          got: key,
        })
      }
    }
    return names.map(name => {
      if (!(name in byName))
        throw new ArgumentError({ where, what: `${what} without '${name}'`, got: Object.keys(byName) })
      return byName[name]
    })
  }
  throw new ArgumentError({
    where,
    what,
    expected: names.length === 1 ? 'a tensor' : `a list or an object of ${names.join(', ')}`,
    got: isTypedArray(value) || isHostTensor(value) ? 'one tensor' : value,
  })
}

// With several fields a list means one tensor each; with one field it is nested numbers, or a list of one tensor.
const isOneTensor = (v: unknown): v is TensorLike => {
  if (typeof v === 'number' || isHostTensor(v) || isTypedArray(v)) return true
  return Array.isArray(v) && !(v.length > 0 && (isHostTensor(v[0]) || isTypedArray(v[0])))
}

/**
 * The tensors for the fields, in their order, as host tensors with a batch dimension.
 *
 * @param shapeOf the shape that a bare typed array of n elements has for a field
 * @throws DataError for empty or ragged data and for unequal numbers of rows; ArgumentError for wrong names
 */
export function tensorsOf(
  where: string,
  what: string,
  fields: readonly Field[],
  value: TensorInput,
  shapeOf: (field: Field, elements: number) => readonly number[],
): HostTensor[] {
  if (value === undefined || value === null) {
    throw new ArgumentError({ where, what, expected: 'data', got: value })
  }
  const list = perField<TensorLike>(
    where,
    what,
    fields.map(f => f.name),
    value as TensorLike,
    isOneTensor,
  )
  return list.map((v, i) => {
    const field = fields[i]
    let tensor: HostTensor
    try {
      tensor = isTypedArray(v) ? hostTensor(v, shapeOf(field, v.length)) : hostTensor(v as HostTensor | NestedNumbers)
    } catch (error) {
      if (error instanceof DataError)
        throw new DataError({
          where,
          what: `${what} '${field.name}': ${error.what}`,
          expected: error.expected,
          got: error.got,
          cause: error,
        })
      throw error
    }
    if (tensor.data.length === 0) {
      throw new DataError({
        where,
        what: `${what} '${field.name}'`,
        expected: 'at least one sample',
        got: tensor.shape,
      })
    }
    return tensor
  })
}

/** @throws DataError unless all tensors have as many rows as the first */
export function checkRows(where: string, named: readonly (readonly [name: string, rows: number])[]): number {
  const [[first, rows]] = named
  for (const [name, n] of named) {
    if (n !== rows)
      throw new DataError({ where, what: `samples of ${name}`, expected: `${rows} (as ${first})`, got: n })
  }
  return rows
}

/** A bare typed array for an input: as many samples as it holds. */
export function inputShape(where: string): (field: Field, elements: number) => readonly number[] {
  return (field, elements) => {
    const inner = field.shape.slice(1).map(d => d ?? 1)
    const size = sizeOf(inner)
    if (elements % size !== 0) {
      throw new ShapeError({
        where,
        what: `elements of input '${field.name}'`,
        expected: `a multiple of ${size} ([${inner.join(', ')}])`,
        got: elements,
      })
    }
    return [elements / size, ...inner]
  }
}

/** @throws ShapeError, DTypeError unless the tensor can be fed to the input */
export function checkInput(where: string, field: Field, tensor: HostTensor): void {
  const { shape } = tensor
  const fits =
    shape.length === field.shape.length && field.shape.every((d, i) => d === null || i === 0 || d === shape[i])
  if (!fits) {
    throw new ShapeError({
      where,
      what: `shape of input '${field.name}'`,
      expected: `[${['samples', ...field.shape.slice(1)].join(', ')}]`,
      got: [...shape],
    })
  }
  if (field.shape[0] !== null && shape[0] % field.shape[0] !== 0) {
    throw new ShapeError({
      where,
      what: `samples of input '${field.name}' of fixed batch size`,
      expected: `a multiple of ${field.shape[0]}`,
      got: shape[0],
    })
  }
  if (field.dtype === 'int32' && tensor.data instanceof Float32Array) {
    const i = tensor.data.findIndex(v => !Number.isInteger(v))
    if (i >= 0) {
      throw new DTypeError({
        where,
        what: `element ${i} of input '${field.name}'`,
        expected: 'whole numbers (int32)',
        got: tensor.data[i],
      })
    }
  }
}
