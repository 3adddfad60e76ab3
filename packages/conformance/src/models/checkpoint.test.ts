import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CallContext,
  Dense,
  FileError,
  Input,
  Layer,
  losses,
  modelFromBytes,
  modelToBytes,
  ops,
  optimizers,
  readSafetensors,
  type SafetensorsInput,
  Sequential,
  type Shape,
  type Value,
  type Variable,
  weightsFromBytes,
  weightsToBytes,
  writeSafetensors,
} from '@strata/api'
import { loadModel, loadWeights, saveModel, saveWeights } from '@strata/api/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convNet, errorOf, images, linear, testBackend } from './harness.test.util.js'

const backend = await testBackend()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-checkpoint-'))
})
afterAll(() => rm(folder, { recursive: true }))

const data = images(70)
const compiled = (optimizer: string | optimizers.Optimizer): Sequential => {
  const model = convNet()
  model.compile({ backend, optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'], seed: 7 })
  return model
}
const start = await convNet().getWeights()

describe('resumed training', () => {
  for (const name of ['adam', 'rmsprop']) {
    it(`has the bits of uninterrupted training: dropout, batch normalisation, ${name}`, async () => {
      const whole = compiled(name)
      whole.setWeights(start)
      const { history } = await whole.fit(data.x, data.y, { epochs: 4, batchSize: 16 })

      const first = compiled(name)
      first.setWeights(start)
      await first.fit(data.x, data.y, { epochs: 2, batchSize: 16 })
      const path = join(folder, `${name}.safetensors`)
      await saveModel(first, path)
      await first.dispose()
      const second = await loadModel(path, { backend })
      expect(second.epoch).toBe(2)
      const rest = await second.fit(data.x, data.y, { epochs: 4, initialEpoch: second.epoch, batchSize: 16 })

      expect(rest.epoch).toEqual([2, 3])
      expect(rest.history.loss).toEqual(history.loss.slice(2))
      expect(rest.history.accuracy).toEqual(history.accuracy.slice(2))
      expect(await second.getWeights()).toEqual(await whole.getWeights())
      await whole.dispose()
      await second.dispose()
    })
  }
  it('differs when the epochs are numbered otherwise, or the seed is another', async () => {
    const weights: Float32Array[][] = []
    for (const [seed, initialEpoch] of [
      [7, 0],
      [7, 1],
      [8, 0],
    ]) {
      const model = convNet()
      model.setWeights(start)
      model.compile({ backend, optimizer: 'adam', loss: 'categoricalCrossentropy', seed })
      await model.fit(data.x, data.y, { initialEpoch, epochs: initialEpoch + 1, batchSize: 16 })
      weights.push(await model.getWeights())
      await model.dispose()
    }
    expect(weights[1]).not.toEqual(weights[0])
    expect(weights[2]).not.toEqual(weights[0])
  })
})

describe('files', () => {
  it('keep weights, predictions, configuration and metadata', async () => {
    const model = compiled(new optimizers.Adam({ learningRate: 0.01, clipNorm: 1 }))
    await model.fit(data.x, data.y, { batchSize: 16 })
    const bytes = await modelToBytes(model, { metadata: { classes: ['a', 'b', 'c'] } })
    const twin = modelFromBytes(bytes, { backend })
    expect(twin.getConfig()).toEqual(model.getConfig())
    expect(twin.metadata).toEqual({ classes: ['a', 'b', 'c'] })
    expect(twin.optimizer.getConfig()).toEqual(model.optimizer.getConfig())
    expect(await twin.predict(data.x)).toEqual(await model.predict(data.x))
    expect(await modelToBytes(twin)).toEqual(bytes)
    await model.dispose()
    await twin.dispose()
  })
  it('hold weights alone, which fit a model of the same layers', async () => {
    const [a, b] = [convNet(), convNet()]
    const path = join(folder, 'weights.safetensors')
    await saveWeights(a, path)
    await loadWeights(b, path)
    expect(await b.getWeights()).toEqual(await a.getWeights())
    const whole = join(folder, 'whole.safetensors')
    await saveModel(a, whole)
    const c = convNet()
    await loadWeights(c, whole)
    expect(await c.getWeights()).toEqual(await a.getWeights())
  })
  it('leave a model without losses uncompiled', async () => {
    const model = compiled('adam')
    const twin = modelFromBytes(await modelToBytes(model, { training: false }))
    expect(twin.compiled).toBe(false)
    expect(modelFromBytes(await modelToBytes(model), { compile: false }).compiled).toBe(false)
    await model.dispose()
  })
  it('refuse a loss that is a function, and say what to do', async () => {
    const model = linear()
    model.compile({ backend, loss: (t, p) => ops.abs(ops.sub(t, p)) })
    expect(String(await errorOf(() => modelToBytes(model)))).toContain('a function cannot be saved')
    await model.dispose()
  })
})

class Scale extends Layer {
  static override readonly className = 'Scale'
  #scale!: Variable
  override build([shape]: readonly Shape[]): void {
    this.#scale = this.addWeight('scale', [shape.at(-1)!], { initializer: 'ones' })
  }
  override call([x]: readonly Value[], ctx: CallContext): Value {
    return ops.mul(x, ctx.read(this.#scale))
  }
}
class Quartic extends losses.Loss {
  static override readonly className = 'Quartic'
  override perSample(yTrue: Value, yPred: Value): Value {
    return ops.mean(ops.square(ops.square(ops.sub(yTrue, yPred))), -1)
  }
}
it('own layers and losses load with customObjects, and are named without', async () => {
  const model = new Sequential([Input({ shape: [2] }), new Scale(), new Dense({ units: 1 })])
  model.compile({ backend, loss: new Quartic() })
  await model.fit([[1, 2]], [[1]])
  const bytes = await modelToBytes(model)
  const error = await errorOf(() => modelFromBytes(bytes, {}, 'own.safetensors'))
  expect(error).toBeInstanceOf(FileError)
  expect(error).toMatchObject({ where: 'own.safetensors', got: 'Scale' })
  const twin = modelFromBytes(bytes, { backend, customObjects: { Scale, Quartic } })
  const options = { epochs: 2, initialEpoch: 1 }
  const [a, b] = [await model.fit([[1, 2]], [[1]], options), await twin.fit([[1, 2]], [[1]], options)]
  expect(b.history).toEqual(a.history)
  await model.dispose()
  await twin.dispose()
})

describe('bad files', () => {
  const bytesOf = async (
    change: (tensors: Map<string, SafetensorsInput>, metadata: Record<string, string>) => void,
  ) => {
    const { tensors, metadata } = readSafetensors(await modelToBytes(convNet()))
    const inputs = new Map<string, SafetensorsInput>(tensors)
    const copy = { ...metadata }
    change(inputs, copy)
    return writeSafetensors(inputs, copy)
  }
  const refused = async (bytes: Uint8Array): Promise<FileError> => {
    const error = await errorOf(() => modelFromBytes(bytes, {}, 'f'))
    expect(error).toBeInstanceOf(FileError)
    return error as FileError
  }
  it('truncated at any place', async () => {
    const bytes = await modelToBytes(convNet())
    for (const n of [0, 4, 8, 100, bytes.length - 1]) await refused(bytes.subarray(0, n))
  })
  it('of another format or version', async () => {
    const foreign = await refused(await bytesOf((_, m) => (m.format = 'pt')))
    expect([foreign.expected, foreign.got]).toEqual(["'strata'", 'pt'])
    const later = await refused(await bytesOf((_, m) => (m.version = '2')))
    expect([later.expected, later.got]).toEqual(['1', '2'])
  })
  it('with tensors missing, too many, or of another shape', async () => {
    const missing = await refused(await bytesOf(t => t.delete('weights/conv/kernel')))
    expect([missing.what, missing.expected, missing.got]).toEqual([
      "tensor 'weights/conv/kernel'",
      'F32 [3, 3, 3, 4]',
      'nothing',
    ])
    const shape = await refused(
      await bytesOf(t => t.set('weights/conv/bias', { shape: [5], data: new Float32Array(5) })),
    )
    expect([shape.expected, shape.got]).toEqual(['F32 [4]', 'F32 [5]'])
    const more = await refused(await bytesOf(t => t.set('weights/x', { shape: [1], data: new Float32Array(1) })))
    expect(more.got).toBe('weights/x')
  })
  it('with a damaged description of the model', async () => {
    await refused(await bytesOf((_, m) => (m.model = '{')))
    await refused(await bytesOf((_, m) => (m.model = '{}')))
    const unknown = await refused(
      await bytesOf((_, m) => (m.model = m.model.replace('"MaxPooling2D"', '"MaxPooling9D"'))),
    )
    expect(unknown.got).toBe('MaxPooling9D')
  })
  it('leave the model as it was', async () => {
    const model = convNet()
    const before = await model.getWeights()
    const bytes = await bytesOf(t => t.set('weights/probs/bias', { shape: [5], data: new Float32Array(5) }))
    expect(await errorOf(() => weightsFromBytes(model, bytes))).toBeInstanceOf(FileError)
    expect(await model.getWeights()).toEqual(before)
    expect(await errorOf(async () => weightsFromBytes(linear(), await weightsToBytes(model)))).toBeInstanceOf(FileError)
  })
  it('that are not there', async () => {
    expect(await errorOf(() => loadModel(join(folder, 'none')))).toBeInstanceOf(FileError)
  })
})

it('a process that is killed while it writes leaves a whole file', async () => {
  const path = join(folder, 'killed.safetensors')
  const model = new Sequential(
    [Input({ shape: [300] }), new Dense({ units: 3000, kernelInitializer: 'zeros', useBias: false })],
    { name: 'wide' },
  )
  const kernel = Float32Array.from({ length: 900_000 }, (_, i) => i)
  model.setWeights([kernel])
  await saveModel(model, path)
  const api = new URL('.', import.meta.resolve('@strata/api')).href
  const script = join(folder, 'write.mjs')
  await writeFile(
    script,
    `import { loadModel, saveModel } from '${api}node.js'
     const model = await loadModel(${JSON.stringify(path)})
     for (let i = 1; ; i++) {
       await saveModel(model, ${JSON.stringify(path)}, { metadata: { i } })
       process.stdout.write('.')
     }`,
  )
  for (const delay of [1, 7, 12, 20]) {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise(resolve => child.stdout.once('data', resolve))
    await new Promise(resolve => setTimeout(resolve, delay))
    child.kill('SIGKILL')
    await new Promise(resolve => child.once('exit', resolve))
    const [loaded] = await (await loadModel(path)).getWeights()
    expect(Buffer.compare(Buffer.from(loaded.buffer), Buffer.from(kernel.buffer))).toBe(0)
  }
  // What killed writers left is removed by the next one.
  await saveModel(model, path)
  expect((await readdir(folder)).filter(n => n.endsWith('.tmp'))).toEqual([])
})
