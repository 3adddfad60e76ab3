// IDX files (MNIST and its relatives): finds the labels that belong to images, and the training and test sets of a folder.

import { basename } from 'node:path'
import { DataError, FileError } from '@strata/api'
import { loadIdx } from '@strata/api/node'
import type { ImageShape } from '../network.js'
import { type LoadOptions, type Part, split, splitWithTest, type TrainingData, unitRange } from './parts.js'

/** Files of a folder by kind, or the one pair that a path names. */
export interface IdxFiles {
  readonly images: readonly string[]
  readonly labels: readonly string[]
}

// 'train-images-idx3-ubyte.gz' and 'train-labels-idx1-ubyte' have one key, 'train'.
const keyOf = (path: string): string =>
  basename(path)
    .replace(/\.gz$/i, '')
    .replace(/images?|labels?|idx\d|ubyte/gi, '')
    .replace(/[^a-z0-9]+/gi, ' ')
    .trim()
const isTest = (path: string): boolean => /t10k|test/i.test(basename(path))

/** The labels that belong to a file of images. @throws FileError when there are none */
export function labelsOf(images: string, labels: readonly string[]): string {
  const found = labels.find(path => keyOf(path) === keyOf(images))
  if (found === undefined) {
    const got = labels.length === 0 ? 'no file of labels' : labels.map(p => basename(p)).join(', ')
    throw new FileError({ where: images, what: 'labels beside it', expected: 'an IDX file of the same name', got })
  }
  return found
}

async function readPart(images: string, labels: string): Promise<Part> {
  const x = await loadIdx(images)
  const y = await loadIdx(labels)
  if (!(x.data instanceof Uint8Array)) {
    throw new DataError({ where: images, what: 'elements', expected: 'unsigned bytes', got: x.data.constructor.name })
  }
  if (x.shape[0] !== y.shape[0]) {
    throw new DataError({ where: labels, what: 'number of labels', expected: x.shape[0], got: y.shape[0] })
  }
  const [n, height, width, channels = 1] = x.shape
  return {
    images: { shape: [n, height, width, channels], data: unitRange(x.data) },
    labels: Int32Array.from(y.data),
  }
}

/**
 * Reads a pair of images and labels, or a training and a test pair.
 *
 * @throws FileError for damaged files or labels that are missing; DataError when images and labels do not fit.
 */
export async function idxData(files: IdxFiles, options: LoadOptions): Promise<TrainingData> {
  const pairs = files.images.map(path => [path, labelsOf(path, files.labels)] as const)
  const train = pairs.filter(([path]) => !isTest(path))
  const test = pairs.filter(([path]) => isTest(path))
  if (train.length > 1 || test.length > 1) {
    const got = files.images.map(p => basename(p)).join(', ')
    throw new DataError({ where: 'IDX files', what: 'files of images', expected: 'one to train, one to test', got })
  }
  const parts: Part[] = []
  for (const [images, labels] of [...train, ...test]) parts.push(await readPart(images, labels))
  const [first, second] = parts
  const [, height, width, channels] = first.images.shape
  const imageShape: ImageShape = [height, width, channels]
  if (second?.images.shape.slice(1).some((d, i) => d !== imageShape[i])) {
    const got = second.images.shape.slice(1)
    throw new DataError({ where: test[0][0], what: 'shape of the images', expected: imageShape, got })
  }
  const classes = parts.reduce((most, part) => part.labels.reduce((a, b) => Math.max(a, b), most), 1) + 1
  return {
    title: `IDX images of ${pairs.map(([path]) => basename(path)).join(' and ')}`,
    classNames: Array.from({ length: classes }, (_, i) => String(i)),
    imageShape,
    ...(second === undefined ? split(first, options) : splitWithTest(first, second, options)),
  }
}
