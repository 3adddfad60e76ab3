import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError } from '../errors.js'
import { grad } from '../graph/grad.js'
import { mean, reshape, sigmoid, softmax, square, sub } from '../graph/ops.js'
import { input, isNode, type Value } from '../graph/value.js'
import { f32, i32 } from '../tensor-spec.js'
import * as losses from './index.js'
import { getLoss } from './index.js'

const x = (...shape: number[]): Value => input('x', f32(shape))
const y = (...shape: number[]): Value => input('y', f32(shape))
const labels = (...shape: number[]): Value => input('labels', i32(shape))

/** Kernels that a value is made by, itself first. */
function kernelsOf(v: Value): string[] {
  const seen = new Set<Value>()
  const names: string[] = []
  const visit = (w: Value): void => {
    if (seen.has(w)) return
    seen.add(w)
    names.push(w.producer.kernel)
    if (isNode(w.producer)) w.producer.ins.forEach(visit)
  }
  visit(v)
  return names
}

const CLASSES = Object.entries(losses).flatMap(([name, c]) =>
  typeof c === 'function' && 'className' in c && !['Loss', 'DenseLoss', 'FunctionLoss'].includes(name) ? [name] : [],
)

describe('getLoss', () => {
  test('knows every class by its three names', () => {
    expect(CLASSES.length).toBe(19)
    for (const name of CLASSES) {
      const loss = getLoss({ className: name })
      expect(loss.className).toBe(name)
      expect(getLoss(loss.name).className).toBe(name)
    }
    expect(getLoss('klDivergence').name).toBe('kl_divergence')
    expect(getLoss('categoricalCrossentropy').name).toBe('categorical_crossentropy')
  })
  test('knows short names', () => {
    const short = { mse: 'MeanSquaredError', mae: 'MeanAbsoluteError', kld: 'KLDivergence', bce: 'BinaryCrossentropy' }
    for (const [name, className] of Object.entries(short)) expect(getLoss(name).className).toBe(className)
  })
  test('lists the names when it does not know one', () => {
    expect(() => getLoss('meanSquareError')).toThrow(ArgumentError)
    expect(() => getLoss('meanSquareError')).toThrow(/meanSquaredError.*mse.*'meanSquareError'/)
    expect(() => getLoss('toString')).toThrow(ArgumentError)
    expect(() => getLoss(3 as never)).toThrow(ArgumentError)
  })
  test('gives a loss back', () => {
    const huber = new losses.Huber({ delta: 2 })
    expect(getLoss(huber)).toBe(huber)
  })
})

describe('options', () => {
  test('survive serialisation', () => {
    const given = [
      new losses.CategoricalCrossentropy({ labelSmoothing: 0.1, axis: 1, name: 'a', reduction: 'sum' }),
      new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 255 }),
      new losses.BinaryFocalCrossentropy({ applyClassBalancing: true, alpha: 0.3, gamma: 1.5 }),
      new losses.CategoricalFocalCrossentropy({ alpha: 0.3, gamma: 1.5 }),
      new losses.Huber({ delta: 3 }),
      new losses.CosineSimilarity({ axis: 1 }),
      new losses.Tversky({ alpha: 0.3, beta: 0.7, axis: [1, 2] }),
    ]
    for (const loss of [...given, ...CLASSES.map(className => getLoss({ className }))]) {
      const copy = getLoss(JSON.parse(JSON.stringify(loss.serialize())))
      expect(copy).not.toBe(loss)
      expect(copy.serialize()).toEqual(loss.serialize())
    }
  })
  test('that nobody reads are refused', () => {
    for (const className of CLASSES) {
      expect(() => getLoss({ className, config: { smoothing: 1 } })).toThrow(/unknown option 'smoothing'/)
    }
    expect(() => new losses.MeanSquaredError({ delta: 1 } as never)).toThrow(ArgumentError)
    expect(() => getLoss({ className: 'Huber', options: {} } as never)).toThrow(/unknown option 'options'/)
  })
  test('out of range are refused', () => {
    expect(() => new losses.Huber({ delta: 0 })).toThrow(/delta.*above 0.*got 0/)
    expect(() => new losses.CategoricalCrossentropy({ labelSmoothing: 1.1 })).toThrow(/labelSmoothing/)
    expect(() => new losses.SparseCategoricalCrossentropy({ ignoreClass: 0.5 })).toThrow(/ignoreClass/)
    expect(() => new losses.Poisson({ reduction: 'average' as never })).toThrow(/reduction.*'sumOverBatchSize'/)
  })
})

describe('shapes', () => {
  test('targets must be like the predictions: nothing is broadcast', () => {
    const mse = new losses.MeanSquaredError()
    expect(() => mse.call(y(8, 1), x(8, 3))).toThrow(ShapeError)
    expect(() => mse.call(y(8, 1), x(8, 3))).toThrow(/mean_squared_error.*\[8, 3\].*\[8, 1\]/)
    expect(() => new losses.CategoricalCrossentropy().call(labels(8), x(8, 3))).toThrow(ShapeError)
  })
  test('a missing last dimension of 1 is added', () => {
    expect(new losses.MeanSquaredError({ reduction: 'none' }).call(y(8), x(8, 1)).shape).toEqual([8])
    expect(new losses.BinaryCrossentropy({ reduction: 'none' }).call(y(8, 4), x(8, 4, 1)).shape).toEqual([8])
  })
  test('labels have the shape of the predictions without the classes', () => {
    const sparse = new losses.SparseCategoricalCrossentropy({ reduction: 'none' })
    expect(sparse.call(labels(8), x(8, 3)).shape).toEqual([8])
    expect(sparse.call(labels(8, 1), x(8, 3)).shape).toEqual([8])
    expect(sparse.call(labels(2, 4), x(2, 4, 3)).shape).toEqual([2, 4])
    expect(() => sparse.call(labels(7), x(8, 3))).toThrow(/\[8\] for predictions float32\[8, 3\].*int32\[7\]/)
    expect(() => sparse.call(y(8, 3), x(8, 3))).toThrow(ShapeError)
  })
  test('sample weights broadcast to the losses', () => {
    const mse = new losses.MeanSquaredError()
    const weight = (...shape: number[]): Value => input('w', f32(shape))
    expect(mse.call(y(8, 3), x(8, 3), weight(8)).shape).toEqual([])
    expect(mse.call(y(8, 3), x(8, 3), weight(8, 1)).shape).toEqual([])
    expect(() => mse.call(y(8, 3), x(8, 3), weight(7))).toThrow(/sample weights.*float32\[8\].*float32\[7\]/)
  })
  test('a loss over everything is a scalar', () => {
    expect(new losses.Dice({ reduction: 'none' }).call(y(2, 4, 4, 1), x(2, 4, 4, 1)).shape).toEqual([])
    expect(new losses.Dice({ axis: [1, 2, 3], reduction: 'none' }).call(y(2, 4, 4, 1), x(2, 4, 4, 1)).shape).toEqual([
      2,
    ])
  })
})

describe('logits are found', () => {
  test('behind a softmax, also when it is reshaped', () => {
    const logits = x(2, 4, 3)
    for (const p of [softmax(logits), reshape(softmax(logits), [8, 3])]) {
      const t = input('t', f32(p.shape))
      expect(kernelsOf(new losses.CategoricalCrossentropy().call(t, p))).toContain('softmaxCrossEntropy')
      expect(kernelsOf(new losses.CategoricalCrossentropy().call(t, p))).not.toContain('softmax')
      const l = labels(...p.shape.slice(0, -1))
      expect(kernelsOf(new losses.SparseCategoricalCrossentropy().call(l, p))).not.toContain('softmax')
    }
  })
  test('behind a sigmoid', () => {
    const p = sigmoid(x(8, 3))
    const loss = new losses.BinaryCrossentropy().call(y(8, 3), p)
    const read = (v: Value): boolean => v === p || (isNode(v.producer) && v.producer.ins.some(read))
    expect(read(loss)).toBe(false)
    expect(grad(loss, [p])[0].producer.kernel).toBe('map')
  })
  test('but not behind a softmax over other axes, and not where there are none', () => {
    const over = softmax(x(2, 3, 4), 1)
    const t = input('t', f32(over.shape))
    expect(kernelsOf(new losses.CategoricalCrossentropy().call(t, over))).not.toContain('softmaxCrossEntropy')
    expect(kernelsOf(new losses.CategoricalCrossentropy().call(y(8, 3), x(8, 3)))).not.toContain('softmaxCrossEntropy')
  })
  test('as such with fromLogits', () => {
    const loss = new losses.CategoricalCrossentropy({ fromLogits: true }).call(y(8, 3), x(8, 3))
    expect(kernelsOf(loss)).toContain('softmaxCrossEntropy')
  })
})

describe('a function', () => {
  const quartic = (t: Value, p: Value): Value => mean(square(square(sub(t, p))), -1)
  test('is a loss that goes by its name', () => {
    const loss = getLoss(quartic)
    expect(loss.name).toBe('quartic')
    expect(loss.call(y(8), x(8, 1)).shape).toEqual([])
  })
  test('cannot be saved, and says so', () => {
    expect(() => getLoss(quartic).serialize()).toThrow(/quartic.*Loss subclass/)
  })
})
