// The ground of the function builder: the instruction stream, locals with scopes, stores.

import { ByteWriter } from './byte-writer.js'
import { EmitError } from './errors.js'
import { type Expression, type Kind, laneIndex, memoryArgument, VALUE_TYPE_OF, writeInstruction } from './expression.js'
import { I32 } from './integers.js'
import {
  type ExpressionOf,
  type LocalOf,
  type LocalSlot,
  typedLocal,
  typedNode,
  typedValue,
  type ValueOf,
} from './locals.js'
import { CONTROL, F32_OP, F64_OP, I32_OP, I64_OP, MEMORY, V128_OP, VARIABLE } from './opcodes.js'

/** What the engine that will run the module offers. */
export interface EmitFeatures {
  /** Use relaxed_madd (one rounding); else multiply and add (two roundings). */
  readonly relaxedFma: boolean
}

const STORE_OP: Readonly<Record<Kind, readonly [op: number, align: number]>> = {
  i32: [I32_OP.store, 2],
  i64: [I64_OP.store, 3],
  f32: [F32_OP.store, 2],
  f64: [F64_OP.store, 3],
  f32x4: [V128_OP.store, 2],
  i32x4: [V128_OP.store, 2],
  i64x2: [V128_OP.store, 2],
  f64x2: [V128_OP.store, 2],
}

/** Locals, memory and the emission of expressions. `AtomicBuilder` and `FunctionBuilder` add to it. */
export abstract class BodyBuilder {
  protected readonly w = new ByteWriter(512)
  /** Calls with a result, and atomic operations, that no statement has consumed yet: at the end, none may be left. */
  protected readonly pendingEffects = new Set<Expression>()
  readonly #localTypes: number[] = []
  readonly #localNames: (readonly [index: number, name: string])[] = []
  readonly #free = new Map<number, number[]>()
  #scope: { slot: LocalSlot; type: number }[] = []
  #open = true

  constructor(
    readonly name: string,
    readonly features: EmitFeatures,
    readonly parameterCount: number,
    readonly result: Kind | null,
  ) {}

  /** A local of the given kind, free to be reused when the enclosing scope ends. Set it before it is read. */
  local<K extends Kind>(kind: K, initial?: ValueOf[K], name?: string): LocalOf[K] {
    const type = VALUE_TYPE_OF[kind]
    const index = this.#free.get(type)?.pop() ?? this.parameterCount + this.#localTypes.push(type) - 1
    const slot = this.slot(index, name ?? `${kind}_${index}`, false)
    if (name !== undefined) this.#localNames.push([index, name])
    this.#scope.push({ slot, type })
    const local = typedLocal(kind, slot)
    if (initial !== undefined) slot.set(typedValue(kind, initial))
    return local
  }

  /** Several locals of one kind: the accumulators of a tile. */
  locals<K extends Kind>(kind: K, count: number, initial?: ValueOf[K]): LocalOf[K][] {
    return Array.from({ length: count }, () => this.local(kind, initial))
  }

  /** Evaluates now, into a new local that may be read any number of times. */
  let<K extends Kind>(value: Expression & { readonly kind: K }, name?: string): LocalOf[K] {
    const local = this.local<K>(value.kind, undefined, name)
    local.slot.set(value)
    return local
  }

  /** @internal The slot of a parameter (assigned from the start) or a local. */
  slot(index: number, name: string, assigned: boolean): LocalSlot {
    const slot: LocalSlot = {
      index,
      name,
      live: true,
      assigned,
      set: value => {
        if (!slot.live) throw new EmitError(this.name, `${name} is set outside the scope that declared it`)
        this.emit(value)
        this.w.op(VARIABLE.localSet)
        this.w.unsigned(index)
        slot.assigned = true
      },
    }
    return slot
  }

  /** Runs `body`; locals declared in it are free again afterwards. Loops, ifs and blocks are scopes already. */
  scope(body: () => void): void {
    const outer = this.#scope
    this.#scope = []
    body()
    for (const { slot, type } of this.#scope.reverse()) {
      slot.live = false
      const free = this.#free.get(type)
      if (free === undefined) this.#free.set(type, [slot.index])
      else free.push(slot.index)
    }
    this.#scope = outer
  }

  /** Sets the local and is the value set. */
  tee<K extends Kind>(local: LocalOf[K] & { readonly kind: K }, value: ExpressionOf[K]): ExpressionOf[K] {
    local.slot.assigned = true
    return typedNode<K>(local.kind, VARIABLE.localTee, [value], local.slot.index)
  }

  /** Stores a value of any kind at `address + offset` (constant offset, in bytes). */
  store(address: I32 | number, value: Expression, offset = 0): void {
    const [op, align] = STORE_OP[value.kind]
    this.#store(op, address, value, memoryArgument(align, offset))
  }
  /** Stores the low 8 bits. */
  store8(address: I32 | number, value: I32 | number, offset = 0): void {
    this.#store(I32_OP.store8, address, I32.from(value), memoryArgument(0, offset))
  }
  /** Stores the low 16 bits. */
  store16(address: I32 | number, value: I32 | number, offset = 0): void {
    this.#store(I32_OP.store16, address, I32.from(value), memoryArgument(1, offset))
  }
  /** Stores one 32-bit lane. */
  storeLane(
    address: I32 | number,
    vector: ExpressionOf['f32x4'] | ExpressionOf['i32x4'],
    lane: number,
    offset = 0,
  ): void {
    this.#store(V128_OP.store32Lane, address, vector, memoryArgument(2, offset, laneIndex(lane, 4)))
  }
  /** Stores lanes 0 and 1 (`half` 0) or 2 and 3 (`half` 1). */
  storeHalf(
    address: I32 | number,
    vector: ExpressionOf['f32x4'] | ExpressionOf['i32x4'],
    half: number,
    offset = 0,
  ): void {
    this.#store(V128_OP.store64Lane, address, vector, memoryArgument(2, offset, laneIndex(half, 2)))
  }
  #store(op: number, address: I32 | number, value: Expression, argument: ReturnType<typeof memoryArgument>): void {
    this.emit(I32.from(address))
    this.emit(value)
    writeInstruction(this.w, op, argument)
  }

  /** Copies bytes; the ranges may overlap. */
  memoryCopy(to: I32 | number, from: I32 | number, bytes: I32 | number): void {
    for (const e of [to, from, bytes]) this.emit(I32.from(e))
    this.w.op(MEMORY.copy)
    this.w.byte(0)
    this.w.byte(0)
  }
  /** Sets bytes to the low 8 bits of `value`. */
  memoryFill(to: I32 | number, value: I32 | number, bytes: I32 | number): void {
    for (const e of [to, value, bytes]) this.emit(I32.from(e))
    this.w.op(MEMORY.fill)
    this.w.byte(0)
  }

  /** Evaluates for the side effects of a call and forgets the value. */
  drop(value: Expression): void {
    this.emit(value)
    this.w.op(CONTROL.drop)
  }

  protected emit(value: Expression): void {
    if (!this.#open) throw new EmitError(this.name, 'emission after the function was finished')
    if (this.pendingEffects.size > 0) this.#settle(value)
    value.emit(this.w)
  }
  #settle(value: Expression): void {
    this.pendingEffects.delete(value)
    for (const operand of value.operands) this.#settle(operand)
  }

  /** @internal Names of the locals that were given one. */
  get localNames(): readonly (readonly [index: number, name: string])[] {
    return this.#localNames
  }

  /** @internal Ends the function: its code entry (local declarations, body, end), without the size. */
  finish(value: Expression | undefined): ByteWriter {
    if ((value?.kind ?? null) !== this.result) {
      throw new EmitError(this.name, 'result', this.result ?? 'no value', value?.kind ?? 'no value')
    }
    if (value !== undefined) this.emit(value)
    if (this.pendingEffects.size > 0)
      throw new EmitError(this.name, 'the result of a call is not used (or of an atomic operation)', 'f.drop(...)')
    this.#open = false
    this.w.op(CONTROL.end)
    const runs: [count: number, type: number][] = []
    for (const type of this.#localTypes) {
      const last = runs[runs.length - 1]
      if (last !== undefined && last[1] === type) last[0]++
      else runs.push([1, type])
    }
    const entry = new ByteWriter(this.w.length + 8 * (runs.length + 1))
    entry.unsigned(runs.length)
    for (const [count, type] of runs) {
      entry.unsigned(count)
      entry.byte(type)
    }
    entry.raw(this.w.bytes())
    return entry
  }
}
