// Integer expressions of 32 and 64 bits. Plain numbers (bigints for 64 bits) are accepted as constants.

import { encode } from './byte-writer.js'
import { EmitError } from './errors.js'
import { Expression, memoryArgument } from './expression.js'
import { F32, F64 } from './floats.js'
import { ATOMIC_OP, F32_OP, F64_OP, I32_OP, I64_OP } from './opcodes.js'

/** A 32-bit integer; signedness is in the operation (`shrS` / `shrU`). Comparisons give 0 or 1. */
export class I32 extends Expression {
  override get kind() {
    return 'i32' as const
  }

  /** A constant in [-2^31, 2^32). */
  static of(value: number): I32 {
    if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) {
      throw new EmitError('i32.const', 'value', 'an integer in [-2^31, 2^32)', value)
    }
    return new I32(I32_OP.const, [], smallConstant(value | 0), value | 0)
  }
  static from(value: I32 | number): I32 {
    return typeof value === 'number' ? I32.of(value) : value
  }

  static load(address: I32 | number, offset = 0): I32 {
    return new I32(I32_OP.load, [I32.from(address)], memoryArgument(2, offset))
  }
  static load8U(address: I32 | number, offset = 0): I32 {
    return new I32(I32_OP.load8U, [I32.from(address)], memoryArgument(0, offset))
  }
  static load8S(address: I32 | number, offset = 0): I32 {
    return new I32(I32_OP.load8S, [I32.from(address)], memoryArgument(0, offset))
  }
  static load16U(address: I32 | number, offset = 0): I32 {
    return new I32(I32_OP.load16U, [I32.from(address)], memoryArgument(1, offset))
  }
  static load16S(address: I32 | number, offset = 0): I32 {
    return new I32(I32_OP.load16S, [I32.from(address)], memoryArgument(1, offset))
  }

  /** An atomic load; the address must be a multiple of 4. */
  static atomicLoad(address: I32 | number, offset = 0): I32 {
    return new I32(ATOMIC_OP.i32Load, [I32.from(address)], memoryArgument(2, offset))
  }

  #binary(op: number, b: I32 | number): I32 {
    return new I32(op, [this, I32.from(b)])
  }

  add(b: I32 | number): I32 {
    if (b === 0) return this
    if (typeof b === 'number' && this.constant !== undefined) return I32.of((this.constant + b) | 0)
    return this.#binary(I32_OP.add, b)
  }
  sub(b: I32 | number): I32 {
    if (b === 0) return this
    if (typeof b === 'number' && this.constant !== undefined) return I32.of((this.constant - b) | 0)
    return this.#binary(I32_OP.sub, b)
  }
  /** Product modulo 2^32; by a constant power of two as a shift. */
  mul(b: I32 | number): I32 {
    if (b === 1) return this
    if (typeof b === 'number' && this.constant !== undefined) return I32.of(Math.imul(this.constant, b))
    if (typeof b === 'number' && b > 0 && Number.isInteger(Math.log2(b))) return this.shl(Math.log2(b))
    return this.#binary(I32_OP.mul, b)
  }
  divS(b: I32 | number): I32 {
    return this.#binary(I32_OP.divS, b)
  }
  divU(b: I32 | number): I32 {
    return this.#binary(I32_OP.divU, b)
  }
  remS(b: I32 | number): I32 {
    return this.#binary(I32_OP.remS, b)
  }
  remU(b: I32 | number): I32 {
    return this.#binary(I32_OP.remU, b)
  }
  and(b: I32 | number): I32 {
    return this.#binary(I32_OP.and, b)
  }
  or(b: I32 | number): I32 {
    return this.#binary(I32_OP.or, b)
  }
  xor(b: I32 | number): I32 {
    return this.#binary(I32_OP.xor, b)
  }
  shl(b: I32 | number): I32 {
    return b === 0 ? this : this.#binary(I32_OP.shl, b)
  }
  shrS(b: I32 | number): I32 {
    return this.#binary(I32_OP.shrS, b)
  }
  shrU(b: I32 | number): I32 {
    return this.#binary(I32_OP.shrU, b)
  }
  rotl(b: I32 | number): I32 {
    return this.#binary(I32_OP.rotl, b)
  }
  rotr(b: I32 | number): I32 {
    return this.#binary(I32_OP.rotr, b)
  }
  eq(b: I32 | number): I32 {
    return b === 0 ? this.eqz() : this.#binary(I32_OP.eq, b)
  }
  ne(b: I32 | number): I32 {
    return this.#binary(I32_OP.ne, b)
  }
  ltS(b: I32 | number): I32 {
    return this.#binary(I32_OP.ltS, b)
  }
  ltU(b: I32 | number): I32 {
    return this.#binary(I32_OP.ltU, b)
  }
  gtS(b: I32 | number): I32 {
    return this.#binary(I32_OP.gtS, b)
  }
  gtU(b: I32 | number): I32 {
    return this.#binary(I32_OP.gtU, b)
  }
  leS(b: I32 | number): I32 {
    return this.#binary(I32_OP.leS, b)
  }
  leU(b: I32 | number): I32 {
    return this.#binary(I32_OP.leU, b)
  }
  geS(b: I32 | number): I32 {
    return this.#binary(I32_OP.geS, b)
  }
  geU(b: I32 | number): I32 {
    return this.#binary(I32_OP.geU, b)
  }
  /** 1 where the value is 0, else 0. */
  eqz(): I32 {
    return new I32(I32_OP.eqz, [this])
  }
  clz(): I32 {
    return new I32(I32_OP.clz, [this])
  }
  ctz(): I32 {
    return new I32(I32_OP.ctz, [this])
  }
  popcnt(): I32 {
    return new I32(I32_OP.popcnt, [this])
  }

  extendS(): I64 {
    return new I64(I64_OP.extendI32S, [this])
  }
  extendU(): I64 {
    return new I64(I64_OP.extendI32U, [this])
  }
  toF32S(): F32 {
    return new F32(F32_OP.convertI32S, [this])
  }
  toF32U(): F32 {
    return new F32(F32_OP.convertI32U, [this])
  }
  toF64S(): F64 {
    return new F64(F64_OP.convertI32S, [this])
  }
  toF64U(): F64 {
    return new F64(F64_OP.convertI32U, [this])
  }
  /** The float with these bits. */
  bitsToF32(): F32 {
    return new F32(F32_OP.reinterpretI32, [this])
  }
}

// Most constants are small strides and counts: their encodings are shared.
const small: Uint8Array[] = []
for (let i = 0; i < 256; i++) small.push(encode(w => w.signed(i)))
function smallConstant(value: number): Uint8Array {
  return small[value] ?? encode(w => w.signed(value))
}

/** A 64-bit integer. Constants are bigints. */
export class I64 extends Expression {
  override get kind() {
    return 'i64' as const
  }

  /** A constant in [-2^63, 2^64). */
  static of(value: bigint): I64 {
    if (value < -(1n << 63n) || value >= 1n << 64n) {
      throw new EmitError('i64.const', 'value', 'an integer in [-2^63, 2^64)', String(value))
    }
    return new I64(
      I64_OP.const,
      [],
      encode(w => w.signed64(value)),
      Number(value),
    )
  }
  static from(value: I64 | bigint): I64 {
    return typeof value === 'bigint' ? I64.of(value) : value
  }
  static load(address: I32 | number, offset = 0): I64 {
    return new I64(I64_OP.load, [I32.from(address)], memoryArgument(3, offset))
  }
  /** An atomic load; the address must be a multiple of 8. */
  static atomicLoad(address: I32 | number, offset = 0): I64 {
    return new I64(ATOMIC_OP.i64Load, [I32.from(address)], memoryArgument(3, offset))
  }

  #binary(op: number, b: I64 | bigint): I64 {
    return new I64(op, [this, I64.from(b)])
  }
  #compare(op: number, b: I64 | bigint): I32 {
    return new I32(op, [this, I64.from(b)])
  }

  add(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.add, b)
  }
  sub(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.sub, b)
  }
  mul(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.mul, b)
  }
  divS(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.divS, b)
  }
  divU(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.divU, b)
  }
  remS(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.remS, b)
  }
  remU(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.remU, b)
  }
  and(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.and, b)
  }
  or(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.or, b)
  }
  xor(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.xor, b)
  }
  shl(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.shl, b)
  }
  shrS(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.shrS, b)
  }
  shrU(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.shrU, b)
  }
  rotl(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.rotl, b)
  }
  rotr(b: I64 | bigint): I64 {
    return this.#binary(I64_OP.rotr, b)
  }
  eq(b: I64 | bigint): I32 {
    return this.#compare(I64_OP.eq, b)
  }
  ne(b: I64 | bigint): I32 {
    return this.#compare(I64_OP.ne, b)
  }
  ltS(b: I64 | bigint): I32 {
    return this.#compare(I64_OP.ltS, b)
  }
  ltU(b: I64 | bigint): I32 {
    return this.#compare(I64_OP.ltU, b)
  }
  eqz(): I32 {
    return new I32(I64_OP.eqz, [this])
  }
  /** The low 32 bits. */
  wrap(): I32 {
    return new I32(I32_OP.wrapI64, [this])
  }
}
