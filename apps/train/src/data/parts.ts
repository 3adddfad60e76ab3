// What the app trains on: images and labels in three parts, and the rule that makes the parts.

import { ArgumentError, DataError, type HostTensor } from '@strata/api'
import type { ImageShape } from '../network.js'

/** Images and labels, in the same order. */
export interface Part {
  /** float32 [n, height, width, channels], in [0, 1]. */
  readonly images: HostTensor
  /** n indices into the class names. */
  readonly labels: Int32Array
}

/** A whole data set. */
export interface TrainingData {
  /** What it is, for people. */
  readonly title: string
  readonly classNames: readonly string[]
  readonly imageShape: ImageShape
  readonly train: Part
  /** Null where nothing is left for it. */
  readonly validation: Part | null
  readonly test: Part
}

/** How many images each part takes; undefined: by the rule of {@link split}. */
export interface Counts {
  readonly train?: number
  readonly validation?: number
  readonly test?: number
}

/** What reading a data set takes beside its path. */
export interface LoadOptions extends Counts {
  readonly seed: number
  /** Height and width to which image files are resized. */
  readonly imageSize: number
  readonly onProgress?: (what: string, done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** The share of all images that validation and test take each, unless told otherwise. */
const SHARE = 0.15

/** Rows `begin` to `end` of a part, as views. */
export function rows(part: Part, begin: number, end: number): Part {
  const { shape, data } = part.images
  const each = data.length / shape[0]
  return {
    images: { shape: [end - begin, ...shape.slice(1)], data: data.subarray(begin * each, end * each) },
    labels: part.labels.subarray(begin, end),
  }
}

/**
 * Makes three parts of one sequence: the first images train, the last test, those before the last validate. Test and
 * validation take 15 % each unless given; training takes what is left. Where training is given, too, validation takes
 * what is left, but no more than 15 %.
 *
 * @throws ArgumentError when the counts exceed what there is; DataError when nothing is left to train or to test on.
 * @example split(digits, { train: 8000, test: 2000 })
 */
export function split(all: Part, counts: Counts): Pick<TrainingData, 'train' | 'validation' | 'test'> {
  const total = all.labels.length
  const share = Math.max(1, Math.round(total * SHARE))
  const test = counts.test ?? share
  const left = total - test - (counts.train ?? 0)
  const validation = counts.validation ?? Math.max(0, Math.min(share, left))
  const train = counts.train ?? total - test - validation
  check(total, train, validation, test)
  return {
    train: rows(all, 0, train),
    validation: validation === 0 ? null : rows(all, total - test - validation, total - test),
    test: rows(all, total - test, total),
  }
}

/**
 * Makes three parts of a training and a test set: the first images of each train and test, the last of the training set
 * validate (15 % of it unless given, but no more than training leaves).
 *
 * @throws ArgumentError, DataError as {@link split}.
 */
export function splitWithTest(
  training: Part,
  testing: Part,
  counts: Counts,
): Pick<TrainingData, 'train' | 'validation' | 'test'> {
  const total = training.labels.length
  const left = total - (counts.train ?? 0)
  const validation = counts.validation ?? Math.min(Math.round(total * SHARE), left)
  const train = counts.train ?? total - validation
  check(total, train, validation, 0)
  const test = counts.test ?? testing.labels.length
  check(testing.labels.length, 1, 0, test - 1)
  return {
    train: rows(training, 0, train),
    validation: validation === 0 ? null : rows(training, total - validation, total),
    test: rows(testing, 0, test),
  }
}

function check(total: number, train: number, validation: number, test: number): void {
  if (train + validation + test > total) {
    const got = `${train} for training, ${validation} for validation, ${test} for the test`
    throw new ArgumentError({ where: 'split', what: 'images', expected: `at most the ${total} that there are`, got })
  }
  if (train < 1 || test < 0) {
    throw new DataError({ where: 'split', what: `parts of ${total} images`, expected: 'some to train and to test on' })
  }
}

/** Bytes of images as floats in [0, 1]. */
export function unitRange(bytes: ArrayLike<number>): Float32Array {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < out.length; i++) out[i] = bytes[i] / 255
  return out
}
