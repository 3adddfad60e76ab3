// Interprets scalar programs in float64, for tests of this package.
import type { ScalarProgram } from './program.js'
import { constantValue } from './program.js'

// Abramowitz and Stegun 7.1.5, summed until it no longer changes: for the small arguments of tests.
function erf(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
const roundEven = (x: number): number => {
  const r = Math.round(x)
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r
}

export function run(p: ScalarProgram, inputs: readonly number[]): number[] {
  const v: number[] = []
  for (const ins of p.code) {
    const [op] = ins
    if (op === 'const') {
      v.push(constantValue(ins[1]))
      continue
    }
    if (op === 'in') {
      v.push(inputs[ins[1]])
      continue
    }
    const [a, b, c] = (ins.slice(1) as number[]).map(i => v[i])
    const table: Record<typeof op, () => number> = {
      neg: () => -a,
      abs: () => Math.abs(a),
      sign: () => Math.sign(a),
      floor: () => Math.floor(a),
      ceil: () => Math.ceil(a),
      round: () => roundEven(a),
      sqrt: () => Math.sqrt(a),
      rsqrt: () => 1 / Math.sqrt(a),
      exp: () => Math.exp(a),
      expm1: () => Math.expm1(a),
      log: () => Math.log(a),
      log1p: () => Math.log1p(a),
      tanh: () => Math.tanh(a),
      sigmoid: () => 1 / (1 + Math.exp(-a)),
      erf: () => erf(a),
      sin: () => Math.sin(a),
      cos: () => Math.cos(a),
      relu: () => Math.max(a, 0),
      not: () => Number(a === 0),
      add: () => a + b,
      sub: () => a - b,
      mul: () => a * b,
      div: () => a / b,
      max: () => Math.max(a, b),
      min: () => Math.min(a, b),
      pow: () => a ** b,
      lt: () => Number(a < b),
      le: () => Number(a <= b),
      gt: () => Number(a > b),
      ge: () => Number(a >= b),
      eq: () => Number(a === b),
      ne: () => Number(a !== b),
      and: () => Number(a !== 0 && b !== 0),
      or: () => Number(a !== 0 || b !== 0),
      select: () => (a !== 0 ? b : c),
    }
    v.push(table[op]())
  }
  return p.outs.map(i => v[i])
}
