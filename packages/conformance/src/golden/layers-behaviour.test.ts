// Layers beyond the golden cases, on the CPU backend: random masks, masked softmax, penalties, projections, merging.
import {
  constraints,
  Dot,
  Dropout,
  evaluate,
  GaussianDropout,
  GaussianNoise,
  grad,
  input,
  type Layer,
  Multiply,
  PReLU,
  philoxUniform,
  regularizers,
  Softmax,
  SpatialDropout2D,
  STEP,
  Trace,
  type Value,
} from '@strata/api'
import { f32, type Shape, sizeOf } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, describe, expect, test } from 'vitest'

const backend = await cpu()
afterAll(() => {
  expect(backend.memory().buffers).toBe(0)
  backend.dispose()
})

/** Runs a layer in training at a step: output and gradient of the sum. */
async function train(layer: Layer, shape: Shape, x: Float32Array, step = 0, seed = 7) {
  const trace = new Trace(true, seed)
  const leaf = input('x', f32(shape))
  const [y] = layer.callOn([leaf], trace)
  const [dx] = grad(y, [leaf], input('one', f32(y.shape)))
  const feeds = { x, one: new Float32Array(sizeOf(y.shape)).fill(1), [STEP]: Int32Array.of(step) }
  return evaluate(backend, { outputs: { y, dx } }, feeds)
}
const ones = (shape: Shape): Float32Array => new Float32Array(sizeOf(shape)).fill(1)

describe('Dropout', () => {
  const shape = [64, 100]
  test('keeps 1 - rate of the elements, scaled, and passes their gradient', async () => {
    const { y, dx } = await train(new Dropout({ rate: 0.25, name: 'a' }), shape, ones(shape))
    const scale = Math.fround(1 / 0.75)
    expect(y.every(v => v === 0 || v === scale)).toBe(true)
    expect(dx).toEqual(y)
    const kept = y.filter(v => v !== 0).length
    expect(Math.abs(kept - 4800)).toBeLessThan(5 * Math.sqrt(6400 * 0.25 * 0.75))
  })
  test('the mask is the Philox sequence of seed, name and step', async () => {
    const run = async (name: string, step: number, seed: number) => {
      const layer = new Dropout({ rate: 0.5, name })
      return (await train(layer, [40], ones([40]), step, seed)).y
    }
    const first = await run('a', 3, 7)
    expect(await run('a', 3, 7)).toEqual(first)
    for (const other of [run('b', 3, 7), run('a', 4, 7), run('a', 3, 8)]) expect(await other).not.toEqual(first)
    // Which stream the name gives is found from the graph itself; the numbers are those of the host's generator.
    const { attrs } = new Trace(true, 7).random([40], 'a').producer as { attrs: { stream: number } }
    expect([...philoxUniform(7, attrs.stream, 3, 40)].map(u => (u >= 0.5 ? 2 : 0))).toEqual([...first])
  })
  test('its own seed goes before the seed of the run', async () => {
    const run = async (seed: number) =>
      (await train(new Dropout({ rate: 0.5, seed: 1, name: 'a' }), [40], ones([40]), 0, seed)).y
    expect(await run(1)).toEqual(await run(2))
  })
  test('noise shape: one decision for a row; rate 1 gives zeros', async () => {
    const { y } = await train(new Dropout({ rate: 0.5, noiseShape: [null, 1] }), shape, ones(shape))
    for (let i = 0; i < 64; i++) expect(new Set(y.slice(i * 100, (i + 1) * 100)).size).toBe(1)
    expect(new Set(y)).toEqual(new Set([0, 2]))
    expect(new Set((await train(new Dropout({ rate: 1 }), [9], ones([9]))).y)).toEqual(new Set([0]))
  })
  test('SpatialDropout2D drops channels, in both data formats', async () => {
    const last = (await train(new SpatialDropout2D({ rate: 0.5 }), [4, 3, 3, 8], ones([4, 3, 3, 8]))).y
    for (let n = 0; n < 4; n++) {
      for (let c = 0; c < 8; c++) {
        expect(new Set(Array.from({ length: 9 }, (_, i) => last[n * 72 + i * 8 + c])).size).toBe(1)
      }
    }
    const layer = new SpatialDropout2D({ rate: 0.5, dataFormat: 'channelsFirst' })
    const first = (await train(layer, [4, 8, 3, 3], ones([4, 8, 3, 3]))).y
    for (let i = 0; i < 32; i++) expect(new Set(first.slice(i * 9, i * 9 + 9)).size).toBe(1)
    expect(new Set([...last, ...first])).toEqual(new Set([0, 2]))
  })
})

test('Gaussian noise and dropout have their mean and deviation, within five standard errors', async () => {
  const n = 20_000
  for (const [layer, mean, deviation] of [
    [new GaussianNoise({ stddev: 0.5 }), 1, 0.5],
    [new GaussianDropout({ rate: 0.2 }), 1, 0.5],
  ] as const) {
    const { y } = await train(layer, [n], ones([n]))
    const values = Array.from(y)
    const m = values.reduce((a, b) => a + b, 0) / n
    const v = values.reduce((a, b) => a + (b - m) ** 2, 0) / n
    expect(Math.abs(m - mean)).toBeLessThan((5 * deviation) / Math.sqrt(n))
    expect(Math.abs(v - deviation ** 2)).toBeLessThan(5 * deviation ** 2 * Math.sqrt(2 / n))
  }
})

test('a masked softmax is the softmax of what the mask keeps; rows without anything are 0', async () => {
  const [x, mask] = [input('x', f32([3, 4])), input('mask', f32([3, 4]))]
  const [y] = new Softmax().callOn([x], new Trace(false), mask)
  const feeds = {
    x: Float32Array.of(1, 2, 3, 4, 1, 1, 9, 9, 5, 6, 7, 8),
    mask: Float32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0),
  }
  const got = (await evaluate(backend, { outputs: { y } }, feeds)).y
  const total = [1, 2, 3, 4].reduce((s, v) => s + Math.exp(v), 0)
  const want = [...[1, 2, 3, 4].map(v => Math.exp(v) / total), 0.5, 0.5, 0, 0, 0, 0, 0, 0]
  // exp of a difference and a division: a few ulps.
  got.forEach((v, i) => {
    expect(Math.abs(v - want[i])).toBeLessThanOrEqual(16 * 2 ** -24 * want[i])
  })
})

/** One value of a graph over x and more inputs. */
async function evaluated(f: (x: Value) => Value, shape: Shape, x: number[]): Promise<number[]> {
  const y = f(input('x', f32(shape)))
  return [...(await evaluate(backend, { outputs: { y } }, { x: Float32Array.from(x) })).y]
}
const close = (got: readonly number[], want: readonly number[]): void => {
  expect(got.length).toBe(want.length)
  got.forEach((v, i) => {
    expect(Math.abs(v - want[i]), `element ${i}: ${v}, expected ${want[i]}`).toBeLessThanOrEqual(
      16 * 2 ** -24 * Math.abs(want[i]),
    )
  })
}

test('regularisers: the formulas', async () => {
  const x = [1, -2, 3, -4]
  const penalty = (option: regularizers.RegularizerOption) =>
    evaluated(v => regularizers.getRegularizer(option)!.call(v), [2, 2], x)
  close(await penalty('l1'), [0.1])
  close(await penalty('l2'), [0.3])
  close(await penalty(new regularizers.L1L2({ l1: 0.5, l2: 0.25 })), [5 + 7.5])
  // Rows (1, -2) and (3, -4): cosine 11 / (sqrt(5) * 5); columns (1, 3) and (-2, -4): -14 / sqrt(10 * 20).
  close(await penalty('orthogonalRegularizer'), [0.01 * (11 / (Math.sqrt(5) * 5))])
  const columns = new regularizers.OrthogonalRegularizer({ factor: 2, mode: 'columns' })
  close(await penalty(columns), [2 * (14 / Math.sqrt(200))])
})

test('constraints: the projections', async () => {
  const x = [3, 0.1, -4, 0.2]
  const project = (option: constraints.ConstraintOption) =>
    evaluated(v => constraints.getConstraint(option)!.call(v), [2, 2], x)
  const norm = Math.hypot(0.1, 0.2)
  close(await project('maxNorm'), [6 / 5, 0.1, -8 / 5, 0.2])
  close(
    await project(new constraints.MaxNorm({ maxValue: 1, axis: [0, 1] })),
    x.map(v => v / Math.hypot(...x)),
  )
  close(await project('nonNeg'), [3, 0.1, 0, 0.2])
  close(await project('unitNorm'), [0.6, 0.1 / norm, -0.8, 0.2 / norm])
  close(await project(new constraints.MinMaxNorm({ minValue: 0.5, maxValue: 4, rate: 0.5 })), [
    2.7,
    (0.1 * (0.25 + norm / 2)) / norm,
    -3.6,
    (0.2 * (0.25 + norm / 2)) / norm,
  ])
})

test('merging raises the rank behind the batch; Dot of cosines and of matrices', async () => {
  const a = input('a', f32([2, 2]))
  const b = input('b', f32([2, 3, 2]))
  const [product] = new Multiply().callOn([a, b], new Trace(false))
  const [matrices] = new Dot({ axes: [1, 2] }).callOn([a, b], new Trace(false))
  const [cosines] = new Dot({ axes: 1, normalize: true }).callOn([a, a], new Trace(false))
  const feeds = { a: Float32Array.of(1, 2, 3, 4), b: Float32Array.from({ length: 12 }, (_, i) => i) }
  const got = await evaluate(backend, { outputs: { product, matrices, cosines } }, feeds)
  expect([...got.product]).toEqual([0, 2, 2, 6, 4, 10, 18, 28, 24, 36, 30, 44])
  expect([...got.matrices]).toEqual([2, 8, 14, 46, 60, 74])
  expect([product.shape, matrices.shape, cosines.shape]).toEqual([
    [2, 3, 2],
    [2, 3],
    [2, 1],
  ])
  close([...got.cosines], [1, 1])
})

test('PReLU has the slope 0 at 0 for input and alpha', async () => {
  const layer = new PReLU({ alphaInitializer: 'ones' })
  const trace = new Trace(true)
  const x = input('x', f32([1, 3]))
  const [y] = layer.callOn([x], trace)
  const alpha = trace.leaf(layer.weights[0])
  const [gx, ga] = grad(y, [x, alpha], input('one', f32([1, 3])))
  const feeds = {
    x: Float32Array.of(-1, 0, 1),
    one: ones([3]),
    [Trace.bindingOf(layer.weights[0])]: Float32Array.of(2, 2, 2),
  }
  const got = await evaluate(backend, { outputs: { y, gx, ga } }, feeds)
  expect([...got.y].map(v => v + 0)).toEqual([-2, 0, 1])
  expect([...got.gx].map(v => v + 0)).toEqual([2, 0, 1])
  expect([...got.ga].map(v => v + 0)).toEqual([-1, 0, 0])
})
