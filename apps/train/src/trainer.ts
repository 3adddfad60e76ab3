// Trains a model epoch by epoch, shows how it gets on, and writes a checkpoint after each.

import { type BaseModel, CancelledError, type HostTensor, type Logs, oneHot } from '@strata/api'
import { saveModel } from '@strata/api/node'
import type { TrainingData } from './data/parts.js'
import { type RunInfo, storedInfo } from './run-info.js'
import { formatPercent } from './terminal/format.js'
import { createProgress } from './terminal/progress.js'

/** What {@link trainEpochs} takes. */
export interface TrainerOptions {
  /** The checkpoint file. */
  readonly path: string
  readonly info: RunInfo
  readonly signal: AbortSignal
  /** Writes a line of results. */
  readonly print: (line: string) => void
}

/**
 * Trains a compiled model from `model.epoch` up to `info.epochs`.
 *
 * @returns the completed epochs, as the checkpoint has them: fewer than planned if the signal was aborted.
 * @throws what `fit` and `saveModel` throw, but not CancelledError.
 */
export async function trainEpochs(model: BaseModel, data: TrainingData, options: TrainerOptions): Promise<number> {
  const { path, info, signal, print } = options
  const { batchSize } = info.settings
  const classes = data.classNames.length
  const images = data.train.labels.length
  const batches = Math.ceil(images / batchSize)
  const progress = createProgress()
  let completed = model.epoch
  let began = 0
  let trained = 0
  const shown = (logs: Logs): { loss: number; accuracy: number; imagesPerSecond: number } => ({
    loss: logs.loss,
    accuracy: logs.accuracy,
    imagesPerSecond: (1000 * Math.min(trained * batchSize, images)) / (performance.now() - began),
  })
  const callback = {
    onEpochBegin: (epoch: number): void => {
      progress.start(batches, epoch + 1, info.epochs)
      began = performance.now()
    },
    onTrainBatchEnd: (batch: number, logs: Logs): void => {
      trained = batch + 1
      progress.update(trained, shown(logs))
      // Validation follows; the time that it takes is not the epoch's.
      if (trained === batches) progress.stop()
    },
    onEpochEnd: async (epoch: number, logs: Logs): Promise<void> => {
      await saveModel(model, path, { metadata: storedInfo(info) })
      completed = epoch + 1
      const validation =
        data.validation === null
          ? ''
          : `, validation loss ${logs.val_loss.toFixed(4)} accuracy ${formatPercent(logs.val_accuracy)}`
      const training = `loss ${logs.loss.toFixed(4)} accuracy ${formatPercent(logs.accuracy)}`
      print(`epoch ${completed}/${info.epochs}: training ${training}${validation}`)
    },
  }
  const { train, validation } = data
  try {
    await model.fit(train.images, oneHot(train.labels, classes), {
      batchSize,
      epochs: info.epochs,
      initialEpoch: model.epoch,
      validationData: validation === null ? undefined : [validation.images, oneHot(validation.labels, classes)],
      callbacks: [callback],
      signal,
    })
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
  } finally {
    progress.stop()
  }
  return completed
}

/** The most likely class of each image. @throws CancelledError once the signal is aborted */
export async function predictClasses(model: BaseModel, images: HostTensor, signal: AbortSignal): Promise<Int32Array> {
  const { data, shape } = await model.predict(images, { signal })
  const classes = shape[1]
  return Int32Array.from({ length: shape[0] }, (_, row) => {
    const probabilities = data.subarray(row * classes, (row + 1) * classes)
    return probabilities.indexOf(Math.max(...probabilities))
  })
}
