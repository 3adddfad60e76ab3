// Device tensors, and training loops of one's own.
import {
  BatchNormalization,
  BindingError,
  callLayer,
  Dense,
  Dropout,
  type EagerContext,
  grad,
  ops,
  optimizers,
  releaseEager,
  run,
  StateError,
  type Tensor,
  tensor,
  type Value,
} from '@strata/api'
import { afterAll, describe, expect, it } from 'vitest'
import { reference } from '../oracle/reference.js'
import { errorOf, testBackend } from './harness.test.util.js'

const backend = await testBackend()
afterAll(() => releaseEager(backend))
const numbers = async (t: Tensor): Promise<number[]> => [...(await t.read()).data]

describe('tensor', () => {
  it('brings data there and back, in their element type', async () => {
    using a = await tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      undefined,
      backend,
    )
    expect([a.shape, a.dtype, await numbers(a)]).toEqual([[2, 3], 'float32', [1, 2, 3, 4, 5, 6]])
    using b = await tensor(Uint8Array.of(1, 200), [2, 1], backend)
    expect([b.shape, b.dtype, await numbers(b)]).toEqual([[2, 1], 'int32', [1, 200]])
  })
  it('frees its memory once, and says so afterwards', async () => {
    const before = backend.memory().buffers
    const t = await tensor([1], undefined, backend)
    expect(backend.memory().buffers).toBe(before + 1)
    t.dispose()
    t.dispose()
    expect(backend.memory().buffers).toBe(before)
    expect(await errorOf(() => t.read())).toBeInstanceOf(StateError)
    expect(await errorOf(() => run((_, x) => x, [t]))).toBeInstanceOf(StateError)
  })
})

describe('run', () => {
  it('computes, keeps the plan of a function, and makes another for other shapes', async () => {
    let traced = 0
    const f = (_: EagerContext, a: Value, b: Value): Value[] => {
      traced++
      return [ops.add(a, b), ops.mul(a, b)]
    }
    using a = await tensor([1, 2, 3], undefined, backend)
    using b = await tensor([10, 20, 30], undefined, backend)
    for (let i = 0; i < 3; i++) {
      const [sum, product] = await run(f, [a, b])
      expect(await numbers(sum)).toEqual([11, 22, 33])
      expect(await numbers(product)).toEqual([10, 40, 90])
      sum.dispose()
      product.dispose()
    }
    expect(traced).toBe(1)
    using one = await tensor([2], undefined, backend)
    const [sum, product] = await run(f, [a, one])
    expect(await numbers(sum)).toEqual([3, 4, 5])
    sum.dispose()
    product.dispose()
    expect(traced).toBe(2)
  })
  it('refuses tensors of another backend', async () => {
    const other = reference()
    using a = await tensor([1], undefined, backend)
    using b = await tensor([1], undefined, other)
    expect(await errorOf(() => run((_, x, y) => ops.add(x, y), [a, b]))).toBeInstanceOf(BindingError)
  })
})

it('layers run in inference and in training', async () => {
  using x = await tensor(
    [
      [1, 10],
      [3, 30],
    ],
    undefined,
    backend,
  )
  const norm = new BatchNormalization({ momentum: 0.5 })
  const [inference] = await callLayer(norm, [x])
  expect((await numbers(inference))[0]).toBeCloseTo(1 / Math.sqrt(1.001), 5)
  const [training] = await callLayer(norm, [x], { training: true })
  expect((await numbers(training))[0]).toBeCloseTo(-1 / Math.sqrt(1.001), 5)
  expect([...(await norm.nonTrainableWeights[0].read())]).toEqual([1, 10])
  const drop = new Dropout({ rate: 0.5, seed: 1 })
  using ones = await tensor(new Float32Array(64).fill(1), [8, 8], backend)
  const [a] = await callLayer(drop, [ones], { training: true })
  const [b] = await callLayer(drop, [ones], { training: true })
  expect(await numbers(a)).not.toEqual(await numbers(b))
  for (const t of [inference, training, a, b]) t.dispose()
})

it('a training loop of one’s own: gradient and optimizer, against gradient descent by hand', async () => {
  const layer = new Dense({ units: 1, kernelInitializer: 'zeros' })
  const optimizer = new optimizers.SGD({ learningRate: 0.1 })
  const step = (ctx: EagerContext, x: Value, y: Value): Value => {
    const [prediction] = layer.callOn([x], ctx)
    const loss = ops.mean(ops.square(ops.sub(prediction, y)))
    const variables = layer.trainableWeights
    const gradients = grad(
      loss,
      variables.map(v => ctx.read(v)),
    )
    ctx.minimize(
      optimizer,
      variables.map((variable, i) => ({ variable, gradient: gradients[i] })),
    )
    return loss
  }
  // y = 2 x + 1
  using x = await tensor([[0], [1], [2], [3]], undefined, backend)
  using y = await tensor([[1], [3], [5], [7]], undefined, backend)
  let [w, b] = [0, 0]
  for (let i = 0; i < 50; i++) {
    const errors = [0, 1, 2, 3].map(v => w * v + b - (2 * v + 1))
    using loss = await run(step, [x, y], { training: true })
    const [got] = await numbers(loss)
    const want = errors.reduce((s, e) => s + e * e, 0) / 4
    // Gradient descent contracts here: an error of a few roundings per step stays a few roundings.
    expect(Math.abs(got - want)).toBeLessThan(64 * 2 ** -24 * (1 + want))
    w -= (0.1 * 2 * errors.reduce((s, e, v) => s + e * v, 0)) / 4
    b -= (0.1 * 2 * errors.reduce((s, e) => s + e, 0)) / 4
  }
  expect(optimizer.iterations).toBe(50)
  const [kernel, bias] = await layer.getWeights()
  expect(kernel[0]).toBeCloseTo(w, 5)
  expect(bias[0]).toBeCloseTo(b, 5)
})
