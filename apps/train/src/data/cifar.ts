// CIFAR-10 in its binary version.

import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { loadCifar10 } from '@strata/api/node'
import { type LoadOptions, type Part, split, splitWithTest, type TrainingData, unitRange } from './parts.js'

/** The classes as the data set's own `batches.meta.txt` names them. */
const NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

async function classNames(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'batches.meta.txt'), 'utf8').catch(() => '')
  const names = text.split(/\s+/).filter(name => name !== '')
  return names.length === NAMES.length ? names : NAMES
}

async function readPart(files: readonly string[]): Promise<Part> {
  const { x, y } = await loadCifar10(files)
  return { images: { shape: x.shape, data: unitRange(x.data) }, labels: Int32Array.from(y.data) }
}

/**
 * Reads files of CIFAR-10: those with 'test' in their names test, the others train; without any of the one kind, the
 * images are split.
 *
 * @throws FileError for damaged files.
 */
export async function cifarData(files: readonly string[], options: LoadOptions): Promise<TrainingData> {
  const isTest = (path: string): boolean => /test/i.test(basename(path))
  const training = files.filter(path => !isTest(path))
  const testing = files.filter(isTest)
  const parts =
    training.length > 0 && testing.length > 0
      ? splitWithTest(await readPart(training), await readPart(testing), options)
      : split(await readPart(files), options)
  return {
    title: `CIFAR-10 of ${files.map(path => basename(path)).join(', ')}`,
    classNames: await classNames(dirname(files[0])),
    imageShape: [32, 32, 3],
    ...parts,
  }
}
