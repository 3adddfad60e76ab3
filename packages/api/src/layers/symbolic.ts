// Symbolic tensors: what functional models are wired with. Only the batch dimension may be unknown (null).
import { ArgumentError } from '../errors.js'
import type { DType, TensorSpec } from '../tensor-spec.js'
import type { Layer } from './layer.js'

export type SymbolicShape = readonly (number | null)[]

/** One call of a layer on symbolic tensors: an edge of the model's graph. */
export interface Call {
  readonly layer: Layer
  readonly inputs: readonly SymbolicTensor[]
  readonly mask: SymbolicTensor | null
  readonly outputs: readonly SymbolicTensor[]
  /** Which call of its layer this is, from 0. */
  readonly index: number
}

/** A tensor of a model that is being described. */
export class SymbolicTensor {
  constructor(
    readonly shape: SymbolicShape,
    readonly dtype: DType,
    /** The call that gives this tensor; null for a model's input. */
    readonly call: Call | null,
    /** Which output of the call this is. */
    readonly index: number,
    readonly name: string,
  ) {}
}

/** Arguments of `Input`. */
export interface InputOptions {
  /** Shape without the batch dimension. */
  readonly shape: readonly number[]
  readonly batchSize?: number | null
  readonly dtype?: DType
  readonly name?: string
}

/** The batch size that shapes are inferred with: a model's shapes may not depend on it. */
export const PROBE_BATCH = 3

/** The spec of a symbolic tensor for a batch size. */
export const withBatch = (t: { shape: SymbolicShape; dtype: DType }, batch: number): TensorSpec => ({
  shape: t.shape.map(d => d ?? batch),
  dtype: t.dtype,
})

/** @throws ArgumentError unless all dimensions are positive integers */
export function checkInputShape(where: string, shape: readonly unknown[]): void {
  if (!Array.isArray(shape) || shape.some(d => typeof d !== 'number' || !Number.isInteger(d) || d < 1)) {
    throw new ArgumentError({
      where,
      what: 'shape (only the batch dimension may be unknown)',
      expected: 'positive integers',
      got: shape,
    })
  }
}
