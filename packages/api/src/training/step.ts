// Step: the graph of one training, evaluation or prediction step. Forward pass, losses, gradients, optimizer, metrics and
// moving statistics are one graph, so that a backend gets them as one plan.
import { ArgumentError, ShapeError } from '../errors.js'
import { grad } from '../graph/grad.js'
import { add, fill, mul } from '../graph/ops.js'
import { Trace } from '../graph/trace.js'
import { input, type Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Network } from '../models/network.js'
import { type Optimizer, optimizerBinding } from '../optimizers/index.js'
import type { Graph } from '../plan/ir.js'
import { f32, showSpec, type TensorSpec } from '../tensor-spec.js'
import type { Objectives } from './objectives.js'
import type { LossTracker } from './tracker.js'

export type Mode = 'train' | 'test' | 'predict'

/** Names of a step's bindings beside variables, the step counter and the optimizer's scalars. */
export const inputBinding = (i: number): string => `$x${i}`
export const targetBinding = (i: number): string => `$y${i}`
export const weightBinding = (i: number): string => `$w${i}`
export const outputBinding = (i: number): string => `$out${i}`

/** The tensors that a step is fed. */
export interface StepSpecs {
  readonly inputs: readonly TensorSpec[]
  /** Null: no targets for this output. */
  readonly targets: readonly (TensorSpec | null)[]
  /** Sample weights per output; null: all 1. */
  readonly weights: readonly (TensorSpec | null)[]
}

/** What a step is made of. */
export interface StepParts {
  readonly name: string
  readonly network: Network
  readonly objectives: Objectives
  readonly trackers: Trackers
  readonly optimizer: Optimizer
  readonly trainable: readonly Variable[]
  readonly seed: number
}
/** Mean losses: the total, and for several outputs each output's. */
export interface Trackers {
  readonly total: LossTracker
  readonly outputs: readonly (LossTracker | null)[]
}

export interface BuiltStep {
  readonly graph: Graph
  readonly trace: Trace
}

export function buildStep(mode: Mode, parts: StepParts, specs: StepSpecs): BuiltStep {
  const trace = new Trace(mode === 'train', parts.seed)
  const xs = specs.inputs.map((spec, i) => input(inputBinding(i), spec))
  const predictions = parts.network.run(xs, trace)
  const outputs: Record<string, Value> = {}
  if (mode === 'predict') {
    predictions.forEach((v, i) => {
      outputs[outputBinding(i)] = v
    })
    return { graph: { outputs }, trace }
  }
  const feed = (spec: TensorSpec | null, name: string): Value | null => (spec === null ? null : input(name, spec))
  const ys = specs.targets.map((s, i) => feed(s, targetBinding(i)))
  const ws = specs.weights.map((s, i) => feed(s, weightBinding(i)))
  const batch = specs.inputs[0].shape[0]
  const loss = totalLoss(parts, trace, predictions, ys, ws, batch)
  parts.trackers.total.update(trace, loss, batch)
  const metrics = parts.objectives.resolve(
    ys.map(y => y?.shape ?? null),
    predictions.map(p => p.shape),
  )
  for (const { metric, output, weighted } of metrics) {
    const y = ys[output]
    if (y === null) throw noTarget(parts, output)
    metric.updateOn(trace, y, predictions[output], weighted ? ws[output] : null)
  }
  if (mode === 'train') {
    const gradients = grad(
      loss,
      parts.trainable.map(v => trace.leaf(v)),
    )
    const scalars = new Map<string, Value>()
    const scalar = (name: string): Value => {
      const value = scalars.get(name) ?? input(optimizerBinding(name), f32([]))
      scalars.set(name, value)
      return value
    }
    parts.optimizer.apply(
      trace,
      parts.trainable.map((variable, i) => ({ variable, gradient: gradients[i] })),
      scalar,
    )
  }
  return { graph: { outputs, updates: updatesOf(trace) }, trace }
}

/** The variables' new values, for the compiler. */
export const updatesOf = (trace: Trace): { readonly target: Value; readonly value: Value }[] =>
  [...trace.updates].map(([v, value]) => ({ target: trace.leaf(v), value }))

const noTarget = (parts: StepParts, i: number): ArgumentError =>
  new ArgumentError({
    where: parts.name,
    what: `targets of output '${parts.objectives.outputNames[i]}'`,
    expected: 'data, since it has a loss or metrics',
    got: 'none',
  })

/** The weighted sum of the outputs' losses, the layers' own losses and the penalties on weights. */
function totalLoss(
  parts: StepParts,
  trace: Trace,
  predictions: readonly Value[],
  ys: readonly (Value | null)[],
  ws: readonly (Value | null)[],
  batch: number,
): Value {
  const { objectives, trackers } = parts
  const terms: Value[] = []
  objectives.losses.forEach((loss, i) => {
    if (loss === null) return
    const y = ys[i]
    if (y === null) throw noTarget(parts, i)
    const value = named(objectives.outputNames[i], () => loss.call(y, predictions[i], ws[i]))
    if (value.rank !== 0) {
      throw new ArgumentError({
        where: parts.name,
        what: `loss '${loss.name}' of output '${objectives.outputNames[i]}'`,
        expected: "a scalar (reduction other than 'none')",
        got: showSpec(value.spec),
      })
    }
    trackers.outputs[i]?.update(trace, value, batch)
    const weight = objectives.weights[i]
    terms.push(weight === null ? value : mul(value, weight))
  })
  terms.push(...trace.losses)
  for (const v of parts.trainable) if (v.regularizer !== null) terms.push(v.regularizer.call(trace.leaf(v)))
  return terms.length === 0 ? fill([], 0) : terms.reduce((a, b) => add(a, b))
}

/** Names the output in what a loss says about shapes. */
function named<T>(output: string, f: () => T): T {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw new ShapeError({
      where: `output '${output}', ${error.where}`,
      what: error.what,
      expected: error.expected,
      got: error.got,
      cause: error,
    })
  }
}
