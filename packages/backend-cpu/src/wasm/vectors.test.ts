// Every vector instruction against plain JavaScript, lane by lane, on edge values and random ones.

import { describe, expect, it } from 'vitest'
import { float32s, instantiate, int32s, seeded } from './harness.test.util.js'
import { F32, F32x4, F64x2, I32, I32x4, I64, I64x2, ModuleBuilder } from './index.js'

const f = Math.fround
const mask = (x: boolean): number => (x ? -1 : 0)
const u = (x: number): number => x >>> 0
const nearest = (x: number): number => {
  const r = Math.round(x)
  return Math.abs(x) >= 2 ** 23 || Number.isNaN(x) ? x : r - x === 0.5 && r % 2 !== 0 ? r - 1 : r === 0 ? x * 0 : r
}
const saturate = (x: number, low: number, high: number): number =>
  Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, low), high)) | 0

// As the specification writes them: unlike Math.min and Math.max for NaN and -0.
const pmin = (a: number, b: number): number => {
  if (b < a) return b
  return a
}
const pmax = (a: number, b: number): number => {
  if (a < b) return b
  return a
}

type FloatOp = [name: string, build: (a: F32x4, b: F32x4) => F32x4 | I32x4, js: (a: number, b: number) => number]
const FLOAT_OPS: FloatOp[] = [
  ['add', (a, b) => a.add(b), (a, b) => f(a + b)],
  ['sub', (a, b) => a.sub(b), (a, b) => f(a - b)],
  ['mul', (a, b) => a.mul(b), (a, b) => f(a * b)],
  ['div', (a, b) => a.div(b), (a, b) => f(a / b)],
  ['min', (a, b) => a.min(b), Math.min],
  ['max', (a, b) => a.max(b), Math.max],
  ['pmin', (a, b) => a.pmin(b), pmin],
  ['pmax', (a, b) => a.pmax(b), pmax],
  ['abs', a => a.abs(), Math.abs],
  ['neg', a => a.neg(), a => -a],
  ['sqrt', a => a.sqrt(), a => f(Math.sqrt(a))],
  ['ceil', a => a.ceil(), Math.ceil],
  ['floor', a => a.floor(), Math.floor],
  ['trunc', a => a.trunc(), Math.trunc],
  ['nearest', a => a.nearest(), nearest],
  ['eq', (a, b) => a.eq(b), (a, b) => mask(a === b)],
  ['ne', (a, b) => a.ne(b), (a, b) => mask(a !== b)],
  ['lt', (a, b) => a.lt(b), (a, b) => mask(a < b)],
  ['gt', (a, b) => a.gt(b), (a, b) => mask(a > b)],
  ['le', (a, b) => a.le(b), (a, b) => mask(a <= b)],
  ['ge', (a, b) => a.ge(b), (a, b) => mask(a >= b)],
  ['toI32x4S', a => a.toI32x4S(), a => saturate(a, -(2 ** 31), 2 ** 31 - 1)],
  ['toI32x4U', a => a.toI32x4U(), a => saturate(a, 0, 2 ** 32 - 1)],
  ['and a mask', (a, b) => a.and(a.lt(b)), (a, b) => (a < b ? a : 0)],
  ['andnot a mask', (a, b) => a.andnot(a.lt(b)), (a, b) => (a < b ? 0 : a)],
  ['select', (a, b) => a.lt(b).select(a, b.neg()), (a, b) => (a < b ? a : -b)],
  ['add a constant', a => a.add(0.1), a => f(a + f(0.1))],
]

type IntOp = [name: string, build: (a: I32x4, b: I32x4) => I32x4 | F32x4, js: (a: number, b: number) => number]
const INT_OPS: IntOp[] = [
  ['add', (a, b) => a.add(b), (a, b) => (a + b) | 0],
  ['sub', (a, b) => a.sub(b), (a, b) => (a - b) | 0],
  ['mul', (a, b) => a.mul(b), Math.imul],
  ['minS', (a, b) => a.minS(b), Math.min],
  ['maxS', (a, b) => a.maxS(b), Math.max],
  ['minU', (a, b) => a.minU(b), (a, b) => Math.min(u(a), u(b)) | 0],
  ['maxU', (a, b) => a.maxU(b), (a, b) => Math.max(u(a), u(b)) | 0],
  ['and', (a, b) => a.and(b), (a, b) => a & b],
  ['andnot', (a, b) => a.andnot(b), (a, b) => a & ~b],
  ['or', (a, b) => a.or(b), (a, b) => a | b],
  ['xor', (a, b) => a.xor(b), (a, b) => a ^ b],
  ['not', a => a.not(), a => ~a],
  ['abs', a => a.abs(), a => Math.abs(a) | 0],
  ['neg', a => a.neg(), a => -a | 0],
  ['shl', a => a.shl(5), a => a << 5],
  ['shrS', a => a.shrS(5), a => a >> 5],
  ['shrU', a => a.shrU(5), a => (a >>> 5) | 0],
  ['eq', (a, b) => a.eq(b), (a, b) => mask(a === b)],
  ['ne', (a, b) => a.ne(b), (a, b) => mask(a !== b)],
  ['ltS', (a, b) => a.ltS(b), (a, b) => mask(a < b)],
  ['ltU', (a, b) => a.ltU(b), (a, b) => mask(u(a) < u(b))],
  ['gtS', (a, b) => a.gtS(b), (a, b) => mask(a > b)],
  ['gtU', (a, b) => a.gtU(b), (a, b) => mask(u(a) > u(b))],
  ['leS', (a, b) => a.leS(b), (a, b) => mask(a <= b)],
  ['leU', (a, b) => a.leU(b), (a, b) => mask(u(a) <= u(b))],
  ['geS', (a, b) => a.geS(b), (a, b) => mask(a >= b)],
  ['geU', (a, b) => a.geU(b), (a, b) => mask(u(a) >= u(b))],
  ['toF32x4S', a => a.toF32x4S(), f],
  ['toF32x4U', a => a.toF32x4U(), a => f(u(a))],
  ['select', (a, b) => I32x4.of(0x0ff0).select(a, b), (a, b) => (a & 0x0ff0) | (b & ~0x0ff0)],
]

const COUNT = 400
const [A, B, OUT] = [0, 4 * COUNT, 8 * COUNT]

describe('vector instructions', () => {
  it.each(FLOAT_OPS)('f32x4 %s', (_, build, js) => {
    const m = new ModuleBuilder({ relaxedFma: false })
    const loop = m.func('run', {}, null, fn =>
      fn.for(0, 4 * COUNT, 16, p => {
        const a = fn.let(F32x4.load(p, A))
        const b = fn.let(F32x4.load(p, B))
        fn.store(p, build(a, b), OUT)
      }),
    )
    m.export(loop)
    const { exports, memory } = instantiate(m)
    const a = float32s(COUNT, 21)
    const b = float32s(COUNT, 22)
    new Float32Array(memory.buffer).set([...a, ...b])
    exports.run()
    const isMask = build(F32x4.of(0), F32x4.of(0)).kind === 'i32x4'
    const out = isMask ? new Int32Array(memory.buffer, OUT, COUNT) : new Float32Array(memory.buffer, OUT, COUNT)
    for (let i = 0; i < COUNT; i++) {
      // Integers have no -0.
      expect(out[i], `${a[i]}, ${b[i]}`).toBe(isMask ? js(a[i], b[i]) + 0 : js(a[i], b[i]))
    }
  })

  it.each(INT_OPS)('i32x4 %s', (_, build, js) => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(
      m.func('run', {}, null, fn =>
        fn.for(0, 4 * COUNT, 16, p => {
          const a = fn.let(I32x4.load(p, A))
          const b = fn.let(I32x4.load(p, B))
          fn.store(p, build(a, b), OUT)
        }),
      ),
    )
    const { exports, memory } = instantiate(m)
    const a = int32s(COUNT, 23)
    const b = int32s(COUNT, 24)
    new Int32Array(memory.buffer).set([...a, ...b])
    exports.run()
    const isFloat = build(I32x4.of(0), I32x4.of(0)).kind === 'f32x4'
    const out = isFloat ? new Float32Array(memory.buffer, OUT, COUNT) : new Int32Array(memory.buffer, OUT, COUNT)
    for (let i = 0; i < COUNT; i++) expect(out[i], `${a[i]}, ${b[i]}`).toBe(js(a[i], b[i]) + 0)
  })

  it('reduces masks and integers to scalars', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(m.func('any', {}, 'i32', () => I32x4.load(0).anyTrue()))
    m.export(m.func('all', {}, 'i32', () => I32x4.load(0).allTrue()))
    m.export(m.func('bits', {}, 'i32', () => I32x4.load(0).bitmask()))
    const { exports: e, memory } = instantiate(m)
    const lanes = new Int32Array(memory.buffer, 0, 4)
    for (let pattern = 0; pattern < 16; pattern++) {
      for (let i = 0; i < 4; i++) lanes[i] = (pattern >> i) & 1 ? -1 - i : 0
      expect([e.any(), e.all(), e.bits()]).toEqual([pattern === 0 ? 0 : 1, pattern === 15 ? 1 : 0, pattern])
    }
  })

  it('multiplies 32 x 32 to 64 bits, as Philox needs', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(
      m.func('run', {}, null, fn => {
        fn.store(32, I32x4.load(0).mulWideLowU(I32x4.load(16)))
        fn.store(48, I32x4.load(0).mulWideHighU(I32x4.load(16)))
        // The high words of all four products, as one vector.
        const low = I32x4.load(0).mulWideLowU(I32x4.load(16)).asI32x4()
        fn.store(64, low.shuffle(I32x4.load(0).mulWideHighU(I32x4.load(16)).asI32x4(), [1, 3, 5, 7]))
      }),
    )
    const { exports, memory } = instantiate(m)
    const words = new Uint32Array(memory.buffer)
    const random = seeded(31)
    for (let t = 0; t < 50; t++) {
      for (let i = 0; i < 8; i++) words[i] = t === 0 ? 0xffffffff : random() * 2 ** 32
      const products = [0, 1, 2, 3].map(i => BigInt(words[i]) * BigInt(words[i + 4]))
      exports.run()
      expect([...new BigUint64Array(memory.buffer, 32, 4)]).toEqual(products)
      expect([...words.subarray(16, 20)]).toEqual(products.map(p => Number(p >> 32n)))
    }
  })

  it('computes on 64-bit lanes and doubles', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(
      m.func('run', { x: 'i64' }, 'i64', (fn, { x }) => {
        const a = fn.let(I64x2.load(0))
        const k = I64x2.splat(x)
        fn.store(16, a.add(k).mul(I64x2.of(3n, -5n)).sub(I64x2.of(7n)).xor(a))
        fn.store(32, a.shl(9))
        fn.store(48, a.shrU(9))
        return a.lane(1)
      }),
    )
    m.export(
      m.func('doubles', {}, 'f64', fn => {
        const a = fn.let(F64x2.load(64))
        fn.store(80, a.add(F64x2.of(1, 2)).sub(F64x2.of(0.25)).mul(a).div(F64x2.of(3)).sqrt())
        fn.store(96, a.demoteZero())
        fn.store(112, F32x4.load(96).promoteLow().withLane(1, a.lane(0)))
        fn.store(128, F64x2.splat(a.lane(1)))
        return a.lane(1)
      }),
    )
    const { exports: e, memory } = instantiate(m)
    const q = new BigInt64Array(memory.buffer)
    const d = new Float64Array(memory.buffer)
    const [a, b] = [0x7edcba9876543210n, -12345678901234n]
    q.set([a, b])
    expect(e.run(99n)).toBe(b)
    const s = (x: bigint): bigint => BigInt.asIntN(64, x)
    expect([...q.subarray(2, 4)]).toEqual([s((a + 99n) * 3n - 7n) ^ a, s((b + 99n) * -5n - 7n) ^ b].map(s))
    expect([...q.subarray(4, 6)]).toEqual([s(a << 9n), s(b << 9n)])
    expect([...q.subarray(6, 8)]).toEqual([a, b].map(v => BigInt.asUintN(64, v) >> 9n))
    d.set([Math.PI, 1 / 3], 8)
    expect(e.doubles()).toBe(1 / 3)
    expect(d[10]).toBe(Math.sqrt(((Math.PI + 1 - 0.25) * Math.PI) / 3))
    expect(d[11]).toBe(Math.sqrt(((1 / 3 + 2 - 0.25) * (1 / 3)) / 3))
    expect([...new Float32Array(memory.buffer, 96, 4)]).toEqual([f(Math.PI), f(1 / 3), 0, 0])
    expect([d[14], d[15], d[16], d[17]]).toEqual([f(Math.PI), Math.PI, 1 / 3, 1 / 3])
  })

  it('moves lanes, splats, and loads and stores parts of vectors', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    let at = 256
    const expected: number[] = []
    m.export(
      m.func('run', { x: 'f32', i: 'i32' }, null, (fn, { x, i }) => {
        const a = fn.let(F32x4.load(0))
        const b = fn.let(F32x4.load(16))
        const ints = fn.let(I32x4.load(32))
        const put = (v: F32x4, ...lanes: number[]): void => {
          fn.store(0, v, at)
          expected.push(...lanes)
          at += 16
        }
        for (let s = 0; s < 8; s++) {
          const lanes = [s, (s * 3) % 8, 7 - s, (s + 5) % 8] as const
          put(a.shuffle(b, lanes), ...lanes.map(l => l + 1))
        }
        for (let l = 0; l < 4; l++) {
          put(F32x4.splat(a.lane(l)), l + 1, l + 1, l + 1, l + 1)
          put(a.withLane(l, 99), ...[0, 1, 2, 3].map(k => (k === l ? 99 : k + 1)))
          put(F32x4.loadLane(16, a, l, 4), ...[0, 1, 2, 3].map(k => (k === l ? 6 : k + 1)))
          put(I32x4.splat(ints.lane(l)).toF32x4S(), ...Array(4).fill(-10 * (l + 1)))
          put(ints.withLane(l, 7).toF32x4S(), ...[0, 1, 2, 3].map(k => (k === l ? 7 : -10 * (k + 1))))
          fn.store(0, F32x4.of(0), at)
          fn.storeLane(at + 8, b, l)
          expected.push(0, 0, l + 5, 0)
          at += 16
        }
        for (const half of [0, 1]) {
          fn.store(0, F32x4.of(0), at)
          fn.storeHalf(i, b, half, at + 4)
          expected.push(0, 5 + 2 * half, 6 + 2 * half, 0)
          at += 16
        }
        put(F32x4.splat(x), 2.5, 2.5, 2.5, 2.5)
        put(F32x4.loadSplat(i, 8), 3, 3, 3, 3)
        put(F32x4.loadZero(0, 8), 3, 0, 0, 0)
        put(F32x4.load64Zero(0, 8), 3, 4, 0, 0)
        put(F32x4.of(1, 2, 3, 4), 1, 2, 3, 4)
        put(I32x4.of(1, -2, 3, -4).toF32x4S(), 1, -2, 3, -4)
        put(I32x4.loadSplat(32, 4).toF32x4S(), -20, -20, -20, -20)
        put(I32x4.loadZero(32, 4).toF32x4S(), -20, 0, 0, 0)
        put(I32x4.load8x4U(64, 1).toF32x4S(), 200, 0, 255, 7)
        put(I32x4.splat(I32.of(0x3f800000)).asF32x4(), 1, 1, 1, 1)
        put(F32x4.splat(F32.of(-2)).asI32x4().xor(-0x80000000).asF32x4(), 2, 2, 2, 2)
        put(I64x2.splat(I64.of(0x40000000_3f800000n)).asI32x4().asF32x4(), 1, 2, 1, 2)
        put(I32x4.load(32).asI64x2().shrU(32).asI32x4().toF32x4S(), -20, 0, -40, 0)
      }),
    )
    const { exports, memory } = instantiate(m)
    new Float32Array(memory.buffer).set([1, 2, 3, 4, 5, 6, 7, 8])
    new Int32Array(memory.buffer, 32).set([-10, -20, -30, -40])
    new Uint8Array(memory.buffer, 64).set([9, 200, 0, 255, 7])
    exports.run(2.5, 0)
    expect([...new Float32Array(memory.buffer, 256, expected.length)]).toEqual(expected)
  })

  it('refuses lanes and offsets that do not exist', () => {
    expect(() => F32x4.of(0).lane(4)).toThrow('lane access: lane: expected an integer in [0, 4), got 4')
    expect(() => F32x4.of(0).shuffle(F32x4.of(0), [0, 1, 8, 2])).toThrow('[0, 8), got 8')
    expect(() => F32x4.load(0, -4)).toThrow('offset: expected an integer in [0, 2^32), got -4')
    expect(() => I32.of(2 ** 32)).toThrow('[-2^31, 2^32), got 4294967296')
    expect(() => I32.of(0.5)).toThrow('got 0.5')
  })
})
