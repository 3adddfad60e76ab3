// The Plan: what a backend gets. A flat list of kernel steps over memory slots; plain JSON, so it prints, snapshots and
// travels to workers.
import type { AttrsOf, KernelName } from '../kernels/attrs.js'
import { specOf } from '../kernels/index.js'
import { bytesOf, showSpec, type TensorSpec } from '../tensor-spec.js'

/**
 * A piece of memory. `bound` slots are buffers that the caller binds by name; `constant` ones hold data of the plan, written
 * once at load; `scratch` ones belong to the executable and hold garbage between runs.
 */
export interface Slot {
  readonly bytes: number
  readonly kind: 'bound' | 'scratch' | 'constant'
}
/** A tensor in a slot, from the slot's first byte. Several tensors share a slot at different times, or as views of one another. */
export interface PlanTensor {
  readonly spec: TensorSpec
  readonly slot: number
}
/** A kernel application over tensors (indices into `plan.tensors`). An output may share its slot with an input only as the kernel's `inplace` allows. */
export interface Step<K extends KernelName = KernelName> {
  readonly kernel: K
  readonly attrs: AttrsOf<K>
  readonly ins: readonly number[]
  readonly outs: readonly number[]
}
export interface Plan {
  readonly slots: readonly Slot[]
  readonly tensors: readonly PlanTensor[]
  readonly steps: readonly Step[]
  /** Name -> tensor in a bound slot: inputs, parameters, state, outputs. A name that is updated holds the new value after the run. */
  readonly bind: Readonly<Record<string, number>>
  readonly constants: readonly { readonly tensor: number; readonly data: readonly number[] }[]
  readonly report: { readonly fused: readonly string[]; readonly decomposed: readonly string[] }
}

/** A step with its tensors' specs: what `supports` and `prepare` see. */
export interface StepSpec<K extends KernelName = KernelName> {
  readonly kernel: K
  readonly attrs: AttrsOf<K>
  readonly ins: readonly TensorSpec[]
  readonly outs: readonly TensorSpec[]
}

export function stepSpec(plan: Plan, step: Step): StepSpec {
  const spec = (t: number): TensorSpec => plan.tensors[t].spec
  return { kernel: step.kernel, attrs: step.attrs, ins: step.ins.map(spec), outs: step.outs.map(spec) }
}

/** Flops and bytes (inputs and outputs once each) of a step, for the roofline. */
export function stepCost(s: StepSpec): { flops: number; bytes: number } {
  const bytes = [...s.ins, ...s.outs].reduce((n, t) => n + bytesOf(t), 0)
  return { flops: specOf(s.kernel).flops(s.ins, s.attrs), bytes }
}

/** Bytes of all scratch slots. */
export const scratchBytes = (plan: Plan): number =>
  plan.slots.reduce((n, s) => n + (s.kind === 'scratch' ? s.bytes : 0), 0)

/** A plan as a table: one step a line, with specs, slots and work. */
export function planToString(plan: Plan): string {
  const name = new Map(Object.entries(plan.bind).map(([k, t]) => [t, k]))
  const tensor = (t: number): string => {
    const { spec, slot } = plan.tensors[t]
    return `${name.get(t) ?? `t${t}`}@${slot} ${showSpec(spec)}`
  }
  const lines = plan.steps.map((s, i) => {
    const { flops, bytes } = stepCost(stepSpec(plan, s))
    const work = `${(flops / 1e6).toFixed(3)} MFLOP ${(bytes / 1024).toFixed(1)} KiB`
    return `${String(i).padStart(4)} ${s.kernel} (${s.ins.map(tensor).join(', ')}) -> ${s.outs.map(tensor).join(', ')}  # ${work}`
  })
  const head = `plan: ${plan.steps.length} steps, ${plan.slots.length} slots, ${(scratchBytes(plan) / 1024).toFixed(1)} KiB scratch`
  const tail = plan.report.fused.map(f => `fused: ${f}`).concat(plan.report.decomposed.map(d => `decomposed: ${d}`))
  return [head, ...lines, ...tail].join('\n')
}
