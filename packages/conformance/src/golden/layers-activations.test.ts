// Activations beyond the golden cases: closed forms, derivatives, the ends of the float32 range, NaN.
import { activations, evaluate, grad, input, type Value } from '@strata/api'
import { f32 } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, describe, expect, test } from 'vitest'
import { FLOAT64 } from '../oracle/arithmetic.js'
import { lower } from '../oracle/lower.js'
import { type Exact, reference } from '../oracle/reference.js'
import { erf, sigmoid } from '../oracle/special.js'
import { executeExactly } from '../tiers/execute.js'

const backend = await cpu()
afterAll(() => backend.dispose())

const relu = (x: number): number => Math.max(x, 0)
const clip = (x: number, lo: number, hi: number): number => Math.min(Math.max(x, lo), hi)
const softplus = (x: number): number => relu(x) + Math.log1p(Math.exp(-Math.abs(x)))
const elu = (x: number, alpha = 1): number => (x > 0 ? x : alpha * Math.expm1(x))

/** Name or JSON, closed form, and the kinks, where no derivative is checked. */
const SCALARS: [option: activations.ActivationOption, f: (x: number) => number, kinks: number[]][] = [
  ['linear', x => x, []],
  ['relu', relu, [0]],
  ['relu6', x => clip(x, 0, 6), [0, 6]],
  [
    { className: 'relu', config: { negativeSlope: 0.25, maxValue: 2, threshold: 0.5 } },
    x => (x > 0.5 ? Math.min(x, 2) : 0.25 * (x - 0.5)),
    [0.5, 2],
  ],
  ['leaky_relu', x => (x > 0 ? x : 0.2 * x), [0]],
  ['elu', x => elu(x), []],
  ['selu', x => 1.0507009873554805 * elu(x, 1.6732632423543772), [0]],
  [{ className: 'celu', config: { alpha: 2 } }, x => (x > 0 ? x : 2 * Math.expm1(x / 2)), []],
  ['gelu', x => (x / 2) * (1 + erf(x * Math.SQRT1_2)), []],
  [
    { className: 'gelu', config: { approximate: true } },
    x => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    [],
  ],
  ['sigmoid', sigmoid, []],
  ['log_sigmoid', x => -softplus(-x), []],
  ['hard_sigmoid', x => clip(x + 3, 0, 6) / 6, [-3, 3]],
  ['sparse_sigmoid', x => clip((x + 1) / 2, 0, 1), [-1, 1]],
  ['silu', x => x * sigmoid(x), []],
  ['swish', x => x * sigmoid(x), []],
  ['hard_silu', x => (x * clip(x + 3, 0, 6)) / 6, [-3, 3]],
  ['hard_swish', x => (x * clip(x + 3, 0, 6)) / 6, [-3, 3]],
  ['tanh', Math.tanh, []],
  ['tanh_shrink', x => x - Math.tanh(x), []],
  ['hard_tanh', x => clip(x, -1, 1), [-1, 1]],
  ['soft_shrink', x => Math.sign(x) * relu(Math.abs(x) - 0.5), [-0.5, 0.5]],
  ['hard_shrink', x => (Math.abs(x) > 0.5 ? x : 0), [-0.5, 0.5]],
  [{ className: 'threshold', config: { threshold: 0.5, defaultValue: -2 } }, x => (x > 0.5 ? x : -2), [0.5]],
  ['softplus', softplus, []],
  ['softsign', x => x / (1 + Math.abs(x)), []],
  ['exponential', Math.exp, []],
  ['mish', x => x * Math.tanh(softplus(x)), []],
  ['squareplus', x => (x + Math.sqrt(x * x + 4)) / 2, []],
  ['sparse_plus', x => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4), []],
]
const title = (o: activations.ActivationOption): string => (typeof o === 'string' ? o : JSON.stringify(o))

/** y and dy/dx of an activation, as outputs over x; the upstream gradient is 1. */
function graphOf(option: activations.ActivationOption, n: number): Record<string, Value> {
  const x = input('x', f32([n]))
  const y = activations.getActivation(option).call(x)
  const [dx] = grad(y, [x], input('one', f32([n])))
  return { y, dx }
}
async function exactly(option: activations.ActivationOption, x: Float64Array): Promise<Record<string, Exact>> {
  const oracle = reference({ u: FLOAT64 })
  return executeExactly(oracle, lower(graphOf(option, x.length)), { x, one: x.map(() => 1) })
}

const GRID = Float64Array.from({ length: 81 }, (_, i) => (i - 40) / 8)
const EXTREMES = Float32Array.of(
  0,
  -0,
  1e-40,
  -1e-40,
  1e-20,
  -1e-20,
  20,
  -20,
  90,
  -90,
  1e4,
  -1e4,
  1e15,
  -1e15,
  3e38,
  -3e38,
)

describe.each(SCALARS.map(s => [title(s[0]), ...s] as const))('%s', (_, option, f, kinks) => {
  test('is its closed form', async () => {
    const { y } = await exactly(option, GRID)
    GRID.forEach((x, i) => {
      // The closed form has errors of its own: a few roundings of its terms, which are at most 1 + |x|.
      const allowed = 4 * y.bound[i] + 8 * FLOAT64 * (1 + Math.abs(x))
      expect(Math.abs(y.value[i] - f(x)), `at ${x}: ${y.value[i]}, closed form ${f(x)}`).toBeLessThanOrEqual(allowed)
    })
  })
  test('has the derivative of the closed form', async () => {
    const { dx } = await exactly(option, GRID)
    const h = 2 ** -17
    GRID.forEach((x, i) => {
      if (kinks.some(k => Math.abs(x - k) < 2 * h)) return
      // Central differences: h^2/6 |f'''| and rounding u |f| / h. elu and sparsePlus have a kink in f': h |f''| there.
      const slope = (f(x + h) - f(x - h)) / (2 * h)
      const size = Math.abs(f(x)) + Math.abs(slope) + 1
      const kink = Number.isInteger(x) ? h : 0
      expect(Math.abs(dx.value[i] - slope), `at ${x}: ${dx.value[i]}, difference ${slope}`).toBeLessThan(
        size * (2 * h * h + (4 * FLOAT64) / h + kink),
      )
    })
  })
  test('is finite with a finite derivative over the whole range of float32, and keeps NaN', async () => {
    const x = Float32Array.of(...EXTREMES, Number.NaN)
    const { y, dx } = await evaluate(backend, { outputs: graphOf(option, x.length) }, { x, one: x.map(() => 1) })
    EXTREMES.forEach((v, i) => {
      const overflow = !Number.isFinite(Math.fround(f(v)))
      expect(Number.isFinite(y[i]), `y(${v}) = ${y[i]}`).toBe(!overflow)
      if (!overflow) expect(Number.isFinite(dx[i]), `y'(${v}) = ${dx[i]}`).toBe(true)
    })
    expect(y.at(-1)).toBeNaN()
  })
})

test('every scalar activation is in the list', () => {
  const listed = new Set(SCALARS.map(([o]) => activations.getActivation(o).name))
  for (const name of activations.activationNames()) {
    const tensor = ['softmax', 'logSoftmax', 'sparsemax', 'glu'].includes(name)
    if (!tensor && name !== 'threshold') expect(listed, name).toContain(activations.getActivation(name).name)
  }
})

test('sparsemax is the projection onto the simplex, along any axis, with its gradient', async () => {
  // The sorted algorithm of the paper.
  const project = (z: number[]): number[] => {
    const sorted = [...z].sort((a, b) => b - a)
    let sum = 0
    let tau = 0
    sorted.forEach((v, i) => {
      sum += v
      if (1 + (i + 1) * v > sum) tau = (sum - 1) / (i + 1)
    })
    return z.map(v => relu(v - tau))
  }
  const rows = [
    [0.3, 0.1, -0.2, 0.25],
    [5, 1, 0, 0.5],
    [0.5, 0.5, 0.5, -3],
    [1e3, 1e3 + 0.25, 0, 0],
  ]
  const x = Float64Array.from([0, 1, 2, 3].flatMap(j => rows.map(r => r[j]))) // [4 classes, 4 rows]
  const leaf = input('x', f32([4, 4]))
  const y = activations.getActivation({ className: 'sparsemax', config: { axis: 0 } }).call(leaf)
  const up = Float64Array.from({ length: 16 }, (_, i) => Math.sin(i))
  const [dx] = grad(y, [leaf], input('up', f32([4, 4])))
  const got = await executeExactly(reference({ u: FLOAT64 }), lower({ y, dx }), { x, up })
  rows.forEach((r, k) => {
    const want = project(r)
    const support = want.map((p): number => (p > 0 ? 1 : 0))
    const n = support.reduce((a, b) => a + b, 0)
    const mean = support.reduce((a, s, j) => a + s * up[j * 4 + k], 0) / n
    for (let j = 0; j < 4; j++) {
      expect(Math.abs(got.y.value[j * 4 + k] - want[j])).toBeLessThanOrEqual(got.y.bound[j * 4 + k] + 2 ** -50 * r[0])
      expect(Math.abs(got.dx.value[j * 4 + k] - support[j] * (up[j * 4 + k] - mean))).toBeLessThan(2 ** -50)
    }
  })
})
