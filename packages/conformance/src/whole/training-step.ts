// A training step as one graph: loss, gradients, optimizer and new states behind a prediction.
import { grad, input, losses, type optimizers, type Philox, type Trace, type Value, type Variable } from '@strata/api'
import { f32 } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'

export interface StepGraph {
  readonly outputs: Readonly<Record<string, Value>>
  readonly updates: readonly { readonly target: Value; readonly value: Value }[]
  readonly feeds: Readonly<Record<string, HostData>>
}

export interface StepParts {
  readonly x: Value
  readonly prediction: Value
  readonly ctx: Trace
  readonly loss: string
  readonly optimizer: optimizers.Optimizer
  /** Draws the state. */
  readonly rng: Philox
  /** Elements of the inputs x and y, and of the step counter where there is one. */
  readonly data: Readonly<Record<string, HostData>>
  /** Initial elements of a variable; default: uniform, of either sign for weights and positive for state. */
  readonly initial?: (v: Variable) => Float32Array
}

export const nameOf = (leaf: Value): string => {
  if (leaf.producer.kernel !== 'input') throw new TypeError(`${leaf} is no input`)
  return (leaf.producer as { readonly name: string }).name
}

/** Completes a forward pass to a training step. Targets are the input y, of the prediction's shape. */
export function trainingStep({ x, prediction, ctx, loss, optimizer, rng, data, initial }: StepParts): StepGraph {
  const y = input('y', f32(prediction.shape))
  const total = losses.getLoss(loss).call(y, prediction, null)
  const trainable = [...ctx.leaves.keys()].filter(v => v.trainable)
  const gradients = grad(total, [x, ...trainable.map(v => ctx.leaf(v))])
  const scalars = optimizer.scalars(0)
  const scalarLeaves = new Map<string, Value>()
  const scalar = (name: string): Value => {
    const known = scalarLeaves.get(name) ?? input(`$${name}`, f32([]))
    scalarLeaves.set(name, known)
    return known
  }
  const pairs = trainable.map((variable, i) => ({ variable, gradient: gradients[1 + i] }))
  optimizer.apply(ctx, pairs, scalar)

  // Slots of optimizers start at 0, where a division would hide errors: all state is positive here.
  const state = (v: Variable): Float32Array =>
    Float32Array.from({ length: v.size }, () => (v.trainable ? 1.2 * rng.uniform() - 0.5 : 0.1 + rng.uniform()))
  const feeds: Record<string, HostData> = { ...data }
  for (const [v, leaf] of ctx.leaves) feeds[nameOf(leaf)] = (initial ?? state)(v)
  for (const [name, leaf] of scalarLeaves) feeds[nameOf(leaf)] = Float32Array.of(scalars[name])
  return {
    outputs: { loss: total, prediction, dx: gradients[0] },
    updates: [...ctx.updates].map(([v, value]) => ({ target: ctx.leaf(v), value })),
    feeds,
  }
}
