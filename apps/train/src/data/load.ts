// Reads a data set from a path; what it is shows in the files themselves.

import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileError } from '@strata/api'
import { cifarData } from './cifar.js'
import { folderData } from './folder.js'
import { idxData, labelsOf } from './idx.js'
import type { LoadOptions, TrainingData } from './parts.js'
import { type Kind, sniff } from './sniff.js'

const EXPECTED = 'a folder of class folders with PNG or JPEG images, IDX files (MNIST) or CIFAR-10 binary files'

interface Listing {
  readonly folders: readonly string[]
  readonly files: ReadonlyMap<string, Kind>
}

async function list(folder: string): Promise<Listing> {
  const folders: string[] = []
  const files = new Map<string, Kind>()
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith('.')) continue
    const path = join(folder, name)
    // Behind a link it is what the link leads to that counts; one that leads nowhere is passed over.
    const info = await stat(path).catch(() => null)
    if (info?.isDirectory()) folders.push(name)
    else if (info?.isFile()) files.set(path, await sniff(path))
  }
  return { folders, files }
}

const ofKind = (listing: Listing, kind: Kind): string[] =>
  [...listing.files].filter(([, k]) => k === kind).map(([path]) => path)

/**
 * Reads a data set.
 *
 * @param path a folder of class folders with PNG or JPEG images; an IDX file of images with its labels beside it, or a
 *   folder of such pairs; a CIFAR-10 binary file, or a folder of such.
 * @throws FileError when the path cannot be read or holds nothing of the kind; errors of the readers.
 * @example const data = await loadData('data/mnist', { seed: 1, imageSize: 64 })
 */
export async function loadData(path: string, options: LoadOptions): Promise<TrainingData> {
  const info = await stat(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FileError({ where: path, what: `data cannot be read (${reason})`, cause })
  })
  if (!info.isDirectory()) {
    const kind = await sniff(path)
    if (kind === 'cifar10') return cifarData([path], options)
    if (kind === 'idx images') {
      const beside = await list(dirname(path))
      return idxData({ images: [path], labels: [labelsOf(path, ofKind(beside, 'idx labels'))] }, options)
    }
    throw new FileError({ where: path, what: 'data', expected: EXPECTED, got: `a file that is ${kind}` })
  }
  const listing = await list(path)
  const images = ofKind(listing, 'idx images')
  if (images.length > 0) return idxData({ images, labels: ofKind(listing, 'idx labels') }, options)
  const cifar = ofKind(listing, 'cifar10')
  if (cifar.length > 0) return cifarData(cifar, options)
  if (listing.folders.length > 0) return folderData(path, listing.folders, options)
  throw new FileError({ where: path, what: 'data', expected: EXPECTED, got: `${listing.files.size} other files` })
}
