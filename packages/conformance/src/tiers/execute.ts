// Runs a plan on a backend with sentinels around every buffer, and on the oracle.
import { type Backend, type Buffer, bytesOf, type Plan, scratchBytes, type TensorSpec } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import type { Exact, ReferenceBackend } from '../oracle/reference.js'

/** A NaN of no arithmetic: read by mistake it spreads, overwritten by mistake it is missed. */
const SENTINEL = 0x7fc0dead
const GUARD = new Int32Array(64).fill(SENTINEL)

/** An output is missing elements, a neighbour or an input was overwritten, or something was left behind. */
export class MemoryFault extends Error {
  override readonly name = 'MemoryFault'
}

const isInput = (name: string, inputs: Readonly<Record<string, unknown>>): boolean => name in inputs
const specs = (plan: Plan): [name: string, spec: TensorSpec][] =>
  Object.entries(plan.bind).map(([name, t]) => [name, plan.tensors[t].spec])

/**
 * Runs a plan `runs` times and gives the outputs of each run. Outputs hold sentinels beforehand; every buffer has one of
 * sentinels on either side.
 *
 * @param inputs data by name; the plan's other bindings are outputs
 * @throws MemoryFault
 */
export async function executeRepeatedly(
  backend: Backend,
  plan: Plan,
  inputs: Readonly<Record<string, HostData>>,
  runs: number,
): Promise<Record<string, HostData>[]> {
  const before = backend.memory()
  const buffers: Buffer[] = []
  const alloc = (bytes: number): Buffer => {
    const buffer = backend.alloc(bytes)
    buffers.push(buffer)
    return buffer
  }
  const guard = (): Buffer => {
    const g = alloc(GUARD.byteLength)
    backend.write(g, GUARD)
    return g
  }
  const results: Record<string, HostData>[] = []
  try {
    const guards = [guard()]
    const bind: Record<string, Buffer> = {}
    for (const [name, spec] of specs(plan)) {
      bind[name] = alloc(bytesOf(spec))
      guards.push(guard())
    }
    poison(backend, scratchBytes(plan))
    const executable = await backend.load(plan)
    for (let run = 0; run < runs; run++) {
      for (const [name, spec] of specs(plan)) {
        const data = isInput(name, inputs) ? inputs[name] : new Int32Array(bytesOf(spec) / 4).fill(SENTINEL)
        backend.write(bind[name], data)
      }
      executable.run(bind)
      results.push(await readOutputs(backend, plan, bind, inputs))
      await checkGuards(backend, guards)
    }
    executable.dispose()
  } finally {
    for (const b of buffers) b.dispose()
  }
  const after = backend.memory()
  if (after.buffers !== before.buffers || after.executables !== before.executables) {
    throw new MemoryFault(`left behind: ${JSON.stringify(before)} became ${JSON.stringify(after)}`)
  }
  return results
}

/** Leaves sentinels where the plan's scratch memory may come to lie: whatever reads it before it is written finds them. */
function poison(backend: Backend, bytes: number): void {
  if (bytes === 0) return
  const garbage = backend.alloc(bytes)
  backend.write(garbage, new Int32Array(bytes / 4).fill(SENTINEL))
  garbage.dispose()
}

async function checkGuards(backend: Backend, guards: readonly Buffer[]): Promise<void> {
  for (const g of guards) {
    if ((await backend.readInt32(g)).some(v => v !== SENTINEL)) {
      throw new MemoryFault('a step wrote outside its buffers')
    }
  }
}

/** Runs a plan once. @throws MemoryFault */
export const execute = async (
  backend: Backend,
  plan: Plan,
  inputs: Readonly<Record<string, HostData>>,
): Promise<Record<string, HostData>> => (await executeRepeatedly(backend, plan, inputs, 1))[0]

async function readOutputs(
  backend: Backend,
  plan: Plan,
  bind: Readonly<Record<string, Buffer>>,
  inputs: Readonly<Record<string, HostData>>,
): Promise<Record<string, HostData>> {
  const outputs: Record<string, HostData> = {}
  for (const [name, spec] of specs(plan)) {
    const bits = await backend.readInt32(bind[name])
    if (isInput(name, inputs)) {
      const { buffer, byteOffset, length } = inputs[name]
      const sent = new Int32Array(buffer, byteOffset, length)
      if (bits.some((v, i) => v !== sent[i])) throw new MemoryFault(`input ${name} was overwritten`)
      continue
    }
    const missing = bits.indexOf(SENTINEL)
    if (missing >= 0) throw new MemoryFault(`element ${missing} of output ${name} was not written`)
    outputs[name] = spec.dtype === 'int32' ? bits : await backend.read(bind[name])
  }
  return outputs
}

/** Runs a plan on the oracle; float64 inputs stay exact. */
export async function executeExactly(
  oracle: ReferenceBackend,
  plan: Plan,
  inputs: Readonly<Record<string, HostData | Float64Array>>,
): Promise<Record<string, Exact>> {
  const bind: Record<string, Buffer> = {}
  for (const [name, spec] of specs(plan)) {
    bind[name] = oracle.alloc(bytesOf(spec))
    if (isInput(name, inputs)) oracle.writeExact(bind[name], Float64Array.from(inputs[name]))
  }
  const executable = await oracle.load(plan)
  executable.run(bind)
  const outputs: Record<string, Exact> = {}
  for (const name of Object.keys(bind)) {
    if (!isInput(name, inputs)) outputs[name] = await oracle.readExact(bind[name])
  }
  executable.dispose()
  for (const b of Object.values(bind)) b.dispose()
  return outputs
}
