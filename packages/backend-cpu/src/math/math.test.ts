// Errors of the built-in functions over the whole range of float32, both ways to multiply and add, against the numbers
// that the backend declares.
import { describe, expect, it } from 'vitest'
import { ULP } from '../numerics.js'
import { erf64, evaluate, everywhere, fmaPaths, linear, ulps } from './harness.test.util.js'

const all = everywhere(200)
const unary = {
  exp: [Math.exp, linear(-104, 89, 200_000)],
  expm1: [Math.expm1, linear(-20, 89, 200_000), linear(-1, 1, 100_000)],
  log: [Math.log, linear(0.5, 2, 200_000)],
  log1p: [Math.log1p, linear(-1, 2, 200_000)],
  tanh: [Math.tanh, linear(-10, 10, 200_000)],
  sigmoid: [(x: number) => 1 / (1 + Math.exp(-x)), linear(-104, 40, 200_000)],
  erf: [erf64, linear(-4.5, 4.5, 200_000)],
  sqrt: [Math.sqrt, linear(0, 10, 1000)],
  rsqrt: [(x: number) => 1 / Math.sqrt(x), linear(0.25, 4, 100_000)],
  sin: [Math.sin, linear(-1e4, 1e4, 200_000), linear(-7, 7, 100_000)],
  cos: [Math.cos, linear(-1e4, 1e4, 200_000), linear(-7, 7, 100_000)],
} as const
// Where the reduction of the angle is exact.
const LARGEST_ANGLE = 2 ** 28

describe.each(fmaPaths)('built-in functions, fma %s', fma => {
  it.each(Object.keys(unary) as (keyof typeof unary)[])('%s', op => {
    const [reference, ...ranges] = unary[op]
    let worst = 0
    let at = 0
    for (const range of [all, ...ranges]) {
      const x = op === 'sin' || op === 'cos' ? range.filter(v => !(Math.abs(v) > LARGEST_ANGLE)) : range
      const [y] = evaluate(
        {
          inputs: 1,
          code: [
            ['in', 0],
            [op, 0],
          ],
          outs: [1],
        },
        [x],
        fma,
      )
      x.forEach((v, i) => {
        const error = ulps(y[i], reference(v))
        if (!(error <= worst)) [worst, at] = [error, v]
      })
    }
    expect(worst, `worst at ${at}`).toBeLessThanOrEqual(ULP[op])
  })

  it('pow', () => {
    const x: number[] = []
    const y: number[] = []
    const add = (a: number, b: number) => {
      x.push(a)
      y.push(b)
    }
    const bases = everywhere(6)
    const special = [0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, 1e10, -1e10, 16777215, 1e-40, Infinity, -Infinity, NaN]
    for (const a of [...special, ...bases]) for (const b of special) add(a, b)
    linear(0.001, 20, 100_000).forEach((a, i) => {
      add(a, ((i * 7919) % 1000) / 20 - 25)
    })
    linear(0.9, 1.1, 100_000).forEach((a, i) => {
      add(a, ((i * 7919) % 1000) - 500)
    })
    const X = Float32Array.from(x)
    const Y = Float32Array.from(y)
    const [z] = evaluate(
      {
        inputs: 2,
        code: [
          ['in', 0],
          ['in', 1],
          ['pow', 0, 1],
        ],
        outs: [2],
      },
      [X, Y],
      fma,
    )
    let worst = 0
    let at = ''
    X.forEach((a, i) => {
      // IEEE 754: 1^y is 1 for every y, and (-1)^infinity is 1.
      const one = a === 1 || (a === -1 && Math.abs(Y[i]) === Infinity)
      const error = ulps(z[i], one ? 1 : a ** Y[i])
      if (!(error <= worst)) [worst, at] = [error, `${a} ** ${Y[i]} = ${z[i]}`]
    })
    expect(worst, at).toBeLessThanOrEqual(ULP.pow)
  })

  it('keeps the sign of zero, and stays in range for large angles', () => {
    for (const op of ['expm1', 'log1p', 'tanh', 'erf'] as const) {
      const [y] = evaluate(
        {
          inputs: 1,
          code: [
            ['in', 0],
            [op, 0],
          ],
          outs: [1],
        },
        [[-0, 0]],
        fma,
      )
      expect(Object.is(y[0], -0) && Object.is(y[1], 0), op).toBe(true)
    }
    for (const op of ['sin', 'cos'] as const) {
      const [y] = evaluate(
        {
          inputs: 1,
          code: [
            ['in', 0],
            [op, 0],
          ],
          outs: [1],
        },
        [all.filter(Number.isFinite)],
        fma,
      )
      expect(y.every(v => Math.abs(v) <= 1)).toBe(true)
      const [z] = evaluate(
        {
          inputs: 1,
          code: [
            ['in', 0],
            [op, 0],
          ],
          outs: [1],
        },
        [[Infinity, -Infinity, NaN]],
        fma,
      )
      expect(z.every(Number.isNaN)).toBe(true)
    }
  })
})
