// Locals: expressions that read a wasm local, with `set`. One small class per kind, so that `set` is typed.

import type { ByteWriter } from './byte-writer.js'
import { EmitError } from './errors.js'
import type { Expression, Kind } from './expression.js'
import { F32x4, F64x2 } from './float-vectors.js'
import { F32, F64 } from './floats.js'
import { I32x4, I64x2 } from './integer-vectors.js'
import { I32, I64 } from './integers.js'
import { VARIABLE } from './opcodes.js'

/** The wasm local behind a typed local, as its function sees it. */
export interface LocalSlot {
  readonly index: number
  readonly name: string
  /** False once the scope that declared the local has ended; its index may then serve another. */
  live: boolean
  /** False until a value was set. Locals are reused, so an unset one holds rubbish. */
  assigned: boolean
  /** Emits `local.set` of the function under construction. */
  set(value: Expression): void
}

function read(slot: LocalSlot, w: ByteWriter): void {
  if (!slot.live) throw new EmitError('local', `${slot.name} is read outside the scope that declared it`)
  if (!slot.assigned) throw new EmitError('local', `${slot.name} is read before it is set`)
  w.op(VARIABLE.localGet)
  w.unsigned(slot.index)
}

export class LocalI32 extends I32 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: I32 | number): void {
    this.slot.set(I32.from(value))
  }
  /** Adds to the local in place; by 0 emits nothing. */
  inc(step: I32 | number): void {
    if (step !== 0) this.set(this.add(step))
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalI64 extends I64 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: I64 | bigint): void {
    this.slot.set(I64.from(value))
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalF32 extends F32 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: F32 | number): void {
    this.slot.set(F32.from(value))
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalF64 extends F64 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: F64 | number): void {
    this.slot.set(F64.from(value))
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalF32x4 extends F32x4 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: F32x4 | number): void {
    this.slot.set(F32x4.from(value))
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalI32x4 extends I32x4 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: I32x4 | number): void {
    this.slot.set(I32x4.from(value))
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalI64x2 extends I64x2 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: I64x2): void {
    this.slot.set(value)
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

export class LocalF64x2 extends F64x2 {
  constructor(readonly slot: LocalSlot) {
    super(VARIABLE.localGet, [], slot.index)
  }
  set(value: F64x2): void {
    this.slot.set(value)
  }
  override emit(w: ByteWriter): void {
    read(this.slot, w)
  }
}

/** The expression class of each kind. */
export interface ExpressionOf {
  i32: I32
  i64: I64
  f32: F32
  f64: F64
  f32x4: F32x4
  i32x4: I32x4
  i64x2: I64x2
  f64x2: F64x2
}

/** The local class of each kind. */
export interface LocalOf {
  i32: LocalI32
  i64: LocalI64
  f32: LocalF32
  f64: LocalF64
  f32x4: LocalF32x4
  i32x4: LocalI32x4
  i64x2: LocalI64x2
  f64x2: LocalF64x2
}

/** What may be given where a value of each kind is wanted: an expression, or a constant. */
export interface ValueOf {
  i32: I32 | number
  i64: I64 | bigint
  f32: F32 | number
  f64: F64 | number
  f32x4: F32x4 | number
  i32x4: I32x4 | number
  i64x2: I64x2
  f64x2: F64x2
}

const locals: { readonly [K in Kind]: (slot: LocalSlot) => LocalOf[K] } = {
  i32: slot => new LocalI32(slot),
  i64: slot => new LocalI64(slot),
  f32: slot => new LocalF32(slot),
  f64: slot => new LocalF64(slot),
  f32x4: slot => new LocalF32x4(slot),
  i32x4: slot => new LocalI32x4(slot),
  i64x2: slot => new LocalI64x2(slot),
  f64x2: slot => new LocalF64x2(slot),
}

/** The typed local of a slot. */
export function typedLocal<K extends Kind>(kind: K, slot: LocalSlot): LocalOf[K] {
  return locals[kind](slot)
}

const nodes: { readonly [K in Kind]: (...args: ConstructorParameters<typeof I32>) => ExpressionOf[K] } = {
  i32: (...args) => new I32(...args),
  i64: (...args) => new I64(...args),
  f32: (...args) => new F32(...args),
  f64: (...args) => new F64(...args),
  f32x4: (...args) => new F32x4(...args),
  i32x4: (...args) => new I32x4(...args),
  i64x2: (...args) => new I64x2(...args),
  f64x2: (...args) => new F64x2(...args),
}

/** A typed expression node of an instruction whose kind is only known as a value (calls, globals, select). */
export function typedNode<K extends Kind>(kind: K, ...args: ConstructorParameters<typeof I32>): ExpressionOf[K] {
  return nodes[kind](...args)
}

const froms: { readonly [K in Kind]: (value: ValueOf[K]) => ExpressionOf[K] } = {
  i32: I32.from,
  i64: I64.from,
  f32: F32.from,
  f64: F64.from,
  f32x4: F32x4.from,
  i32x4: I32x4.from,
  i64x2: value => value,
  f64x2: value => value,
}

/** The expression of a value of the given kind: constants become const instructions; checks the kind. */
export function typedValue<K extends Kind>(kind: K, value: ValueOf[K]): ExpressionOf[K] {
  return froms[kind](value)
}
