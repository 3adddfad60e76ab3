// A case: one kernel with attributes and inputs, from which the tiers make their checks.
import {
  type AttrsOf,
  f32,
  i32,
  type KernelName,
  type Shape,
  type StepSpec,
  stepCost,
  type TensorSpec,
} from '@strata/api/backend'
import { stepOf } from '../oracle/lower.js'

/** Where an input's elements come from. */
export type Fill =
  /** Random numbers of varied sign and magnitude; integers in the exact tier. */
  | { readonly kind: 'any' }
  /** Uniform random numbers in [low, high]: the domain of a function. */
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  /** Uniform random integers in [low, high). */
  | { readonly kind: 'index'; readonly low: number; readonly high: number }
  /** Small random integers with many ties. */
  | { readonly kind: 'ties' }
  /** These, repeated. */
  | { readonly kind: 'values'; readonly values: readonly number[] }

export interface CaseInput {
  readonly spec: TensorSpec
  readonly fill: Fill
}
export interface Case<K extends KernelName = KernelName> {
  readonly name: string
  readonly kernel: K
  readonly attrs: AttrsOf<K>
  readonly ins: readonly CaseInput[]
  /** Whether small integers give results without any rounding; in units of `scale`. */
  readonly exact: boolean
  /** What the exact tier multiplies its integers by, so that fractions of them are integers too. */
  readonly scale: number
}

/** A float32 input. */
export const real = (shape: Shape, fill: Fill = { kind: 'any' }): CaseInput => ({ spec: f32(shape), fill })
/** An int32 input of small integers. */
export const ints = (shape: Shape): CaseInput => ({ spec: i32(shape), fill: { kind: 'any' } })
/** An int32 input of integers in [low, high). */
export const index = (shape: Shape, low: number, high: number): CaseInput => ({
  spec: i32(shape),
  fill: { kind: 'index', low, high },
})
export const range = (low: number, high: number): Fill => ({ kind: 'range', low, high })
export const values = (...v: readonly number[]): Fill => ({ kind: 'values', values: v })
export const TIES: Fill = { kind: 'ties' }

/** Makes a case; its arguments are checked at once. @throws what the kernel's `infer` throws */
export function makeCase<K extends KernelName>(
  kernel: K,
  name: string,
  attrs: AttrsOf<K>,
  ins: readonly CaseInput[],
  { exact = true, scale = 1 }: { exact?: boolean; scale?: number } = {},
): Case<K> {
  const c = { name, kernel, attrs, ins, exact, scale }
  stepOfCase(c)
  return c
}

export const stepOfCase = <K extends KernelName>(c: Case<K>): StepSpec<K> =>
  stepOf(
    c.kernel,
    c.attrs,
    c.ins.map(i => i.spec),
  )

/**
 * Whether a case is there for a backend's blocking and only the element-by-element tiers run it: the others would take
 * long and see nothing more.
 */
export function isLarge(c: Case): boolean {
  const { flops, bytes } = stepCost(stepOfCase(c) as StepSpec)
  return flops > 400_000 || bytes > 60_000
}

/** Whether every index of a gather lies in its table: NaN comes out of those that do not. */
export function indicesFit(c: Case): boolean {
  if (c.kernel !== 'gather') return true
  const [table, { fill }] = c.ins
  const rows = table.spec.shape[(c.attrs as AttrsOf<'gather'>).axis]
  return fill.kind === 'index' && fill.low >= 0 && fill.high <= rows
}
