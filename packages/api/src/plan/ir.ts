// The compiler's working form: a mutable list of kernel applications with use counts, imported from the immutable graph.
// Equal nodes become one; optional kernels that the backend lacks are replaced by their decomposition.

import { ArgumentError } from '../errors.js'
import { type InputLeaf, isNode, type Node, type Producer, type Value } from '../graph/value.js'
import type { AttrsOf, KernelName } from '../kernels/attrs.js'
import { isCore, specOf } from '../kernels/index.js'
import { sameShape, showSpec, type TensorSpec } from '../tensor-spec.js'
import type { StepSpec } from './plan.js'

/** A graph to compile: what to compute, and which bound tensors to overwrite. */
export interface Graph {
  /** Results by the name of the buffer that receives them. */
  readonly outputs: Readonly<Record<string, Value>>
  /** New values of input leaves, written over the old ones after all have been read. */
  readonly updates?: readonly Update[]
}
export interface Update {
  /** An input leaf. */
  readonly target: Value
  readonly value: Value
}

export interface IrValue {
  readonly spec: TensorSpec
  /** Null for inputs and constants. */
  producer: IrNode | null
  readonly input: string | null
  readonly constant: readonly number[] | null
}
export interface IrNode<K extends KernelName = KernelName> {
  /** Sorting key: the id of the graph value that this computes, so that nodes run in the order of their creation. */
  order: number
  kernel: K
  attrs: AttrsOf<K>
  ins: IrValue[]
  outs: IrValue[]
}
export interface Ir {
  nodes: IrNode[]
  readonly outputs: Map<string, IrValue>
  readonly updates: { readonly target: IrValue; value: IrValue }[]
  readonly fused: string[]
  readonly decomposed: string[]
}

export const isKernel = <K extends KernelName>(n: IrNode | null, kernel: K): n is IrNode & IrNode<K> =>
  n?.kernel === kernel

export function irStep(n: IrNode): StepSpec {
  return { kernel: n.kernel, attrs: n.attrs, ins: n.ins.map(v => v.spec), outs: n.outs.map(v => v.spec) }
}

/** Values that must exist after the run: outputs and the new values of updates. */
export const results = (ir: Ir): Set<IrValue> => new Set([...ir.outputs.values(), ...ir.updates.map(u => u.value)])

/** The nodes that read each value, each once. */
export function usersOf(ir: Ir): Map<IrValue, IrNode[]> {
  const users = new Map<IrValue, IrNode[]>()
  for (const n of ir.nodes) {
    for (const v of new Set(n.ins)) {
      const list = users.get(v)
      if (list === undefined) users.set(v, [n])
      else list.push(n)
    }
  }
  return users
}

/** Puts `to` in the place of `from` everywhere. */
export function replaceValue(ir: Ir, from: IrValue, to: IrValue): void {
  for (const n of ir.nodes) n.ins = n.ins.map(v => (v === from ? to : v))
  for (const [name, v] of ir.outputs) if (v === from) ir.outputs.set(name, to)
  for (const u of ir.updates) if (u.value === from) u.value = to
}

/** Drops nodes that no result depends on. */
export function removeDead(ir: Ir): void {
  const live = new Set<IrNode>()
  const stack = [...results(ir)].flatMap(v => (v.producer === null ? [] : [v.producer]))
  while (stack.length > 0) {
    const n = stack.pop()!
    if (live.has(n)) continue
    live.add(n)
    for (const v of n.ins) if (v.producer !== null) stack.push(v.producer)
  }
  ir.nodes = ir.nodes.filter(n => live.has(n))
}

/** Imports what the graph's results depend on. @throws ArgumentError for two leaves of one name, or an update of no leaf */
export function importGraph(graph: Graph, supports: (s: StepSpec) => boolean): Ir {
  const importer = new Importer(supports)
  const outputs = new Map(Object.entries(graph.outputs).map(([name, v]) => [name, importer.value(v)]))
  const updates = (graph.updates ?? []).map(({ target, value }) => {
    if (target.producer.kernel !== 'input') {
      throw new ArgumentError({
        where: 'compile',
        what: 'target of an update',
        expected: 'an input leaf',
        got: target.toString(),
      })
    }
    if (!sameShape(target.shape, value.shape) || target.spec.dtype !== value.spec.dtype) {
      throw new ArgumentError({
        where: 'compile',
        what: `new value of '${target.producer.name}'`,
        expected: showSpec(target.spec),
        got: showSpec(value.spec),
      })
    }
    return { target: importer.value(target), value: importer.value(value) }
  })
  for (const name of outputs.keys()) {
    if (importer.inputs.has(name)) {
      throw new ArgumentError({ where: 'compile', what: 'an output and an input of one name', got: name })
    }
  }
  return { nodes: importer.nodes, outputs, updates, fused: [], decomposed: [...importer.decomposed] }
}

class Importer {
  readonly nodes: IrNode[] = []
  readonly inputs = new Map<string, { readonly value: Value; readonly ir: IrValue }>()
  readonly decomposed = new Set<string>()
  readonly #done = new Map<Value, IrValue>()
  readonly #known = new Map<string, IrNode>()
  readonly #constants = new Map<string, IrValue>()
  readonly #ids = new Map<IrValue, number>()
  /** The node whose decomposition is being imported: its parts take its place in the order. */
  #decomposing: number | null = null

  constructor(readonly supports: (s: StepSpec) => boolean) {}

  value(root: Value): IrValue {
    // Iterative: networks are deep.
    const stack = [root]
    while (stack.length > 0) {
      const v = stack[stack.length - 1]
      if (this.#done.has(v)) {
        stack.pop()
        continue
      }
      const p = v.producer
      if (!isNode(p)) {
        this.#done.set(v, this.#leaf(v, p))
        stack.pop()
        continue
      }
      const waiting = p.ins.filter(i => !this.#done.has(i))
      if (waiting.length > 0) {
        stack.push(...waiting.reverse())
        continue
      }
      stack.pop()
      this.#node(p)
    }
    return this.#done.get(root)!
  }

  #leaf(v: Value, p: Exclude<Producer, Node>): IrValue {
    if (p.kernel === 'constant') {
      const key = `${showSpec(v.spec)}:${p.data.join()}`
      const known = this.#constants.get(key)
      if (known !== undefined) return known
      const made = this.#new({ spec: v.spec, producer: null, input: null, constant: p.data })
      this.#constants.set(key, made)
      return made
    }
    const known = this.inputs.get((p satisfies InputLeaf).name)
    if (known !== undefined) {
      throw new ArgumentError({
        where: 'compile',
        what: `two inputs named '${p.name}'`,
        expected: known.value.toString(),
        got: v.toString(),
      })
    }
    const ir = this.#new({ spec: v.spec, producer: null, input: p.name, constant: null })
    this.inputs.set(p.name, { value: v, ir })
    return ir
  }

  #node(p: Node): void {
    const ins = p.ins.map(v => this.#done.get(v)!)
    const step = { kernel: p.kernel, attrs: p.attrs, ins: p.ins.map(v => v.spec), outs: p.outs.map(v => v.spec) }
    if (!isCore(p.kernel) && !this.supports(step)) {
      this.decomposed.add(p.kernel)
      const parts = specOf(p.kernel).decompose!(p.ins, p.attrs)
      const outer = this.#decomposing
      this.#decomposing = outer ?? p.outs[0].id
      p.outs.forEach((v, i) => {
        this.#done.set(v, this.value(parts[i]))
      })
      this.#decomposing = outer
      return
    }
    const key = `${p.kernel}|${JSON.stringify(p.attrs)}|${ins.map(v => this.#ids.get(v)).join()}`
    let node = this.#known.get(key)
    if (node === undefined) {
      const outs = p.outs.map(v => this.#new({ spec: v.spec, producer: null, input: null, constant: null }))
      node = { order: this.#decomposing ?? p.outs[0].id, kernel: p.kernel, attrs: p.attrs, ins, outs }
      for (const o of outs) o.producer = node
      this.nodes.push(node)
      this.#known.set(key, node)
    }
    const { outs } = node
    p.outs.forEach((v, i) => {
      this.#done.set(v, outs[i])
    })
  }

  #new(v: IrValue): IrValue {
    this.#ids.set(v, this.#ids.size)
    return v
  }
}
