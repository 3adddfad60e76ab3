// Initialisers, regularisers and constraints: laws of the numbers, reproducibility, configuration.
import { describe, expect, test } from 'vitest'
import { getConstraint } from '../constraints/index.js'
import { ArgumentError } from '../errors.js'
import { setSeed } from '../random/seed.js'
import { getRegularizer, type RegularizerOption } from '../regularizers/index.js'
import * as I from './index.js'

const moments = (x: Float32Array): [mean: number, variance: number] => {
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  return [mean, x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length]
}

test('fans: Keras, also for depthwise kernels', () => {
  expect(I.fans([])).toEqual([1, 1])
  expect(I.fans([5])).toEqual([5, 5])
  expect(I.fans([4, 7])).toEqual([4, 7])
  expect(I.fans([3, 3, 8, 16])).toEqual([72, 144])
  expect(I.fans([3, 3, 8, 1])).toEqual([72, 9])
})

test('constants', () => {
  expect([...I.getInitializer('zeros').init([2], 'k')]).toEqual([0, 0])
  expect([...I.getInitializer('Ones').init([2], 'k')]).toEqual([1, 1])
  expect([...new I.Constant({ value: 3 }).init([2])]).toEqual([3, 3])
  expect([...new I.Constant({ value: [1, 2] }).init([2])]).toEqual([1, 2])
  expect(() => new I.Constant({ value: [1, 2] }).init([3])).toThrow(/expected 3, got 2/)
  expect([...new I.Identity({ gain: 2 }).init([2, 3])]).toEqual([2, 0, 0, 0, 2, 0])
  expect(() => new I.Identity().init([2])).toThrow(/rank of the weight: expected 2, got \[2\]/)
})

// Fan in 400, fan out 100.
const SHAPE = [5, 5, 16, 4]
const LAWS: [name: string, config: Record<string, number>, mean: number, variance: number, limit: number][] = [
  ['randomNormal', { mean: 1, stddev: 0.5, seed: 1 }, 1, 0.25, Number.POSITIVE_INFINITY],
  ['truncatedNormal', { stddev: 0.5, seed: 1 }, 0, 0.25 * 0.87962566103423978 ** 2, 1],
  ['randomUniform', { minval: -1, maxval: 3, seed: 1 }, 1, 16 / 12, 3],
  ['glorotUniform', { seed: 1 }, 0, 2 / 500, Math.sqrt(6 / 500)],
  ['glorotNormal', { seed: 1 }, 0, 2 / 500, (2 * Math.sqrt(2 / 500)) / 0.87962566103423978],
  ['heUniform', { seed: 1 }, 0, 2 / 400, Math.sqrt(6 / 400)],
  ['heNormal', { seed: 1 }, 0, 2 / 400, (2 * Math.sqrt(2 / 400)) / 0.87962566103423978],
  ['lecunUniform', { seed: 1 }, 0, 1 / 400, Math.sqrt(3 / 400)],
  ['lecunNormal', { seed: 1 }, 0, 1 / 400, (2 * Math.sqrt(1 / 400)) / 0.87962566103423978],
  ['varianceScaling', { scale: 3, seed: 1 }, 0, 3 / 400, (2 * Math.sqrt(3 / 400)) / 0.87962566103423978],
]
describe.each(LAWS)('%s', (className, config, mean, variance, limit) => {
  test('has its mean and variance, within five standard errors', () => {
    const x = I.getInitializer({ className, config }).init(SHAPE, 'dense/kernel')
    const [m, v] = moments(x)
    const n = x.length
    expect(Math.abs(m - mean)).toBeLessThan(5 * Math.sqrt(variance / n))
    // Var(s^2) is at most 2 sigma^4 / n for laws whose tails are not heavier than the normal one's.
    expect(Math.abs(v - variance)).toBeLessThan(5 * variance * Math.sqrt(2 / n))
    expect(x.every(e => Math.abs(e) <= limit * (1 + 2 ** -23))).toBe(true)
  })
  test('depends on seed and key alone', () => {
    const draw = (seed: number, key: string) =>
      I.getInitializer({ className, config: { ...config, seed } }).init([50], key)
    expect(draw(1, 'a')).toEqual(draw(1, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
  })
  test('survives getConfig', () => {
    const made = I.getInitializer({ className, config })
    expect(I.getInitializer(made.serialize()).serialize()).toEqual(made.serialize())
    expect(made.getConfig()).toMatchObject(config)
  })
})

test('without a seed of its own an initialiser follows the program', () => {
  const draw = () => [...new I.HeNormal().init([4], 'k')]
  setSeed(5)
  const first = draw()
  setSeed(6)
  const second = draw()
  setSeed(5)
  expect(draw()).toEqual(first)
  expect(second).not.toEqual(first)
  expect([...new I.HeNormal({ seed: 6 }).init([4], 'k')]).toEqual(second)
})

test('orthogonal: rows or columns are orthonormal times gain', () => {
  for (const [rows, cols] of [
    [6, 4],
    [4, 6],
    [5, 5],
  ]) {
    const w = new I.Orthogonal({ gain: 2, seed: 1 }).init([rows, cols], 'k')
    const [n, vector] =
      rows < cols
        ? [rows, (i: number) => (k: number) => w[i * cols + k]]
        : [cols, (i: number) => (k: number) => w[k * cols + i]]
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0
        for (let k = 0; k < Math.max(rows, cols); k++) dot += vector(i)(k) * vector(j)(k)
        // Elements of at most 2, each rounded to float32.
        expect(Math.abs(dot - (i === j ? 4 : 0))).toBeLessThan(6 * 8 * 2 ** -24)
      }
    }
  }
})

test('names: camelCase, snake_case and class names are one; unknown ones are refused with a list', () => {
  for (const name of ['glorotUniform', 'glorot_uniform', 'GlorotUniform']) {
    expect(I.getInitializer(name)).toBeInstanceOf(I.GlorotUniform)
  }
  expect(() => I.getInitializer('glorot')).toThrow(/unknown initializer: expected one of zeros, ones.*got 'glorot'/)
  expect(() => I.getInitializer(3 as never)).toThrow(ArgumentError)
  expect(() => I.getInitializer({ className: 'HeNormal', config: {}, extra: 1 } as never)).toThrow(
    /unknown option 'extra'/,
  )
  expect(() => new I.VarianceScaling({ mode: 'fan' })).toThrow(/'fanIn', 'fanOut', 'fanAvg', got 'fan'/)
  expect(new I.VarianceScaling({ mode: 'fan_avg', distribution: 'normal' }).getConfig()).toMatchObject({
    mode: 'fanAvg',
    distribution: 'truncatedNormal',
  })
})

test('own classes: used as objects, and by name once registered', () => {
  class Ramp extends I.Initializer {
    static override readonly className = 'TestRamp'
    override init(shape: readonly number[]): Float32Array {
      return Float32Array.from({ length: shape[0] }, (_, i) => i)
    }
    override getConfig() {
      return {}
    }
  }
  expect([...I.getInitializer(new Ramp()).init([3], 'k')]).toEqual([0, 1, 2])
  expect(() => I.getInitializer('test_ramp')).toThrow(ArgumentError)
  I.registerInitializer(Ramp)
  expect(I.getInitializer(new Ramp().serialize())).toBeInstanceOf(Ramp)
  expect(() => I.registerInitializer(Ramp)).toThrow(/name is taken/)
})

test('regularisers and constraints survive getConfig, and refuse what they do not know', () => {
  const options: RegularizerOption[] = [
    'l1',
    'l2',
    { className: 'L1L2', config: { l1: 0.1, l2: 0.2 } },
    { className: 'OrthogonalRegularizer', config: { factor: 0.1, mode: 'columns' } },
  ]
  for (const option of options) {
    const made = getRegularizer(option)!
    expect(getRegularizer(made.serialize())!.serialize()).toEqual(made.serialize())
  }
  expect(getRegularizer('l1')!.getConfig()).toEqual({ l1: 0.01 })
  expect(getRegularizer('l1L2')!.getConfig()).toEqual({ l1: 0, l2: 0 })
  expect(getRegularizer(null)).toBeNull()
  expect(() => getRegularizer({ className: 'L1', config: { l2: 1 } })).toThrow(/unknown option 'l2'/)
  for (const option of [
    'maxNorm',
    'non_neg',
    'UnitNorm',
    { className: 'MinMaxNorm', config: { axis: [0, 1, 2], rate: 0.5 } },
  ]) {
    const made = getConstraint(option)!
    expect(getConstraint(made.serialize())!.serialize()).toEqual(made.serialize())
  }
  expect(() => getConstraint({ className: 'MinMaxNorm', config: { minValue: 2, maxValue: 1 } })).toThrow(
    /maxValue.*got 1/,
  )
})
