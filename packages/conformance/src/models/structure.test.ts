// What models look like: Keras's summaries of the golden models, configurations, layers by name, building, mistakes.
import { readFileSync } from 'node:fs'
import {
  Add,
  ArgumentError,
  cloneModel,
  Dense,
  Flatten,
  fromKerasConfig,
  Input,
  Model,
  modelFromConfig,
  planToString,
  Sequential,
  StateError,
} from '@strata/api'
import { describe, expect, it } from 'vitest'
import { goldenUrl, loadGolden } from '../golden-files.js'
import { convNet, errorOf, testBackend } from './harness.test.util.js'

const backend = await testBackend()
const files = loadGolden('files')
const trajectories = loadGolden('trajectories')

describe.each(files.cases)('$id', c => {
  const json: unknown = JSON.parse(readFileSync(goldenUrl(c.files['.json']), 'utf8'))
  const optimizer = trajectories.cases.find(t => t.id === c.id)!.optimizer
  it('prints as Keras prints it', async () => {
    const model = modelFromConfig(fromKerasConfig(json))
    model.compile({ backend, optimizer: optimizer.toLowerCase(), loss: 'mse' })
    if (optimizer === 'SGD')
      model.compile({ backend, optimizer: { className: 'SGD', config: { momentum: 0.9 } }, loss: 'mse' })
    // Keras's optimizer has its state: it had trained.
    model.optimizer.iterations = 1
    const wanted = readFileSync(goldenUrl(c.files['.summary.txt']), 'utf8').trimEnd()
    expect(model.summary({ lineLength: 98 })).toBe(wanted)
  })
  it('has Keras’s weights in Keras’s order, and predicts what Keras predicts', async () => {
    const model = modelFromConfig(fromKerasConfig(json))
    expect(model.countParams()).toBe(c.total_params)
    expect(model.trainableWeights.reduce((n, w) => n + w.size, 0)).toBe(c.trainable_params)
    const names = model.weights.map(w => w.path.replace(/[A-Z]/g, l => `_${l.toLowerCase()}`))
    expect(new Set(names)).toEqual(new Set(c.weight_order))
    model.weights.forEach((w, i) => {
      w.write(files.tensor(c.weights[names[i]]).data)
    })
    model.compile({ backend })
    const x = files.tensor(c.sample_inputs)
    const { data } = await model.predict({ shape: x.shape, data: x.data as Float32Array })
    // Keras's own float32 prediction is this far from float64; ours may be four times as far.
    const exact = files.tensor(c.expected.predict_f64).data
    const theirs = files.tensor(c.expected.predict_f32).data
    const far = (a: ArrayLike<number>): number => Math.max(...Array.from(exact, (v, i) => Math.abs(v - a[i])))
    expect(far(data)).toBeLessThan(4 * far(theirs))
    await model.dispose()
  })
  it('survives its configuration', () => {
    const model = modelFromConfig(fromKerasConfig(json))
    const twin = modelFromConfig({ className: model.className, config: model.getConfig() })
    expect(twin.getConfig()).toEqual(model.getConfig())
    expect(twin.summary()).toBe(model.summary())
  })
})

describe('summary', () => {
  it('wraps and shortens long names, and fits the width', () => {
    const model = new Sequential(
      [Input({ shape: [4] }), new Dense({ units: 2, name: 'a_name_that_is_much_longer_than_its_column' })],
      { name: 's' },
    )
    const lines = model.summary({ columns: 60 }).split('\n')
    expect(Math.max(...lines.map(l => [...l].length))).toBe(56)
    expect(lines[4]).toMatch(/^│ a_name_that_is_m.*… │/)
    expect(lines[5]).toContain('(Dense)')
  })
  it('says what is not built yet', () => {
    expect(new Sequential([new Dense({ units: 2, name: 'd' })]).summary()).toContain(
      '│ ?                      │   0 (unbuilt) │',
    )
  })
  it('refuses unknown options and too narrow lines', async () => {
    expect(await errorOf(() => convNet().summary({ width: 3 } as object))).toBeInstanceOf(ArgumentError)
    expect(await errorOf(() => convNet().summary({ lineLength: 8 }))).toBeInstanceOf(ArgumentError)
  })
})

describe('Sequential', () => {
  it('grows and shrinks', () => {
    const model = new Sequential([Input({ shape: [3] })])
    model.add(new Dense({ units: 4, name: 'a' }))
    model.add(new Dense({ units: 2, name: 'b' }))
    expect(model.network.outputs[0].shape).toEqual([null, 2])
    expect(model.pop().name).toBe('b')
    expect(model.network.outputs[0].shape).toEqual([null, 4])
    expect(model.layers.map(l => l.name)).toEqual(['a'])
    model.add(new Dense({ units: 1, name: 'c' }))
    expect(model.countParams()).toBe(16 + 5)
    model.pop()
    model.pop()
    expect(() => model.pop()).toThrow(StateError)
    expect(() => model.network).toThrow('model without layers')
  })
  it('refuses names twice, an Input later on, and what is no layer', () => {
    const model = new Sequential([Input({ shape: [3] }), new Dense({ units: 1, name: 'a' })])
    expect(() => model.add(new Dense({ units: 1, name: 'a' }))).toThrow("names of layers: expected each once, got 'a'")
    expect(() => model.add(Input({ shape: [3] }))).toThrow('place of an Input')
    expect(() => model.add({} as Dense)).toThrow('expected a layer')
    expect(() => new Sequential({ layers: [] } as never)).toThrow(ArgumentError)
    expect(() => new Sequential([], { names: 'x' } as never)).toThrow("unknown option 'names'")
    expect(model.layers.length).toBe(1)
  })
  it('says what is missing while its input is unknown', async () => {
    const model = new Sequential([new Dense({ units: 1 })])
    expect(() => model.network).toThrow('shape of the input is unknown: expected an Input as first layer, or data')
    expect(model.countParams()).toBe(0)
  })
})

describe('functional models', () => {
  const x = Input({ shape: [4], name: 'x' })
  it('name the layer where they are disconnected', () => {
    const other = Input({ shape: [4], name: 'other' })
    const sum = new Add({ name: 'sum' }).apply([x, other])
    expect(() => new Model({ inputs: x, outputs: sum })).toThrow("disconnected: layer 'sum' depends on 'other'")
  })
  it('refuse results of layers as inputs, inputs twice, names twice, and what is no tensor', () => {
    const h = new Dense({ units: 2, name: 'h' }).apply(x)
    const y = new Dense({ units: 2, name: 'y' }).apply(h)
    expect(() => new Model({ inputs: h, outputs: y })).toThrow("input 'h:0:0': expected a tensor made by Input")
    expect(() => new Model({ inputs: [x, x], outputs: y })).toThrow('inputs: expected each once')
    expect(() => new Model({ inputs: x, outputs: new Dense({ units: 2, name: 'h' }).apply(h) })).toThrow(
      'names of layers',
    )
    expect(() => new Model({ inputs: x, outputs: 3 as never })).toThrow('expected symbolic tensors')
    expect(() => new Model({ inputs: x } as never)).toThrow(ArgumentError)
  })
  it('may have outputs inside, and unused inputs', async () => {
    const unused = Input({ shape: [1], name: 'unused' })
    const h = new Dense({ units: 2, name: 'h2' }).apply(x)
    const y = new Dense({ units: 3, name: 'y2' }).apply(h)
    const model = new Model({ inputs: [x, unused], outputs: [h, y] })
    expect(model.outputNames).toEqual(['h2', 'y2'])
    expect(model.layers.map(l => l.name)).toEqual(['x', 'h2', 'unused', 'y2'])
    model.compile({ backend })
    expect((await model.predictAll([[[1, 2, 3, 4]], [[0]]])).map(t => t.shape)).toEqual([
      [1, 2],
      [1, 3],
    ])
    await model.dispose()
  })
  it('find layers by name and place', () => {
    const model = convNet()
    expect(model.getLayer('pool')).toBe(model.getLayer(2))
    expect(model.getLayer(-1).name).toBe('probs')
    expect(() => model.getLayer('pol')).toThrow('expected one of conv, bn, pool, flat, drop, probs')
    expect(() => model.getLayer(9)).toThrow('expected an index below 6')
  })
  it('clone with new weights', async () => {
    const model = convNet()
    const clone = cloneModel(model)
    expect(clone.getConfig()).toEqual(model.getConfig())
    expect(clone.weights.every(w => !model.weights.includes(w))).toBe(true)
  })
  it('are as deep as one likes', () => {
    let t = Input({ shape: [2], name: 'deep' })
    const input = t
    for (let i = 0; i < 3000; i++) t = new Flatten({ name: `f${i}` }).apply(t)
    expect(new Model({ inputs: input, outputs: t }).layers.length).toBe(3001)
  })
})

it('a step prints as a plan', async () => {
  const model = convNet()
  model.compile({ backend, optimizer: 'adam', loss: 'categoricalCrossentropy' })
  const text = planToString(await model.plan('train', 16))
  expect(text).toContain('$x0')
  expect(text).toContain('float32[16, 8, 8, 3]')
  expect(planToString(await model.plan('predict', 1))).not.toContain('$y0')
  await model.dispose()
})

it.each<[string, unknown]>([
  ['expected an object', 3],
  [
    'unknown layer class',
    { className: 'Functional', config: { name: 'm', layers: [{ className: 'Dens', config: {} }] } },
  ],
  ['class of the model', { className: 'Dense', config: {} }],
  ['layers', { className: 'Sequential', config: { name: 'm' } }],
])('modelFromConfig: %s', async (text, json) => {
  const error = await errorOf(() => modelFromConfig(json))
  expect(error).toBeInstanceOf(ArgumentError)
  expect(String(error)).toContain(text)
})
it('fromKerasConfig names what it cannot honour', async () => {
  const layer = { class_name: 'BatchNormalization', config: { name: 'bn', synchronized: true } }
  expect(String(await errorOf(() => fromKerasConfig(layer)))).toContain(
    'BatchNormalization.synchronized: expected false, got true',
  )
})
