// From a function on tensors to a kernel of the reference backend.
import { type AttrsOf, type Impl, type KernelName, type StepSpec, sizeOf } from '@strata/api/backend'
import type { Arithmetic } from '../arithmetic.js'
import { type Tensor, zeros } from '../tensor.js'

/** What the reference backend's kernels work on: the start of a slot. */
export interface Memory {
  readonly value: Float64Array
  readonly bound: Float64Array
}
export type ReferenceImpl<K extends KernelName> = Impl<K, Arithmetic, Memory>

/** Computes `outs` (zeros at first) from `ins`. */
export type Compute<K extends KernelName> = (
  arithmetic: Arithmetic,
  attrs: AttrsOf<K>,
  ins: readonly Tensor[],
  outs: readonly Tensor[],
) => void

/** Results are computed aside and copied over, so that an output may share its slot with any input. */
export function impl<K extends KernelName>(compute: Compute<K>): ReferenceImpl<K> {
  return {
    prepare(arithmetic: Arithmetic, s: StepSpec<K>) {
      return (ins, outs) => {
        const tensors = s.ins.map((spec, i): Tensor => {
          const n = sizeOf(spec.shape)
          return { ...spec, value: ins[i].value.subarray(0, n), bound: ins[i].bound.subarray(0, n) }
        })
        const results = s.outs.map(zeros)
        compute(arithmetic, s.attrs, tensors, results)
        results.forEach((r, j) => {
          outs[j].value.set(r.value)
          outs[j].bound.set(r.bound)
        })
      }
    },
  }
}
