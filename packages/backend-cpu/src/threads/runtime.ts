// The part of a pool that is emitted into each module: publishing a job, taking chunks, waiting for the end of a job, and the
// loop of a worker. See control.ts for the protocol.
import {
  type FunctionBuilder,
  type FunctionHandle,
  I32,
  I64,
  type LocalI32,
  type ModuleBuilder,
} from '../wasm/index.js'
import { CONTROL, THREAD, threadLine } from './control.js'

/**
 * Trips of a waiting loop before the thread sleeps: some 50 microseconds (150 in code that is not optimised yet), about what
 * it costs to sleep and be woken, and longer than what the main thread mostly does alone between two jobs.
 */
const SPINS = 150_000
/**
 * The least work of a program that threads take part in, in chunks as kernels ask for them (3 to 20 microseconds). Waking
 * one costs the main thread 10 microseconds, and 30 or more pass until it is there.
 */
const WORTH_THREADS = 12

/** What a module needs to know of its pool. */
export interface Team {
  /** Address of the control words. */
  readonly control: number
  readonly threads: number
  /** Share whatever can be, in chunks of one unit. */
  readonly shareAll: boolean
  /** The executable's number in the pool. */
  readonly executable: number
}

type Phase = FunctionHandle<{ table: 'i32'; thread: 'i32'; job: 'i32' }, null>

export class ThreadRuntime {
  readonly #module: ModuleBuilder
  readonly #team: Team
  readonly #phases: Phase[] = []
  readonly #take: FunctionHandle<{ range: 'i32'; job: 'i32' }, 'i32'>
  readonly #count: FunctionHandle<{ line: 'i32'; chunks: 'i32' }, null>
  readonly #publish: FunctionHandle<{ phase: 'i32'; chunks: 'i32' }, 'i32'>
  #work = 0
  readonly #join: FunctionHandle<{ chunks: 'i32' }, null>

  /** Declares imports: before any function of the module. */
  constructor(module: ModuleBuilder, team: Team) {
    this.#module = module
    this.#team = team
    const wait = module.importFunc('env', 'wait', { chunks: 'i32' }, null)
    const failed = module.importFunc('env', 'failed', {}, null)
    this.#take = this.#emitTake()
    this.#count = this.#emitCount()
    this.#publish = module.declare('publish', { phase: 'i32', chunks: 'i32' }, 'i32')
    this.#join = this.#emitJoin(wait, failed)
  }

  /**
   * Emits a phase over [0, units) in chunks of `size`; `call` does one of them. Records in `f` that all threads run it,
   * and that the main thread waits for its end. `work` is its size in chunks as the kernel asks for them.
   */
  parallel(
    f: FunctionBuilder,
    table: LocalI32,
    name: string,
    units: number,
    size: number,
    work: number,
    call: (f: FunctionBuilder, table: LocalI32, begin: LocalI32, end: LocalI32) => void,
  ): void {
    const { control, threads } = this.#team
    const chunks = Math.ceil(units / size)
    const phase: Phase = this.#module.func(
      name,
      { table: 'i32', thread: 'i32', job: 'i32' },
      null,
      (f, { table, thread, job }) => {
        const line = f.let(thread.shl(6).add(control + threadLine(threads, 0)))
        const owner = f.local('i32', thread)
        const taken = f.local('i32', 0)
        f.repeat(threads, () => {
          const range = f.let(owner.shl(3).add(control + CONTROL.left))
          const end = f.let(owner.add(1).mul(chunks).divU(threads))
          const left = f.local('i32')
          f.while(
            () => f.tee(left, f.call(this.#take, { range, job })),
            () => {
              taken.inc(1)
              f.store(line, taken, THREAD.taken)
              const from = f.let(end.sub(left).mul(size))
              const to = f.let(from.add(size))
              if (units % size !== 0) f.if(to.gtU(units), () => to.set(units))
              call(f, table, from, to)
            },
          )
          owner.inc(1)
          f.if(owner.eq(threads), () => owner.set(0))
        })
        f.if(taken, () => f.call(this.#count, { line, chunks: taken }))
      },
    )
    this.#work += work
    const index = this.#phases.push(phase) - 1
    const job = f.let(f.call(this.#publish, { phase: index, chunks }))
    f.call(phase, { table, thread: 0, job })
    f.call(this.#join, { chunks })
  }

  /** Whether workers are to take part. If not, the main thread finds all chunks left to it. */
  get worthThreads(): boolean {
    return this.#phases.length > 0 && (this.#work >= WORTH_THREADS || this.#team.shareAll)
  }

  /** Emits what needs to know all phases; exports `work` if it is worth it. */
  finish(): void {
    this.#definePublish()
    if (this.worthThreads) this.#exportWork()
  }

  /**
   * Emits and exports the loop of a worker that has done job `job`. It returns the number of the latest job that it need not
   * look at again, when there is a message to handle or a job of another executable.
   */
  #exportWork(): void {
    const { control, executable } = this.#team
    const params = { table: 'i32', thread: 'i32', job: 'i32', messages: 'i32' } as const
    const work = this.#module.func('work', params, 'i32', (f, { table, thread, job, messages }) => {
      const latest = f.local('i32')
      f.loop(again => {
        f.block(ready => {
          const spins = f.local('i32', SPINS)
          f.loop(spin => {
            ready.branchIf(f.tee(latest, I32.atomicLoad(control, CONTROL.sequence)).ne(job))
            spins.inc(-1)
            spin.branchIf(spins)
            f.drop(f.atomicAdd(control, 1, CONTROL.sleepers))
            f.drop(f.atomicWait(control, job, -1n, CONTROL.sequence))
            f.drop(f.atomicAdd(control, -1, CONTROL.sleepers))
            spins.set(SPINS)
            spin.branch()
          })
        })
        f.if(I32.atomicLoad(control, CONTROL.messages).ne(messages), () => f.return(job))
        f.if(I32.load(control, CONTROL.executable).ne(executable), () => f.return(job))
        job.set(latest)
        f.switch(
          I32.load(control, CONTROL.phase),
          this.#phases.map(phase => () => f.call(phase, { table, thread, job })),
        )
        again.branch()
      })
      f.unreachable()
      return I32.of(0)
    })
    this.#module.export(work)
  }

  /** How many chunks of the range were left, one of which is now the caller's; 0: none, or the job is over. */
  #emitTake() {
    return this.#module.func('take', { range: 'i32', job: 'i32' }, 'i32', (f, { range, job }) => {
      f.loop(again => {
        const word = f.let(I64.atomicLoad(range))
        f.if(word.shrU(32n).wrap().ne(job), () => f.return(I32.of(0)))
        const left = f.let(word.wrap())
        f.if(left.eqz(), () => f.return(I32.of(0)))
        f.if(f.atomicCompareExchange(range, word, word.sub(1n)).xor(word).eqz(), () => f.return(left))
        again.branch()
      })
      f.unreachable()
      return I32.of(0)
    })
  }

  /** Counts chunks as done. */
  #emitCount() {
    const { control } = this.#team
    return this.#module.func('count', { line: 'i32', chunks: 'i32' }, null, (f, { line, chunks }) => {
      f.store(line, I32.of(0), THREAD.taken)
      f.store(line, I32.load(line, THREAD.total).add(chunks), THREAD.total)
      f.drop(f.atomicAdd(control, chunks, CONTROL.done))
      f.if(I32.atomicLoad(control, CONTROL.waiting), () => f.drop(f.atomicNotify(control, 1, CONTROL.done)))
    })
  }

  /** Makes a job known; its number. */
  #definePublish(): void {
    const { control, threads, executable } = this.#team
    this.#module.define(this.#publish, (f, { phase, chunks }) => {
      f.store(control, I32.of(executable), CONTROL.executable)
      f.store(control, phase, CONTROL.phase)
      f.store(control, chunks, CONTROL.chunks)
      f.store(control, I32.of(0), CONTROL.done)
      const job = f.let(I32.load(control, CONTROL.sequence).add(1))
      const number = f.let(job.extendU().shl(32n))
      const begin = f.local('i32', 0)
      f.for(0, threads, 1, i => {
        const end = f.let(i.add(1).mul(chunks).divU(threads))
        f.atomicStore(i.shl(3).add(control), number.or(end.sub(begin).extendU()), CONTROL.left)
        begin.set(end)
      })
      f.atomicStore(control, job, CONTROL.sequence)
      if (this.worthThreads) {
        f.if(I32.atomicLoad(control, CONTROL.sleepers), () =>
          f.drop(f.atomicNotify(control, chunks.sub(1), CONTROL.sequence)),
        )
      }
      return job
    })
  }

  /** Waits until all chunks are done; `wait` goes on waiting where spinning was in vain. */
  #emitJoin(wait: FunctionHandle<{ chunks: 'i32' }, null>, failed: FunctionHandle<Record<never, 'i32'>, null>) {
    const { control } = this.#team
    return this.#module.func('join', { chunks: 'i32' }, null, (f, { chunks }) => {
      f.block(done => {
        const spins = f.local('i32', SPINS)
        f.loop(again => {
          done.branchIf(I32.atomicLoad(control, CONTROL.done).eq(chunks))
          spins.inc(-1)
          again.branchIf(spins)
        })
        f.call(wait, { chunks })
      })
      f.if(I32.atomicLoad(control, CONTROL.trapped), () => f.call(failed, {}))
    })
  }
}
