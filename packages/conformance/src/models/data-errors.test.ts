// What fit, evaluate and predict say to data that do not fit the model: typed errors before any step runs.
import {
  ArgumentError,
  type BatchInput,
  DataError,
  Dataset,
  Dense,
  DTypeError,
  hostTensor,
  Input,
  Model,
  onWarning,
  Sequential,
  ShapeError,
  StateError,
  type TensorInput,
} from '@strata/api'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { errorOf, testBackend } from './harness.test.util.js'

const backend = await testBackend()
const classifier = (): Sequential => {
  const model = new Sequential([
    Input({ shape: [2], name: 'features' }),
    new Dense({ units: 3, activation: 'softmax', name: 'probs' }),
  ])
  model.compile({ backend, loss: 'sparseCategoricalCrossentropy' })
  return model
}
const model = classifier()
const dense = new Sequential([Input({ shape: [2], name: 'features' }), new Dense({ units: 3, name: 'probs' })])
dense.compile({ backend, loss: 'mse' })
afterEach(() => {
  // Refused before the first step: nothing was trained.
  expect(model.optimizer.iterations).toBe(0)
  expect(dense.optimizer.iterations).toBe(0)
})
const x = [
  [1, 2],
  [3, 4],
]
const bad = 'not data' as unknown as TensorInput

describe('inputs', () => {
  it.each<[string, TensorInput, new (...args: never[]) => Error, string]>([
    ['wrong rank', [1, 2], ShapeError, "input 'features': expected [samples, 2], got [2]"],
    ['wrong width', [[1, 2, 3]], ShapeError, "input 'features': expected [samples, 2], got [1, 3]"],
    ['a typed array of odd length', new Float32Array(3), ShapeError, "elements of input 'features'"],
    ['ragged', [[1, 2], [3]], DataError, 'ragged data at [1]: expected a list of 2, got'],
    ['no samples', [], DataError, "inputs 'features'"],
    ['an empty tensor', { shape: [0, 2], data: new Float32Array(0) }, DataError, "inputs 'features'"],
    ['no numbers', bad, ArgumentError, 'inputs'],
    ['an unknown name', { pixels: x }, ArgumentError, "expected one of features, got 'pixels'"],
  ])('%s', async (_, data, type, text) => {
    for (const call of [() => model.fit(data, [0, 1]), () => model.evaluate(data, [0, 1]), () => model.predict(data)]) {
      const error = await errorOf(call)
      expect(error).toBeInstanceOf(type)
      expect(String(error)).toContain(text)
    }
  })
  it('fractions for an int32 input', async () => {
    const input = Input({ shape: [2], dtype: 'int32', name: 'ids' })
    const ints = new Model({ inputs: input, outputs: input })
    const error = await errorOf(() => ints.predict([[1, 2.5]]))
    expect(error).toBeInstanceOf(DTypeError)
    expect(String(error)).toContain("element 1 of input 'ids'")
  })
  it('another number of samples than targets', async () => {
    const error = await errorOf(() => model.fit(x, [0, 1, 2]))
    expect(error).toBeInstanceOf(DataError)
    expect(String(error)).toContain("samples of targets of output 'probs': expected 2 (as input 'features'), got 3")
  })
})

describe('targets', () => {
  it.each<[string, number]>([
    ['beyond the classes', 3],
    ['negative', -1],
    ['no integer', 0.5],
    ['NaN', Number.NaN],
  ])('labels: %s', async (_, label) => {
    const error = await errorOf(() => model.fit(x, [0, label]))
    expect(error).toBeInstanceOf(DataError)
    expect(String(error)).toContain("label 1 of output 'probs': expected an integer in [0, 3)")
  })
  it('one-hot rows for a loss of class numbers', async () => {
    const error = await errorOf(() =>
      model.fit(x, [
        [1, 0, 0],
        [0, 1, 0],
      ]),
    )
    expect(error).toBeInstanceOf(ShapeError)
    expect(String(error)).toContain("output 'probs' (class numbers): expected [samples], got [2, 3]")
  })
  it('of another width', async () => {
    const error = await errorOf(() =>
      dense.fit(x, [
        [1, 0],
        [0, 1],
      ]),
    )
    expect(error).toBeInstanceOf(ShapeError)
    expect(String(error)).toContain("output 'probs'")
    expect(String(error)).toContain('expected [samples, 3], got [2, 2]')
  })
  it('none', async () => {
    expect(await errorOf(() => model.fit(x, undefined as unknown as TensorInput))).toBeInstanceOf(ArgumentError)
    const batches = Dataset.from<BatchInput>([{ x }])
    expect(String(await errorOf(() => model.fit(batches)))).toContain('targets of batch 0')
  })
})

describe('data sets', () => {
  it('empty, endless, of examples instead of batches, of anything else', async () => {
    expect(String(await errorOf(() => model.fit(Dataset.from<BatchInput>([]))))).toContain('at least one batch')
    const endless = Dataset.from<BatchInput>([{ x, y: [0, 1] }]).repeat()
    expect(String(await errorOf(() => model.fit(endless)))).toContain('endless data set: expected a number of steps')
    const examples = Dataset.fromTensors({ x: hostTensor(x), y: hostTensor(Int32Array.of(0, 1)) })
    expect(await errorOf(() => model.fit(examples))).toBeInstanceOf(ShapeError)
    const others = Dataset.from([1, 2]) as unknown as Dataset<BatchInput>
    expect(await errorOf(() => model.fit(others))).toBeInstanceOf(DataError)
  })
  it('name the batch', async () => {
    const second = Dataset.from<BatchInput>([{ x, y: [0, 9] }])
    expect(String(await errorOf(() => model.fit(second)))).toContain("fit, batch 0: label 1 of output 'probs'")
  })
  it('take no options of array data', async () => {
    const batches = Dataset.from<BatchInput>([{ x, y: [0, 1] }])
    expect(String(await errorOf(() => model.fit(batches, { validationSplit: 0.5 })))).toContain(
      'validationSplit with a data set',
    )
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ["unknown option 'batch_size'", { batch_size: 3 }],
    ['batchSize', { batchSize: 0 }],
    ['epochs', { epochs: 1.5 }],
    ['validationSplit', { validationSplit: 1 }],
    ['validationSplit of 2 samples', { validationSplit: 0.6 }],
    ['validationSplit and validationData', { validationSplit: 0.5, validationData: [x, [0, 1]] }],
    ['classWeight and sampleWeight', { classWeight: { 0: 1 }, sampleWeight: [1, 1] }],
    ['classWeight[a]', { classWeight: { a: 1 } }],
    ['stepsPerEpoch', { stepsPerEpoch: 5 }],
    ['verbose', { verbose: true }],
    ["unknown hook 'onEpoch'", { callbacks: [{ onEpoch: () => {} }] }],
    ['sample weights', { sampleWeight: [1] }],
    ['validationData', { validationData: [x] }],
  ])('%s', async (text, options) => {
    const error = await errorOf(() => model.fit(x, [0, 1], options))
    expect(String(error)).toContain(text)
    expect(error).toSatisfy(e => e instanceof ArgumentError || e instanceof DataError)
  })
  it.each<[string, object]>([
    ["unknown option 'metric'", { metric: [] }],
    ["got 'msee'", { loss: 'msee' }],
    ["got 'addam'", { optimizer: 'addam' }],
    ["unknown output in loss: expected one of probs, got 'prob'", { loss: { prob: 'mse' } }],
    ['number of loss', { loss: ['mse', 'mse'] }],
    ['seed', { seed: -1 }],
  ])('compile: %s', async (text, options) => {
    expect(String(await errorOf(() => classifier().compile(options)))).toContain(text)
  })
  it('no backend', async () => {
    const lonely = new Sequential([Input({ shape: [1] }), new Dense({ units: 1 })])
    lonely.compile({ loss: 'mse' })
    const error = await errorOf(() => lonely.fit([[1]], [1]))
    expect(error).toBeInstanceOf(StateError)
    expect(String(error)).toContain('@strata/backend-cpu/register')
  })
})

describe('numbers that are not finite', () => {
  const messages: string[] = []
  const before = onWarning(m => messages.push(m))
  afterAll(() => {
    onWarning(before)
  })
  it('are warned of with batch and element, once per run', async () => {
    const other = classifier()
    const data = [
      [1, 2],
      [3, 4],
      [Number.NaN, 1],
      [1, Number.POSITIVE_INFINITY],
    ]
    await other.fit(data, [0, 1, 2, 0], { batchSize: 2, shuffle: false, epochs: 2 })
    expect(messages).toEqual(["fit: batch 1 has NaN at element 0 of input 'features'"])
    await other.predict(data, { batchSize: 1 })
    expect(messages.slice(1)).toEqual([
      "predict: batch 2 has NaN at element 0 of input 'features'",
      "predict: batch 3 has Infinity at element 1 of input 'features'",
    ])
    await other.dispose()
  })
})
