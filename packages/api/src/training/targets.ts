// Targets: the shapes and element types that losses want, checked before any step runs.

import type { HostTensor } from '../data/host-tensor.js'
import { DataError, ShapeError } from '../errors.js'
import type { Loss } from '../losses/index.js'
import { DenseLoss, SparseCategoricalCrossentropy } from '../losses/index.js'
import { type DType, sizeOf } from '../tensor-spec.js'
import type { Field } from './tensors.js'

/** An output that wants targets. */
export interface TargetField extends Field {
  readonly loss: Loss | null
}

/** The axis of classes if the loss takes class numbers, else null. */
function classAxis(field: TargetField): number | null {
  if (!(field.loss instanceof SparseCategoricalCrossentropy)) return null
  const { axis } = field.loss
  return axis < 0 ? axis + field.shape.length : axis
}

/** The element type that the targets are bound with. */
export const targetDType = (field: TargetField): DType => (classAxis(field) === null ? 'float32' : 'int32')

/** A bare typed array as targets: class numbers or single values one per sample, else rows of the output's shape. */
export function targetShape(field: Field, elements: number): readonly number[] {
  const target = field as TargetField
  const axis = classAxis(target)
  const inner = field.shape.slice(1).map(d => d ?? 1)
  const each = axis === null ? inner : inner.filter((_, i) => i !== axis - 1)
  const size = sizeOf(each)
  return elements % size === 0 && size > 1 ? [elements / size, ...each] : [elements]
}

/** @throws ShapeError, DataError unless the loss can take the tensor as this output's targets */
export function checkTarget(where: string, field: TargetField, tensor: HostTensor): void {
  const axis = classAxis(field)
  const got = tensor.shape.slice(1)
  const prediction = field.shape.slice(1).map(d => d ?? 1)
  if (axis !== null) {
    const rows = prediction.filter((_, i) => i !== axis - 1)
    if (!equal(got, rows) && !equal(got, [...rows, 1])) {
      refuse(where, field, [['samples', ...rows]], 'class numbers', tensor)
    }
    checkLabels(where, field, prediction[axis - 1], tensor)
    return
  }
  // A loss of the user's own may take whatever it likes.
  if (!(field.loss instanceof DenseLoss)) return
  const narrow = prediction.at(-1) === 1 ? prediction.slice(0, -1) : null
  const wide = [...prediction, 1]
  if (!equal(got, prediction) && !(narrow !== null && equal(got, narrow)) && !equal(got, wide)) {
    refuse(where, field, [['samples', ...prediction]], 'one value for each of the output', tensor)
  }
}

const equal = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

function refuse(
  where: string,
  field: Field,
  shapes: readonly (readonly (string | number)[])[],
  kind: string,
  t: HostTensor,
): never {
  throw new ShapeError({
    where,
    what: `shape of the targets of output '${field.name}' (${kind})`,
    expected: shapes.map(s => `[${s.join(', ')}]`).join(' or '),
    got: [...t.shape],
  })
}

function checkLabels(where: string, field: TargetField, classes: number, tensor: HostTensor): void {
  const ignored = field.loss instanceof SparseCategoricalCrossentropy ? field.loss.ignoreClass : null
  const { data } = tensor
  for (let i = 0; i < data.length; i++) {
    const label = data[i]
    if (label === ignored || (Number.isInteger(label) && label >= 0 && label < classes)) continue
    throw new DataError({
      where,
      what: `label ${i} of output '${field.name}'`,
      expected: `an integer in [0, ${classes})${ignored === null ? '' : ` or ${ignored}`}`,
      got: label,
    })
  }
}
