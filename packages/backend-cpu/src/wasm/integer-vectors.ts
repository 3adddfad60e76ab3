// Vectors of four 32-bit integers (also the lane masks that comparisons give) and of two 64-bit integers.

import { Expression, laneIndex, memoryArgument } from './expression.js'
import { F32x4 } from './float-vectors.js'
import { I32, I64 } from './integers.js'
import { bytesOf, shuffleBytes } from './lanes.js'
import { F32X4_OP, I32X4_OP, I64X2_OP, V128_OP } from './opcodes.js'

/** Four 32-bit integers, or a lane mask (all ones or all zeros) from a comparison. */
export class I32x4 extends Expression {
  override get kind() {
    return 'i32x4' as const
  }

  static of(a: number, b = a, c = a, d = a): I32x4 {
    return new I32x4(V128_OP.const, [], bytesOf(new Int32Array([a, b, c, d])), a)
  }
  static from(value: I32x4 | number): I32x4 {
    return typeof value === 'number' ? I32x4.of(value) : value
  }
  static splat(value: I32): I32x4 {
    return new I32x4(I32X4_OP.splat, [value])
  }
  static load(address: I32 | number, offset = 0): I32x4 {
    return new I32x4(V128_OP.load, [I32.from(address)], memoryArgument(2, offset))
  }
  static loadSplat(address: I32 | number, offset = 0): I32x4 {
    return new I32x4(V128_OP.load32Splat, [I32.from(address)], memoryArgument(2, offset))
  }
  static loadZero(address: I32 | number, offset = 0): I32x4 {
    return new I32x4(V128_OP.load32Zero, [I32.from(address)], memoryArgument(2, offset))
  }
  /** Four bytes, zero-extended (pixels, booleans, masks). */
  static load8x4U(address: I32 | number, offset = 0): I32x4 {
    const words = new I32x4(V128_OP.load32Zero, [I32.from(address)], memoryArgument(0, offset))
    return new I32x4(I32X4_OP.extendLowI16x8U, [new I32x4(I32X4_OP.extendLowI8x16U, [words])])
  }

  add(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.add, [this, I32x4.from(b)])
  }
  sub(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.sub, [this, I32x4.from(b)])
  }
  mul(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.mul, [this, I32x4.from(b)])
  }
  minS(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.minS, [this, I32x4.from(b)])
  }
  minU(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.minU, [this, I32x4.from(b)])
  }
  maxS(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.maxS, [this, I32x4.from(b)])
  }
  maxU(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.maxU, [this, I32x4.from(b)])
  }
  eq(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.eq, [this, I32x4.from(b)])
  }
  ne(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.ne, [this, I32x4.from(b)])
  }
  ltS(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.ltS, [this, I32x4.from(b)])
  }
  ltU(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.ltU, [this, I32x4.from(b)])
  }
  gtS(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.gtS, [this, I32x4.from(b)])
  }
  gtU(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.gtU, [this, I32x4.from(b)])
  }
  leS(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.leS, [this, I32x4.from(b)])
  }
  leU(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.leU, [this, I32x4.from(b)])
  }
  geS(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.geS, [this, I32x4.from(b)])
  }
  geU(b: I32x4 | number): I32x4 {
    return new I32x4(I32X4_OP.geU, [this, I32x4.from(b)])
  }
  and(b: I32x4 | number): I32x4 {
    return new I32x4(V128_OP.and, [this, I32x4.from(b)])
  }
  andnot(b: I32x4 | number): I32x4 {
    return new I32x4(V128_OP.andnot, [this, I32x4.from(b)])
  }
  or(b: I32x4 | number): I32x4 {
    return new I32x4(V128_OP.or, [this, I32x4.from(b)])
  }
  xor(b: I32x4 | number): I32x4 {
    return new I32x4(V128_OP.xor, [this, I32x4.from(b)])
  }
  abs(): I32x4 {
    return new I32x4(I32X4_OP.abs, [this])
  }
  neg(): I32x4 {
    return new I32x4(I32X4_OP.neg, [this])
  }
  shl(count: I32 | number): I32x4 {
    return new I32x4(I32X4_OP.shl, [this, I32.from(count)])
  }
  shrS(count: I32 | number): I32x4 {
    return new I32x4(I32X4_OP.shrS, [this, I32.from(count)])
  }
  shrU(count: I32 | number): I32x4 {
    return new I32x4(I32X4_OP.shrU, [this, I32.from(count)])
  }
  not(): I32x4 {
    return new I32x4(V128_OP.not, [this])
  }
  /** Bit by bit: `a` where this mask is one, `b` where it is zero. */
  select<V extends F32x4 | I32x4>(a: V, b: V): V extends F32x4 ? F32x4 : I32x4
  select(a: F32x4 | I32x4, b: F32x4 | I32x4): F32x4 | I32x4 {
    return a.kind === 'f32x4' ? new F32x4(V128_OP.bitselect, [a, b, this]) : new I32x4(V128_OP.bitselect, [a, b, this])
  }
  /** 1 if any bit is set. */
  anyTrue(): I32 {
    return new I32(V128_OP.anyTrue, [this])
  }
  /** 1 if no lane is zero. */
  allTrue(): I32 {
    return new I32(I32X4_OP.allTrue, [this])
  }
  /** The sign bits of the lanes, lane 0 lowest. */
  bitmask(): I32 {
    return new I32(I32X4_OP.bitmask, [this])
  }
  lane(lane: number): I32 {
    return new I32(I32X4_OP.extractLane, [this], laneIndex(lane, 4))
  }
  withLane(lane: number, value: I32 | number): I32x4 {
    return new I32x4(I32X4_OP.replaceLane, [this, I32.from(value)], laneIndex(lane, 4))
  }
  shuffle(b: I32x4, lanes: readonly [number, number, number, number]): I32x4 {
    return new I32x4(V128_OP.shuffle, [this, b], shuffleBytes(lanes))
  }
  /** Full 64-bit products of lanes 0 and 1. */
  mulWideLowU(b: I32x4): I64x2 {
    return new I64x2(I64X2_OP.extmulLowI32x4U, [this, b])
  }
  /** Full 64-bit products of lanes 2 and 3. */
  mulWideHighU(b: I32x4): I64x2 {
    return new I64x2(I64X2_OP.extmulHighI32x4U, [this, b])
  }
  toF32x4S(): F32x4 {
    return new F32x4(F32X4_OP.convertI32x4S, [this])
  }
  toF32x4U(): F32x4 {
    return new F32x4(F32X4_OP.convertI32x4U, [this])
  }
  /** The same bits as floats. */
  asF32x4(): F32x4 {
    return new F32x4(undefined, [this])
  }
  asI64x2(): I64x2 {
    return new I64x2(undefined, [this])
  }
}

/** Two 64-bit integers: what wide products need. */
export class I64x2 extends Expression {
  override get kind() {
    return 'i64x2' as const
  }

  static of(a: bigint, b = a): I64x2 {
    return new I64x2(V128_OP.const, [], bytesOf(new BigInt64Array([a, b])), Number(a))
  }
  static splat(value: I64): I64x2 {
    return new I64x2(I64X2_OP.splat, [value])
  }
  static load(address: I32 | number, offset = 0): I64x2 {
    return new I64x2(V128_OP.load, [I32.from(address)], memoryArgument(2, offset))
  }
  add(b: I64x2): I64x2 {
    return new I64x2(I64X2_OP.add, [this, b])
  }
  sub(b: I64x2): I64x2 {
    return new I64x2(I64X2_OP.sub, [this, b])
  }
  mul(b: I64x2): I64x2 {
    return new I64x2(I64X2_OP.mul, [this, b])
  }
  xor(b: I64x2): I64x2 {
    return new I64x2(V128_OP.xor, [this, b])
  }
  shl(count: I32 | number): I64x2 {
    return new I64x2(I64X2_OP.shl, [this, I32.from(count)])
  }
  shrU(count: I32 | number): I64x2 {
    return new I64x2(I64X2_OP.shrU, [this, I32.from(count)])
  }
  lane(lane: number): I64 {
    return new I64(I64X2_OP.extractLane, [this], laneIndex(lane, 2))
  }
  asI32x4(): I32x4 {
    return new I32x4(undefined, [this])
  }
}
