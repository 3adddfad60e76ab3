// Every instruction of a scalar program on edges, exact where IEEE 754 says what the result is.
import type { Instruction, ScalarProgram } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { evaluate, fmaPaths } from './math/harness.test.util.js'

const EDGES = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e30, -1e30, 1e-42, 16777217, Infinity, -Infinity, Number.NaN]
const truth = (v: boolean): number => (v ? 1 : 0)
const nearestEven = (x: number): number => {
  const low = Math.floor(x)
  const half = x - low
  return half < 0.5 || (half === 0.5 && low % 2 === 0) ? low : low + 1
}
const unary: Record<string, (x: number) => number> = {
  neg: x => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: x => (Number.isFinite(x) ? nearestEven(x) : x),
  sqrt: Math.sqrt,
  relu: x => Math.max(0, x),
  not: x => truth(x === 0),
}
const binary: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  lt: (a, b) => truth(a < b),
  le: (a, b) => truth(a <= b),
  gt: (a, b) => truth(a > b),
  ge: (a, b) => truth(a >= b),
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  and: (a, b) => truth(a !== 0 && b !== 0),
  or: (a, b) => truth(a !== 0 || b !== 0),
}
/** Equal as numbers: -0 is 0 here, NaN is NaN. */
function expectEqual(got: Float32Array, want: readonly number[]): void {
  expect([...got].map(v => v + 0)).toEqual(want.map(v => Math.fround(v) + 0))
}
const program = (inputs: number, ...code: unknown[]): ScalarProgram => ({
  inputs,
  code: code as Instruction[],
  outs: [code.length - 1],
})

describe.each(fmaPaths)('translate, fma %s', fma => {
  const x = Float32Array.from(EDGES)
  it.each(Object.keys(unary))('%s', op => {
    const [y] = evaluate(program(1, ['in', 0], [op, 0]), [x], fma)
    expectEqual(y, [...x].map(unary[op]))
  })

  it.each(Object.keys(binary))('%s', op => {
    const a = Float32Array.from(EDGES.flatMap(v => EDGES.map(() => v)))
    const b = Float32Array.from(EDGES.flatMap(() => EDGES))
    const [y] = evaluate(program(2, ['in', 0], ['in', 1], [op, 0, 1]), [a, b], fma)
    expectEqual(
      y,
      [...a].map((v, i) => binary[op](v, b[i])),
    )
  })

  it('select takes a side whole, whatever the other holds', () => {
    const c = Float32Array.from(EDGES)
    const [y] = evaluate(program(1, ['in', 0], ['const', 'NaN'], ['const', -3], ['select', 0, 2, 1]), [c], fma)
    expectEqual(
      y,
      EDGES.map(v => (v === 0 ? Number.NaN : -3)),
    )
    // A comparison feeds it as a mask, and as a number elsewhere.
    const both = program(1, ['in', 0], ['const', 1], ['lt', 0, 1], ['select', 2, 0, 1], ['add', 3, 2])
    const [z] = evaluate(both, [c], fma)
    expectEqual(
      z,
      EDGES.map(v => (Math.fround(v) < 1 ? Math.fround(v) + 1 : 1)),
    )
  })

  it('gives several outputs, one of them an input and one a constant, and skips dead code', () => {
    const p: ScalarProgram = {
      inputs: 2,
      code: [
        ['in', 1],
        ['const', 'Infinity'],
        ['in', 0],
        ['exp', 2],
        ['mul', 0, 0],
      ],
      outs: [0, 1, 4, 0],
    }
    const [a, b, c, d] = evaluate(p, [EDGES.map(() => Number.NaN), EDGES], fma)
    expectEqual(a, EDGES.map(Math.fround))
    expectEqual(
      b,
      EDGES.map(() => Infinity),
    )
    expectEqual(
      c,
      EDGES.map(v => Math.fround(v) ** 2),
    )
    expectEqual(d, EDGES.map(Math.fround))
  })
})
