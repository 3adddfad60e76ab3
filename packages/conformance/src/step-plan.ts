// Single steps of a plan as plans of their own.
import { bytesOf, type Plan, type Slot, specOf, stepSpec, type TensorSpec } from '@strata/api/backend'
import type { HostData } from './cases/data.js'

/** A view of a tensor in a slot's memory. */
export const viewOf = (bits: Int32Array, { dtype, shape }: TensorSpec): HostData => {
  const n = shape.reduce((a, b) => a * b, 1)
  return dtype === 'int32' ? bits.subarray(0, n) : new Float32Array(bits.buffer, bits.byteOffset, n)
}
export const bitsOf = (data: HostData): Int32Array => new Int32Array(data.buffer, data.byteOffset, data.length)

/** One step of a plan as a plan of its own; an output that works in place on an input does so here. */
export function planOfStep(plan: Plan, index: number): { plan: Plan; outs: readonly string[] } {
  const step = plan.steps[index]
  const slots: Slot[] = []
  const tensors: { spec: TensorSpec; slot: number }[] = []
  const bind: Record<string, number> = {}
  const homes = new Map<number, { slot: number; name: string; bytes: number }>()
  const place = (t: number, name: string): number => {
    const { spec, slot } = plan.tensors[t]
    const bytes = bytesOf(spec)
    const home = { slot: slots.push({ bytes, kind: 'bound' }) - 1, name, bytes }
    homes.set(slot, home)
    bind[name] = tensors.push({ spec, slot: home.slot }) - 1
    return bind[name]
  }
  const ins = step.ins.map((t, i) => place(t, `in${i}`))
  const names: string[] = []
  const { ins: specs, attrs, kernel } = stepSpec(plan, step)
  const allowed = specOf(kernel).inplace?.(specs, attrs) ?? []
  const outs = step.outs.map((t, j) => {
    const { spec, slot } = plan.tensors[t]
    const home = homes.get(slot)
    const from = home === undefined ? [] : step.ins.flatMap((x, i) => (plan.tensors[x].slot === slot ? [i] : []))
    const shares =
      home?.bytes === bytesOf(spec) && from.length === 1 && allowed.some(([o, i]) => o === j && i === from[0])
    names.push(shares ? home!.name : `out${j}`)
    return shares ? tensors.push({ spec, slot: home!.slot }) - 1 : place(t, `out${j}`)
  })
  const report = { fused: [], decomposed: [] }
  return { plan: { slots, tensors, steps: [{ ...step, ins, outs }], bind, constants: [], report }, outs: names }
}
