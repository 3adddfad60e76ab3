// The base of typed expressions: a tree node that knows its instruction, operands and immediates.
//
// Expressions are built first and emitted where a statement consumes them. A node may be consumed once: using it twice
// would compute it twice, silently. `f.let(expression)` keeps a value in a local; locals and constants are free to reuse.

import type { ByteWriter } from './byte-writer.js'
import { EmitError } from './errors.js'
import { VALUE_TYPE } from './opcodes.js'

/** The types of values in kernels: the scalar types, and v128 seen as lanes. */
export type Kind = 'i32' | 'i64' | 'f32' | 'f64' | 'f32x4' | 'i32x4' | 'i64x2' | 'f64x2'

/** The value type byte of a kind. */
export const VALUE_TYPE_OF: Readonly<Record<Kind, number>> = {
  i32: VALUE_TYPE.i32,
  i64: VALUE_TYPE.i64,
  f32: VALUE_TYPE.f32,
  f64: VALUE_TYPE.f64,
  f32x4: VALUE_TYPE.v128,
  i32x4: VALUE_TYPE.v128,
  i64x2: VALUE_TYPE.v128,
  f64x2: VALUE_TYPE.v128,
}

/** The immediate of a load or store: log2 of the alignment hint, the constant offset in bytes, for lanes the lane. */
export interface MemoryArgument {
  readonly align: number
  readonly offset: number
  readonly lane?: number
}

/** What follows the opcode: nothing, an index (unsigned LEB128), encoded bytes, or a memory argument. */
export type Immediate = number | Uint8Array | MemoryArgument | undefined

const NONE: readonly Expression[] = []

/** A value that an instruction leaves on the stack. Use the typed subclasses. */
export abstract class Expression {
  abstract readonly kind: Kind
  private consumed = false

  /** `op` numbered as in opcodes.ts, or undefined for a node that only passes its operand on (a reinterpretation). */
  constructor(
    readonly op: number | undefined,
    readonly operands: readonly Expression[] = NONE,
    readonly immediate?: Immediate,
    readonly constant?: number,
  ) {}

  /** Writes the instructions. Called by the builder, once per expression unless it is a constant or a local. */
  emit(w: ByteWriter): void {
    if (this.consumed && this.constant === undefined) {
      throw new EmitError(
        'expression',
        `a ${this.kind} expression is used twice`,
        'f.let(expression) to keep its value',
      )
    }
    this.consumed = true
    for (const operand of this.operands) operand.emit(w)
    if (this.op !== undefined) writeInstruction(w, this.op, this.immediate)
  }
}

/** Writes one instruction with its immediates. */
export function writeInstruction(w: ByteWriter, op: number, immediate?: Immediate): void {
  w.op(op)
  if (immediate === undefined) return
  if (typeof immediate === 'number') w.unsigned(immediate)
  else if (immediate instanceof Uint8Array) w.raw(immediate)
  else {
    w.unsigned(immediate.align)
    w.unsigned(immediate.offset)
    if (immediate.lane !== undefined) w.byte(immediate.lane)
  }
}

/** A memory argument; the offset is a constant number of bytes, added to the address without wrapping. */
export function memoryArgument(align: number, offset: number, lane?: number): MemoryArgument {
  if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) {
    throw new EmitError('memory access', 'offset', 'an integer in [0, 2^32)', offset)
  }
  return lane === undefined ? { align, offset } : { align, offset, lane }
}

/** Checks a lane number. */
export function laneIndex(lane: number, lanes: number): number {
  if (!Number.isInteger(lane) || lane < 0 || lane >= lanes) {
    throw new EmitError('lane access', 'lane', `an integer in [0, ${lanes})`, lane)
  }
  return lane
}
