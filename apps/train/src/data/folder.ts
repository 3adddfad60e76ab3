// Image files: one folder per class, or folders `train` and `test` of such.

import { join } from 'node:path'
import { ArgumentError, gatherRows, Philox, streamOf } from '@strata/api'
import { imageFolder } from '@strata/api/node'
import { type LoadOptions, type Part, split, splitWithTest, type TrainingData } from './parts.js'

// Files come class by class: without a shuffle the last of them, the test images, would all be of one class.
function shuffled(part: Part, seed: number): Part {
  const order = new Philox(seed, streamOf('train/folder')).permutation(part.labels.length)
  return { images: gatherRows(part.images, order), labels: Int32Array.from(order, i => part.labels[i]) }
}

async function readPart(
  path: string,
  classes: readonly string[] | undefined,
  options: LoadOptions,
): Promise<{ part: Part; classes: readonly string[] }> {
  const folder = await imageFolder(path, { size: options.imageSize, labelMode: 'int', classes })
  const onProgress = (done: number, total: number): void => options.onProgress?.(`reading ${path}`, done, total)
  const { x, y } = await folder.toArrays({ onProgress, signal: options.signal })
  for (let i = 0; i < x.data.length; i++) x.data[i] /= 255
  return { part: { images: x, labels: Int32Array.from(y.data) }, classes: folder.classes }
}

/**
 * Reads and resizes all images of a folder. They are shuffled by the seed, then split; a folder whose folders are `train`
 * and `test` brings its own split.
 *
 * @param folders the names of the folders inside `path`.
 * @throws FileError naming a damaged image; DataError for a folder without images; ArgumentError for a single class.
 */
export async function folderData(
  path: string,
  folders: readonly string[],
  options: LoadOptions,
): Promise<TrainingData> {
  const own = folders.length === 2 && folders.includes('train') && folders.includes('test')
  const { part, classes } = await readPart(own ? join(path, 'train') : path, undefined, options)
  if (classes.length < 2) {
    throw new ArgumentError({ where: path, what: 'class folders', expected: 'at least two', got: classes })
  }
  const all = shuffled(part, options.seed)
  const parts = own
    ? splitWithTest(all, shuffled((await readPart(join(path, 'test'), classes, options)).part, options.seed), options)
    : split(all, options)
  return {
    title: `images of ${path}`,
    classNames: classes,
    imageShape: [options.imageSize, options.imageSize, 3],
    ...parts,
  }
}
