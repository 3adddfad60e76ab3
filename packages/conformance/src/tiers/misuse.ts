// The misuse tier: what a backend must refuse, with a typed error that names the thing, and that it works afterwards.
import {
  type Backend,
  BackendError,
  BindingError,
  type Buffer,
  f32,
  StateError,
  type StrataError,
} from '@strata/api/backend'
import { stepOf, stepPlan } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { guarded, type TierResult } from './result.js'

type Kind = new (...args: never[]) => StrataError
interface Misuse {
  readonly name: string
  readonly kind: Kind
  /** What the message must name. */
  readonly names: string
  run(t: Table): unknown
}
/** A loaded copy of two elements with its buffers, and one of everything wrong. */
interface Table {
  readonly backend: Backend
  readonly run: (bind: Record<string, Buffer>) => void
  readonly a: Buffer
  readonly b: Buffer
  readonly short: Buffer
  readonly long: Buffer
  readonly disposed: Buffer
  readonly foreign: Buffer
}

const MISUSES: readonly Misuse[] = [
  { name: 'a missing binding', kind: BindingError, names: 'out0', run: t => t.run({ in0: t.a }) },
  {
    name: 'an unknown binding',
    kind: BindingError,
    names: 'typo',
    run: t => t.run({ in0: t.a, out0: t.b, typo: t.a }),
  },
  { name: 'a disposed buffer', kind: BindingError, names: 'in0', run: t => t.run({ in0: t.disposed, out0: t.b }) },
  { name: 'a foreign buffer', kind: BindingError, names: 'in0', run: t => t.run({ in0: t.foreign, out0: t.b }) },
  { name: 'a short buffer', kind: BindingError, names: 'in0', run: t => t.run({ in0: t.short, out0: t.b }) },
  { name: 'a long buffer', kind: BindingError, names: 'out0', run: t => t.run({ in0: t.a, out0: t.long }) },
  { name: 'too much data', kind: BindingError, names: '', run: t => t.backend.write(t.a, new Float32Array(3)) },
  {
    name: 'writing to a disposed buffer',
    kind: BindingError,
    names: '',
    run: t => t.backend.write(t.disposed, new Float32Array(2)),
  },
  {
    name: 'writing to a foreign buffer',
    kind: BindingError,
    names: '',
    run: t => t.backend.write(t.foreign, new Float32Array(2)),
  },
  { name: 'reading a disposed buffer', kind: BindingError, names: '', run: t => t.backend.read(t.disposed) },
  { name: 'reading a foreign buffer', kind: BindingError, names: '', run: t => t.backend.readInt32(t.foreign) },
  { name: 'more memory than there is', kind: BackendError, names: '', run: t => t.backend.alloc(2 ** 50) },
]
export const MISUSE_NAMES: readonly string[] = MISUSES.map(m => m.name)

async function errorOf(f: () => unknown): Promise<unknown> {
  try {
    await f()
  } catch (e) {
    return e
  }
  return undefined
}

/** What is wrong with how the backend refuses, or undefined. */
function complaint(m: Pick<Misuse, 'kind' | 'names'>, e: unknown): string | undefined {
  if (e === undefined) return `accepted, expected ${m.kind.name}`
  if (!(e instanceof m.kind)) return `threw ${e instanceof Error ? e.stack : String(e)}, expected ${m.kind.name}`
  return e.message.includes(m.names) ? undefined : `'${e.message}' does not name ${m.names}`
}

/** One misuse on a backend of its own, which is disposed at the end. */
export const misuseTier = (open: () => Promise<Backend>, name: string): Promise<TierResult> =>
  guarded({ tier: 'misuse', kernel: 'copy', case: name, seed: 0 }, async () => {
    const m = MISUSES.find(c => c.name === name)
    if (m === undefined) throw new RangeError(`no misuse '${name}': there are ${MISUSE_NAMES.join(', ')}`)
    const backend = await open()
    const executable = await backend.load(stepPlan(stepOf('copy', {}, [f32([2])])))
    const [a, b, disposed] = [8, 8, 8].map(n => backend.alloc(n))
    const run = (bind: Record<string, Buffer>): void => executable.run(bind)
    disposed.dispose()
    disposed.dispose()
    const table = {
      backend,
      run,
      a,
      b,
      disposed,
      short: backend.alloc(4),
      long: backend.alloc(12),
      foreign: reference().alloc(8),
    }
    let what = complaint(m, await errorOf(() => m.run(table)))
    backend.write(a, Float32Array.of(3, 4))
    run({ in0: a, out0: b })
    const after = await backend.read(b)
    if (after[0] !== 3 || after[1] !== 4) what ??= `gives ${after} afterwards`
    executable.dispose()
    executable.dispose()
    what ??= complaint({ kind: StateError, names: '' }, await errorOf(() => run({ in0: a, out0: b })))
    backend.dispose()
    what ??= complaint({ kind: StateError, names: '' }, await errorOf(() => backend.alloc(8)))
    return { elements: 0, worst: 0, failure: what === undefined ? undefined : { what } }
  })
