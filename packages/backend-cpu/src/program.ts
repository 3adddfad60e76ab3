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
import type { Pool } from './threads/pool.js'
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
  /** Its number in the pool, if there is one. */
  readonly executable: number | undefined
  /** What to free when the program is dropped. */
  readonly blocks: readonly number[]
}

export interface ProgramOptions {
  readonly relaxedFma: boolean
  readonly tile: Tile
  readonly profile: boolean
  /** The threads, if there is more than one; the memory is then shared. */
  readonly pool: Pool | undefined
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
    const { pool } = options
    const executable = pool?.reserve()
    const team =
      pool === undefined || executable === undefined
        ? undefined
        : { control: pool.control, threads: pool.threads, shareAll: pool.shareAll, executable }
    const recorder = new Recorder(options.relaxedFma, options.tile, team)
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
    const module = await compile(bytes)
    const imports = { memory: linear.memory, ...pool?.imports }
    const { exports } = await WebAssembly.instantiate(module, { env: imports })
    const { sharedSteps } = recorder
    if (pool !== undefined && executable !== undefined && sharedSteps !== undefined) {
      const phases = sharedSteps.map(i => `step ${i} (${plan.steps[i].kernel})`)
      await pool.load(executable, { module, table: arena, phases })
    }
    const entry = (name: string): Run => exports[name] as Run
    const steps = options.profile ? plan.steps.map((_, i) => entry(`step${i}`)) : undefined
    return { table: arena, boundSlots, run: entry('run'), steps, executable, blocks }
  } catch (e) {
    for (const b of blocks) linear.free(b)
    throw e
  }
}

async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (cause) {
    throw new BackendError({ where: 'load', what: `the engine refused the module of ${bytes.length} bytes`, cause })
  }
}
