import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError, StateError } from '../errors.js'
import { abs, reduceMax, sub } from '../graph/ops.js'
import { Trace } from '../graph/trace.js'
import { input, type Value } from '../graph/value.js'
import { Huber } from '../losses/index.js'
import { f32, i32 } from '../tensor-spec.js'
import * as metrics from './index.js'
import { getMetric } from './index.js'

/** Two float64 results of at most sixteen positive terms and factors each, every one rounded once: 2^-53 of the result a rounding. */
const near = (got: number | readonly number[], want: number): void => {
  expect(Math.abs(Number(got) - want)).toBeLessThanOrEqual(2 * 16 * 2 ** -53 * Math.abs(want))
}

const p = (...shape: number[]): Value => input('p', f32(shape))
const t = (...shape: number[]): Value => input('t', f32(shape))
const none = { yTrueShape: [8, 3], yPredShape: [8, 3] }

const ABSTRACT = ['Metric', 'MeanMetric', 'MeanMetricWrapper', 'LossMetric']
const CLASSES = Object.entries(metrics).flatMap(([name, c]) =>
  typeof c === 'function' && 'className' in c && !ABSTRACT.includes(name) ? [name] : [],
)

describe('getMetric', () => {
  test('knows every class by its names', () => {
    expect(CLASSES.length).toBe(33)
    for (const className of CLASSES) {
      const metric = getMetric({ className }, none)
      expect(metric.className).toBe(className)
      if (className === 'Accuracy') continue // 'accuracy' goes by the shapes
      expect(getMetric(metric.name, none).className).toBe(className)
    }
  })
  test.each([
    [[32], [32, 1], 'BinaryAccuracy'],
    [[32, 1], [32, 1], 'BinaryAccuracy'],
    [[32], [32, 10], 'SparseCategoricalAccuracy'],
    [[32, 1], [32, 10], 'SparseCategoricalAccuracy'],
    [[32, 10], [32, 10], 'CategoricalAccuracy'],
    [[32, 5], [32, 5, 10], 'SparseCategoricalAccuracy'],
    [[32, 5, 10], [32, 5, 10], 'CategoricalAccuracy'],
  ])("'accuracy' of targets %j and predictions %j is %s", (yTrueShape, yPredShape, className) => {
    const metric = getMetric('accuracy', { yTrueShape, yPredShape })
    expect(metric.className).toBe(className)
    expect(metric.name).toBe('accuracy')
    expect(getMetric('acc', { yTrueShape, yPredShape }).name).toBe('accuracy')
  })
  test("'crossentropy' goes by the shapes too", () => {
    expect(getMetric('ce', { yTrueShape: [32], yPredShape: [32, 10] }).className).toBe('SparseCategoricalCrossentropy')
  })
  test('keeps the name that it was asked by', () => {
    expect(getMetric('mse', none).name).toBe('mse')
    expect(getMetric('meanSquaredError', none).name).toBe('meanSquaredError')
    expect(getMetric({ className: 'MeanSquaredError' }, none).name).toBe('mean_squared_error')
  })
  test('takes losses, by name or as such', () => {
    const huber = getMetric('huber', none)
    expect([huber.className, huber.name, huber.direction]).toEqual(['LossMetric', 'huber', 'down'])
    expect(getMetric(new Huber({ delta: 2, name: 'h' }), none).name).toBe('h')
  })
  test('takes functions', () => {
    const maxError = (yTrue: Value, yPred: Value): Value => reduceMax(abs(sub(yTrue, yPred)), -1)
    const metric = getMetric(maxError, none)
    expect(metric.name).toBe('maxError')
    metric.updateOn(new Trace(false), t(8, 3), p(8, 3))
    expect(() => metric.serialize()).toThrow(/maxError.*Metric subclass/)
  })
  test('lists the names when it does not know one', () => {
    expect(() => getMetric('accuracies', none)).toThrow(ArgumentError)
    expect(() => getMetric('accuracies', none)).toThrow(/auc.*topKCategoricalAccuracy.*'accuracies'/)
    expect(() => getMetric(3 as never, none)).toThrow(ArgumentError)
  })
})

describe('options', () => {
  test('survive serialisation', () => {
    const given = [
      new metrics.BinaryAccuracy({ threshold: 0.3, name: 'b' }),
      new metrics.TopKCategoricalAccuracy({ k: 3 }),
      new metrics.Precision({ thresholds: [0.2, 0.5], classId: 1 }),
      new metrics.Recall({ topK: 2 }),
      new metrics.AUC({
        curve: 'PR',
        summationMethod: 'minoring',
        thresholds: [0.5, 0.2],
        multiLabel: true,
        numLabels: 2,
      }),
      new metrics.FBetaScore({ beta: 2, average: 'weighted', threshold: 0.4 }),
      new metrics.R2Score({ classAggregation: null, numRegressors: 2 }),
      new metrics.CategoricalCrossentropy({ labelSmoothing: 0.1, name: 'ce' }),
    ]
    for (const metric of [...given, ...CLASSES.map(className => getMetric({ className }, none))]) {
      const copy = getMetric(JSON.parse(JSON.stringify(metric.serialize())), none)
      expect(copy.serialize()).toEqual(metric.serialize())
    }
  })
  test('that nobody reads are refused', () => {
    for (const className of CLASSES) {
      expect(() => getMetric({ className, config: { treshold: 1 } }, none)).toThrow(/unknown option 'treshold'/)
    }
    expect(() => new metrics.MeanSquaredError({ reduction: 'sum' } as never)).toThrow(/reduction/)
    expect(() => new metrics.F1Score({ beta: 2 } as never)).toThrow(/unknown option 'beta'/)
  })
  test('out of range are refused', () => {
    expect(() => new metrics.TopKCategoricalAccuracy({ k: 0 })).toThrow(/k: expected an integer of at least 1, got 0/)
    expect(() => new metrics.Precision({ thresholds: [0.5, 1.5] })).toThrow(/thresholds\[1\]/)
    expect(() => new metrics.AUC({ numThresholds: 1 })).toThrow(/numThresholds/)
    expect(() => new metrics.AUC({ curve: 'roc' as never })).toThrow(/'ROC', 'PR'/)
    expect(() => new metrics.AUC({ numLabels: 3 })).toThrow(/multiLabel/)
    expect(() => new metrics.FBetaScore({ threshold: 0 })).toThrow(/threshold/)
  })
})

describe('updates', () => {
  test('refuse shapes that do not fit', () => {
    const update =
      (m: metrics.Metric, yTrue: Value, yPred: Value, w: Value | null = null) =>
      () =>
        m.updateOn(new Trace(false), yTrue, yPred, w)
    expect(update(new metrics.CategoricalAccuracy(), t(8), p(8, 3))).toThrow(ShapeError)
    expect(update(new metrics.SparseCategoricalAccuracy(), t(8, 3), p(8, 3))).toThrow(ShapeError)
    expect(update(new metrics.R2Score(), t(8), p(8))).toThrow(/\[N, outputs\]/)
    expect(update(new metrics.Precision({ classId: 3 }), t(8, 3), p(8, 3))).toThrow(/classId 3/)
    expect(update(new metrics.AUC({ labelWeights: [1, 2] }), t(8, 3), p(8, 3))).toThrow(/labelWeights.*3.*2/)
    expect(update(new metrics.AUC({ multiLabel: true, numLabels: 2 }), t(8, 3), p(8, 3))).toThrow(/\[N, 2\]/)
    expect(update(new metrics.Mean(), t(8), p(8, 3), input('w', f32([7])))).toThrow(/sample weights/)
    expect(update(new metrics.Recall(), t(8, 3), p(8, 3), input('w', f32([7])))).toThrow(/sample weights/)
  })
  test('refuse another number of classes than before', () => {
    const f1 = new metrics.F1Score()
    f1.updateOn(new Trace(false), t(8, 3), p(8, 3))
    f1.updateOn(new Trace(false), t(5, 3), p(5, 3))
    expect(() => f1.updateOn(new Trace(false), t(8, 4), p(8, 4))).toThrow(/in use for another.*\[8, 3\].*\[8, 4\]/)
  })
  test('take integer labels', () => {
    const trace = new Trace(false)
    new metrics.SparseTopKCategoricalAccuracy({ k: 2 }).updateOn(trace, input('l', i32([8])), p(8, 3))
    expect(trace.updates.size).toBe(2)
  })
  test('need a build where the state depends on shapes', async () => {
    const auc = new metrics.AUC()
    expect(() => auc.update(new Trace(false), t(8), p(8), null)).toThrow(StateError)
    await expect(auc.read()).rejects.toThrow(StateError)
  })
})

describe('results', () => {
  test('of nothing are 0', async () => {
    expect(new metrics.Mean().result([[0], [0]])).toBe(0)
    expect(new metrics.Precision().result([[0], [0]])).toBe(0)
    expect(await new metrics.Recall({ thresholds: [0.2, 0.5] }).read()).toEqual([0, 0])
  })
  test('are computed in float64', () => {
    const third = new metrics.Mean().result([Float32Array.of(1), Float32Array.of(3)])
    expect(third).toBe(1 / 3)
  })
  test('of a perfect and of a blind classifier have areas 1 and 1/2', () => {
    const auc = new metrics.AUC({ thresholds: [0.5] })
    expect(
      auc.result([
        [4, 4, 0],
        [6, 0, 0],
        [0, 6, 6],
        [0, 0, 4],
      ]),
    ).toBe(1)
    expect(
      auc.result([
        [4, 2, 0],
        [6, 3, 0],
        [0, 3, 6],
        [0, 2, 4],
      ]),
    ).toBe(0.5)
    const pr = new metrics.AUC({ thresholds: [0.5], curve: 'PR' })
    expect(
      pr.result([
        [4, 4, 0],
        [6, 0, 0],
        [0, 6, 6],
        [0, 0, 4],
      ]),
    ).toBe(1)
  })
  test('of sums over trapezoids lie between those of the smaller and larger sides', () => {
    const state = [
      [4, 3, 0],
      [6, 2, 0],
      [0, 4, 6],
      [0, 1, 4],
    ]
    const area = (summationMethod: 'interpolation' | 'majoring' | 'minoring'): number =>
      new metrics.AUC({ thresholds: [0.5], summationMethod }).result(state)
    // Points (0, 0), (1/3, 3/4), (1, 1).
    near(area('minoring'), (2 / 3) * 0.75)
    near(area('majoring'), (1 / 3) * 0.75 + 2 / 3)
    near(area('interpolation'), (area('minoring') + area('majoring')) / 2)
  })
  test('of F scores: harmonic mean, per class, mean and weighted', () => {
    const state = [
      [2, 1],
      [2, 0],
      [0, 3],
      [2, 4],
    ]
    // Precision 1/2 and 1, recall 1 and 1/4; Keras adds 1e-7 to each divisor.
    const e = 1e-7
    const score = (p: number, r: number, square = 1): number => ((1 + square) * p * r) / (square * p + r + e)
    const [a, b] = new metrics.F1Score().result(state) as readonly number[]
    near(a, score(2 / (4 + e), 2 / (2 + e)))
    near(b, score(1 / (1 + e), 1 / (4 + e)))
    near(new metrics.F1Score({ average: 'macro' }).result(state), (a + b) / 2)
    near(new metrics.F1Score({ average: 'weighted' }).result(state), (2 * a + 4 * b) / (6 + e))
    const [f2] = new metrics.FBetaScore({ beta: 2 }).result(state) as readonly number[]
    near(f2, score(2 / (4 + e), 2 / (2 + e), 4))
  })
  test('of R2: residual against variance, adjusted, per output', () => {
    // Targets 1, 2, 3 and predictions 1, 2, 4: total sum of squares 2, residual 1.
    const state = [[3], [14], [6], [1], [3]]
    near(new metrics.R2Score().result(state), 0.5)
    expect(new metrics.R2Score({ classAggregation: null }).result(state)).toEqual([0.5])
    expect(new metrics.R2Score({ numRegressors: 1 }).result(state)).toBeCloseTo(0, 15)
    near(new metrics.R2Score({ numRegressors: 2 }).result(state), 0.5)
  })
  test('start again after a reset', async () => {
    const precision = new metrics.Precision()
    precision.variables[0].write([3])
    precision.variables[1].write([1])
    expect(await precision.read()).toBe(0.75)
    precision.reset()
    expect(await precision.read()).toBe(0)
  })
})
