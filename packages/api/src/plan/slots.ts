// Slot planning: which memory each tensor lives in. Reshapes are views where memory is linear, kernels work in place where
// their specification allows it and nobody reads the input later, and freed slots are used again.
import { specOf } from '../kernels/index.js'
import { bytesOf } from '../tensor-spec.js'
import { type Ir, type IrNode, type IrValue, irStep, isKernel } from './ir.js'
import type { Plan, Slot, Step } from './plan.js'

/** A piece of memory with a lifetime: a value and its views. */
interface Storage {
  bytes: number
  /** Bound by this name, or null. */
  bound: string | null
  constant: boolean
  /** The last step that reads or writes it. */
  lastUse: number
  slot: number
}

interface MutableSlot {
  bytes: number
  readonly kind: Slot['kind']
}

/** Assigns storages to values; a view shares its root's. */
class Storages {
  readonly #of = new Map<IrValue, Storage>()
  constructor(readonly linearMemory: boolean) {}
  /** The value whose memory v views: itself unless v is a reshape. */
  root(v: IrValue): IrValue {
    return this.linearMemory && isKernel(v.producer, 'reshape') ? this.root(v.producer.ins[0]) : v
  }
  of(v: IrValue): Storage {
    const r = this.root(v)
    let s = this.#of.get(r)
    if (s === undefined) {
      s = { bytes: bytesOf(r.spec), bound: r.input, constant: r.constant !== null, lastUse: -1, slot: -1 }
      this.#of.set(r, s)
    }
    return s
  }
  /** Lets v live in another value's memory. */
  alias(v: IrValue, other: IrValue): void {
    this.#of.set(v, this.of(other))
  }
}

export function planSlots(ir: Ir, linearMemory: boolean): Plan {
  const storages = new Storages(linearMemory)
  insertCopies(ir, storages)
  const steps = ir.nodes.filter(n => !(linearMemory && n.kernel === 'reshape'))
  steps.forEach((n, i) => {
    for (const v of [...n.ins, ...n.outs]) storages.of(v).lastUse = i
  })
  for (const [name, v] of ir.outputs) storages.of(v).bound = name
  const direct = planUpdates(ir, steps, storages)
  const leaves = leavesOf(ir, steps, storages)

  const slots: MutableSlot[] = []
  const addSlot = (s: Storage, kind: Slot['kind']): void => {
    s.slot = slots.push({ bytes: s.bytes, kind }) - 1
  }
  for (const v of leaves) addSlot(storages.of(v), v.input === null ? 'constant' : 'bound')

  const free: number[] = []
  const tensors: { spec: IrValue['spec']; slot: number }[] = []
  const ids = new Map<IrValue, number>()
  const tensor = (v: IrValue): number => {
    const id = ids.get(v) ?? tensors.push({ spec: v.spec, slot: storages.of(v).slot }) - 1
    ids.set(v, id)
    return id
  }
  const planned = steps.map((n, i): Step => {
    const donors = new Set<Storage>()
    n.outs.forEach((v, j) => {
      const s = storages.of(v)
      if (s.slot >= 0) return
      const target = direct.get(s)
      const donor = target === undefined && s.bound === null ? inPlaceInput(n, j, i, storages, donors) : null
      if (target !== undefined) s.slot = target.slot
      else if (s.bound !== null) addSlot(s, 'bound')
      else if (donor !== null) {
        donors.add(donor)
        s.slot = donor.slot
      } else s.slot = takeSlot(slots, free, s.bytes)
    })
    for (const s of new Set([...n.ins, ...n.outs].map(v => storages.of(v)))) {
      if (slots[s.slot].kind === 'scratch' && s.lastUse === i && !donors.has(s)) free.push(s.slot)
    }
    return { kernel: n.kernel, attrs: n.attrs, ins: n.ins.map(tensor), outs: n.outs.map(tensor) }
  })

  const bind: Record<string, number> = {}
  for (const v of leaves) if (v.input !== null) bind[v.input] = tensor(v)
  for (const [name, v] of ir.outputs) bind[name] = tensor(v)
  const constants = leaves.flatMap(v => (v.constant === null ? [] : [{ tensor: tensor(v), data: v.constant }]))
  return { slots, tensors, steps: planned, bind, constants, report: { fused: ir.fused, decomposed: ir.decomposed } }
}

/** Inputs and constants that the plan uses. */
function leavesOf(ir: Ir, steps: readonly IrNode[], storages: Storages): IrValue[] {
  const found = new Set<IrValue>()
  for (const n of steps) for (const v of n.ins) found.add(storages.root(v))
  for (const u of ir.updates) found.add(u.target)
  return [...found].filter(v => v.input !== null || v.constant !== null)
}

/**
 * Makes every output and every new value of an update a value of its own, produced by a step: a copy is inserted where it
 * is an input, a constant, a view of one, or has two names.
 */
function insertCopies(ir: Ir, storages: Storages): void {
  const claimed = new Set<IrValue>()
  const copied = (v: IrValue): IrValue => {
    const out: IrValue = { spec: v.spec, producer: null, input: null, constant: null }
    const node: IrNode<'copy'> = { order: 0, kernel: 'copy', attrs: {}, ins: [v], outs: [out] }
    out.producer = node
    ir.nodes.push(node)
    return out
  }
  const own = (v: IrValue): IrValue => {
    const r = storages.root(v)
    if (r.producer !== null && !claimed.has(r)) {
      claimed.add(r)
      return v
    }
    const c = copied(v)
    claimed.add(c)
    return c
  }
  for (const [name, v] of ir.outputs) ir.outputs.set(name, own(v))
  for (const u of ir.updates) if (u.value !== u.target) u.value = own(u.value)
}

/**
 * Decides which updates are written straight into their target, because the old value is not read at or after that step
 * (or the step may work in place on it); the others get a copy at the end. Returns storage of new value -> target.
 */
function planUpdates(ir: Ir, steps: IrNode[], storages: Storages): Map<Storage, Storage> {
  const direct = new Map<Storage, Storage>()
  const firstWrite = new Map<Storage, number>()
  steps.forEach((n, i) => {
    for (const o of n.outs) if (!firstWrite.has(storages.of(o))) firstWrite.set(storages.of(o), i)
  })
  const late: { target: IrValue; value: IrValue }[] = []
  for (const { target, value } of ir.updates) {
    if (target === value) continue
    const [t, s] = [storages.of(target), storages.of(value)]
    const write = firstWrite.get(s)!
    const node = steps[write]
    const readsOld = node.ins.filter(v => storages.of(v) === t).length
    const j = node.outs.findIndex(o => storages.of(o) === s)
    const pair =
      readsOld === 0 ||
      (readsOld === 1 &&
        isInPlacePair(
          node,
          j,
          node.ins.findIndex(v => storages.of(v) === t),
        ))
    if (s.bound === null && t.lastUse <= write && pair) direct.set(s, t)
    else late.push({ target, value })
  }
  for (const { target, value } of late) {
    // The copy's output is the target's own storage.
    const out: IrValue = { spec: target.spec, producer: null, input: null, constant: null }
    const node: IrNode<'copy'> = { order: 0, kernel: 'copy', attrs: {}, ins: [value], outs: [out] }
    storages.alias(out, target)
    const at = steps.push(node) - 1
    storages.of(value).lastUse = Math.max(storages.of(value).lastUse, at)
    storages.of(target).lastUse = at
  }
  return direct
}

function isInPlacePair(n: IrNode, out: number, input: number): boolean {
  const { ins, attrs } = irStep(n)
  const pairs = specOf(n.kernel).inplace?.(ins, attrs) ?? []
  return pairs.some(([o, i]) => o === out && i === input)
}

/** The input whose memory output j of step i may take over, if any. */
function inPlaceInput(
  n: IrNode,
  j: number,
  i: number,
  storages: Storages,
  taken: ReadonlySet<Storage>,
): Storage | null {
  const { ins, attrs } = irStep(n)
  for (const [o, k] of specOf(n.kernel).inplace?.(ins, attrs) ?? []) {
    if (o !== j) continue
    const s = storages.of(n.ins[k])
    const readOnce = n.ins.filter(v => storages.of(v) === s).length === 1
    const alone = s.bound === null && !s.constant && s.lastUse === i && !taken.has(s)
    if (alone && readOnce && s.bytes === bytesOf(n.outs[j].spec)) return s
  }
  return null
}

/** A free slot that fits best, else the largest one enlarged, else a new one. */
function takeSlot(slots: MutableSlot[], free: number[], bytes: number): number {
  let best = -1
  free.forEach((slot, at) => {
    if (best < 0) best = at
    else {
      const [b, c] = [slots[free[best]].bytes, slots[slot].bytes]
      if (b >= bytes ? c >= bytes && c < b : c > b) best = at
    }
  })
  if (best < 0) return slots.push({ bytes, kind: 'scratch' }) - 1
  const [slot] = free.splice(best, 1)
  slots[slot].bytes = Math.max(slots[slot].bytes, bytes)
  return slot
}
