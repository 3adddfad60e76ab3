// fit, evaluate and predict against arithmetic by hand, and the promises of the training loop.
import {
  type BatchInput,
  Dataset,
  Dense,
  type History,
  hostTensor,
  Input,
  type Logs,
  optimizers,
  Sequential,
} from '@strata/api'
import { describe, expect, it } from 'vitest'
import { ByHand, convNet, images, linear, testBackend } from './harness.test.util.js'

const backend = await testBackend()
const f = Math.fround

const x = [
  [1, 2],
  [3, -1],
  [0.5, 1],
  [-2, 1],
  [1, 1],
]
const y = [3, 2, 1.5, -1, 2]
const start = [0.5, -0.25]
const compiled = (extra: object = {}): Sequential => {
  const model = linear()
  model.compile({ backend, optimizer: new optimizers.SGD({ learningRate: 0.05 }), loss: 'mse', ...extra })
  model.setWeights([start])
  return model
}
// A few roundings of numbers below 20.
const near = 20 * 2 ** -22

describe('history', () => {
  it('has the mean of the steps by their sizes, the last one smaller', async () => {
    const model = compiled({ metrics: ['mae'] })
    const hand = new ByHand(start, 0.05)
    const { history, epoch } = await model.fit(x, y, { epochs: 3, batchSize: 2, shuffle: false })
    expect(epoch).toEqual([0, 1, 2])
    expect(Object.keys(history)).toEqual(['loss', 'mae'])
    for (const loss of history.loss) {
      const sum = [0, 2, 4].reduce(
        (s, i) => s + hand.step(x.slice(i, i + 2), y.slice(i, i + 2)) * Math.min(2, 5 - i),
        0,
      )
      expect(Math.abs(loss - sum / 5)).toBeLessThan(near)
    }
    const [w] = await model.getWeights()
    w.forEach((v, k) => {
      expect(Math.abs(v - hand.w[k])).toBeLessThan(near)
    })
    await model.dispose()
  })
  it('has validation on the last part, which is not trained on', async () => {
    const model = compiled()
    const hand = new ByHand(start, 0.05)
    const { history } = await model.fit(x, y, { batchSize: 8, validationSplit: 0.4, shuffle: false })
    expect(history.loss[0]).toBeCloseTo(hand.step(x.slice(0, 3), y.slice(0, 3)), 5)
    expect(history.val_loss[0]).toBeCloseTo(hand.loss(x.slice(3), y.slice(3)), 5)
    await model.dispose()
  })
  it('validates as often as asked', async () => {
    const model = compiled()
    const data = { validationData: [x, y] as const, epochs: 4 }
    expect((await model.fit(x, y, { ...data, validationFreq: 2 })).history.val_loss.length).toBe(2)
    expect((await model.fit(x, y, { ...data, validationFreq: [1, 2, 4] })).history.val_loss.length).toBe(3)
    await model.dispose()
  })
  it('starts with NaN in the weights, and stays NaN', async () => {
    const model = compiled()
    model.setWeights([[Number.NaN, 0]])
    expect((await model.fit(x, y)).history.loss[0]).toBeNaN()
    await model.dispose()
  })
})

describe('sample and class weights', () => {
  it('weigh the losses of samples, not the divisor', async () => {
    const model = compiled({ metrics: ['mse'], weightedMetrics: ['mse'] })
    const sampleWeight = [1, 0, 2, 0, 0.5]
    const logs = await model.evaluate(x, y, { sampleWeight })
    const hand = new ByHand(start, 0)
    const each = x.map((row, i) => hand.loss([row], [y[i]]))
    const weighted = each.reduce((s, v, i) => s + v * sampleWeight[i], 0)
    expect(logs.loss).toBeCloseTo(weighted / 5, 5)
    expect(logs.mse).toBeCloseTo(each.reduce((s, v) => s + v) / 5, 5)
    expect(logs.mse_1).toBeCloseTo(weighted / 3.5, 5)
    await model.dispose()
  })
  it('by class, of labels or one-hot rows', async () => {
    const results: Logs[] = []
    for (const [loss, target] of [
      ['sparseCategoricalCrossentropy', [0, 1, 1]],
      [
        'categoricalCrossentropy',
        [
          [1, 0],
          [0, 1],
          [0, 1],
        ],
      ],
    ] as const) {
      const model = new Sequential([
        Input({ shape: [1] }),
        new Dense({ units: 2, kernelInitializer: 'zeros', activation: 'softmax' }),
      ])
      model.compile({ backend, optimizer: 'sgd', loss })
      results.push(
        await model.trainOnBatch([[1], [2], [3]], target as unknown as number[], { classWeight: { 0: 2, 1: 0.5 } }),
      )
      await model.dispose()
    }
    expect(results[0].loss).toBeCloseTo((Math.log(2) * 3) / 3, 6)
    expect(results[1].loss).toBe(results[0].loss)
  })
})

describe('data', () => {
  const images2 = images(40)
  const train = async (fit: (model: Sequential) => Promise<History>): Promise<Float32Array[]> => {
    const model = convNet()
    model.setWeights(weights)
    model.compile({ backend, optimizer: 'adam', loss: 'categoricalCrossentropy', seed: 3 })
    await fit(model)
    const result = await model.getWeights()
    await model.dispose()
    return result
  }
  let weights: Float32Array[]
  it('gives the same as arrays, typed arrays, data sets and iterables of batches', async () => {
    weights = await convNet().getWeights()
    const { x, y } = images2
    const bySize = Dataset.fromTensors({ x, y }).batch(16)
    const options = { epochs: 2, batchSize: 16, shuffle: false }
    const wanted = await train(m => m.fit(x, y, options))
    const { data } = x
    expect(await train(m => m.fit(data, y.data, options))).toEqual(wanted)
    expect(await train(m => m.fit(bySize, { epochs: 2 }))).toEqual(wanted)
    async function* batches(): AsyncGenerator<BatchInput> {
      for await (const b of bySize) yield [b.x, b.y]
    }
    expect(await train(m => m.fit(batches, { epochs: 2 }))).toEqual(wanted)
    expect(await train(m => m.fit(bySize, { epochs: 2, stepsPerEpoch: 3 }))).toEqual(wanted)
    expect(await train(m => m.fit({ image: x }, { probs: y }, options))).toEqual(wanted)
  })
  it('is shuffled by seed and epoch alone', async () => {
    const { x, y } = images2
    const run = (epochs: number, initialEpoch = 0) => train(m => m.fit(x, y, { epochs, initialEpoch, batchSize: 16 }))
    expect(await run(1)).toEqual(await run(1))
    expect(await run(1)).not.toEqual(await run(2, 1))
    expect(await run(1)).not.toEqual(await train(m => m.fit(x, y, { batchSize: 16, shuffle: false })))
  })
  it('of bytes are numbers from 0 to 255', async () => {
    const model = compiled()
    const bytes = hostTensor(Uint8Array.of(1, 2, 200, 7), [2, 2])
    const { data, shape } = await model.predict(bytes)
    expect(shape).toEqual([2, 1])
    expect([...data]).toEqual([f(0.5 - 0.5), f(100 - 1.75)])
    await model.dispose()
  })
  it('predicts in batches as in one piece, and from data sets', async () => {
    const { x, y } = images2
    const model = convNet()
    model.compile({ backend })
    const whole = await model.predict(x, { batchSize: 40 })
    expect(await model.predict(x, { batchSize: 7 })).toEqual(whole)
    expect(await model.predict(Dataset.fromTensors({ x, y }).batch(9))).toEqual(whole)
    expect(await model.predictOnBatch(x)).toEqual(whole)
    await model.dispose()
  })
  it('describes a Sequential without Input', async () => {
    const model = new Sequential([new Dense({ units: 3 }), new Dense({ units: 1 })])
    expect(model.isDescribed).toBe(false)
    model.compile({ backend, loss: 'mse' })
    await model.fit(x, y)
    expect(model.network.inputs[0].shape).toEqual([null, 2])
    expect((await model.predict(x)).shape).toEqual([5, 1])
    await model.dispose()
  })
})

it('trainOnBatch gives the loss before the update, testOnBatch changes nothing', async () => {
  const model = compiled()
  const hand = new ByHand(start, 0.05)
  expect((await model.testOnBatch(x, y)).loss).toBeCloseTo(hand.loss(x, y), 5)
  expect((await model.trainOnBatch(x, y)).loss).toBeCloseTo(hand.step(x, y), 5)
  expect((await model.testOnBatch(x, y)).loss).toBeCloseTo(hand.loss(x, y), 5)
  expect(model.optimizer.iterations).toBe(1)
  await model.dispose()
})
