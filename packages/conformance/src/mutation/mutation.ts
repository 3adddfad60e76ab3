// A planted bug: how a backend goes wrong, and which checks could see it.
import type { KernelName } from '@strata/api/backend'
import type { Check } from '../checks.js'
import type { StepHooks } from '../stepwise.js'
import { baseOf } from './plans.js'

export interface Mutation {
  /** The bug, in words. */
  readonly name: string
  /** Makes a fresh backend wrong. */
  readonly hooks: () => StepHooks
  /** Whether a check could see the bug: the others need not run. */
  readonly seen: (c: Pick<Check, 'tier' | 'kernel' | 'case'>) => boolean
}
type Seen = Mutation['seen']

/** The checks of some kernels and of the fused kernels that start with them. */
export const onKernels =
  (...kernels: readonly KernelName[]): Seen =>
  c =>
    c.kernel !== 'graph' && c.tier !== 'misuse' && kernels.includes(baseOf(c.kernel))

/** Checks of whole graphs whose names match. */
export const onGraphs =
  (name: RegExp): Seen =>
  c =>
    c.kernel === 'graph' && name.test(`${c.tier} ${c.case}`)

/** Kernels that multiply and add, with the positions of the operands. */
export const PRODUCTS: readonly KernelName[] = [
  'matmul',
  'conv2d',
  'conv2dInputGrad',
  'conv2dFilterGrad',
  'depthwiseConv2d',
  'depthwiseConv2dInputGrad',
  'depthwiseConv2dFilterGrad',
]
