// A test case of another project: a graph of its operators with inputs and expected outputs.

/** A dense tensor, row-major. Integers of 64 bits beyond 2^53 are rounded: only ends of slices are that large. */
export interface ForeignTensor {
  /** In the words of WebNN: float32, int64, bool, ... */
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: Float64Array
}

export interface ForeignNode {
  readonly op: string
  /** '' for one that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attrs: Readonly<Record<string, unknown>>
}

export interface ForeignCase {
  /** For example `onnx/test_relu`. */
  readonly name: string
  readonly dialect: 'onnx' | 'webnn'
  /** Version of the operators; 0 where the dialect has none. */
  readonly version: number
  readonly inputs: Readonly<Record<string, ForeignTensor>>
  readonly nodes: readonly ForeignNode[]
  readonly expected: Readonly<Record<string, ForeignTensor>>
}

/** A case that cannot be read as a graph of tensors. */
export interface UnreadCase {
  readonly name: string
  readonly reason: string
}

/** Why a case has no counterpart among our kernels. */
export class Unmapped extends Error {
  override readonly name = 'Unmapped'
}
