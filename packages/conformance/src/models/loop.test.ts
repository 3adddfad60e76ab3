// The promises of the training loop: cancellation, memory, other backends, own code, long epochs.
import {
  type BatchInput,
  CancelledError,
  Dense,
  expr,
  Input,
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
import { ByHand, convNet, errorOf, images, linear, testBackend } from './harness.test.util.js'

const backend = await testBackend()
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

it('the mean loss of a long epoch has the digits of a single step', async () => {
  const n = 20_000
  const model = linear(1, 1)
  model.compile({ backend, optimizer: new optimizers.SGD({ learningRate: 0 }), loss: 'mae' })
  model.setWeights([[0.1]])
  const { history } = await model.fit(new Float32Array(n).fill(1), new Float32Array(n), { batchSize: 1 })
  // Two units in the last place; a plain float32 sum is off by a thousand of them and more.
  expect(Math.abs(history.loss[0] - Math.fround(0.1))).toBeLessThan(0.1 * 2 ** -22)
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
