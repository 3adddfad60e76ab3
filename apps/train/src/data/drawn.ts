// The default data set: drawn shapes, of which there are as many as one wants.

import { drawShapes } from '../shapes/dataset.js'
import { CLASS_NAMES } from '../shapes/distances.js'
import { IMAGE_SIZE, type Split } from '../shapes/draw.js'
import type { LoadOptions, Part, TrainingData } from './parts.js'

/** Images of each part unless told otherwise: enough to pass 95 % on the test images within two minutes. */
const COUNTS = { train: 4000, validation: 500, test: 1500 }

/**
 * Draws the three parts.
 *
 * @throws ArgumentError for a count or seed that is none; CancelledError once the signal is aborted.
 */
export async function drawnData(options: LoadOptions): Promise<TrainingData> {
  const { seed, signal, onProgress } = options
  const counts = {
    train: options.train ?? COUNTS.train,
    validation: options.validation ?? COUNTS.validation,
    test: options.test ?? COUNTS.test,
  }
  const total = counts.train + counts.validation + counts.test
  let before = 0
  const draw = async (part: Split): Promise<Part> => {
    const count = counts[part]
    const onPart = (done: number): void => onProgress?.('drawing images', before + done, total)
    const { images, labels } = await drawShapes({ seed, split: part, count, onProgress: onPart, signal })
    before += count
    return { images: { shape: [count, IMAGE_SIZE, IMAGE_SIZE, 3], data: images }, labels }
  }
  return {
    title: 'drawn shapes',
    classNames: CLASS_NAMES,
    imageShape: [IMAGE_SIZE, IMAGE_SIZE, 3],
    train: await draw('train'),
    validation: counts.validation === 0 ? null : await draw('validation'),
    test: await draw('test'),
  }
}
