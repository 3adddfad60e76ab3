// Vectors of four floats and of two doubles. The wasm type of all vectors is v128: seeing one vector's bits as another's
// lanes costs no instruction.

import { Expression, laneIndex, memoryArgument } from './expression.js'
import { F32, F64 } from './floats.js'
import { I32x4 } from './integer-vectors.js'
import { I32 } from './integers.js'
import { bytesOf, shuffleBytes } from './lanes.js'
import { F32X4_OP, F64X2_OP, I32X4_OP, V128_OP } from './opcodes.js'

/** Four 32-bit floats. A number stands for the vector with that number in every lane. */
export class F32x4 extends Expression {
  override get kind() {
    return 'f32x4' as const
  }

  /** A constant: one value for all lanes, or four. */
  static of(a: number, b = a, c = a, d = a): F32x4 {
    return new F32x4(V128_OP.const, [], bytesOf(new Float32Array([a, b, c, d])), a)
  }
  static from(value: F32x4 | number): F32x4 {
    return typeof value === 'number' ? F32x4.of(value) : value
  }
  static splat(value: F32): F32x4 {
    return new F32x4(F32X4_OP.splat, [value])
  }
  /** Four consecutive floats. No alignment is needed. */
  static load(address: I32 | number, offset = 0): F32x4 {
    return new F32x4(V128_OP.load, [I32.from(address)], memoryArgument(2, offset))
  }
  /** One float from memory into every lane. */
  static loadSplat(address: I32 | number, offset = 0): F32x4 {
    return new F32x4(V128_OP.load32Splat, [I32.from(address)], memoryArgument(2, offset))
  }
  /** One float into lane 0, zero in the others. */
  static loadZero(address: I32 | number, offset = 0): F32x4 {
    return new F32x4(V128_OP.load32Zero, [I32.from(address)], memoryArgument(2, offset))
  }
  /** Two floats into lanes 0 and 1, zero in the others. */
  static load64Zero(address: I32 | number, offset = 0): F32x4 {
    return new F32x4(V128_OP.load64Zero, [I32.from(address)], memoryArgument(2, offset))
  }
  /** `vector` with one lane read from memory. */
  static loadLane(address: I32 | number, vector: F32x4, lane: number, offset = 0): F32x4 {
    return new F32x4(V128_OP.load32Lane, [I32.from(address), vector], memoryArgument(2, offset, laneIndex(lane, 4)))
  }

  add(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.add, [this, F32x4.from(b)])
  }
  sub(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.sub, [this, F32x4.from(b)])
  }
  mul(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.mul, [this, F32x4.from(b)])
  }
  div(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.div, [this, F32x4.from(b)])
  }
  min(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.min, [this, F32x4.from(b)])
  }
  max(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.max, [this, F32x4.from(b)])
  }
  /** `b < this ? b : this`: one instruction where `min` needs several; NaN and -0 as that expression says. */
  pmin(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.pmin, [this, F32x4.from(b)])
  }
  /** `this < b ? b : this`: one instruction where `max` needs several; NaN and -0 as that expression says. */
  pmax(b: F32x4 | number): F32x4 {
    return new F32x4(F32X4_OP.pmax, [this, F32x4.from(b)])
  }
  abs(): F32x4 {
    return new F32x4(F32X4_OP.abs, [this])
  }
  neg(): F32x4 {
    return new F32x4(F32X4_OP.neg, [this])
  }
  sqrt(): F32x4 {
    return new F32x4(F32X4_OP.sqrt, [this])
  }
  ceil(): F32x4 {
    return new F32x4(F32X4_OP.ceil, [this])
  }
  floor(): F32x4 {
    return new F32x4(F32X4_OP.floor, [this])
  }
  trunc(): F32x4 {
    return new F32x4(F32X4_OP.trunc, [this])
  }
  nearest(): F32x4 {
    return new F32x4(F32X4_OP.nearest, [this])
  }
  eq(b: F32x4 | number): I32x4 {
    return new I32x4(F32X4_OP.eq, [this, F32x4.from(b)])
  }
  ne(b: F32x4 | number): I32x4 {
    return new I32x4(F32X4_OP.ne, [this, F32x4.from(b)])
  }
  lt(b: F32x4 | number): I32x4 {
    return new I32x4(F32X4_OP.lt, [this, F32x4.from(b)])
  }
  gt(b: F32x4 | number): I32x4 {
    return new I32x4(F32X4_OP.gt, [this, F32x4.from(b)])
  }
  le(b: F32x4 | number): I32x4 {
    return new I32x4(F32X4_OP.le, [this, F32x4.from(b)])
  }
  ge(b: F32x4 | number): I32x4 {
    return new I32x4(F32X4_OP.ge, [this, F32x4.from(b)])
  }
  lane(lane: number): F32 {
    return new F32(F32X4_OP.extractLane, [this], laneIndex(lane, 4))
  }
  withLane(lane: number, value: F32 | number): F32x4 {
    return new F32x4(F32X4_OP.replaceLane, [this, F32.from(value)], laneIndex(lane, 4))
  }
  /** Four lanes of this vector (0-3) and of `b` (4-7), by constant numbers. */
  shuffle(b: F32x4, lanes: readonly [number, number, number, number]): F32x4 {
    return new F32x4(V128_OP.shuffle, [this, b], shuffleBytes(lanes))
  }
  /** The bits `this & mask`: lanes where a comparison failed become +0. */
  and(mask: I32x4): F32x4 {
    return new F32x4(V128_OP.and, [this, mask])
  }
  /** The bits `this & ~mask`. */
  andnot(mask: I32x4): F32x4 {
    return new F32x4(V128_OP.andnot, [this, mask])
  }
  /** Towards zero, saturating; NaN gives 0. */
  toI32x4S(): I32x4 {
    return new I32x4(I32X4_OP.truncSatF32x4S, [this])
  }
  toI32x4U(): I32x4 {
    return new I32x4(I32X4_OP.truncSatF32x4U, [this])
  }
  /** Lanes 0 and 1 as doubles. */
  promoteLow(): F64x2 {
    return new F64x2(F64X2_OP.promoteLowF32x4, [this])
  }
  /** The same bits as integers. */
  asI32x4(): I32x4 {
    return new I32x4(undefined, [this])
  }
}

/** Two doubles: accumulators for sums that must not lose float32's low bits. */
export class F64x2 extends Expression {
  override get kind() {
    return 'f64x2' as const
  }

  static of(a: number, b = a): F64x2 {
    return new F64x2(V128_OP.const, [], bytesOf(new Float64Array([a, b])), a)
  }
  static splat(value: F64): F64x2 {
    return new F64x2(F64X2_OP.splat, [value])
  }
  static load(address: I32 | number, offset = 0): F64x2 {
    return new F64x2(V128_OP.load, [I32.from(address)], memoryArgument(3, offset))
  }
  add(b: F64x2): F64x2 {
    return new F64x2(F64X2_OP.add, [this, b])
  }
  sub(b: F64x2): F64x2 {
    return new F64x2(F64X2_OP.sub, [this, b])
  }
  mul(b: F64x2): F64x2 {
    return new F64x2(F64X2_OP.mul, [this, b])
  }
  div(b: F64x2): F64x2 {
    return new F64x2(F64X2_OP.div, [this, b])
  }
  sqrt(): F64x2 {
    return new F64x2(F64X2_OP.sqrt, [this])
  }
  lane(lane: number): F64 {
    return new F64(F64X2_OP.extractLane, [this], laneIndex(lane, 2))
  }
  withLane(lane: number, value: F64): F64x2 {
    return new F64x2(F64X2_OP.replaceLane, [this, value], laneIndex(lane, 2))
  }
  /** Rounded to floats in lanes 0 and 1; lanes 2 and 3 are zero. */
  demoteZero(): F32x4 {
    return new F32x4(F32X4_OP.demoteF64x2Zero, [this])
  }
}
