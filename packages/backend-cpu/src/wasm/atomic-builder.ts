// Atomic instructions of the threads proposal, for shared memory: sequentially consistent, addresses aligned to the access
// (else they trap). Loads and stores of other instructions are ordered by them as by a lock: what a thread wrote before an
// atomic store is seen by whoever read that store's value.
// Source: WebAssembly Core Specification 3.0 with the threads proposal, "Atomic Memory Instructions".

import { BodyBuilder } from './body-builder.js'
import { type Expression, memoryArgument, writeInstruction } from './expression.js'
import { I32, I64 } from './integers.js'
import { ATOMIC_OP } from './opcodes.js'

/** `BodyBuilder` with atomics. Read-modify-write operations are expressions that must be used: `f.drop(...)` if not. */
export abstract class AtomicBuilder extends BodyBuilder {
  /** Stores an integer of 32 or 64 bits. */
  atomicStore(address: I32 | number, value: I32 | I64, offset = 0): void {
    const [op, align] = value.kind === 'i32' ? [ATOMIC_OP.i32Store, 2] : [ATOMIC_OP.i64Store, 3]
    this.emit(I32.from(address))
    this.emit(value)
    writeInstruction(this.w, op, memoryArgument(align, offset))
  }

  /** Adds, and is the value before. */
  atomicAdd(address: I32 | number, value: I32 | number, offset = 0): I32 {
    return this.#effect(new I32(ATOMIC_OP.i32Add, [I32.from(address), I32.from(value)], memoryArgument(2, offset)))
  }

  /** Stores `replacement` if the value is `expected`; is the value before. */
  atomicCompareExchange(address: I32 | number, expected: I32 | number, replacement: I32 | number, offset?: number): I32
  atomicCompareExchange(address: I32 | number, expected: I64, replacement: I64, offset?: number): I64
  atomicCompareExchange(
    address: I32 | number,
    expected: I32 | I64 | number,
    replacement: I32 | I64 | number,
    offset = 0,
  ): I32 | I64 {
    const operands = [I32.from(address), ...[expected, replacement].map(v => (typeof v === 'number' ? I32.of(v) : v))]
    return this.#effect(
      operands[1].kind === 'i64'
        ? new I64(ATOMIC_OP.i64CompareExchange, operands, memoryArgument(3, offset))
        : new I32(ATOMIC_OP.i32CompareExchange, operands, memoryArgument(2, offset)),
    )
  }

  /**
   * Sleeps while the word is `expected` until notified, at most `timeout` nanoseconds (negative: for ever). 0: woken, 1: the
   * word was another, 2: timed out. Traps where a thread may not sleep (a page's main thread) or memory is not shared.
   */
  atomicWait(address: I32 | number, expected: I32 | number, timeout: I64 | bigint, offset = 0): I32 {
    const operands = [I32.from(address), I32.from(expected), I64.from(timeout)]
    return this.#effect(new I32(ATOMIC_OP.wait32, operands, memoryArgument(2, offset)))
  }

  /** Wakes up to `count` (unsigned) threads that sleep at the address; is how many. */
  atomicNotify(address: I32 | number, count: I32 | number, offset = 0): I32 {
    return this.#effect(new I32(ATOMIC_OP.notify, [I32.from(address), I32.from(count)], memoryArgument(2, offset)))
  }

  /** Orders all memory accesses before against all after. */
  atomicFence(): void {
    this.w.op(ATOMIC_OP.fence)
    this.w.byte(0)
  }

  #effect<E extends Expression>(e: E): E {
    this.pendingEffects.add(e)
    return e
  }
}
