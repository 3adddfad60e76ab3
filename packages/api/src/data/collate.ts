// Puts the examples of a batch together: numbers and tensors are stacked, tuples and objects field by field.
import { DataError } from '../errors.js'
import type { HostTensor } from './host-tensor.js'
import { checkAlike, isHostTensor, stack } from './host-tensor.js'

/** What a batch of elements of type `T` is: each number or tensor in `T` becomes a tensor with a first batch axis. */
export type Batched<T> = T extends number | HostTensor ? HostTensor : { readonly [K in keyof T]: Batched<T[K]> }

/** An example for training: input, target and, optionally, the weight of the sample. */
export interface Example {
  readonly x: HostTensor
  readonly y: HostTensor
  readonly sampleWeight?: number
}

/**
 * Stacks a batch.
 *
 * @param offset Index of the first element in its data set, for error messages.
 * @throws DataError if the elements differ in structure or hold anything but numbers and tensors; ShapeError if tensors
 *   differ in shape or element type. Both name the element and the field.
 */
export function collate<T>(elements: readonly T[], offset = 0): Batched<T> {
  return collateAt(elements, offset, '') as Batched<T>
}

function collateAt(elements: readonly unknown[], offset: number, path: string): unknown {
  const where = 'Dataset.batch'
  const first = elements[0]
  const nameOf = (i: number): string => `element ${offset + i}${path === '' ? '' : `, field ${path}`}`
  const differs = (i: number, expected: string): never => {
    throw new DataError({ where, what: nameOf(i), expected, got: elements[i] })
  }
  if (typeof first === 'number') {
    const data = Float32Array.from(elements, (v, i) => (typeof v === 'number' ? v : differs(i, 'a number')))
    return { shape: [elements.length], data }
  }
  if (isHostTensor(first)) {
    return stack(
      elements.map((v, i) => {
        if (!isHostTensor(v)) return differs(i, 'a host tensor')
        checkAlike(where, nameOf(i), first, v)
        return v
      }),
    )
  }
  if (Array.isArray(first)) {
    const lists = elements.map((v, i): unknown[] =>
      Array.isArray(v) && v.length === first.length ? v : differs(i, `a tuple of ${first.length}`),
    )
    return first.map((_, k) =>
      collateAt(
        lists.map(v => v[k]),
        offset,
        `${path}[${k}]`,
      ),
    )
  }
  if (typeof first === 'object' && first !== null && Object.getPrototypeOf(first) === Object.prototype) {
    const keys = fieldsOf(first)
    const records = elements.map((v, i): Record<string, unknown> => {
      if (typeof v !== 'object' || v === null) return differs(i, `an object of ${keys.join(', ')}`)
      const record: Record<string, unknown> = { ...v }
      const same = fieldsOf(record)
      return same.length === keys.length && keys.every(k => same.includes(k))
        ? record
        : differs(i, `the fields ${keys.join(', ')}`)
    })
    return Object.fromEntries(
      keys.map(key => [
        key,
        collateAt(
          records.map(r => r[key]),
          offset,
          `${path}.${key}`,
        ),
      ]),
    )
  }
  return differs(0, 'numbers, host tensors, or tuples or plain objects of them (or map the elements first)')
}

// An optional field that is present but undefined is an absent field.
const fieldsOf = (v: object): string[] =>
  Object.entries(v)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key)
