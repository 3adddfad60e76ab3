// Models of several inputs and outputs, shared layers, nested models.
import {
  Add,
  ArgumentError,
  Concatenate,
  cloneModel,
  Dataset,
  Dense,
  hostTensor,
  Input,
  Model,
  modelFromBytes,
  modelToBytes,
  Sequential,
} from '@strata/api'
import { expect, it } from 'vitest'
import { errorOf, testBackend } from './harness.test.util.js'

const backend = await testBackend()
const a = [
  [1, 2],
  [3, 4],
  [5, 6],
]
const b = [[1], [0], [-1]]

/** Two inputs and two outputs: sum of a's elements times k, and a0 + b. */
function twoByTwo(): Model {
  const [x, z] = [Input({ shape: [2], name: 'a' }), Input({ shape: [1], name: 'b' })]
  const first = new Dense({ units: 1, name: 'first', kernelInitializer: 'ones', useBias: false }).apply(x)
  const second = new Dense({ units: 1, name: 'second', kernelInitializer: 'ones', useBias: false }).apply(
    new Concatenate().apply([x, z]),
  )
  return new Model({ inputs: [x, z], outputs: [first, second], name: 'two' })
}
const targets = { first: [3, 8, 11], second: [5, 7, 10] }
// first: 3, 7, 11 -> errors 0, 1, 0; second: 4, 7, 10 -> errors 1, 0, 0.

it('weighs the losses of the outputs; logs have their names', async () => {
  const model = twoByTwo()
  model.compile({
    backend,
    optimizer: 'sgd',
    loss: { first: 'mse', second: 'mae' },
    lossWeights: { first: 2, second: 0.5 },
    metrics: { second: ['mse', 'mae'] },
  })
  const logs = await model.evaluate({ a, b }, targets)
  expect(Object.keys(logs)).toEqual(['loss', 'first_loss', 'second_loss', 'second_mse', 'second_mae'])
  expect(logs.first_loss).toBeCloseTo(1 / 3, 6)
  expect(logs.second_loss).toBeCloseTo(1 / 3, 6)
  expect(logs.loss).toBeCloseTo(2 / 3 + 0.5 / 3, 6)
  expect(logs.second_mse).toBeCloseTo(1 / 3, 6)
  // Lists in the order of inputs and outputs, and data sets, are the same.
  expect(await model.evaluate([a, b], [targets.first, targets.second])).toEqual(logs)
  const rows = {
    a: hostTensor(a),
    b: hostTensor(b),
    first: hostTensor(targets.first),
    second: hostTensor(targets.second),
  }
  const batches = Dataset.fromTensors(rows)
    .batch(3)
    .map(r => ({ x: { a: r.a, b: r.b }, y: { first: r.first, second: r.second } }))
  expect(await model.evaluate(batches)).toEqual(logs)
  const { history } = await model.fit([a, b], targets, { validationData: [[a, b], targets], epochs: 2 })
  expect(Object.keys(history)).toContain('val_second_loss')
  await model.dispose()
})
it('takes a loss for one output alone, and sample weights for one or all', async () => {
  const model = twoByTwo()
  model.compile({ backend, loss: { second: 'mse' } })
  const logs = await model.evaluate([a, b], { second: targets.second }, { sampleWeight: [3, 1, 1] })
  expect(logs.loss).toBeCloseTo(1, 6)
  model.compile({ backend, loss: 'mse' })
  const shared = await model.evaluate([a, b], targets, { sampleWeight: hostTensor([3, 0, 1]) })
  // first: 0 * 3 + 1 * 0 + 0 * 1; second: 1 * 3 + 0 + 0, over 3 samples.
  expect(shared.loss).toBeCloseTo(1, 6)
  expect(await model.evaluate([a, b], targets, { sampleWeight: [3, 0, 1] })).toEqual(shared)
  const each = await model.evaluate([a, b], targets, { sampleWeight: { first: [0, 6, 0], second: [0, 1, 1] } })
  expect(each.loss).toBeCloseTo(2, 6)
  await model.dispose()
})
it('predicts all outputs, and says so when one is asked for', async () => {
  const model = twoByTwo()
  model.compile({ backend })
  const [first, second] = await model.predictAll([a, b], { batchSize: 2 })
  expect([...first.data]).toEqual([3, 7, 11])
  expect([...second.data]).toEqual([4, 7, 10])
  expect(String(await errorOf(() => model.predict([a, b])))).toContain('predictAll')
  await model.dispose()
})
it('refuses what does not match the outputs', async () => {
  const model = twoByTwo()
  for (const options of [{ loss: ['mse'] }, { loss: 'mse', metrics: ['mae'] }, { metrics: { third: ['mse'] } }]) {
    expect(await errorOf(() => model.compile({ backend, ...options }))).toBeInstanceOf(ArgumentError)
  }
  model.compile({ backend, loss: 'mse' })
  expect(await errorOf(() => model.fit(a, targets))).toBeInstanceOf(ArgumentError)
  expect(await errorOf(() => model.fit([a, b], { first: targets.first }))).toBeInstanceOf(ArgumentError)
})

it('a shared layer has one set of weights and the sum of the gradients', async () => {
  const [x, z] = [Input({ shape: [1], name: 'x' }), Input({ shape: [1], name: 'z' })]
  const shared = new Dense({ units: 1, kernelInitializer: 'ones', useBias: false, name: 'shared' })
  const model = new Model({ inputs: [x, z], outputs: new Add().apply([shared.apply(x), shared.apply(z)]) })
  expect(model.countParams()).toBe(1)
  model.compile({ backend, optimizer: 'sgd', loss: 'mse' })
  // w (x + z) - y = 1 * (2 + 3) - 4 = 1; gradient 2 * 1 * 5; rate 0.01.
  await model.trainOnBatch([[[2]], [[3]]], [[4]])
  expect((await model.getWeights())[0][0]).toBeCloseTo(0.9, 6)
  const twin = modelFromBytes(await modelToBytes(model), { backend })
  expect((twin.getLayer('shared') as Dense).calls.length).toBe(2)
  expect(await twin.predict([[[2]], [[3]]])).toEqual(await model.predict([[[2]], [[3]]]))
  await model.dispose()
  await twin.dispose()
})

it('models nest: weights train, names are unique in files, clones are equal', async () => {
  const encoder = new Sequential([Input({ shape: [2] }), new Dense({ units: 2, name: 'dense' })], { name: 'encoder' })
  const x = Input({ shape: [2], name: 'x' })
  const model = new Model({ inputs: x, outputs: new Dense({ units: 1, name: 'dense' }).apply(encoder.apply(x)) })
  expect(model.countParams()).toBe(6 + 3)
  model.compile({ backend, optimizer: 'sgd', loss: 'mse' })
  const before = await model.getWeights()
  await model.fit(a, [1, 2, 3])
  const after = await model.getWeights()
  expect(after.every((w, i) => w.some((v, k) => v !== before[i][k]))).toBe(true)
  const bytes = await modelToBytes(model)
  const twin = modelFromBytes(bytes, { backend })
  expect(await twin.getWeights()).toEqual(after)
  const clone = cloneModel(model)
  expect(clone.getConfig()).toEqual(model.getConfig())
  clone.setWeights(after)
  clone.compile({ backend })
  expect(await clone.predict(a)).toEqual(await model.predict(a))
  for (const m of [model, twin, clone]) await m.dispose()
})
