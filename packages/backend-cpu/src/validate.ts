// What a plan must be before it is loaded: every index in range, every tensor inside its slot, every step what its
// kernel's specification says. A plan may come from a file: nothing in it is trusted.
import {
  ArgumentError,
  BackendError,
  bytesOf,
  KERNEL_NAMES,
  type Plan,
  ShapeError,
  type Step,
  sameShape,
  showSpec,
  specOf,
  stepSpec,
} from '@strata/api/backend'
import { MAX_BYTES } from './memory.js'

function fail(what: string, expected: unknown, got: unknown): never {
  throw new ArgumentError({ where: 'load', what, expected, got })
}
const isIndex = (i: unknown, length: number): i is number => Number.isInteger(i) && Number(i) >= 0 && Number(i) < length

/** Checks the whole plan. @throws ArgumentError, ShapeError, DTypeError for a malformed plan, BackendError for one too large */
export function validatePlan(plan: Plan): void {
  let total = 0
  plan.slots.forEach((s, i) => {
    if (!Number.isInteger(s.bytes) || s.bytes < 0) fail(`bytes of slot ${i}`, 'an integer of at least 0', s.bytes)
    if (!['bound', 'scratch', 'constant'].includes(s.kind))
      fail(`kind of slot ${i}`, 'bound, scratch or constant', s.kind)
    total += s.bytes
  })
  if (total > MAX_BYTES) {
    throw new BackendError({ where: 'load', what: 'bytes of all slots', expected: `at most ${MAX_BYTES}`, got: total })
  }
  plan.tensors.forEach(({ spec, slot }, i) => {
    if (!isIndex(slot, plan.slots.length)) fail(`slot of tensor ${i}`, `below ${plan.slots.length}`, slot)
    if (!spec.shape.every(d => Number.isInteger(d) && d >= 0)) fail(`shape of tensor ${i}`, 'integers', [...spec.shape])
    if (spec.dtype !== 'float32' && spec.dtype !== 'int32') fail(`dtype of tensor ${i}`, 'float32 or int32', spec.dtype)
    if (bytesOf(spec) > plan.slots[slot].bytes) {
      fail(`bytes of tensor ${i} ${showSpec(spec)}`, `at most its slot's ${plan.slots[slot].bytes}`, bytesOf(spec))
    }
  })
  for (const [name, t] of Object.entries(plan.bind)) {
    if (!isIndex(t, plan.tensors.length)) fail(`tensor bound as '${name}'`, `below ${plan.tensors.length}`, t)
    const { kind } = plan.slots[plan.tensors[t].slot]
    if (kind !== 'bound') fail(`slot of '${name}'`, 'bound', kind)
  }
  plan.constants.forEach(({ tensor, data }, i) => {
    if (!isIndex(tensor, plan.tensors.length)) fail(`tensor of constant ${i}`, `below ${plan.tensors.length}`, tensor)
    const { spec, slot } = plan.tensors[tensor]
    if (plan.slots[slot].kind !== 'constant') fail(`slot of constant ${i}`, 'constant', plan.slots[slot].kind)
    if (data.length * 4 !== bytesOf(spec)) fail(`elements of constant ${i}`, bytesOf(spec) / 4, data.length)
  })
  const bound = new Set(Object.values(plan.bind).map(t => plan.tensors[t].slot))
  plan.steps.forEach((step, i) => {
    validateStep(plan, step, i, bound)
  })
}

function validateStep(plan: Plan, step: Step, i: number, bound: ReadonlySet<number>): void {
  const where = `step ${i} (${step.kernel})`
  if (!KERNEL_NAMES.includes(step.kernel)) fail(`kernel of step ${i}`, 'a known kernel', step.kernel)
  for (const t of [...step.ins, ...step.outs]) {
    if (!isIndex(t, plan.tensors.length)) fail(`${where}: tensor`, `below ${plan.tensors.length}`, t)
    const { slot } = plan.tensors[t]
    if (plan.slots[slot].kind === 'bound' && !bound.has(slot)) fail(`${where}: bound slot ${slot}`, 'a name', 'none')
  }
  const s = stepSpec(plan, step)
  const spec = specOf(step.kernel)
  const outs = spec.infer(s.ins, s.attrs)
  if (outs.length !== s.outs.length) fail(`${where}: number of outputs`, outs.length, s.outs.length)
  outs.forEach((o, j) => {
    const got = s.outs[j]
    if (!sameShape(o.shape, got.shape) || o.dtype !== got.dtype) {
      throw new ShapeError({ where: 'load', what: `${where}: output ${j}`, expected: showSpec(o), got: showSpec(got) })
    }
  })
  const allowed = spec.inplace?.(s.ins, s.attrs) ?? []
  const slotOf = (t: number): number => plan.tensors[t].slot
  step.outs.forEach((o, j) => {
    if (plan.slots[slotOf(o)].kind === 'constant') fail(`${where}: output ${j}`, 'a writable slot', 'constant')
    if (step.outs.some((other, k) => k !== j && slotOf(other) === slotOf(o)))
      fail(`${where}: outputs`, 'distinct slots', slotOf(o))
    step.ins.forEach((t, k) => {
      // A reshape in place moves nothing.
      const fine = slotOf(t) !== slotOf(o) || step.kernel === 'reshape' || allowed.some(([a, b]) => a === j && b === k)
      if (!fine) fail(`${where}: output ${j} shares slot ${slotOf(o)} with input ${k}`, 'distinct slots', 'one')
    })
  })
}
