// Scalar conversions, constants, loads and stores.

import { describe, expect, it } from 'vitest'
import { float32s, instantiate, int32s, int64s } from './harness.test.util.js'
import { F32, F64, I32, I64, ModuleBuilder } from './index.js'

const f = Math.fround
const copysign = (a: number, b: number): number => (Object.is(b, -0) || b < 0 ? -Math.abs(a) : Math.abs(a))

describe('scalars', () => {
  it('converts between types', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(m.func('extendS', { x: 'i32' }, 'i64', (_f, { x }) => x.extendS()))
    m.export(m.func('extendU', { x: 'i32' }, 'i64', (_f, { x }) => x.extendU()))
    m.export(m.func('toF32S', { x: 'i32' }, 'f32', (_f, { x }) => x.toF32S()))
    m.export(m.func('toF32U', { x: 'i32' }, 'f32', (_f, { x }) => x.toF32U()))
    m.export(m.func('toF64S', { x: 'i32' }, 'f64', (_f, { x }) => x.toF64S()))
    m.export(m.func('toF64U', { x: 'i32' }, 'f64', (_f, { x }) => x.toF64U()))
    m.export(m.func('roundTrip', { x: 'i32' }, 'i32', (_f, { x }) => x.bitsToF32().bits()))
    m.export(m.func('promote', { x: 'f32' }, 'f64', (_f, { x }) => x.promote()))
    m.export(m.func('demote', { x: 'f64' }, 'f32', (_f, { x }) => x.demote()))
    m.export(m.func('copysign32', { x: 'f32', y: 'f32' }, 'f32', (_f, { x, y }) => x.copysign(y)))
    m.export(m.func('copysign64', { x: 'f64', y: 'f64' }, 'f64', (_f, { x, y }) => x.copysign(y)))
    const e = instantiate(m).exports
    for (const x of int32s(400, 1)) {
      expect(e.extendS(x)).toBe(BigInt(x))
      expect(e.extendU(x)).toBe(BigInt(x >>> 0))
      expect(e.toF32S(x)).toBe(f(x))
      expect(e.toF32U(x)).toBe(f(x >>> 0))
      expect(e.toF64S(x)).toBe(x)
      expect(e.toF64U(x)).toBe(x >>> 0)
    }
    for (const x of [0, 1, -1, 0x3f800000, 0x7f7fffff]) expect(e.roundTrip(x)).toBe(x)
    for (const x of float32s(100, 4)) {
      expect(e.promote(x)).toBe(x)
      expect(e.demote(x * 1.0000000001)).toBe(f(x * 1.0000000001))
      for (const s of [-3, 3, -0, 0]) {
        expect(e.copysign32(x, s)).toBe(copysign(x, s))
        expect(e.copysign64(x, s)).toBe(copysign(x, s))
      }
    }
  })

  it('encodes constants of every size, and folds those it may', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    const ints = [...new Set([...int32s(200, 9), 63, 64, -64, -65, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31)])]
    const longs = int64s(100, 10)
    const floats = float32s(100, 11)
    ints.forEach((v, i) => {
      m.export(m.func(`i${i}`, {}, 'i32', () => I32.of(v)))
      m.export(m.func(`fold${i}`, { x: 'i32' }, 'i32', (_f, { x }) => x.mul(v).add(I32.of(v).mul(3).add(5).sub(v))))
    })
    longs.forEach((v, i) => void m.export(m.func(`l${i}`, {}, 'i64', () => I64.of(v))))
    floats.forEach((v, i) => void m.export(m.func(`f${i}`, {}, 'f32', () => F32.of(v))))
    floats.forEach((v, i) => void m.export(m.func(`d${i}`, {}, 'f64', () => F64.of(v / 3))))
    m.export(m.func('large', {}, 'i32', () => I32.of(0xfffffff0)))
    const e = instantiate(m).exports
    ints.forEach((v, i) => {
      expect(e[`i${i}`]()).toBe(v)
      expect(e[`fold${i}`](7)).toBe((Math.imul(7, v) + Math.imul(v, 3) + 5 - v) | 0)
    })
    longs.forEach((v, i) => void expect(e[`l${i}`]()).toBe(v))
    floats.forEach((v, i) => void expect(e[`f${i}`]()).toBe(v))
    floats.forEach((v, i) => void expect(e[`d${i}`]()).toBe(v / 3))
    expect(e.large()).toBe(-16)
  })

  it('loads and stores at offsets', () => {
    const m = new ModuleBuilder({ relaxedFma: false })
    m.export(m.func('i8s', { p: 'i32' }, 'i32', (_f, { p }) => I32.load8S(p, 3)))
    m.export(m.func('i8u', { p: 'i32' }, 'i32', (_f, { p }) => I32.load8U(p, 3)))
    m.export(m.func('i16s', { p: 'i32' }, 'i32', (_f, { p }) => I32.load16S(p, 3)))
    m.export(m.func('i16u', { p: 'i32' }, 'i32', (_f, { p }) => I32.load16U(p, 3)))
    m.export(m.func('i32', { p: 'i32' }, 'i32', (_f, { p }) => I32.load(p, 300)))
    m.export(m.func('i64', { p: 'i32' }, 'i64', (_f, { p }) => I64.load(p, 300)))
    m.export(m.func('f32', { p: 'i32' }, 'f32', (_f, { p }) => F32.load(p, 20000)))
    m.export(m.func('f64', { p: 'i32' }, 'f64', (_f, { p }) => F64.load(p, 20000)))
    m.export(
      m.func('put', { p: 'i32', i: 'i32', l: 'i64', s: 'f32', d: 'f64' }, null, (f, { p, i, l, s, d }) => {
        f.store8(p, i, 1)
        f.store16(p, i, 2)
        f.store(p, i, 4)
        f.store(p, l, 8)
        f.store(p, s, 16)
        f.store(p, d, 24)
        f.store(64, F32.of(1.5))
      }),
    )
    const { exports: e, view } = instantiate(m)
    view.setInt8(103, -5)
    view.setInt8(104, -7)
    expect([e.i8s(100), e.i8u(100)]).toEqual([-5, 251])
    expect([e.i16s(100), e.i16u(100)]).toEqual([view.getInt16(103, true), view.getUint16(103, true)])
    view.setBigInt64(400, -0x123456789abcdefn, true)
    expect(e.i32(100)).toBe(view.getInt32(400, true))
    expect(e.i64(100)).toBe(-0x123456789abcdefn)
    view.setFloat32(20008, 0.75, true)
    expect(e.f32(8)).toBe(0.75)
    view.setFloat64(20008, Math.PI, true)
    expect(e.f64(8)).toBe(Math.PI)
    e.put(1000, 0x12345678, -2n, 0.5, 1 / 3)
    expect(view.getUint8(1001)).toBe(0x78)
    expect(view.getUint16(1002, true)).toBe(0x5678)
    expect(view.getInt32(1004, true)).toBe(0x12345678)
    expect(view.getBigInt64(1008, true)).toBe(-2n)
    expect(view.getFloat32(1016, true)).toBe(0.5)
    expect(view.getFloat64(1024, true)).toBe(1 / 3)
    expect(view.getFloat32(64, true)).toBe(1.5)
  })
})
