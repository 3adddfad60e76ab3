// Class labels to one-hot rows, and the split of a data set in two.
import { ArgumentError, checkOptions, DataError, ShapeError } from '../errors.js'
import { Philox } from '../random/generator.js'
import { streamOf } from '../random/philox.js'
import type { HostTensor } from './host-tensor.js'
import { gatherRows, isHostTensor, rowCount } from './host-tensor.js'

/**
 * One-hot rows of integer class labels.
 *
 * @param labels Numbers, or a tensor of shape [n] or [n, 1].
 * @param classes The number of classes; row i is 1 at `labels[i]`.
 * @returns float32 [n, classes].
 * @throws DataError for an empty list or a label that is not an integer in [0, classes), naming its index and value;
 *   ArgumentError if `classes` is not a positive integer.
 * @example oneHot([2, 0], 3) // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(labels: ArrayLike<number> | HostTensor, classes: number): HostTensor {
  const where = 'oneHot'
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new ArgumentError({ where, what: 'classes', expected: 'a positive integer', got: classes })
  }
  const values = isHostTensor(labels) ? labels.data : labels
  if (isHostTensor(labels) && labels.shape.length !== 1 && !(labels.shape.length === 2 && labels.shape[1] === 1)) {
    throw new ShapeError({ where, what: 'shape of labels', expected: '[n] or [n, 1]', got: labels.shape })
  }
  if (values.length === 0) throw new DataError({ where, what: 'labels', expected: 'at least one' })
  const data = new Float32Array(values.length * classes)
  for (let i = 0; i < values.length; i++) {
    const label = values[i]
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new DataError({ where, what: `label ${i}`, expected: `an integer in [0, ${classes})`, got: label })
    }
    data[i * classes + label] = 1
  }
  return { shape: [values.length, classes], data }
}

/** Options of {@link trainTestSplit}. */
export interface SplitOptions {
  /** The part of the rows that becomes the test set, in (0, 1); default 0.25. Rounded up to whole rows. */
  readonly testFraction?: number
  /** Default true; false takes the last rows. */
  readonly shuffle?: boolean
  /** Seed of the shuffle; default 0. */
  readonly seed?: number
}

/** The two parts of a data set. */
export interface Split {
  readonly xTrain: HostTensor
  readonly yTrain: HostTensor
  readonly xTest: HostTensor
  readonly yTest: HostTensor
}

/**
 * Splits x and y by rows into a training and a test part, after a seeded shuffle.
 *
 * @throws ShapeError if x and y have different numbers of rows; DataError if a part would be empty; ArgumentError for a
 *   fraction outside (0, 1) or an unknown option.
 * @example const { xTrain, yTrain, xTest, yTest } = trainTestSplit(x, y, { testFraction: 0.2, seed: 1 })
 */
export function trainTestSplit(x: HostTensor, y: HostTensor, options: SplitOptions = {}): Split {
  const where = 'trainTestSplit'
  checkOptions(where, options, ['testFraction', 'shuffle', 'seed'])
  const { testFraction = 0.25, shuffle = true, seed = 0 } = options
  const rows = rowCount(where, x)
  if (rowCount(where, y) !== rows) throw new ShapeError({ where, what: 'rows of y', expected: rows, got: y.shape[0] })
  if (!(testFraction > 0 && testFraction < 1)) {
    throw new ArgumentError({ where, what: 'testFraction', expected: 'a number in (0, 1)', got: testFraction })
  }
  // The fraction is rounded itself (50 * 0.14 is 7.000000000000001): that must not cost a row.
  const testRows = Math.ceil(rows * testFraction - 1e-9)
  if (testRows >= rows) {
    const got = `${rows} rows, ${testRows} of them for the test`
    throw new DataError({ where, what: 'rows', expected: 'at least one for each part', got })
  }
  const order = shuffle
    ? new Philox(seed, streamOf(where)).permutation(rows)
    : Uint32Array.from({ length: rows }, (_, i) => i)
  const train = order.subarray(0, rows - testRows)
  const test = order.subarray(rows - testRows)
  return {
    xTrain: gatherRows(x, train),
    yTrain: gatherRows(y, train),
    xTest: gatherRows(x, test),
    yTest: gatherRows(y, test),
  }
}
