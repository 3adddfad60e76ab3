// fit, evaluate and predict against arithmetic by hand, and the promises of the training loop.
import {
  type BatchInput,
  CancelledError,
  Dataset,
  Dense,
  expr,
  type History,
  hostTensor,
  Input,
  type Logs,
  losses,
  ops,
  optimizers,
  Sequential,
  StateError,
  TrainingCancelledError,
  type Value,
} from '@strata/api'
import { describe, expect, it } from 'vitest'
import { reference } from '../oracle/reference.js'
import { convNet, errorOf, images, linear, testBackend } from './harness.test.util.js'

const backend = await testBackend()
const f = Math.fround

/** Least squares by gradient descent in float64: w -= rate * 2/n sum (x w - y) x, batch by batch. */
class ByHand {
  constructor(
    public w: number[],
    readonly rate: number,
  ) {}
  loss(x: readonly number[][], y: readonly number[]): number {
    return x.reduce((s, row, i) => s + this.#error(row, y[i]) ** 2, 0) / x.length
  }
  step(x: readonly number[][], y: readonly number[]): number {
    const loss = this.loss(x, y)
    const g = this.w.map((_, k) => x.reduce((s, row, i) => s + 2 * this.#error(row, y[i]) * row[k], 0) / x.length)
    this.w = this.w.map((w, k) => w - this.rate * g[k])
    return loss
  }
  #error(row: readonly number[], y: number): number {
    return row.reduce((s, v, k) => s + v * this.w[k], 0) - y
  }
}
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

describe('cancellation', () => {
  it('stops after the current step with the history so far, and the model goes on', async () => {
    const model = compiled()
    const controller = new AbortController()
    const seen: string[] = []
    const error = await errorOf(() =>
      model.fit(x, y, {
        epochs: 10,
        batchSize: 1,
        signal: controller.signal,
        callbacks: [
          {
            onTrainBatchEnd: batch => {
              seen.push(`batch ${batch}`)
              if (seen.length === 7) controller.abort('enough')
            },
            onTrainEnd: () => {
              seen.push('end')
            },
          },
        ],
      }),
    )
    expect(error).toBeInstanceOf(CancelledError)
    expect(error).toBeInstanceOf(TrainingCancelledError)
    const { history, cause } = error as TrainingCancelledError
    expect(history.epoch).toEqual([0])
    expect(cause).toBe('enough')
    expect(seen).toEqual([0, 1, 2, 3, 4, 0, 1].map(b => `batch ${b}`).concat('end'))
    expect(model.optimizer.iterations).toBe(7)
    expect(model.epoch).toBe(1)
    await model.fit(x, y)
    await model.dispose()
  })
  it('lets a timer abort: the loop leaves the event loop its turn', async () => {
    const model = compiled()
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 30)
    const error = await errorOf(() => model.fit(x, y, { epochs: 1e9, signal: controller.signal }))
    expect(error).toBeInstanceOf(TrainingCancelledError)
    await model.dispose()
  })
  it('does not wait for a data set that never answers', async () => {
    const model = compiled()
    const controller = new AbortController()
    async function* stuck(): AsyncGenerator<BatchInput> {
      yield [x, y]
      await new Promise(() => {})
    }
    setTimeout(() => controller.abort(), 30)
    const error = await errorOf(() => model.fit(stuck, { signal: controller.signal }))
    expect(error).toBeInstanceOf(TrainingCancelledError)
    await model.dispose()
  })
  it('refuses to begin', async () => {
    const model = compiled()
    const signal = AbortSignal.abort()
    expect(await errorOf(() => model.fit(x, y, { signal }))).toBeInstanceOf(TrainingCancelledError)
    expect(await errorOf(() => model.evaluate(x, y, { signal }))).toBeInstanceOf(CancelledError)
    expect(await errorOf(() => model.predict(x, { signal }))).toBeInstanceOf(CancelledError)
    expect(model.optimizer.iterations).toBe(0)
    await model.dispose()
  })
})

describe('device memory', () => {
  it('is not allocated in steady state', async () => {
    const model = convNet()
    model.compile({ backend, optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
    const { x, y } = images(40)
    const counts: number[] = []
    const callback = { onEpochEnd: () => void counts.push(backend.memory().buffers) }
    await model.fit(x, y, { epochs: 3, batchSize: 16, validationSplit: 0.2, callbacks: [callback] })
    expect(new Set(counts).size).toBe(1)
    await model.dispose()
    expect(backend.memory().buffers).toBe(0)
    // The weights are on the host, and the model can be used again.
    expect((await model.getWeights())[0].some(v => v !== 0)).toBe(true)
    await model.evaluate(x, y)
    await model.dispose()
  })
  it('is released by another compile', async () => {
    const model = compiled()
    await model.fit(x, y)
    const before = await model.getWeights()
    model.compile({ backend, loss: 'mse' })
    await model.evaluate(x, y)
    expect(await model.getWeights()).toEqual(before)
    await model.dispose()
  })
})

it('moves to another backend, weights and all', async () => {
  const model = compiled()
  await model.fit(x, y, { epochs: 2 })
  const { loss } = await model.evaluate(x, y)
  const oracle = reference()
  model.compile({ backend: oracle, optimizer: model.optimizer, loss: 'mse' })
  expect((await model.evaluate(x, y)).loss).toBeCloseTo(loss, 5)
  expect(backend.memory().buffers).toBe(0)
  await model.fit(x, y)
  expect(model.optimizer.iterations).toBe(3)
  await model.dispose()
  expect(oracle.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
})

it('frozen layers do not change, and thaw without another compile', async () => {
  const model = new Sequential([
    Input({ shape: [2] }),
    new Dense({ units: 3, name: 'a' }),
    new Dense({ units: 1, name: 'b' }),
  ])
  model.compile({ backend, optimizer: 'sgd', loss: 'mse' })
  const change = async (): Promise<boolean[]> => {
    const before = await model.getWeights()
    await model.fit(x, y, { batchSize: 5 })
    const after = await model.getWeights()
    return before.map((w, i) => w.some((v, k) => v !== after[i][k]))
  }
  model.getLayer('a').trainable = false
  // Frozen weights come last.
  expect(await change()).toEqual([true, true, false, false])
  model.getLayer('a').trainable = true
  expect(await change()).toEqual([true, true, true, true])
  await model.dispose()
})

it('user code: an own loss, metric function and optimizer', async () => {
  class Half extends losses.Loss {
    static override readonly className = 'Half'
    override perSample(t: Value, p: Value): Value {
      return ops.mul(ops.square(ops.sub(t, ops.squeeze(p, -1))), 0.5)
    }
  }
  class Plain extends optimizers.Optimizer {
    static override readonly className = 'Plain'
    override updateOne(
      ...[param, grad, , scalar]: Parameters<optimizers.Optimizer['updateOne']>
    ): ReturnType<optimizers.Optimizer['updateOne']> {
      return { param: expr.sub(param, expr.mul(scalar('learningRate'), grad)), slots: {} }
    }
  }
  const largest = (t: Value, p: Value): Value => ops.abs(ops.sub(t, p))
  const model = linear()
  model.compile({ backend, optimizer: new Plain({ learningRate: 0.1 }), loss: new Half(), metrics: [largest] })
  model.setWeights([start])
  const hand = new ByHand(start, 0.05)
  const logs = await model.trainOnBatch(x, y)
  expect(logs.loss).toBeCloseTo(hand.step(x, y) / 2, 5)
  expect(Object.keys(logs)).toEqual(['loss', 'largest'])
  const [w] = await model.getWeights()
  expect(w[0]).toBeCloseTo(hand.w[0], 5)
  await model.dispose()
})

describe('calls at the wrong time', () => {
  it('before compile, and while another runs', async () => {
    expect(await errorOf(() => linear().fit(x, y))).toBeInstanceOf(StateError)
    const model = compiled()
    const running = model.fit(x, y, { epochs: 3, batchSize: 1 })
    expect(String(await errorOf(() => model.evaluate(x, y)))).toContain('while fit runs')
    await running
    // Inside a callback at an epoch's end it is allowed.
    const losses: number[] = []
    await model.fit(x, y, {
      callbacks: [{ onEpochEnd: async () => void losses.push((await model.evaluate(x, y)).loss) }],
    })
    expect(losses.length).toBe(1)
    await model.dispose()
  })
  it('without a loss', async () => {
    const model = linear()
    model.compile({ backend })
    expect(String(await errorOf(() => model.fit(x, y)))).toContain('without a loss')
    await model.dispose()
  })
})
