// Checks of what a layer is called on.
import { ShapeError } from '../errors.js'
import { cast } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Shape } from '../tensor-spec.js'

/** The only input. @throws ShapeError if there are several */
export function single<T>(where: string, inputs: readonly T[]): T {
  if (inputs.length !== 1) {
    throw new ShapeError({ where, what: 'number of inputs', expected: 1, got: inputs.length })
  }
  return inputs[0]
}
/** The only input, as float32 (whole numbers are converted, as Keras does). @throws ShapeError if there are several */
export const singleFloat = (where: string, inputs: readonly Value[]): Value => cast(single(where, inputs), 'float32')

/** @throws ShapeError unless the rank is `rank` */
export function checkRank(where: string, shape: Shape, rank: number): void {
  if (shape.length !== rank) {
    throw new ShapeError({ where, what: 'rank of the input (with the batch)', expected: rank, got: [...shape] })
  }
}
/** @throws ShapeError unless the rank is at least `least` */
export function checkLeastRank(where: string, shape: Shape, least: number): void {
  if (shape.length < least) {
    throw new ShapeError({
      where,
      what: 'rank of the input (with the batch)',
      expected: `at least ${least}`,
      got: [...shape],
    })
  }
}
/** @throws ShapeError if a dimension is not the one that the weights were built for */
export function checkBuiltFor(where: string, axis: number, expected: number, shape: Shape): void {
  if (shape.at(axis) !== expected) {
    throw new ShapeError({
      where,
      what: `dimension ${axis} of the input [${shape.join(', ')}]`,
      expected,
      got: shape.at(axis),
    })
  }
}
