// The drawn data set: any number of images of a split, balanced over the classes, as the arrays that `fit` takes.

import { ArgumentError, CancelledError, checkOptions } from '@strata/api'
import { drawInto, IMAGE_ELEMENTS, type Split } from './draw.js'

/** Images drawn between two turns of the event loop, so that a signal or a timer gets its chance: some 0.1 s. */
const TURN = 256
/** More images than this do not fit one typed array of 2^32 bytes. */
const MOST_IMAGES = Math.floor(2 ** 32 / (IMAGE_ELEMENTS * 4))

/** What `drawShapes` takes. */
export interface DrawShapesOptions {
  /** Chooses the data set: an integer in [0, 2^53). */
  readonly seed: number
  /** Which part of it; parts share no image. */
  readonly split: Split
  /** How many images: a positive integer. Multiples of ten hold each class equally often. */
  readonly count: number
  /** Told now and then, and at the end, how many images are drawn. */
  readonly onProgress?: (done: number, count: number) => void
  /** Stops the drawing with a CancelledError. */
  readonly signal?: AbortSignal
}

/** Images and their labels, in the same order. */
export interface ShapeData {
  /** count x 64 x 64 x 3 (NHWC), RGB in [0, 1]. */
  readonly images: Float32Array
  /** count labels, indices into `CLASS_NAMES`. */
  readonly labels: Int32Array
}

function integerWithin(where: string, what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new ArgumentError({ where, what, expected: `an integer from ${least} to ${most}`, got: value })
  }
}

function checkSplit(where: string, split: string): void {
  if (split !== 'train' && split !== 'validation' && split !== 'test') {
    throw new ArgumentError({ where, what: 'split', expected: 'train, validation or test', got: split })
  }
}

/**
 * Draws one image: a pure function of its arguments, the same on every machine and in any order.
 *
 * @param seed chooses the data set: an integer in [0, 2^53).
 * @param index which image: an integer from 0 to 2^32 - 1; its label is `index % 10`.
 * @returns the image (64 x 64 x 3, RGB in [0, 1]) and its label, an index into `CLASS_NAMES`.
 * @throws ArgumentError for a seed, split or index that is not one.
 * @example const { image, label } = drawShape(1, 'train', 0)
 */
export function drawShape(seed: number, split: Split, index: number): { image: Float32Array; label: number } {
  integerWithin('drawShape', 'seed', seed, 0, Number.MAX_SAFE_INTEGER)
  checkSplit('drawShape', split)
  integerWithin('drawShape', 'index', index, 0, 2 ** 32 - 1)
  const image = new Float32Array(IMAGE_ELEMENTS)
  return { image, label: drawInto(image, seed, split, index) }
}

/**
 * Draws the first `count` images of a split; image i is `drawShape(seed, split, i)`.
 *
 * @throws ArgumentError for an option that is unknown or out of range; CancelledError once `signal` is aborted.
 * @example const { images, labels } = await drawShapes({ seed: 1, split: 'train', count: 6000 })
 */
export async function drawShapes(options: DrawShapesOptions): Promise<ShapeData> {
  checkOptions('drawShapes', options, ['seed', 'split', 'count', 'onProgress', 'signal'])
  const { seed, split, count, onProgress, signal } = options
  integerWithin('drawShapes', 'seed', seed, 0, Number.MAX_SAFE_INTEGER)
  checkSplit('drawShapes', split)
  integerWithin('drawShapes', 'count', count, 1, MOST_IMAGES)
  const images = new Float32Array(count * IMAGE_ELEMENTS)
  const labels = new Int32Array(count)
  for (let i = 0; i < count; ) {
    if (signal?.aborted) {
      throw new CancelledError({
        where: 'drawShapes',
        what: `cancelled after ${i} of ${count} images`,
        cause: signal.reason,
      })
    }
    for (const end = Math.min(count, i + TURN); i < end; i++) {
      labels[i] = drawInto(images.subarray(i * IMAGE_ELEMENTS, (i + 1) * IMAGE_ELEMENTS), seed, split, i)
    }
    onProgress?.(i, count)
    await new Promise(resolve => setTimeout(resolve, 0))
  }
  return { images, labels }
}
