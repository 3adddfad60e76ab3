// The shape of a kernel's specification: what a kernel takes, gives, costs, means and how its gradient is built. One file
// per kernel in this folder implements it; kernels/index.ts lists them.

import { DTypeError, ShapeError } from '../errors.js'
import type { Node, Value } from '../graph/value.js'
import { type DType, showSpec, type TensorSpec } from '../tensor-spec.js'
import type { AttrsOf, KernelName } from './attrs.js'

export interface Cost {
  readonly flops: number
  readonly bytes: number
}

export interface KernelSpec<K extends KernelName = KernelName> {
  readonly name: K
  /** Output specs; every argument error is found here, once. @throws ShapeError, DTypeError, ArgumentError */
  infer(ins: readonly TensorSpec[], attrs: AttrsOf<K>): readonly TensorSpec[]
  /** Arithmetic, for the roofline; bytes are always those of inputs and outputs, each once. */
  flops(ins: readonly TensorSpec[], attrs: AttrsOf<K>): number
  /** Meaning in core kernels; required unless the kernel is core. */
  decompose?(ins: readonly Value[], attrs: AttrsOf<K>): readonly Value[]
  /**
   * Gradients with respect to the inputs, as new nodes. `dOuts[j]` is null where output j has no gradient. `needs[i]`
   * says whether input i's gradient is asked for: return null for the others, and where the gradient is zero.
   */
  vjp?(node: Node<K>, dOuts: readonly (Value | null)[], needs: readonly boolean[]): readonly (Value | null)[]
  /** Pairs [output, input] that may share memory when the input is not read afterwards. */
  inplace?(ins: readonly TensorSpec[], attrs: AttrsOf<K>): readonly (readonly [out: number, input: number])[]
}

/** Checks the number of inputs. @throws ShapeError */
export function checkArity(kernel: KernelName, ins: readonly TensorSpec[], n: number): void {
  if (ins.length !== n) throw new ShapeError({ where: kernel, what: 'number of inputs', expected: n, got: ins.length })
}
/** Checks an input's rank. @throws ShapeError */
export function checkRank(kernel: KernelName, what: string, spec: TensorSpec, rank: number): void {
  if (spec.shape.length !== rank) {
    throw new ShapeError({ where: kernel, what: `rank of ${what}`, expected: rank, got: showSpec(spec) })
  }
}
/** Checks an input's element type. @throws DTypeError */
export function checkDType(kernel: KernelName, what: string, spec: TensorSpec, dtype: DType): void {
  if (spec.dtype !== dtype)
    throw new DTypeError({ where: kernel, what: `dtype of ${what}`, expected: dtype, got: spec.dtype })
}
/** Checks one dimension. @throws ShapeError */
export function checkDim(kernel: KernelName, what: string, expected: number, got: number): void {
  if (expected !== got) throw new ShapeError({ where: kernel, what, expected, got })
}
