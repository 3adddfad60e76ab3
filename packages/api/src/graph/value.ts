// The graph: Values (tensors to be) and Nodes (kernel applications). Both are immutable; a graph is whatever is reachable
// from the values that one asks for. Static shapes, no data.
import { StateError } from '../errors.js'
import type { AttrsOf, KernelName } from '../kernels/attrs.js'
import { specOf } from '../kernels/index.js'
import { type Shape, showSpec, type TensorSpec } from '../tensor-spec.js'

/** A kernel applied to values. */
export interface Node<K extends KernelName = KernelName> {
  readonly kernel: K
  readonly attrs: AttrsOf<K>
  readonly ins: readonly Value[]
  readonly outs: readonly Value[]
}
/** A tensor that is bound by name when the plan runs: data, parameter, optimizer state. */
export interface InputLeaf {
  readonly kernel: 'input'
  readonly name: string
}
/** A small tensor whose elements are part of the plan. */
export interface ConstantLeaf {
  readonly kernel: 'constant'
  readonly data: readonly number[]
}
export type Producer = Node | InputLeaf | ConstantLeaf

let nextId = 0

/** The symbolic result of a node, or a leaf. */
export class Value {
  /** Creation order; an input always has a smaller id than what is computed from it. */
  readonly id: number = nextId++
  constructor(
    readonly spec: TensorSpec,
    readonly producer: Producer,
    /** Which output of its producer this is. */
    readonly index: number = 0,
  ) {}
  get shape(): Shape {
    return this.spec.shape
  }
  get rank(): number {
    return this.spec.shape.length
  }
  toString(): string {
    return `%${this.id}:${showSpec(this.spec)}`
  }
}

/** A leaf bound by name. Two leaves of one name in a graph must be the same Value. */
export const input = (name: string, spec: TensorSpec): Value => new Value(spec, { kernel: 'input', name })

/** A constant of finite numbers, row-major. @throws StateError if the number of elements does not fit the shape */
export function constant(data: readonly number[], spec: TensorSpec): Value {
  const n = spec.shape.reduce((a, b) => a * b, 1)
  if (data.length !== n)
    throw new StateError({ where: 'constant', what: 'number of elements', expected: n, got: data.length })
  return new Value(spec, { kernel: 'constant', data })
}

/** Applies a kernel. @throws what the kernel's `infer` throws */
export function apply<K extends KernelName>(kernel: K, ins: readonly Value[], attrs: AttrsOf<K>): readonly Value[] {
  const specs = specOf(kernel).infer(
    ins.map(v => v.spec),
    attrs,
  )
  const outs: Value[] = []
  const node: Node<K> = { kernel, attrs, ins, outs }
  for (let i = 0; i < specs.length; i++) outs.push(new Value(specs[i], node as Node, i))
  return outs
}

/** Applies a kernel with one output. */
export const apply1 = <K extends KernelName>(kernel: K, ins: readonly Value[], attrs: AttrsOf<K>): Value =>
  apply(kernel, ins, attrs)[0]

export const isNode = (p: Producer): p is Node => p.kernel !== 'input' && p.kernel !== 'constant'
export const isLeaf = (v: Value): boolean => !isNode(v.producer)
/** Whether the value is made by this kernel, and the node if so. */
export function madeBy<K extends KernelName>(v: Value, kernel: K): Node<K> | null {
  return v.producer.kernel === kernel ? (v.producer as Node as Node<K>) : null
}
