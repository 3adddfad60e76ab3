// Callbacks on training whose losses are known: y = 0, x = 1, SGD with rate 0.1 on w^2, so that w shrinks by 0.8 per step.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ArgumentError,
  Callback,
  type CallbackLike,
  EarlyStopping,
  FileError,
  type FitOptions,
  type History,
  LambdaCallback,
  LearningRateScheduler,
  type Logs,
  onWarning,
  optimizers,
  ReduceLROnPlateau,
  type Sequential,
  TerminateOnNaN,
} from '@strata/api'
import { CSVLogger, loadModel, ModelCheckpoint } from '@strata/api/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, linear, testBackend } from './harness.test.util.js'

const backend = await testBackend()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-callbacks-'))
})
afterAll(() => rm(folder, { recursive: true }))

const model = (): Sequential => {
  const m = linear(1, 1)
  m.compile({ backend, optimizer: new optimizers.SGD({ learningRate: 0.1 }), loss: 'mse', metrics: ['mae'] })
  m.setWeights([[1]])
  return m
}
/** Trains with callbacks; `script` overwrites logs first, epoch by epoch, so that callbacks see what a test wants. */
async function train(
  callbacks: readonly CallbackLike[],
  script: Readonly<Record<string, readonly number[]>> = {},
  options: FitOptions = {},
  m = model(),
): Promise<{ history: History; m: Sequential }> {
  const epochs = options.epochs ?? Object.values(script)[0]?.length ?? 3
  const writer = {
    onEpochEnd: (epoch: number, logs: Logs): void => {
      for (const [key, values] of Object.entries(script)) logs[key] = values[epoch]
    },
  }
  const history = await m.fit([[1]], [[0]], { ...options, epochs, callbacks: [writer, ...callbacks] })
  await m.dispose()
  return { history, m }
}

describe('EarlyStopping', () => {
  it('stops after `patience` epochs without a better one', async () => {
    const stop = new EarlyStopping({ monitor: 'loss', patience: 2 })
    const { history } = await train([stop], { loss: [5, 4, 4, 4.5, 1, 1] })
    expect(history.epoch).toEqual([0, 1, 2, 3])
    expect([stop.stoppedEpoch, stop.bestEpoch, stop.best]).toEqual([3, 1, 4])
  })
  it('never stops at epoch 0', async () => {
    const { history } = await train([new EarlyStopping({ monitor: 'loss' })], { loss: [Number.NaN, Number.NaN, 1] })
    expect(history.epoch).toEqual([0, 1])
  })
  it('restores the best weights', async () => {
    const { m } = await train([new EarlyStopping({ monitor: 'loss', patience: 2, restoreBestWeights: true })], {
      loss: [5, 3, 4, 4, 4],
    })
    expect((await m.getWeights())[0][0]).toBeCloseTo(0.8 ** 2, 6)
  })
  it('restores them at the end of a run that was not stopped', async () => {
    const { m } = await train([new EarlyStopping({ monitor: 'loss', patience: 9, restoreBestWeights: true })], {
      loss: [1, 3, 4],
    })
    expect((await m.getWeights())[0][0]).toBeCloseTo(0.8, 6)
  })
  it('knows the direction of losses and metrics, and asks where it does not', async () => {
    const down = await train([new EarlyStopping({ monitor: 'mae' })], { mae: [1, 2, 3] })
    expect(down.history.epoch.length).toBe(2)
    const up = await train([new EarlyStopping({ monitor: 'mae', mode: 'max' })], { mae: [1, 2, 3] })
    expect(up.history.epoch.length).toBe(3)
    const m = model()
    const run = m.fit([[1]], [[0]], {
      callbacks: [
        { onEpochEnd: (_, logs) => Object.assign(logs, { mine: 1 }) && undefined },
        new EarlyStopping({ monitor: 'mine' }),
      ],
    })
    expect(String(await errorOf(() => run))).toContain("'mine' are better is not known")
    await m.dispose()
  })
  it('minds minDelta, baseline and startFromEpoch', async () => {
    const epochs = async (options: object, loss: number[]): Promise<number> =>
      (await train([new EarlyStopping({ monitor: 'loss', ...options })], { loss })).history.epoch.length
    expect(await epochs({ minDelta: 0.5 }, [5, 4.6, 4.2])).toBe(2)
    expect(await epochs({ minDelta: 0.3 }, [5, 4.6, 4.2])).toBe(3)
    expect(await epochs({ baseline: 3, patience: 2 }, [5, 4.5, 4.6, 4.7])).toBe(3)
    expect(await epochs({ startFromEpoch: 2 }, [1, 2, 3, 4, 5])).toBe(4)
  })
  it('warns when the logs lack what it watches', async () => {
    const messages: string[] = []
    const before = onWarning(m => messages.push(m))
    await train([new EarlyStopping()])
    onWarning(before)
    expect(messages).toEqual(["EarlyStopping: no 'val_loss' in the logs, which have loss, mae"])
  })
})

describe('learning rates', () => {
  it('ReduceLROnPlateau reduces, cools down, stops at the least, and logs the rate', async () => {
    const reduce = new ReduceLROnPlateau({
      monitor: 'loss',
      factor: 0.5,
      patience: 1,
      cooldown: 2,
      minLearningRate: 0.03,
    })
    const { history } = await train([reduce], { loss: [1, 1, 1, 1, 1, 1, 1, 1] })
    expect(history.history.learningRate).toEqual(
      [0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.03, 0.03].map(v => expect.closeTo(v, 9)),
    )
  })
  it('LearningRateScheduler sets the rate of each epoch, which steps use', async () => {
    const { history, m } = await train([new LearningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate / 2))])
    expect(history.history.learningRate).toEqual([0.1, 0.05, 0.025])
    expect((await m.getWeights())[0][0]).toBeCloseTo(0.8 * 0.9 * 0.95, 6)
    expect(await errorOf(() => train([new LearningRateScheduler(() => Number.NaN)]))).toBeInstanceOf(ArgumentError)
  })
  it.each([{ factor: 1 }, { patience: -1 }, { mode: 'up' }, { minDelta: -1 }, { wait: 1 }])('refuse %o', options => {
    expect(() => new ReduceLROnPlateau(options as object)).toThrow(ArgumentError)
  })
})

it('TerminateOnNaN ends training within the epoch', async () => {
  const m = model()
  m.setWeights([[Number.NaN]])
  const { history } = await train([new TerminateOnNaN()], {}, { epochs: 5 }, m)
  expect(history.epoch).toEqual([0])
})

describe('CSVLogger', () => {
  it('writes epochs from 0 and the logs by name', async () => {
    const path = join(folder, 'log.csv')
    await train([new CSVLogger(path)], { loss: [3, 2], mae: [1, 0.5] })
    expect(await readFile(path, 'utf8')).toBe('epoch,loss,mae\n0,3,1\n1,2,0.5\n')
    await train([new CSVLogger(path, { separator: ';' })], { loss: [3], mae: [1] })
    expect(await readFile(path, 'utf8')).toBe('epoch;loss;mae\n0;3;1\n')
  })
  it('goes on where a checkpoint was, also after a line that was cut off', async () => {
    const path = join(folder, 'resume.csv')
    await writeFile(path, 'epoch,loss,mae\n0,3,1\n1,2,1\n2,')
    await train([new CSVLogger(path, { append: true })], { loss: [0, 0, 7], mae: [0, 0, 8] }, { initialEpoch: 2 })
    expect(await readFile(path, 'utf8')).toBe('epoch,loss,mae\n0,3,1\n1,2,1\n2,7,8\n')
  })
  it('refuses a file of other columns', async () => {
    const path = join(folder, 'other.csv')
    await writeFile(path, 'epoch,accuracy\n0,3\n')
    const m = model()
    const run = m.fit([[1]], [[0]], { initialEpoch: 1, epochs: 2, callbacks: [new CSVLogger(path, { append: true })] })
    expect(await errorOf(() => run)).toBeInstanceOf(FileError)
    await m.dispose()
  })
})

describe('ModelCheckpoint', () => {
  it('writes a file per epoch, named by epoch and logs', async () => {
    await train([new ModelCheckpoint(join(folder, 'm-{epoch:02d}-{loss:.2f}'))], { loss: [1, 0.126] })
    expect((await readdir(folder)).filter(n => n.startsWith('m-'))).toEqual(['m-01-1.00', 'm-02-0.13'])
    expect((await loadModel(join(folder, 'm-02-0.13'))).optimizer.iterations).toBe(2)
  })
  it('keeps the best', async () => {
    const path = join(folder, 'best')
    await train([new ModelCheckpoint(path, { monitor: 'loss', saveBestOnly: true })], { loss: [3, 1, 2] })
    const best = await loadModel(path)
    expect((await best.getWeights())[0][0]).toBeCloseTo(0.8 ** 2, 6)
  })
  it('writes every so many steps, and refuses unknown fields', async () => {
    await train(
      [new ModelCheckpoint(join(folder, 's-{mae:.3f}'), { saveFreq: 2, saveWeightsOnly: true })],
      {},
      { epochs: 4 },
    )
    expect((await readdir(folder)).filter(n => n.startsWith('s-')).length).toBe(2)
    const m = model()
    const run = m.fit([[1]], [[0]], { callbacks: [new ModelCheckpoint(join(folder, '{acc}'))] })
    expect(await errorOf(() => run)).toBeInstanceOf(ArgumentError)
    await m.dispose()
  })
})

it('hooks come in order, with model and params; asynchronous ones are waited for', async () => {
  const seen: string[] = []
  class Recorder extends Callback {
    override readonly everyBatch = true
    override onTrainBegin(): void {
      seen.push(`begin ${this.params.steps} ${this.params.epochs} ${this.model.name}`)
    }
    override async onEpochBegin(epoch: number): Promise<void> {
      await new Promise(resolve => setTimeout(resolve, 5))
      seen.push(`epoch ${epoch}`)
    }
    override onTrainBatchEnd(batch: number, logs: Logs): void {
      seen.push(`batch ${batch} ${logs.loss.toFixed(4)}`)
    }
    override onTestBegin(): void {
      seen.push('test')
    }
    override onEpochEnd(_: number, logs: Logs): void {
      seen.push(`end ${Object.keys(logs)}`)
    }
    override onTrainEnd(): void {
      seen.push('over')
    }
  }
  const m = model()
  const lambda = new LambdaCallback({ onTrainEnd: () => void seen.push('lambda') })
  await m.fit([[1], [1]], [[0], [0]], {
    batchSize: 1,
    validationData: [[[1]], [[0]]],
    callbacks: [new Recorder(), lambda],
  })
  // Running means: 1, then (1 + 0.64) / 2.
  expect(seen).toEqual([
    'begin 2 1 linear',
    'epoch 0',
    'batch 0 1.0000',
    'batch 1 0.8200',
    'test',
    'end loss,mae,val_loss,val_mae',
    'over',
    'lambda',
  ])
  await m.dispose()
})
