// Every scalar instruction against plain JavaScript, on edge values and random ones.

import { describe, expect, it } from 'vitest'
import { float32s, instantiate, int32s, int64s, type Numeric } from './harness.test.util.js'
import { F32, type F64, type I32, I64, ModuleBuilder } from './index.js'

const u = (x: number): number => x >>> 0
const bit = (x: boolean): number => (x ? 1 : 0)
const big = (x: bigint): bigint => BigInt.asIntN(64, x)
const ubig = (x: bigint): bigint => BigInt.asUintN(64, x)
const f = Math.fround
const nearest = (x: number): number => {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x
  const r = Math.round(Math.abs(x))
  const even = r - Math.abs(x) === 0.5 && r % 2 === 1 ? r - 1 : r
  return Math.sign(x) < 0 || Object.is(x, -0) ? -even : even
}
const saturate = (x: number, low: number, high: number): number =>
  Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, low), high)) | 0

type I32Op = [name: string, build: (a: I32, b: I32) => I32, js: (a: number, b: number) => number | undefined]

const I32_OPS: I32Op[] = [
  ['add', (a, b) => a.add(b), (a, b) => (a + b) | 0],
  ['sub', (a, b) => a.sub(b), (a, b) => (a - b) | 0],
  ['mul', (a, b) => a.mul(b), (a, b) => Math.imul(a, b)],
  ['divS', (a, b) => a.divS(b), (a, b) => (b === 0 || (a === -0x80000000 && b === -1) ? undefined : (a / b) | 0)],
  ['divU', (a, b) => a.divU(b), (a, b) => (b === 0 ? undefined : Math.floor(u(a) / u(b)) | 0)],
  ['remS', (a, b) => a.remS(b), (a, b) => (b === 0 ? undefined : (a % b) | 0)],
  ['remU', (a, b) => a.remU(b), (a, b) => (b === 0 ? undefined : (u(a) % u(b)) | 0)],
  ['and', (a, b) => a.and(b), (a, b) => a & b],
  ['or', (a, b) => a.or(b), (a, b) => a | b],
  ['xor', (a, b) => a.xor(b), (a, b) => a ^ b],
  ['shl', (a, b) => a.shl(b), (a, b) => a << b],
  ['shrS', (a, b) => a.shrS(b), (a, b) => a >> b],
  ['shrU', (a, b) => a.shrU(b), (a, b) => (a >>> b) | 0],
  ['rotl', (a, b) => a.rotl(b), (a, b) => (b & 31 ? (a << b) | (a >>> (32 - (b & 31))) : a)],
  ['rotr', (a, b) => a.rotr(b), (a, b) => (b & 31 ? (a >>> b) | (a << (32 - (b & 31))) : a)],
  ['eq', (a, b) => a.eq(b), (a, b) => bit(a === b)],
  ['ne', (a, b) => a.ne(b), (a, b) => bit(a !== b)],
  ['ltS', (a, b) => a.ltS(b), (a, b) => bit(a < b)],
  ['ltU', (a, b) => a.ltU(b), (a, b) => bit(u(a) < u(b))],
  ['gtS', (a, b) => a.gtS(b), (a, b) => bit(a > b)],
  ['gtU', (a, b) => a.gtU(b), (a, b) => bit(u(a) > u(b))],
  ['leS', (a, b) => a.leS(b), (a, b) => bit(a <= b)],
  ['leU', (a, b) => a.leU(b), (a, b) => bit(u(a) <= u(b))],
  ['geS', (a, b) => a.geS(b), (a, b) => bit(a >= b)],
  ['geU', (a, b) => a.geU(b), (a, b) => bit(u(a) >= u(b))],
  ['eqz', a => a.eqz(), a => bit(a === 0)],
  ['clz', a => a.clz(), a => Math.clz32(a)],
  ['ctz', a => a.ctz(), a => (a === 0 ? 32 : 31 - Math.clz32(a & -a))],
  ['popcnt', a => a.popcnt(), a => u(a).toString(2).replaceAll('0', '').length],
]

type I64Op = [name: string, build: (a: I64, b: I64) => I64 | I32, js: (a: bigint, b: bigint) => Numeric | undefined]

const rotl64 = (a: bigint, n: bigint): bigint => big((ubig(a) << n) | (ubig(a) >> ((64n - n) & 63n)))
const I64_OPS: I64Op[] = [
  ['add', (a, b) => a.add(b), (a, b) => big(a + b)],
  ['sub', (a, b) => a.sub(b), (a, b) => big(a - b)],
  ['mul', (a, b) => a.mul(b), (a, b) => big(a * b)],
  ['divS', (a, b) => a.divS(b), (a, b) => (b === 0n || big(a / b) !== a / b ? undefined : a / b)],
  ['divU', (a, b) => a.divU(b), (a, b) => (b === 0n ? undefined : big(ubig(a) / ubig(b)))],
  ['remS', (a, b) => a.remS(b), (a, b) => (b === 0n ? undefined : a % b)],
  ['remU', (a, b) => a.remU(b), (a, b) => (b === 0n ? undefined : big(ubig(a) % ubig(b)))],
  ['and', (a, b) => a.and(b), (a, b) => a & b],
  ['or', (a, b) => a.or(b), (a, b) => a | b],
  ['xor', (a, b) => a.xor(b), (a, b) => a ^ b],
  ['shl', (a, b) => a.shl(b), (a, b) => big(a << (b & 63n))],
  ['shrS', (a, b) => a.shrS(b), (a, b) => a >> (b & 63n)],
  ['shrU', (a, b) => a.shrU(b), (a, b) => big(ubig(a) >> (b & 63n))],
  ['rotl', (a, b) => a.rotl(b), (a, b) => rotl64(a, b & 63n)],
  ['rotr', (a, b) => a.rotr(b), (a, b) => rotl64(a, -b & 63n)],
  ['eq', (a, b) => a.eq(b), (a, b) => bit(a === b)],
  ['ne', (a, b) => a.ne(b), (a, b) => bit(a !== b)],
  ['ltS', (a, b) => a.ltS(b), (a, b) => bit(a < b)],
  ['ltU', (a, b) => a.ltU(b), (a, b) => bit(ubig(a) < ubig(b))],
  ['eqz', a => a.eqz(), a => bit(a === 0n)],
  ['wrap', a => a.wrap(), a => Number(BigInt.asIntN(32, a))],
]

type Float = F32 | F64
type Build<T extends Float> = (a: T, b: T) => Float | I32
interface FloatOp {
  name: string
  f32: Build<F32>
  f64: Build<F64>
  js: (a: number, b: number) => number
}

const op = (name: string, f32: Build<F32>, f64: Build<F64>, js: FloatOp['js']): FloatOp => ({ name, f32, f64, js })
const FLOAT_OPS: FloatOp[] = [
  op(
    'add',
    (a, b) => a.add(b),
    (a, b) => a.add(b),
    (a, b) => a + b,
  ),
  op(
    'sub',
    (a, b) => a.sub(b),
    (a, b) => a.sub(b),
    (a, b) => a - b,
  ),
  op(
    'mul',
    (a, b) => a.mul(b),
    (a, b) => a.mul(b),
    (a, b) => a * b,
  ),
  op(
    'div',
    (a, b) => a.div(b),
    (a, b) => a.div(b),
    (a, b) => a / b,
  ),
  op(
    'min',
    (a, b) => a.min(b),
    (a, b) => a.min(b),
    Math.min,
  ),
  op(
    'max',
    (a, b) => a.max(b),
    (a, b) => a.max(b),
    Math.max,
  ),
  op(
    'abs',
    a => a.abs(),
    a => a.abs(),
    Math.abs,
  ),
  op(
    'neg',
    a => a.neg(),
    a => a.neg(),
    a => -a,
  ),
  op(
    'sqrt',
    a => a.sqrt(),
    a => a.sqrt(),
    Math.sqrt,
  ),
  op(
    'ceil',
    a => a.ceil(),
    a => a.ceil(),
    Math.ceil,
  ),
  op(
    'floor',
    a => a.floor(),
    a => a.floor(),
    Math.floor,
  ),
  op(
    'trunc',
    a => a.trunc(),
    a => a.trunc(),
    Math.trunc,
  ),
  op(
    'nearest',
    a => a.nearest(),
    a => a.nearest(),
    nearest,
  ),
  op(
    'eq',
    (a, b) => a.eq(b),
    (a, b) => a.eq(b),
    (a, b) => bit(a === b),
  ),
  op(
    'ne',
    (a, b) => a.ne(b),
    (a, b) => a.ne(b),
    (a, b) => bit(a !== b),
  ),
  op(
    'lt',
    (a, b) => a.lt(b),
    (a, b) => a.lt(b),
    (a, b) => bit(a < b),
  ),
  op(
    'gt',
    (a, b) => a.gt(b),
    (a, b) => a.gt(b),
    (a, b) => bit(a > b),
  ),
  op(
    'le',
    (a, b) => a.le(b),
    (a, b) => a.le(b),
    (a, b) => bit(a <= b),
  ),
  op(
    'ge',
    (a, b) => a.ge(b),
    (a, b) => a.ge(b),
    (a, b) => bit(a >= b),
  ),
  op(
    'toI32S',
    a => a.toI32S(),
    a => a.toI32S(),
    a => saturate(a, -(2 ** 31), 2 ** 31 - 1),
  ),
  op(
    'toI32U',
    a => a.toI32U(),
    a => a.toI32U(),
    a => saturate(a, 0, 2 ** 32 - 1),
  ),
]

describe('scalar instructions', () => {
  const count = 400
  const a = int32s(count, 1)
  const b = int32s(count, 2)

  it.each(I32_OPS)('i32 %s', (_, build, js) => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(m.func('run', { a: 'i32', b: 'i32' }, 'i32', (_f, p) => build(p.a, p.b)))
    const { run } = instantiate(m).exports
    let defined = 0
    for (let i = 0; i < count; i++) {
      const expected = js(a[i], b[i])
      if (expected === undefined) expect(() => run(a[i], b[i])).toThrow(WebAssembly.RuntimeError)
      else {
        expect(run(a[i], b[i]), `${a[i]}, ${b[i]}`).toBe(expected)
        defined++
      }
    }
    expect(defined).toBeGreaterThan(count / 2)
  })

  it.each(I64_OPS)('i64 %s', (_, build, js) => {
    const m = new ModuleBuilder({ relaxedFma: false })
    const sample = build(I64.of(0n), I64.of(0n)).kind
    m.export(
      sample === 'i64'
        ? m.func('run', { a: 'i64', b: 'i64' }, 'i64', (_f, p) => build(p.a, p.b) as I64)
        : m.func('run', { a: 'i64', b: 'i64' }, 'i32', (_f, p) => build(p.a, p.b) as I32),
    )
    const { run } = instantiate(m).exports
    const x = int64s(count, 3)
    const y = int64s(count, 5)
    for (let i = 0; i < count; i++) {
      const expected = js(x[i], y[i])
      if (expected === undefined) expect(() => run(x[i], y[i])).toThrow(WebAssembly.RuntimeError)
      else expect(run(x[i], y[i]), `${x[i]}, ${y[i]}`).toBe(expected)
    }
  })

  it.each(FLOAT_OPS)('f32 and f64 $name', ({ f32, f64, js }) => {
    const m = new ModuleBuilder({ relaxedFma: false })
    const single = f32(F32.of(0), F32.of(0)).kind
    m.export(
      single === 'f32'
        ? m.func('single', { a: 'f32', b: 'f32' }, 'f32', (_f, p) => f32(p.a, p.b) as F32)
        : m.func('single', { a: 'f32', b: 'f32' }, 'i32', (_f, p) => f32(p.a, p.b) as I32),
    )
    m.export(
      single === 'f32'
        ? m.func('double', { a: 'f64', b: 'f64' }, 'f64', (_f, p) => f64(p.a, p.b) as F64)
        : m.func('double', { a: 'f64', b: 'f64' }, 'i32', (_f, p) => f64(p.a, p.b) as I32),
    )
    const run = instantiate(m).exports
    const x = float32s(count, 7)
    const y = float32s(count, 8)
    for (let i = 0; i < count; i++) {
      const exact = js(x[i], y[i])
      // One operation on float32 operands done in double and rounded is the float32 operation (Figueroa 1995).
      expect(run.single(x[i], y[i]), `${x[i]}, ${y[i]}`).toBe(single === 'f32' ? f(exact) : exact)
      expect(run.double(x[i], y[i]), `${x[i]}, ${y[i]}`).toBe(exact)
    }
  })
})
