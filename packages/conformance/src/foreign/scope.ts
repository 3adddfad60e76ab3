// What operators of foreign graphs are built with: values by name, data where our kernels take numbers, attributes with checks.
import { input, type Value } from '@strata/api'
import { type DType, sizeOf, type TensorSpec } from '@strata/api/backend'
import { type ForeignCase, type ForeignNode, type ForeignTensor, Unmapped } from './case.js'

const LARGEST_INT32 = 2 ** 31

/** The element type that stands for a foreign one. @throws Unmapped if none does */
export function dtypeOf(dtype: string): DType {
  switch (dtype) {
    case 'float32':
    case 'bool':
      return 'float32'
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'int8':
      return 'int32'
    default:
      throw new Unmapped(`element type ${dtype}`)
  }
}

/** Spec of a foreign tensor here. @throws Unmapped */
export const specOfTensor = (t: ForeignTensor): TensorSpec => ({ shape: t.shape, dtype: dtypeOf(t.dtype) })

/** The data as a backend gets it. @throws Unmapped if an integer does not fit */
export function hostData(t: ForeignTensor): Float32Array | Int32Array {
  if (dtypeOf(t.dtype) === 'float32') return Float32Array.from(t.data)
  if (t.data.some(v => v < -LARGEST_INT32 || v >= LARGEST_INT32)) throw new Unmapped('integers of more than 32 bits')
  return Int32Array.from(t.data)
}

/** Foreign graphs are built one node at a time. */
export class Scope {
  private readonly values = new Map<string, Value>()
  /** Names of inputs that the graph reads as tensors; the others are numbers of attributes. */
  readonly read = new Set<string>()

  constructor(readonly source: ForeignCase) {}

  get version(): number {
    return this.source.version
  }

  /** A tensor by name. @throws Unmapped */
  value(name: string): Value {
    const known = this.values.get(name)
    if (known !== undefined) return known
    const data = this.source.inputs[name]
    if (data === undefined) throw new Unmapped(`no value '${name}'`)
    const value = input(name, specOfTensor(data))
    this.values.set(name, value)
    this.read.add(name)
    return value
  }

  define(name: string, value: Value): void {
    this.values.set(name, value)
  }

  /** The elements of an input, for an argument that is a number here. @throws Unmapped if it is computed */
  numbers(name: string, what: string): readonly number[] {
    const producer = this.values.get(name)?.producer
    if (producer?.kernel === 'constant' && 'data' in producer) return producer.data
    const tensor = this.source.inputs[name]
    if (tensor === undefined || !(producer === undefined || producer.kernel === 'input')) {
      throw new Unmapped(`${what} is computed`)
    }
    return [...tensor.data]
  }
}

/** One node while it is built. */
export class Call {
  constructor(
    readonly scope: Scope,
    readonly node: ForeignNode,
  ) {}

  /** Whether input i is given. */
  has(i: number): boolean {
    return (this.node.inputs[i] ?? '') !== ''
  }

  /** Input i as a tensor. */
  in(i: number): Value {
    if (!this.has(i)) throw new Unmapped(`${this.node.op} without input ${i}`)
    return this.scope.value(this.node.inputs[i])
  }

  /** Input i as a float32 tensor. @throws Unmapped for integers: our arithmetic is in float32 */
  real(i: number): Value {
    const v = this.in(i)
    if (v.spec.dtype !== 'float32') throw new Unmapped('arithmetic of integers')
    return v
  }

  get reals(): Value[] {
    return this.node.inputs.map((_, i) => this.real(i))
  }

  /** Input i as numbers, if it is given. */
  data(i: number, what: string): readonly number[] | undefined {
    return this.has(i) ? this.scope.numbers(this.node.inputs[i], what) : undefined
  }

  number(name: string, otherwise: number): number {
    const v = this.node.attrs[name] ?? otherwise
    if (typeof v !== 'number') throw new Unmapped(`attribute ${name}`)
    return v
  }

  numbers(name: string): readonly number[] | undefined {
    const v = this.node.attrs[name]
    if (v === undefined) return undefined
    if (!Array.isArray(v) || v.some(x => typeof x !== 'number')) throw new Unmapped(`attribute ${name}`)
    return v
  }

  text(name: string, otherwise: string): string {
    const v = this.node.attrs[name] ?? otherwise
    if (typeof v !== 'string') throw new Unmapped(`attribute ${name}`)
    return v
  }

  flag(name: string, otherwise: boolean): boolean {
    const v = this.node.attrs[name] ?? otherwise
    if (typeof v !== 'boolean') throw new Unmapped(`attribute ${name}`)
    return v
  }

  /** An operand that is named in an attribute, if it is given. */
  operand(name: string): Value | null {
    return this.node.attrs[name] === undefined ? null : this.scope.value(this.text(name, ''))
  }

  /** @throws Unmapped unless the attribute has this value */
  only(name: string, value: number | string): void {
    const v = this.node.attrs[name] ?? value
    if (v !== value) throw new Unmapped(`${name} = ${String(v)}`)
  }
}

/** Builds a node's outputs. */
export type Operator = (c: Call) => Value | readonly Value[]
export type Operators = Readonly<Record<string, Operator>>

/** A negative axis counted from the end. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

export const elementsIn = (shape: readonly number[]): number => sizeOf(shape)
