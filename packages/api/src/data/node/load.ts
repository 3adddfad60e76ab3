// IDX and CIFAR files by path.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArgumentError, checkOptions } from '../../errors.js'
import type { Cifar10, Cifar100, NamedBytes } from '../cifar.js'
import { parseCifar10, parseCifar100 } from '../cifar.js'
import type { HostTensor } from '../host-tensor.js'
import { parseIdx } from '../idx.js'
import { fileSystemError, readBytes } from './read-bytes.js'

/** Which part of a data set a folder is read for. */
export interface CifarOptions {
  /** Default 'train'. Without meaning where files are given. */
  readonly split?: 'train' | 'test'
}

/**
 * Reads an IDX file (MNIST and its relatives), gzip-compressed or not.
 *
 * @throws FileError as `parseIdx`, or if the file cannot be read.
 * @example const x = await loadIdx('data/train-images-idx3-ubyte.gz') // uint8 [60000, 28, 28]
 */
export async function loadIdx(path: string): Promise<HostTensor> {
  return parseIdx(await readBytes(path), path)
}

async function read(
  where: string,
  source: string | readonly string[],
  options: CifarOptions,
  names: readonly string[],
) {
  checkOptions(where, options, ['split'])
  const { split = 'train' } = options
  if (split !== 'train' && split !== 'test') {
    throw new ArgumentError({ where, what: 'split', expected: "'train' or 'test'", got: split })
  }
  let paths = source
  if (typeof paths === 'string') {
    const path = paths
    const info = await stat(path).catch(cause => {
      throw fileSystemError(path, cause)
    })
    paths = info.isDirectory() ? names.map(name => join(path, name)) : [path]
  }
  return Promise.all(paths.map(async (name): Promise<NamedBytes> => ({ name, bytes: await readBytes(name) })))
}

/**
 * Reads CIFAR-10 in its binary version: a folder with `data_batch_1.bin` ... `data_batch_5.bin` and `test_batch.bin`, or
 * files of that kind, in the given order.
 *
 * @throws FileError as `parseCifar10`, or if a file cannot be read.
 * @example const { x, y } = await loadCifar10('cifar-10-batches-bin', { split: 'test' })
 */
export async function loadCifar10(
  dirOrFiles: string | readonly string[],
  options: CifarOptions = {},
): Promise<Cifar10> {
  const train = [1, 2, 3, 4, 5].map(i => `data_batch_${i}.bin`)
  const names = options.split === 'test' ? ['test_batch.bin'] : train
  return parseCifar10(await read('loadCifar10', dirOrFiles, options, names))
}

/**
 * Reads CIFAR-100 in its binary version: a folder with `train.bin` and `test.bin`, or files of that kind.
 *
 * @throws FileError as `parseCifar100`, or if a file cannot be read.
 * @example const { x, y, coarse } = await loadCifar100('cifar-100-binary')
 */
export async function loadCifar100(
  dirOrFiles: string | readonly string[],
  options: CifarOptions = {},
): Promise<Cifar100> {
  return parseCifar100(await read('loadCifar100', dirOrFiles, options, [`${options.split ?? 'train'}.bin`]))
}
