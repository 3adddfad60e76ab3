// What optimizers do beyond the golden cases: averages, accumulation, constraints, exclusions, clipping of extremes, and an
// optimizer of the user's own.
import { expr, input, ops, optimizers, Trace, type Value, Variable } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FLOAT32 } from '../oracle/arithmetic.js'
import { runOn } from './check.js'

let backend: Backend
beforeAll(async () => {
  backend = await cpu()
})
afterAll(() => backend.dispose())

const floats = (...x: number[]): Float32Array => Float32Array.from(x)

/** Takes a step with given gradients and writes the new values to the variables. */
async function step(
  optimizer: optimizers.Optimizer,
  variables: readonly Variable[],
  gradients: readonly Float32Array[],
): Promise<void> {
  const trace = new Trace(true)
  const scalars = new Map<string, Value>()
  optimizer.apply(
    trace,
    variables.map((variable, i) => ({ variable, gradient: input(`d${i}`, variable.spec) })),
    name => {
      if (!scalars.has(name))
        scalars.set(name, input(optimizers.optimizerBinding(name), { shape: [], dtype: 'float32' }))
      return scalars.get(name)!
    },
  )
  const feeds: Record<string, Float32Array> = {}
  gradients.forEach((g, i) => {
    feeds[`d${i}`] = g
  })
  for (const [name, value] of Object.entries(optimizer.scalars())) {
    feeds[optimizers.optimizerBinding(name)] = floats(value)
  }
  for (const v of trace.leaves.keys()) feeds[Trace.bindingOf(v)] = await v.read()
  const updates = [...trace.updates]
  const outputs = Object.fromEntries(updates.map(([, value], i) => [`out${i}`, value]))
  const results = await runOn(backend, outputs, feeds)
  updates.forEach(([v], i) => {
    v.write(results[`out${i}`])
  })
  optimizer.iterations++
}
const variable = (name: string, ...x: number[]): Variable => new Variable(name, name, [x.length], floats(...x))
const near = (got: Float32Array, want: readonly number[]): void => {
  want.forEach((w, i) => {
    expect(Math.abs(got[i] - w)).toBeLessThanOrEqual(16 * FLOAT32 * Math.max(1, Math.abs(w)))
  })
}

describe('averages of variables', () => {
  test('start at the variable, follow it, and end training', async () => {
    const w = variable('w', 1, 2)
    const sgd = new optimizers.SGD({ learningRate: 1, useEma: true, emaMomentum: 0.75 })
    let average = [0, 0]
    for (let i = 0; i < 4; i++) {
      await step(sgd, [w], [floats(0.5, -0.25)])
      const now = [...(await w.read())]
      average = i === 0 ? now : average.map((a, k) => 0.75 * a + 0.25 * now[k])
      near(await sgd.slots(w).get('average')!.read(), average)
    }
    near(await w.read(), [-1, 3])
    await sgd.finalize([w])
    near(await w.read(), average)
  })
  test('replace the variables now and then', async () => {
    const w = variable('w', 0)
    const sgd = new optimizers.SGD({ learningRate: 1, useEma: true, emaMomentum: 0.5, emaOverwriteFrequency: 2 })
    const seen: number[] = []
    for (let i = 0; i < 4; i++) {
      await step(sgd, [w], [floats(-1)])
      seen.push((await w.read())[0])
    }
    // 1 (average 1); 2, average 1.5, taken over; 2.5 (average 2); 3.5, average 2.75, taken over.
    expect(seen).toEqual([1, 1.5, 2.5, 2.75])
  })
})

describe('accumulated gradients', () => {
  test.each(['SGD', 'Adam', 'Nadam', 'RMSprop'])('%s steps by their mean', async className => {
    const [a, b] = [variable('a', 1, -2, 3), variable('b', 1, -2, 3)]
    const each = optimizers.getOptimizer({ className, config: { learningRate: 0.1, weightDecay: 0.01, clipNorm: 1 } })
    const third = optimizers.getOptimizer({
      className,
      config: { learningRate: 0.1, weightDecay: 0.01, clipNorm: 1, gradientAccumulationSteps: 4 },
    })
    for (let round = 0; round < 3; round++) {
      const gradients = [0, 1, 2, 3].map(i => floats(i + round, 2 * i - 3, 0.5))
      const before = await b.read()
      for (const g of gradients) {
        expect(await b.read()).toEqual(before)
        await step(third, [b], [g])
      }
      await step(each, [a], [gradients[0].map((_, k) => gradients.reduce((s, g) => s + g[k], 0) / 4)])
      near(await b.read(), [...(await a.read())])
    }
  })
})

test('a constraint holds after each step', async () => {
  const w = new Variable('w', 'w', [2], floats(0.1, 0.1), { constraint: { call: x => ops.relu(x) } })
  await step(new optimizers.SGD({ learningRate: 1 }), [w], [floats(1, -1)])
  near(await w.read(), [0, 1.1])
})

test('weight decay is decoupled, comes before the step, and spares what it is told to', async () => {
  const [kernel, bias] = [variable('kernel', 2), variable('bias', 2)]
  const sgd = new optimizers.SGD({ learningRate: 0.5, weightDecay: 0.1 })
  sgd.excludeFromWeightDecay({ names: ['bias'] })
  await step(sgd, [kernel, bias], [floats(1), floats(1)])
  near(await kernel.read(), [2 - 2 * 0.1 * 0.5 - 0.5])
  near(await bias.read(), [1.5])
})

describe('clipping', () => {
  test('by norm leaves short gradients, and zeros, alone', async () => {
    const [a, b] = [variable('a', 0, 0), variable('b', 0, 0)]
    const sgd = new optimizers.SGD({ learningRate: 1, clipNorm: 1 })
    await step(sgd, [a, b], [floats(0, 0), floats(0.3, 0.4)])
    expect([...(await a.read())].map(Math.abs)).toEqual([0, 0])
    near(await b.read(), [-0.3, -0.4])
  })
  test('by the common norm keeps the direction', async () => {
    const [a, b] = [variable('a', 0), variable('b', 0, 0)]
    const sgd = new optimizers.SGD({ learningRate: 1, globalClipNorm: 1.5 })
    await step(sgd, [a, b], [floats(1), floats(2, 2)])
    near(await a.read(), [-0.5])
    near(await b.read(), [-1, -1])
  })
  test('by value, elements alone', async () => {
    const a = variable('a', 0, 0, 0)
    await step(new optimizers.SGD({ learningRate: 1, clipValue: 0.5 }), [a], [floats(3, -3, 0.25)])
    near(await a.read(), [-0.5, 0.5, -0.25])
  })
  test('by the common norm does not hide that it is infinite', async () => {
    const a = variable('a', 0, 0)
    await step(new optimizers.SGD({ globalClipNorm: 1 }), [a], [floats(Infinity, 1)])
    expect([...(await a.read())]).toEqual([NaN, NaN])
  })
})

test('an optimizer of one’s own does what the built-in one does', async () => {
  class Momentum extends optimizers.Optimizer {
    static override readonly className = 'Momentum'
    protected override slotGroups() {
      return [[{ name: 'momentum' }]]
    }
    override updateOne(
      param: optimizers.Exprs[string],
      grad: optimizers.Exprs[string],
      slots: optimizers.Exprs,
      scalar: (name: string) => optimizers.Exprs[string],
    ) {
      const momentum = expr.sub(expr.mul(slots.momentum, 0.9), expr.mul(grad, scalar('learningRate')))
      return { param: expr.add(param, momentum), slots: { momentum } }
    }
  }
  const [a, b] = [variable('a', 1, 2), variable('b', 1, 2)]
  const own = new Momentum({ learningRate: 0.1 })
  const built = new optimizers.SGD({ learningRate: 0.1, momentum: 0.9 })
  for (let i = 0; i < 3; i++) {
    await step(own, [a], [floats(i, 1)])
    await step(built, [b], [floats(i, 1)])
  }
  expect(await a.read()).toEqual(await b.read())
})

test('FTRL with l1 makes small weights exactly 0', async () => {
  const w = variable('w', 0, 0)
  const ftrl = new optimizers.Ftrl({ learningRate: 0.5, l1RegularizationStrength: 1 })
  for (let i = 0; i < 3; i++) await step(ftrl, [w], [floats(0.1, 2)])
  const [small, large] = await w.read()
  expect(Math.abs(small)).toBe(0)
  expect(large).toBeLessThan(-0.1)
})
