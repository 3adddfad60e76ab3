// The binary versions of CIFAR-10 and CIFAR-100: records of label bytes and a 32 x 32 image, planes red, green, blue.
// Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and the data set's page.
import { FileError } from '../errors.js'
import type { HostTensor } from './host-tensor.js'

const SIDE = 32
const PIXELS = SIDE * SIDE

/** Images uint8 [n, 32, 32, 3] and labels uint8 [n], in [0, 10). */
export interface Cifar10 {
  readonly x: HostTensor
  readonly y: HostTensor
}

/** Images uint8 [n, 32, 32, 3], fine labels in [0, 100) and coarse labels in [0, 20), both uint8 [n]. */
export interface Cifar100 extends Cifar10 {
  readonly coarse: HostTensor
}

/** Bytes of a file and its name, for error messages. */
export interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

// Reads records of `classes.length` label bytes and an image from all files, one after another.
function parse(files: readonly NamedBytes[], classes: readonly number[]): { x: HostTensor; labels: HostTensor[] } {
  const labelBytes = classes.length
  const record = labelBytes + 3 * PIXELS
  let n = 0
  for (const { name, bytes } of files) {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      const expected = `a positive multiple of ${record}`
      throw new FileError({ where: name, what: 'bytes of the file', expected, got: bytes.length })
    }
    n += bytes.length / record
  }
  const x = new Uint8Array(n * 3 * PIXELS)
  const labels = classes.map(() => new Uint8Array(n))
  let row = 0
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += record) {
      for (let k = 0; k < labelBytes; k++) {
        const label = bytes[at + k]
        if (label >= classes[k]) {
          const expected = `below ${classes[k]}`
          throw new FileError({ where: name, what: `label ${k} of record ${at / record}`, expected, got: label })
        }
        labels[k][row] = label
      }
      const image = at + labelBytes
      const out = row * 3 * PIXELS
      for (let p = 0; p < PIXELS; p++) {
        x[out + 3 * p] = bytes[image + p]
        x[out + 3 * p + 1] = bytes[image + PIXELS + p]
        x[out + 3 * p + 2] = bytes[image + 2 * PIXELS + p]
      }
      row++
    }
  }
  return { x: { shape: [n, SIDE, SIDE, 3], data: x }, labels: labels.map(data => ({ shape: [n], data })) }
}

/**
 * Reads files of CIFAR-10 (`data_batch_1.bin`, ..., `test_batch.bin`), in the given order.
 *
 * @throws FileError for a file that is not a whole number of records, or a label of 10 or more.
 * @example const { x, y } = parseCifar10([{ name: 'test_batch.bin', bytes }])
 */
export function parseCifar10(files: readonly NamedBytes[]): Cifar10 {
  const { x, labels } = parse(files, [10])
  return { x, y: labels[0] }
}

/**
 * Reads files of CIFAR-100 (`train.bin`, `test.bin`), in the given order.
 *
 * @throws FileError as {@link parseCifar10}.
 * @example const { x, y, coarse } = parseCifar100([{ name: 'test.bin', bytes }])
 */
export function parseCifar100(files: readonly NamedBytes[]): Cifar100 {
  const { x, labels } = parse(files, [20, 100])
  return { x, y: labels[1], coarse: labels[0] }
}
