// Fusion: fewer passes over memory. Maps join their consumers, maps become epilogues of matrix products and convolutions,
// and reductions over the same data share one pass.
import * as E from '../expr/expr.js'
import { isIdentity, type ScalarProgram } from '../expr/program.js'
import type { KernelName } from '../kernels/attrs.js'
import { specOf } from '../kernels/index.js'
import { programFlops } from '../kernels/map.js'
import { sameShape, sizeOf } from '../tensor-spec.js'
import {
  type Ir,
  type IrNode,
  type IrValue,
  irStep,
  isKernel,
  removeDead,
  replaceValue,
  results,
  usersOf,
} from './ir.js'
import type { StepSpec } from './plan.js'

/** A fused step reads at most this many tensors (WebGL2 guarantees 16 textures). */
const MAX_INPUTS = 12
/** A map that is computed again in several consumers may cost at most this many operations. */
const RECOMPUTE_FLOPS = 6
/** Operations that are too dear to compute twice. */
const DEAR = new Set([
  'exp',
  'expm1',
  'log',
  'log1p',
  'tanh',
  'sigmoid',
  'erf',
  'sin',
  'cos',
  'pow',
  'div',
  'sqrt',
  'rsqrt',
])

/** Removes maps that change nothing, copies, reshapes of reshapes and of tensors of one value. */
export function simplify(ir: Ir): void {
  for (const n of ir.nodes) {
    if (isKernel(n, 'map') && isIdentity(n.attrs.program)) {
      const [x] = n.ins
      if (sameShape(x.spec.shape, n.attrs.shape) && x.spec.dtype === 'float32') replaceValue(ir, n.outs[0], x)
    } else if (isKernel(n, 'copy')) {
      // It has stopped the gradient, which is built by now.
      replaceValue(ir, n.outs[0], n.ins[0])
    } else if (isKernel(n, 'reshape')) {
      let [x] = n.ins
      while (isKernel(x.producer, 'reshape')) x = x.producer.ins[0]
      const { shape } = n.outs[0].spec
      if (sameShape(x.spec.shape, shape)) replaceValue(ir, n.outs[0], x)
      else if (isKernel(x.producer, 'map') && x.producer.ins.length === 0 && x.producer.outs.length === 1) {
        // A tensor of one value has any shape.
        const { program } = x.producer.attrs
        Object.assign(n, { kernel: 'map', attrs: { shape, program }, ins: [] })
      } else n.ins = [x]
    }
  }
  removeDead(ir)
}

export function fuse(ir: Ir, supports: (s: StepSpec) => boolean): void {
  fuseMaps(ir)
  fuseEpilogues(ir, supports)
  mergeReductions(ir)
}

type Elementwise = IrNode<'map'> | IrNode<'reduce'>
const isElementwise = (n: IrNode): n is IrNode & Elementwise => n.kernel === 'map' || n.kernel === 'reduce'

/** Lets maps be computed inside the maps and reductions that read them. */
function fuseMaps(ir: Ir): void {
  const users = usersOf(ir)
  const kept = results(ir)
  // Consumers in order of creation: a chain collapses into its last link.
  for (const consumer of ir.nodes) {
    if (!isElementwise(consumer)) continue
    for (let i = 0; i < consumer.ins.length; i++) {
      const v = consumer.ins[i]
      const producer = v.producer
      if (!isKernel(producer, 'map') || !mayJoin(producer, v, consumer, users.get(v) ?? [], kept)) continue
      const merged = inline(consumer, i, producer)
      if (merged === null) continue
      ir.fused.push(`map + ${consumer.kernel}`)
      for (const old of consumer.ins) remove(users, old, consumer)
      consumer.ins = merged.ins
      consumer.attrs = { ...consumer.attrs, program: merged.program }
      for (const now of consumer.ins) add(users, now, consumer)
      if (users.get(v)?.length === 0 && !kept.has(v)) for (const x of producer.ins) remove(users, x, producer)
      i = -1 // the new inputs may be maps, too
    }
  }
  removeDead(ir)
}

function mayJoin(
  producer: IrNode<'map'>,
  v: IrValue,
  consumer: Elementwise,
  users: readonly IrNode[],
  kept: ReadonlySet<IrValue>,
): boolean {
  if (producer.outs.length !== 1) return false
  // A constant costs nothing anywhere.
  if (producer.ins.length === 0) return true
  // Broadcast values would be computed again for every element.
  if (!sameShape(producer.attrs.shape, consumer.attrs.shape)) return false
  if (kept.has(v)) return false
  if (users.length === 1) return true
  // Used several times: worth computing again if that reads no more memory than reading the stored value would, and if
  // all users do so that it need not be stored at all.
  const size = sizeOf(producer.attrs.shape)
  const fullInputs = producer.ins.filter(x => sizeOf(x.spec.shape) === size).length
  const cheap =
    programFlops(producer.attrs.program) <= RECOMPUTE_FLOPS && !producer.attrs.program.code.some(([op]) => DEAR.has(op))
  return (
    cheap &&
    fullInputs <= 1 &&
    users.every(u => isElementwise(u) && sameShape(u.attrs.shape, producer.attrs.shape) && !comparesEqual(u))
  )
}

/**
 * Whether a step tests for equality, as the gradient of a maximum does with the maximum: computed twice, a value may round
 * differently where one of the two programs contracts a * b + c.
 */
const comparesEqual = (n: Elementwise): boolean => n.attrs.program.code.some(([op]) => op === 'eq' || op === 'ne')

/** The consumer's program with input i computed by the producer's program. Null if it would read too many tensors. */
function inline(
  consumer: Elementwise,
  i: number,
  producer: IrNode<'map'>,
): { ins: IrValue[]; program: ScalarProgram } | null {
  const ins: IrValue[] = []
  const at = (v: IrValue): E.Expr => {
    let j = ins.indexOf(v)
    if (j < 0) j = ins.push(v) - 1
    return E.arg(j)
  }
  const outer = consumer.ins.map((v, j) => (j === i ? null : at(v)))
  const [inner] = E.fromProgram(producer.attrs.program, producer.ins.map(at))
  const outs = E.fromProgram(
    consumer.attrs.program,
    outer.map(e => e ?? inner),
  )
  if (ins.length > MAX_INPUTS) return null
  return compact(ins, outs)
}

/** Drops inputs that simplification made unused. */
function compact(ins: readonly IrValue[], outs: readonly E.Expr[]): { ins: IrValue[]; program: ScalarProgram } {
  const used = E.inputsOf(outs)
  const exprs = E.rewrite(outs, e => (e.op === 'in' ? E.arg(used.indexOf(e.value)) : undefined))
  return { ins: used.map(j => ins[j]), program: E.toProgram(used.length, exprs) }
}

function remove(users: Map<IrValue, IrNode[]>, v: IrValue, n: IrNode): void {
  const list = users.get(v)
  const at = list?.indexOf(n) ?? -1
  if (at >= 0) list!.splice(at, 1)
}
function add(users: Map<IrValue, IrNode[]>, v: IrValue, n: IrNode): void {
  const list = users.get(v)
  if (list === undefined) users.set(v, [n])
  else if (!list.includes(n)) list.push(n)
}

const FUSED: Partial<Record<KernelName, KernelName>> = {
  matmul: 'fusedMatmul',
  conv2d: 'fusedConv2d',
  depthwiseConv2d: 'fusedDepthwiseConv2d',
}

/** Lets a map be the epilogue of the product or convolution that alone feeds it, where the backend can. */
function fuseEpilogues(ir: Ir, supports: (s: StepSpec) => boolean): void {
  const users = usersOf(ir)
  const kept = results(ir)
  for (const n of ir.nodes) {
    const fusedKernel = FUSED[n.kernel]
    if (fusedKernel === undefined) continue
    const [y] = n.outs
    const readers = users.get(y) ?? []
    const [m] = readers
    if (readers.length !== 1 || kept.has(y) || !isKernel(m, 'map') || m.outs.length !== 1) continue
    if (!sameShape(m.attrs.shape, y.spec.shape)) continue
    const rest = m.ins.filter(v => v !== y)
    // Inputs in the fused kernel's order: the product first.
    const program = E.toProgram(
      1 + rest.length,
      E.fromProgram(
        m.attrs.program,
        m.ins.map(v => E.arg(v === y ? 0 : 1 + rest.indexOf(v))),
      ),
    )
    const attrs = { ...n.attrs, program } as IrNode['attrs']
    const fused: IrNode = { order: m.order, kernel: fusedKernel, attrs, ins: [...n.ins, ...rest], outs: m.outs }
    specOf(fusedKernel).infer(
      fused.ins.map(v => v.spec),
      attrs as never,
    )
    if (!supports(irStep(fused))) continue
    ir.fused.push(`${n.kernel} + map -> ${fusedKernel}`)
    Object.assign(m, fused)
    for (const o of m.outs) o.producer = m
    // n is dead now; keep the use counts of its inputs true for the products that follow.
    for (const v of n.ins) {
      remove(users, v, n)
      add(users, v, m)
    }
  }
  removeDead(ir)
}

/** Merges independent reductions of the same kind that read a common large input into one pass. */
function mergeReductions(ir: Ir): void {
  const groups = new Map<string, IrNode<'reduce'>[]>()
  for (const n of ir.nodes) {
    if (!isKernel(n, 'reduce')) continue
    const { op, shape, axes, keepdims } = n.attrs
    const key = JSON.stringify([op, shape, axes, keepdims])
    groups.set(key, [...(groups.get(key) ?? []), n])
  }
  for (const group of groups.values()) {
    for (let i = 0; i < group.length; i++) {
      for (let j = i + 1; j < group.length; j++) {
        const [a, b] = [group[i], group[j]]
        if (!sharesLargeInput(a, b) || dependsOn(b, a) || dependsOn(a, b)) continue
        const ins = [...new Set([...a.ins, ...b.ins])]
        if (ins.length > MAX_INPUTS) continue
        const exprs = [a, b].flatMap(n =>
          E.fromProgram(
            n.attrs.program,
            n.ins.map(v => E.arg(ins.indexOf(v))),
          ),
        )
        ir.fused.push('reduce + reduce')
        b.ins = ins
        b.outs = [...a.outs, ...b.outs]
        b.attrs = { ...b.attrs, program: E.toProgram(ins.length, exprs) }
        for (const o of b.outs) o.producer = b
        ir.nodes.splice(ir.nodes.indexOf(a), 1)
        group.splice(i, 1)
        i--
        break
      }
    }
  }
}

function sharesLargeInput(a: IrNode<'reduce'>, b: IrNode<'reduce'>): boolean {
  const size = sizeOf(a.attrs.shape)
  return a.ins.some(v => sizeOf(v.spec.shape) === size && b.ins.includes(v))
}

/** Whether node `n` needs a result of node `of`. */
function dependsOn(n: IrNode, of: IrNode): boolean {
  const seen = new Set<IrNode>()
  const stack = n.ins.flatMap(v => (v.producer === null ? [] : [v.producer]))
  while (stack.length > 0) {
    const m = stack.pop()!
    if (m === of) return true
    if (seen.has(m)) continue
    seen.add(m)
    for (const v of m.ins) if (v.producer !== null) stack.push(v.producer)
  }
  return false
}
