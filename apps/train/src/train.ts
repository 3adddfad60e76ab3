#!/usr/bin/env node
// `npm start`: trains a network on drawn shapes or on images of yours, tests it and saves it.

import { mkdir } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { ArgumentError, type BaseModel, FileError, optimizers, setSeed } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { loadModel } from '@strata/api/node'
import { openBackend } from './backend.js'
import { drawnData } from './data/drawn.js'
import { loadData } from './data/load.js'
import type { TrainingData } from './data/parts.js'
import { saveExamples } from './examples.js'
import { networkFor } from './network.js'
import { parseArguments, type TrainArguments } from './options.js'
import { parseRunInfo, type RunInfo, type RunSettings, resumedSettings, settingsOf } from './run-info.js'
import { colourWanted, confusionMatrix, formatConfusion } from './terminal/confusion.js'
import { formatDuration, formatPercent } from './terminal/format.js'
import { runProgram, status } from './terminal/report.js'
import { predictClasses, trainEpochs } from './trainer.js'

/** Passes over the images unless told otherwise: drawn shapes pass 95 % on the test images with these. */
const EPOCHS = { drawn: 6, other: 10 }

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const seconds = (since: number): string => formatDuration((performance.now() - since) / 1000)

/** Where the model of these settings goes: one file per data set, so that they do not overwrite each other. */
function modelPath(output: string, data: string | null): string {
  const name = data === null ? 'shapes' : basename(resolve(data)).replace(/\.gz$/i, '')
  return join(output, `${name.slice(0, name.length - extname(name).length) || 'model'}.safetensors`)
}

async function readData(settings: RunSettings, signal: AbortSignal): Promise<TrainingData> {
  const began = performance.now()
  const options = {
    seed: settings.seed,
    imageSize: settings.imageSize,
    train: settings.trainCount ?? undefined,
    validation: settings.validationCount ?? undefined,
    test: settings.testCount ?? undefined,
    onProgress: (what: string, done: number, total: number) => status(`${what}: ${done} of ${total}`),
    signal,
  }
  const data = settings.data === null ? await drawnData(options) : await loadData(settings.data, options)
  status('')
  const { train, validation, test, imageShape, classNames, title } = data
  const counts = [train, validation, test].map(part => part?.labels.length ?? 0)
  print(`Data: ${title}, ${imageShape.join(' x ')}, ${classNames.length} classes (${classNames.join(', ')}),`)
  print(`${counts[0]} images to train, ${counts[1]} to validate, ${counts[2]} to test; ready in ${seconds(began)}.`)
  return data
}

/** A run to begin, or to go on with. */
interface Run {
  readonly path: string
  readonly info: RunInfo
  readonly model: BaseModel
  readonly data: TrainingData
}

/** RMSprop whose steps shrink, to a half after four epochs: the accuracy then jumps less from one epoch to the next. */
function optimizerFor({ learningRate, batchSize }: RunSettings, images: number): optimizers.Optimizer {
  const decaySteps = Math.ceil(images / batchSize)
  const options = { initialLearningRate: learningRate, decaySteps, decayRate: 0.25 }
  return new optimizers.RMSprop({ learningRate: new optimizers.InverseTimeDecay(options) })
}

async function newRun(args: TrainArguments, backend: Backend, signal: AbortSignal): Promise<Run> {
  const settings = settingsOf(args)
  const data = await readData(settings, signal)
  setSeed(settings.seed)
  const model = networkFor(data.imageShape, data.classNames.length)
  model.compile({
    backend,
    optimizer: optimizerFor(settings, data.train.labels.length),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
    seed: settings.seed,
  })
  const epochs = args.epochs ?? (settings.data === null ? EPOCHS.drawn : EPOCHS.other)
  const { classNames, imageShape } = data
  return {
    path: modelPath(args.output, settings.data),
    info: { classNames, imageShape, epochs, settings },
    model,
    data,
  }
}

async function resumedRun(args: TrainArguments, backend: Backend, path: string, signal: AbortSignal): Promise<Run> {
  const model = await loadModel(path, { backend })
  const stored = parseRunInfo(path, model.metadata)
  const settings = resumedSettings(path, stored.settings, args)
  const info = { ...stored, settings, epochs: args.epochs ?? stored.epochs }
  if (!model.compiled) throw new FileError({ where: path, what: 'checkpoint', expected: 'one with training state' })
  if (model.epoch > info.epochs) {
    throw new ArgumentError({
      where: path,
      what: 'epochs',
      expected: `at least the ${model.epoch} done`,
      got: info.epochs,
    })
  }
  const data = await readData(settings, signal)
  for (const key of ['imageShape', 'classNames'] as const) {
    if (data[key].join() !== info[key].join()) {
      throw new FileError({
        where: path,
        what: `${key} of the data`,
        expected: info[key].join(),
        got: data[key].join(),
      })
    }
  }
  print(`Resuming ${path} after epoch ${model.epoch} of ${info.epochs}.`)
  return { path, info, model, data }
}

async function main(signal: AbortSignal): Promise<void> {
  const args = parseArguments(process.argv)
  const backend = await openBackend(args.backend, args.threads)
  await mkdir(args.output, { recursive: true }).catch((cause: Error) => {
    throw new FileError({ where: args.output, what: `cannot be made (${cause.message})`, cause })
  })
  const { resume } = args
  const { path, info, model, data } =
    resume === undefined
      ? await newRun(args, backend, signal)
      : await resumedRun(args, backend, resume === true ? modelPath(args.output, args.data ?? null) : resume, signal)
  print(model.summary())

  const began = performance.now()
  const completed = await trainEpochs(model, data, { path, info, signal, print })
  if (signal.aborted) {
    print(completed === 0 ? 'Cancelled in the first epoch: nothing is saved.' : `Cancelled after epoch ${completed}.`)
    if (completed > 0) print(`The checkpoint of that epoch is ${path}; go on: npm start -- --resume ${path}`)
  }
  signal.throwIfAborted()

  const { labels, images } = data.test
  const predicted = await predictClasses(model, images, signal)
  const matrix = confusionMatrix(labels, predicted, data.classNames.length)
  const right = matrix.reduce((n, row, i) => n + row[i], 0)
  print(`\nTest accuracy ${formatPercent(right / labels.length)}; training and testing took ${seconds(began)}.\n`)
  print(formatConfusion(matrix, data.classNames, { colour: colourWanted(process.stdout, process.env) }))
  const example = await saveExamples(data, `${path.replace(/\.safetensors$/, '')}-examples`)
  print(`\nSaved the model as ${path}. Try it: npm run predict -- ${path} ${example}`)
  await model.dispose()
  backend.dispose()
}

await runProgram(main)
