// Changes of plans: what the planted bugs of the self-test are made of.
import type { AttrsOf, Instruction, KernelName, Plan, ScalarProgram, Step } from '@strata/api/backend'

/** The kernel that a fused one starts with. */
const BASE: Readonly<Partial<Record<KernelName, KernelName>>> = {
  fusedMatmul: 'matmul',
  fusedConv2d: 'conv2d',
  fusedDepthwiseConv2d: 'depthwiseConv2d',
}
export const baseOf = (kernel: KernelName): KernelName => BASE[kernel] ?? kernel

const withSteps = (plan: Plan, change: (s: Step) => Step): Plan => ({ ...plan, steps: plan.steps.map(change) })

/** Changes attributes of the steps of some kernels; of a fused kernel, too. */
export function changeAttrs<K extends KernelName>(
  kernels: readonly K[],
  change: (attrs: AttrsOf<K>, plan: Plan, step: Step) => Partial<AttrsOf<K>>,
): (plan: Plan) => Plan {
  const names: readonly KernelName[] = kernels
  return plan =>
    withSteps(plan, s =>
      names.includes(baseOf(s.kernel))
        ? ({ ...s, attrs: { ...s.attrs, ...change(s.attrs as AttrsOf<K>, plan, s) } } as Step)
        : s,
    )
}

/** An instruction that is about to be copied into the changed program. */
export interface At {
  readonly instruction: Instruction
  /** The original program. */
  readonly code: readonly Instruction[]
  readonly isOutput: boolean
  /** Adds an instruction, and gives its index. */
  emit(i: Instruction): number
  /** Where an original instruction's value is in the changed program. */
  at(index: number): number
  /** Copies the instruction as it is. */
  copy(): number
}

/** Copies a program; `change` gives the index of what stands for an instruction, or undefined to copy it. */
export function rewrite(p: ScalarProgram, change: (a: At) => number | undefined): ScalarProgram {
  const code: Instruction[] = []
  const places: number[] = []
  const emit = (i: Instruction): number => code.push(i) - 1
  const at = (index: number): number => places[index]
  p.code.forEach((instruction, index) => {
    const [op, ...operands] = instruction
    const copy = (): number =>
      op === 'in' || op === 'const'
        ? emit(instruction)
        : emit([op, ...operands.map(o => at(o as number))] as unknown as Instruction)
    const a: At = { instruction, code: p.code, isOutput: p.outs.includes(index), emit, at, copy }
    places.push(change(a) ?? copy())
  })
  return { inputs: p.inputs, code, outs: p.outs.map(at) }
}

/** Changes every scalar program of a plan. */
export const changePrograms =
  (change: (p: ScalarProgram) => ScalarProgram) =>
  (plan: Plan): Plan =>
    withSteps(plan, s => {
      const { program } = s.attrs as { readonly program?: ScalarProgram }
      return program === undefined ? s : ({ ...s, attrs: { ...s.attrs, program: change(program) } } as Step)
    })

/** The value of a constant, or NaN. */
export const constantAt = (code: readonly Instruction[], i: number): number =>
  code[i][0] === 'const' ? Number(code[i][1]) : Number.NaN

/** Replaces constants. */
export const changeConstants = (change: (c: number, all: readonly number[]) => number): ((plan: Plan) => Plan) =>
  changePrograms(p => {
    const all = p.code.map((_, i) => constantAt(p.code, i))
    return rewrite(p, ({ instruction, emit }) => {
      if (instruction[0] !== 'const') return undefined
      const value = change(Number(instruction[1]), all)
      return emit(Number.isFinite(value) ? ['const', value] : instruction)
    })
  })

/** The steps that read a slot. */
const reads = (plan: Plan, s: Step, slot: number): boolean => s.ins.some(t => plan.tensors[t].slot === slot)

/** Lets step i write into the slot of its only input, which a step before has made and nobody reads later. */
export function forceInPlace(plan: Plan, kernels: readonly KernelName[]): Plan {
  const tensors = [...plan.tensors]
  for (const [i, s] of plan.steps.entries()) {
    if (!kernels.includes(s.kernel) || s.outs.length !== 1) continue
    const [from, to] = [plan.tensors[s.ins[0]].slot, plan.tensors[s.outs[0]].slot]
    const scratch = [from, to].every(slot => plan.slots[slot].kind === 'scratch')
    const last = !plan.steps.slice(i + 1).some(r => reads(plan, r, from))
    const alone = plan.tensors.filter(t => t.slot === to).length === 1
    if (scratch && last && alone && plan.slots[from].bytes === plan.slots[to].bytes) {
      tensors[s.outs[0]] = { ...tensors[s.outs[0]], slot: from }
    }
  }
  return { ...plan, tensors }
}

/** Frees slots one step too early: a step's output may land in memory that a later step still reads. */
export function reuseTooEarly(plan: Plan): Plan {
  for (const [i, s] of plan.steps.entries()) {
    for (const t of s.outs) {
      const own = plan.tensors[t]
      if (plan.slots[own.slot].kind !== 'scratch' || plan.tensors.filter(x => x.slot === own.slot).length > 1) continue
      const victim = plan.slots.findIndex(
        (slot, k) =>
          slot.kind === 'scratch' &&
          k !== own.slot &&
          slot.bytes >= plan.slots[own.slot].bytes &&
          plan.steps.slice(0, i).some(w => w.outs.some(o => plan.tensors[o].slot === k)) &&
          plan.steps.slice(i + 1).some(r => reads(plan, r, k)) &&
          !reads(plan, s, k),
      )
      if (victim < 0) continue
      return { ...plan, tensors: plan.tensors.map((x, j) => (j === t ? { ...x, slot: victim } : x)) }
    }
  }
  return plan
}

/** New values of the bindings of these names go nowhere. The plan itself if there are none. */
export function dropUpdates(plan: Plan, names: RegExp): Plan {
  const slots = [...plan.slots]
  const tensors = [...plan.tensors]
  const steps = [...plan.steps]
  let changed = false
  for (const [name, t] of Object.entries(plan.bind)) {
    if (!names.test(name)) continue
    const { slot } = plan.tensors[t]
    steps.forEach((s, i) => {
      const outs = s.outs.map(o => {
        if (tensors[o].slot !== slot) return o
        changed = true
        const lost = slots.push({ bytes: plan.slots[slot].bytes, kind: 'scratch' }) - 1
        return tensors.push({ spec: tensors[o].spec, slot: lost }) - 1
      })
      steps[i] = { ...s, outs }
    })
  }
  return changed ? { ...plan, slots, tensors, steps } : plan
}

/** Reads a vector along the first of two equal dimensions instead of the last. */
export function transposeBroadcasts(plan: Plan): Plan {
  const tensors = [...plan.tensors]
  const steps = plan.steps.map(s => {
    if (s.kernel !== 'map') return s
    const { shape } = s.attrs as AttrsOf<'map'>
    const [rows, columns] = shape.slice(-2)
    const ins = s.ins.map(t => {
      const { spec, slot } = plan.tensors[t]
      if (shape.length < 2 || rows !== columns || spec.shape.length !== 1 || spec.shape[0] !== rows) return t
      return tensors.push({ spec: { ...spec, shape: [rows, 1] }, slot }) - 1
    })
    return { ...s, ins }
  })
  return { ...plan, tensors, steps }
}
