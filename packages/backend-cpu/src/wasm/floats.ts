// Float expressions of 32 and 64 bits. Plain numbers are accepted as constants.

import { encode } from './byte-writer.js'
import { Expression, memoryArgument } from './expression.js'
import { I32 } from './integers.js'
import { F32_OP, F64_OP, I32_OP } from './opcodes.js'

/** A 32-bit float. `min` and `max` propagate NaN; `nearest` rounds half to even. */
export class F32 extends Expression {
  override get kind() {
    return 'f32' as const
  }

  static of(value: number): F32 {
    return new F32(
      F32_OP.const,
      [],
      encode(w => w.f32(value)),
      value,
    )
  }
  static from(value: F32 | number): F32 {
    return typeof value === 'number' ? F32.of(value) : value
  }
  static load(address: I32 | number, offset = 0): F32 {
    return new F32(F32_OP.load, [I32.from(address)], memoryArgument(2, offset))
  }

  #unary(op: number): F32 {
    return new F32(op, [this])
  }
  #binary(op: number, b: F32 | number): F32 {
    return new F32(op, [this, F32.from(b)])
  }
  #compare(op: number, b: F32 | number): I32 {
    return new I32(op, [this, F32.from(b)])
  }

  add(b: F32 | number): F32 {
    return this.#binary(F32_OP.add, b)
  }
  sub(b: F32 | number): F32 {
    return this.#binary(F32_OP.sub, b)
  }
  mul(b: F32 | number): F32 {
    return this.#binary(F32_OP.mul, b)
  }
  div(b: F32 | number): F32 {
    return this.#binary(F32_OP.div, b)
  }
  min(b: F32 | number): F32 {
    return this.#binary(F32_OP.min, b)
  }
  max(b: F32 | number): F32 {
    return this.#binary(F32_OP.max, b)
  }
  copysign(b: F32 | number): F32 {
    return this.#binary(F32_OP.copysign, b)
  }
  abs(): F32 {
    return this.#unary(F32_OP.abs)
  }
  neg(): F32 {
    return this.#unary(F32_OP.neg)
  }
  sqrt(): F32 {
    return this.#unary(F32_OP.sqrt)
  }
  ceil(): F32 {
    return this.#unary(F32_OP.ceil)
  }
  floor(): F32 {
    return this.#unary(F32_OP.floor)
  }
  trunc(): F32 {
    return this.#unary(F32_OP.trunc)
  }
  nearest(): F32 {
    return this.#unary(F32_OP.nearest)
  }
  eq(b: F32 | number): I32 {
    return this.#compare(F32_OP.eq, b)
  }
  ne(b: F32 | number): I32 {
    return this.#compare(F32_OP.ne, b)
  }
  lt(b: F32 | number): I32 {
    return this.#compare(F32_OP.lt, b)
  }
  gt(b: F32 | number): I32 {
    return this.#compare(F32_OP.gt, b)
  }
  le(b: F32 | number): I32 {
    return this.#compare(F32_OP.le, b)
  }
  ge(b: F32 | number): I32 {
    return this.#compare(F32_OP.ge, b)
  }
  /** Towards zero, saturating; NaN gives 0. */
  toI32S(): I32 {
    return new I32(I32_OP.truncSatF32S, [this])
  }
  /** Towards zero, saturating at 0 and 2^32 - 1; NaN gives 0. */
  toI32U(): I32 {
    return new I32(I32_OP.truncSatF32U, [this])
  }
  promote(): F64 {
    return new F64(F64_OP.promoteF32, [this])
  }
  /** The bits of the float. */
  bits(): I32 {
    return new I32(I32_OP.reinterpretF32, [this])
  }
}

/** A 64-bit float. `min` and `max` propagate NaN; `nearest` rounds half to even. */
export class F64 extends Expression {
  override get kind() {
    return 'f64' as const
  }

  static of(value: number): F64 {
    return new F64(
      F64_OP.const,
      [],
      encode(w => w.f64(value)),
      value,
    )
  }
  static from(value: F64 | number): F64 {
    return typeof value === 'number' ? F64.of(value) : value
  }
  static load(address: I32 | number, offset = 0): F64 {
    return new F64(F64_OP.load, [I32.from(address)], memoryArgument(3, offset))
  }

  #unary(op: number): F64 {
    return new F64(op, [this])
  }
  #binary(op: number, b: F64 | number): F64 {
    return new F64(op, [this, F64.from(b)])
  }
  #compare(op: number, b: F64 | number): I32 {
    return new I32(op, [this, F64.from(b)])
  }

  add(b: F64 | number): F64 {
    return this.#binary(F64_OP.add, b)
  }
  sub(b: F64 | number): F64 {
    return this.#binary(F64_OP.sub, b)
  }
  mul(b: F64 | number): F64 {
    return this.#binary(F64_OP.mul, b)
  }
  div(b: F64 | number): F64 {
    return this.#binary(F64_OP.div, b)
  }
  min(b: F64 | number): F64 {
    return this.#binary(F64_OP.min, b)
  }
  max(b: F64 | number): F64 {
    return this.#binary(F64_OP.max, b)
  }
  copysign(b: F64 | number): F64 {
    return this.#binary(F64_OP.copysign, b)
  }
  abs(): F64 {
    return this.#unary(F64_OP.abs)
  }
  neg(): F64 {
    return this.#unary(F64_OP.neg)
  }
  sqrt(): F64 {
    return this.#unary(F64_OP.sqrt)
  }
  ceil(): F64 {
    return this.#unary(F64_OP.ceil)
  }
  floor(): F64 {
    return this.#unary(F64_OP.floor)
  }
  trunc(): F64 {
    return this.#unary(F64_OP.trunc)
  }
  nearest(): F64 {
    return this.#unary(F64_OP.nearest)
  }
  eq(b: F64 | number): I32 {
    return this.#compare(F64_OP.eq, b)
  }
  ne(b: F64 | number): I32 {
    return this.#compare(F64_OP.ne, b)
  }
  lt(b: F64 | number): I32 {
    return this.#compare(F64_OP.lt, b)
  }
  gt(b: F64 | number): I32 {
    return this.#compare(F64_OP.gt, b)
  }
  le(b: F64 | number): I32 {
    return this.#compare(F64_OP.le, b)
  }
  ge(b: F64 | number): I32 {
    return this.#compare(F64_OP.ge, b)
  }
  /** Towards zero, saturating; NaN gives 0. */
  toI32S(): I32 {
    return new I32(I32_OP.truncSatF64S, [this])
  }
  /** Towards zero, saturating at 0 and 2^32 - 1; NaN gives 0. */
  toI32U(): I32 {
    return new I32(I32_OP.truncSatF64U, [this])
  }
  demote(): F32 {
    return new F32(F32_OP.demoteF64, [this])
  }
}
