import { describe, expect, it } from 'vitest'
import { gradient } from './derivative.js'
import * as E from './expr.js'
import { BINARY_OPS, type ScalarProgram, UNARY_OPS } from './program.js'
import { run } from './run.test.util.js'

/** All operations with points away from their kinks. */
const UNARY_AT: Record<string, number[]> = {
  neg: [0.7],
  abs: [-0.7, 0.7],
  sign: [0.7],
  floor: [1.3],
  ceil: [1.3],
  round: [1.3],
  sqrt: [0.7],
  rsqrt: [0.7],
  exp: [0.7, -3],
  expm1: [0.7, -1e-3],
  log: [0.7],
  log1p: [0.7, 1e-3],
  tanh: [0.7, -2],
  sigmoid: [0.7, -5],
  erf: [0.7, -0.2],
  sin: [0.7],
  cos: [0.7],
  relu: [0.7, -0.7],
  not: [0.7],
}

const program = (inputs: number, ...outs: E.Expr[]): ScalarProgram => E.toProgram(inputs, outs)

describe('expressions', () => {
  it('are hash-consed: equal expressions are one object', () => {
    expect(E.add(E.arg(0), E.exp(E.arg(1)))).toBe(E.add(E.arg(0), E.exp(E.arg(1))))
    expect(E.add(E.arg(0), E.arg(1))).not.toBe(E.add(E.arg(1), E.arg(0)))
    expect(E.constant(-0)).not.toBe(E.constant(0))
  })

  it('survive the way to a program and back', () => {
    const e = E.select(
      E.lt(E.arg(0), 2),
      E.mul(E.sigmoid(E.arg(1)), 3),
      E.div(E.arg(0), E.constant(Number.POSITIVE_INFINITY)),
    )
    const p = program(2, e, E.neg(e))
    expect(JSON.parse(JSON.stringify(p))).toEqual(p)
    expect(E.fromProgram(p)).toEqual([e, E.neg(e)])
  })

  it('share common subexpressions in a program', () => {
    const s = E.exp(E.arg(0))
    expect(program(1, E.mul(s, s), s).code).toEqual([
      ['in', 0],
      ['exp', 0],
      ['mul', 1, 1],
    ])
  })

  it('simplify only where no bit changes', () => {
    const x = E.arg(0)
    expect(E.add(x, 0)).toBe(x)
    expect(E.mul(x, 1)).toBe(x)
    expect(E.mul(x, 0)).toBe(E.constant(0))
    expect(E.add(E.add(x, 1), 2)).not.toBe(E.add(x, 3))
  })
})

describe('derivatives', () => {
  const h = 1e-6
  it('has a point for every unary operation', () => {
    expect(Object.keys(UNARY_AT).sort()).toEqual([...UNARY_OPS].sort())
  })
  it.each(UNARY_OPS.flatMap(op => UNARY_AT[op].map(x => [op, x] as const)))(
    'of %s at %f agrees with central differences',
    (op, x) => {
      const f = E.make(op, 0, [E.arg(0)])
      const [d] = gradient([f], [E.constant(1)], 1)
      const [got] = run(program(1, d), [x])
      const at = (v: number): number => run(program(1, f), [v])[0]
      const want = (at(x + h) - at(x - h)) / (2 * h)
      // Central differences: truncation h^2 f''' / 6 and rounding |f| 2^-53 / h; all values here are of order 1 to 30.
      expect(Math.abs(got - want)).toBeLessThan(1e-8)
    },
  )
  it.each(BINARY_OPS)('of %s agrees with central differences', op => {
    const f = E.make(op, 0, [E.arg(0), E.arg(1)])
    const grads = gradient([f], [E.constant(1)], 2)
    const point = [1.3, 0.6]
    const at = (p: number[]): number => run(program(2, f), p)[0]
    grads.forEach((g, i) => {
      const [got] = run(program(2, g), point)
      const shift = (s: number): number[] => point.map((v, j) => (j === i ? v + s : v))
      expect(Math.abs(got - (at(shift(h)) - at(shift(-h))) / (2 * h))).toBeLessThan(1e-8)
    })
  })

  const slope = (f: E.Expr, ...x: number[]): number[] =>
    run(program(x.length, ...gradient([f], [E.constant(1)], x.length)), x)
  it('follow the conventions at ties and kinks', () => {
    expect(slope(E.relu(E.arg(0)), 0)).toEqual([0])
    expect(slope(E.abs(E.arg(0)), 0)).toEqual([0])
    expect(slope(E.max(E.arg(0), E.arg(1)), 2, 2)).toEqual([0.5, 0.5])
    expect(slope(E.min(E.arg(0), E.arg(1)), 2, 2)).toEqual([0.5, 0.5])
    expect(slope(E.clip(E.arg(0), -1, 1), 1)).toEqual([1])
    expect(slope(E.clip(E.arg(0), -1, 1), 1.5)).toEqual([0])
  })
  it('add up over several outputs', () => {
    const outs = [E.mul(E.arg(0), 3), E.square(E.arg(0))]
    const [d] = gradient(outs, [E.arg(1), E.arg(2)], 1)
    expect(run(program(3, d), [5, 2, 7])).toEqual([2 * 3 + 7 * 2 * 5])
  })
})
