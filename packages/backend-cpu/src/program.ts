// Loads a plan into linear memory: places its slots, records its steps into a module, compiles and instantiates it.
import {
  BackendError,
  type KernelName,
  type KernelTable,
  type Plan,
  type StepSpec,
  sizeOf,
  stepSpec,
} from '@strata/api/backend'
import type { Address, CpuImpl, KernelContext, Tile } from './kernels/context.js'
import { KERNELS } from './kernels/index.js'
import { ALIGNMENT, type LinearMemory } from './memory.js'
import { Recorder, TABLE } from './recorder.js'
import { validatePlan } from './validate.js'
import { I32 } from './wasm/index.js'

type Run = (table: number) => void

/** A plan in memory, ready to run. */
export interface Program {
  /** Address of the table that `run` is given. */
  readonly table: number
  /** Slot of each bound word of the table. */
  readonly boundSlots: readonly number[]
  readonly run: Run
  /** Each step by itself, when profiling. */
  readonly steps: readonly Run[] | undefined
  /** What to free when the program is dropped. */
  readonly blocks: readonly number[]
}

export interface ProgramOptions {
  readonly relaxedFma: boolean
  readonly tile: Tile
  readonly profile: boolean
}

/** The implementation of a kernel, if this backend has one. */
export function implementationOf<K extends KernelName>(kernel: K): CpuImpl<K> | undefined {
  const table: KernelTable<KernelContext, Address> = KERNELS
  return table[kernel] as CpuImpl<K> | undefined
}
export function isSupported(s: StepSpec): boolean {
  const impl = implementationOf(s.kernel)
  return impl !== undefined && (impl.supports?.(s) ?? true)
}

const align = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT

/** @throws ArgumentError, ShapeError, DTypeError for a malformed plan; BackendError when it is unsupported or does not fit */
export async function loadProgram(plan: Plan, linear: LinearMemory, options: ProgramOptions): Promise<Program> {
  validatePlan(plan)
  plan.steps.forEach((step, i) => {
    if (!isSupported(stepSpec(plan, step))) {
      throw new BackendError({ where: 'load', what: `step ${i}`, expected: 'a supported kernel', got: step.kernel })
    }
  })
  const blocks: number[] = []
  const alloc = (bytes: number): number => {
    const address = linear.alloc(bytes, 'load')
    blocks.push(address)
    return address
  }
  try {
    const boundSlots = plan.slots.flatMap((s, i) => (s.kind === 'bound' ? [i] : []))
    const offsets: number[] = []
    let size = align((TABLE.bound + boundSlots.length) * 4)
    plan.slots.forEach((s, i) => {
      if (s.kind === 'bound') return
      offsets[i] = size
      size += align(s.bytes)
    })
    const arena = alloc(size)
    const recorder = new Recorder(options.relaxedFma, options.tile)
    const addressOf = (tensor: number): Address => {
      const { slot } = plan.tensors[tensor]
      const word = boundSlots.indexOf(slot)
      return word >= 0 ? recorder.fromTable(TABLE.bound + word) : () => I32.of(arena + offsets[slot])
    }
    plan.steps.forEach((step, i) => {
      const s = stepSpec(plan, step)
      recorder.step(`step${i}_${step.kernel}`, () => {
        // Nothing to compute: said here once, so that kernels may count on work.
        if (s.outs.every(o => sizeOf(o.shape) === 0)) return () => {}
        const dispatch = implementationOf(step.kernel)!.prepare(recorder, s)
        return () => dispatch(step.ins.map(addressOf), step.outs.map(addressOf))
      })
    })
    const bytes = recorder.finish(options.profile)
    const work = alloc(recorder.scratchBytes)
    const data = alloc(recorder.dataBytes)
    linear.i32[arena / 4 + TABLE.work] = work
    linear.i32[arena / 4 + TABLE.data] = data
    for (const { offset, words } of recorder.tables) {
      const view = words instanceof Int32Array ? linear.i32 : linear.f32
      view.set(words, (data + offset) / 4)
    }
    for (const { tensor, data: values } of plan.constants) {
      const { spec, slot } = plan.tensors[tensor]
      const view = spec.dtype === 'int32' ? linear.i32 : linear.f32
      view.set(values, (arena + offsets[slot]) / 4)
    }
    const { run, steps } = await instantiate(bytes, linear, options.profile ? plan.steps.length : undefined)
    return { table: arena, boundSlots, run, steps, blocks }
  } catch (e) {
    for (const b of blocks) linear.free(b)
    throw e
  }
}

async function instantiate(bytes: Uint8Array<ArrayBuffer>, linear: LinearMemory, steps: number | undefined) {
  let instance: WebAssembly.Instance
  try {
    const module = await WebAssembly.compile(bytes)
    instance = await WebAssembly.instantiate(module, { env: { memory: linear.memory } })
  } catch (cause) {
    throw new BackendError({ where: 'load', what: `the engine refused the module of ${bytes.length} bytes`, cause })
  }
  const entry = (name: string): Run => instance.exports[name] as Run
  const single = steps === undefined ? undefined : Array.from({ length: steps }, (_, i) => entry(`step${i}`))
  return { run: entry('run'), steps: single }
}
