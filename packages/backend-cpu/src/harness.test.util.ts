// Runs one kernel step, or a small plan, on a backend: what the tests of kernels share.
import {
  type AttrsOf,
  type Backend,
  bytesOf,
  type KernelName,
  type Plan,
  type Step,
  specOf,
  type TensorSpec,
} from '@strata/api/backend'
import { cpu } from './backend.js'
import { fmaPaths } from './wasm/harness.test.util.js'

export { fmaPaths, seeded } from './wasm/harness.test.util.js'

/** One backend for each way to multiply and add, and one of three threads; in the last, all addresses lie above 2^31. */
export const backends: Backend[] = []
for (const relaxedFma of fmaPaths) backends.push(await cpu({ relaxedFma, threads: 1 }))
backends.push(await cpu({ threads: 3, shareAll: true }))
backends.push(await cpu({ threads: 1 }))
backends[backends.length - 1].alloc(2 ** 31)

/** Names of the inputs and outputs of {@link stepPlan}. */
const inputName = (i: number): string => `in${i}`
const outputName = (j: number): string => `out${j}`

/** A plan of one step, every tensor bound; `inplace` gives an output the memory of an input. */
export function stepPlan<K extends KernelName>(
  kernel: K,
  attrs: AttrsOf<K>,
  ins: readonly TensorSpec[],
  inplace: readonly (readonly [out: number, input: number])[] = [],
): Plan {
  const outs = specOf(kernel).infer(ins, attrs)
  const slots = [...ins.map(s => bytesOf(s)), ...outs.map(s => bytesOf(s))].map(bytes => ({
    bytes,
    kind: 'bound' as const,
  }))
  const shared = new Map(inplace)
  const tensors = [...ins, ...outs].map((spec, t) => ({
    spec,
    slot: t < ins.length ? t : (shared.get(t - ins.length) ?? t),
  }))
  const used = [...new Set(tensors.map(t => t.slot))]
  const step: Step = {
    kernel,
    attrs,
    ins: ins.map((_, i) => i),
    outs: outs.map((_, j) => ins.length + j),
  }
  const bind = Object.fromEntries(
    tensors.map((_, t) => [t < ins.length ? inputName(t) : outputName(t - ins.length), t] as const),
  )
  return {
    slots: slots.filter((_, i) => used.includes(i)),
    tensors: tensors.map(t => ({ spec: t.spec, slot: used.indexOf(t.slot) })),
    steps: [step],
    bind,
    constants: [],
    report: { fused: [], decomposed: [] },
  }
}

export type Data = Float32Array | Int32Array

/** Elements around every output that a kernel must not touch. */
const GUARD = 16
const POISON = Math.fround(-7.654321e20)

/**
 * Runs one step on `data` and returns its outputs. Outputs start as rubbish; inputs that are not overwritten on purpose
 * must be the same afterwards; the memory next to every buffer must stay untouched.
 */
export async function runStep<K extends KernelName>(
  backend: Backend,
  kernel: K,
  attrs: AttrsOf<K>,
  ins: readonly TensorSpec[],
  data: readonly Data[],
  inplace: readonly (readonly [out: number, input: number])[] = [],
): Promise<Data[]> {
  const plan = stepPlan(kernel, attrs, ins, inplace)
  const before = backend.memory()
  const executable = await backend.load(plan)
  const guards = [backend.alloc(GUARD * 4)]
  const bySlot = plan.slots.map(s => {
    const buffer = backend.alloc(s.bytes)
    backend.write(buffer, new Float32Array(s.bytes / 4).fill(POISON))
    guards.push(backend.alloc(GUARD * 4))
    return buffer
  })
  for (const g of guards) backend.write(g, new Float32Array(GUARD).fill(POISON))
  const bind = Object.fromEntries(Object.entries(plan.bind).map(([name, t]) => [name, bySlot[plan.tensors[t].slot]]))
  ins.forEach((_, i) => {
    backend.write(bind[inputName(i)], data[i])
  })
  executable.run(bind)
  const outs: Data[] = []
  const outSpecs = plan.steps[0].outs.map(t => plan.tensors[t].spec)
  for (const [j, spec] of outSpecs.entries()) {
    const buffer = bind[outputName(j)]
    outs.push(spec.dtype === 'int32' ? await backend.readInt32(buffer) : await backend.read(buffer))
  }
  for (const [i] of ins.entries()) {
    if (inplace.some(([, input]) => input === i)) continue
    const after = await backend.readInt32(bind[inputName(i)])
    const given = new Int32Array(data[i].buffer, data[i].byteOffset, data[i].length)
    if (!given.every((v, k) => v === after[k])) throw new Error(`${kernel} wrote to its input ${i}`)
  }
  for (const g of guards) {
    if (!(await backend.read(g)).every(v => v === POISON)) throw new Error(`${kernel} wrote outside of its buffers`)
  }
  executable.dispose()
  for (const b of [...bySlot, ...guards]) b.dispose()
  const after = backend.memory()
  if (after.buffers !== before.buffers || after.executables !== before.executables) throw new Error('a buffer is left')
  return outs
}
