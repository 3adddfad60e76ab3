import { describe, expect, test } from 'vitest'
import { ArgumentError, StateError } from '../errors.js'
import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import { mul } from '../graph/ops.js'
import { Trace } from '../graph/trace.js'
import { input, isNode, type Node, type Value } from '../graph/value.js'
import { Variable } from '../graph/variable.js'
import { f32 } from '../tensor-spec.js'
import * as optimizers from './index.js'
import { type Exprs, getOptimizer, Optimizer, optimizerBinding } from './index.js'

const NAMES = ['SGD', 'RMSprop', 'Adam', 'AdamW', 'Adagrad', 'Adadelta', 'Adamax', 'Nadam', 'Lion', 'Ftrl']

const weights = (): Variable[] => [
  new Variable('kernel', 'dense/kernel', [2, 3], new Float32Array(6).fill(0.5)),
  new Variable('bias', 'dense/bias', [3], new Float32Array(3)),
]
function trace(optimizer: Optimizer, variables: readonly Variable[]): Trace {
  const t = new Trace(true)
  const pairs = variables.map(variable => ({ variable, gradient: input(`d${variable.name}`, variable.spec) }))
  const leaves = new Map<string, Value>()
  optimizer.apply(t, pairs, name => {
    if (!leaves.has(name)) leaves.set(name, input(optimizerBinding(name), f32([])))
    return leaves.get(name)!
  })
  return t
}
function nodesOf(values: Iterable<Value>): Set<Node> {
  const nodes = new Set<Node>()
  const visit = (v: Value): void => {
    if (!isNode(v.producer) || nodes.has(v.producer)) return
    nodes.add(v.producer)
    v.producer.ins.forEach(visit)
  }
  for (const v of values) visit(v)
  return nodes
}

describe('getOptimizer', () => {
  test.each(NAMES)('%s', className => {
    expect(getOptimizer({ className }).className).toBe(className)
    expect(getOptimizer(className).className).toBe(className)
    expect(getOptimizer(className.toLowerCase()).className).toBe(className)
    expect(getOptimizer(className).name).toBe(className.toLowerCase())
  })
  test('lists the names when it does not know one', () => {
    expect(() => getOptimizer('adamax2')).toThrow(/sgd.*adam.*'adamax2'/)
    expect(() => getOptimizer(undefined as never)).toThrow(ArgumentError)
  })
})

describe('options', () => {
  test.each(NAMES)('of %s survive serialisation', className => {
    const config = {
      learningRate: 0.03,
      weightDecay: 0.01,
      globalClipNorm: 2,
      useEma: true,
      emaMomentum: 0.9,
      emaOverwriteFrequency: 5,
      gradientAccumulationSteps: 2,
      name: 'o',
    }
    for (const given of [getOptimizer({ className, config }), getOptimizer(className)]) {
      const copy = getOptimizer(JSON.parse(JSON.stringify(given.serialize())))
      expect(copy.serialize()).toEqual(given.serialize())
    }
    expect(getOptimizer({ className, config }).getConfig()).toMatchObject(config)
  })
  test.each(NAMES)('of %s that nobody reads are refused', className => {
    expect(() => getOptimizer({ className, config: { lr: 1 } })).toThrow(/unknown option 'lr'.*learningRate/)
  })
  test('have the defaults of Keras', () => {
    expect(new optimizers.SGD().learningRate).toBe(0.01)
    expect(new optimizers.RMSprop().getConfig()).toMatchObject({ learningRate: 0.001, rho: 0.9, epsilon: 1e-7 })
    expect(new optimizers.Adam().getConfig()).toMatchObject({ beta1: 0.9, beta2: 0.999, weightDecay: null })
    expect(new optimizers.AdamW().options.weightDecay).toBe(0.004)
  })
  test('clip in one way only', () => {
    expect(() => new optimizers.SGD({ clipNorm: 1, clipValue: 1 })).toThrow(/at most one.*'clipNorm', 'clipValue'/)
  })
  test('out of range are refused', () => {
    expect(() => new optimizers.SGD({ learningRate: -1 })).toThrow(/learningRate.*at least 0.*-1/)
    expect(() => new optimizers.SGD({ learningRate: Number.NaN })).toThrow(/learningRate/)
    expect(() => new optimizers.SGD({ momentum: 1.5 })).toThrow(/momentum/)
    expect(() => new optimizers.SGD({ gradientAccumulationSteps: 1 })).toThrow(/gradientAccumulationSteps/)
    expect(() => new optimizers.AdamW({ weightDecay: null })).toThrow(/weightDecay/)
    expect(() => new optimizers.Lion({ beta1: 0 })).toThrow(/beta1/)
    expect(() => new optimizers.Ftrl({ learningRatePower: 0.5 })).toThrow(/learningRatePower/)
  })
})

describe('the learning rate', () => {
  test('can be set', () => {
    const sgd = new optimizers.SGD({ learningRate: 0.1 })
    sgd.learningRate = 0.05
    expect(sgd.scalars(7).learningRate).toBe(0.05)
    expect(() => {
      sgd.learningRate = -1
    }).toThrow(ArgumentError)
  })
  test('can follow a schedule, which a number does not replace', () => {
    const schedule = new optimizers.PiecewiseConstantDecay({ boundaries: [2], values: [0.1, 0.01] })
    const sgd = new optimizers.SGD({ learningRate: schedule })
    expect([0, 2, 3].map(i => sgd.scalars(i).learningRate)).toEqual([0.1, 0.1, 0.01])
    expect(() => {
      sgd.learningRate = 0.1
    }).toThrow(StateError)
    expect(getOptimizer(JSON.parse(JSON.stringify(sgd.serialize()))).learningRateAt(3)).toBe(0.01)
  })
})

describe('the graph of a step', () => {
  test.each(NAMES)('%s is one pass over each parameter', className => {
    const vs = weights()
    const t = trace(getOptimizer({ className, config: { weightDecay: 0.01, clipValue: 1, useEma: true } }), vs)
    const nodes = nodesOf(t.updates.values())
    expect([...nodes].map(n => n.kernel)).toEqual(['map', 'map'])
    expect([...t.updates.keys()].filter(v => vs.includes(v))).toEqual(vs)
  })
  test('clips by the norm of each variable or of all', () => {
    const kernels = (o: Optimizer): string[] =>
      [...nodesOf(trace(o, weights()).updates.values())].map(n => n.kernel).sort()
    expect(kernels(new optimizers.SGD({ clipNorm: 1 }))).toEqual(['map', 'map', 'map', 'map', 'reduce', 'reduce'])
    expect(kernels(new optimizers.SGD({ globalClipNorm: 1 }))).toEqual(['map', 'map', 'map', 'map', 'reduce', 'reduce'])
  })
  test('applies the constraint last', () => {
    const v = new Variable('w', 'w', [3], new Float32Array(3), { constraint: { call: x => mul(x, 2) } })
    const value = trace(new optimizers.SGD(), [v]).updates.get(v)!
    expect(isNode(value.producer) && value.producer.ins[0].producer.kernel).toBe('map')
  })
  test('refuses a variable that comes twice', () => {
    const [v] = weights()
    expect(() => trace(new optimizers.SGD(), [v, v])).toThrow(/dense\/kernel twice/)
  })
})

describe('state', () => {
  test('is named after variable and slot, and ordered as in files', () => {
    const adam = new optimizers.Adam({ amsgrad: true, useEma: true, gradientAccumulationSteps: 2 })
    expect(adam.variables(weights()).map(v => v.path)).toEqual([
      'adam/dense_kernel_average',
      'adam/dense_bias_average',
      'adam/dense_kernel_gradient_accumulator',
      'adam/dense_bias_gradient_accumulator',
      'adam/dense_kernel_momentum',
      'adam/dense_kernel_velocity',
      'adam/dense_bias_momentum',
      'adam/dense_bias_velocity',
      'adam/dense_kernel_velocity_hat',
      'adam/dense_bias_velocity_hat',
    ])
  })
  test('starts as told and is made once', async () => {
    const adagrad = new optimizers.Adagrad({ initialAccumulatorValue: 0.25 })
    const [kernel] = weights()
    expect(await adagrad.slots(kernel).get('accumulator')!.read()).toEqual(new Float32Array(6).fill(0.25))
    expect(adagrad.slots(kernel)).toBe(adagrad.slots(kernel))
    adagrad.iterations = 5
    const old = adagrad.slots(kernel)
    adagrad.reset()
    expect(adagrad.iterations).toBe(0)
    expect(adagrad.slots(kernel)).not.toBe(old)
  })
})

describe('scalars', () => {
  test('of Adam correct the bias in float64', () => {
    const adam = new optimizers.Adam({ learningRate: 0.001 })
    expect(adam.scalars(0).alpha).toBeCloseTo((0.001 * Math.sqrt(0.001)) / 0.1, 17)
    expect(adam.scalars(100_000).alpha).toBeCloseTo(0.001, 15)
  })
  test('of Nadam do not depend on the order of questions', () => {
    const [a, b] = [new optimizers.Nadam(), new optimizers.Nadam()]
    const forward = [0, 1, 2, 3].map(i => a.scalars(i))
    expect([3, 1, 0, 2].map(i => b.scalars(i))).toEqual([3, 1, 0, 2].map(i => forward[i]))
  })
  test('have the same names at every step', () => {
    const config = { weightDecay: 0.1, useEma: true, emaOverwriteFrequency: 2, gradientAccumulationSteps: 3 }
    for (const className of NAMES) {
      const o = getOptimizer({ className, config })
      expect(Object.keys(o.scalars(5))).toEqual(Object.keys(o.scalars(0)))
    }
  })
  test('say when accumulated gradients are applied and averages taken over', () => {
    const o = new optimizers.SGD({ useEma: true, emaOverwriteFrequency: 2, gradientAccumulationSteps: 3 })
    const at = (name: string): number[] => Array.from({ length: 7 }, (_, i) => o.scalars(i)[name])
    expect(at('isUpdate')).toEqual([0, 0, 1, 0, 0, 1, 0])
    expect(at('emaMomentum')).toEqual([0, 0, 0, 0.99, 0.99, 0.99, 0.99])
    expect(at('emaOverwrite')).toEqual([0, 0, 0, 1, 1, 1, 0])
  })
})

describe('an optimizer of one’s own', () => {
  class Lazy extends Optimizer {
    static override readonly className = 'Lazy'
    protected override slotGroups() {
      return [[{ name: 'last' }]]
    }
    override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr) {
      const step = E.mul(slots.last, scalar('learningRate'))
      return { param: E.sub(param, step), slots: { last: grad } }
    }
  }
  test('needs one method', () => {
    const vs = weights()
    const t = trace(new Lazy({ learningRate: 0.5 }), vs)
    expect(t.updates.size).toBe(4)
  })
  test('must give every slot, and may read known scalars only', () => {
    class Forgetful extends Lazy {
      override updateOne(param: Expr) {
        return { param, slots: {} as { last: Expr } }
      }
    }
    class Curious extends Lazy {
      override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr) {
        return { param: E.mul(param, scalar('beta')), slots: { last: grad, ...slots } }
      }
    }
    expect(() => trace(new Forgetful(), weights())).toThrow(/slot 'last'/)
    expect(() => trace(new Curious(), weights())).toThrow(/learningRate.*'beta'/)
  })
})

describe('schedules', () => {
  test('refuse what they do not know', () => {
    expect(() => new optimizers.SGD({ learningRate: { className: 'Linear', config: {} } })).toThrow(/exponentialDecay/)
    expect(() => new optimizers.ExponentialDecay({ initialLearningRate: 1, decaySteps: 0, decayRate: 1 })).toThrow(
      /decaySteps/,
    )
    expect(() => new optimizers.PiecewiseConstantDecay({ boundaries: [1], values: [1] })).toThrow(/one more/)
    expect(() => new optimizers.PiecewiseConstantDecay({ boundaries: [2, 1], values: [1, 2, 3] })).toThrow(
      /boundaries\[1\]/,
    )
  })
  test('restart at whole periods', () => {
    const s = new optimizers.CosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 10, tMul: 3, mMul: 0.5 })
    expect(s.at(0)).toBe(1)
    expect(s.at(10)).toBe(0.5)
    expect(s.at(40)).toBe(0.25)
    expect(s.at(39)).toBeLessThan(0.01)
    const even = new optimizers.CosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 10, tMul: 1 })
    expect(even.at(1_000_000)).toBe(1)
  })
  test('warm up, hold, cycle and step down', () => {
    const warm = new optimizers.CosineDecay({ initialLearningRate: 0, decaySteps: 10, warmupTarget: 1, warmupSteps: 4 })
    expect([0, 1, 4, 14, 99].map(i => warm.at(i))).toEqual([0, 0.25, 1, 0, 0])
    const cycle = new optimizers.PolynomialDecay({
      initialLearningRate: 1,
      endLearningRate: 0,
      decaySteps: 4,
      cycle: true,
    })
    expect([0, 2, 4, 6, 8].map(i => cycle.at(i))).toEqual([1, 0.5, 0, 0.25, 0])
    const steps = new optimizers.InverseTimeDecay({
      initialLearningRate: 1,
      decaySteps: 2,
      decayRate: 1,
      staircase: true,
    })
    expect([0, 1, 2, 4].map(i => steps.at(i))).toEqual([1, 1, 0.5, 1 / 3])
  })
})
