// run: computes with device tensors now. A function that builds a graph is compiled for the shapes that it is called with
// and kept, so that a loop pays for compilation once: the path is that of `fit`, there is no second way to execute.
import type { Backend } from '../backend.js'
import { ArgumentError, BindingError, checkOptions } from '../errors.js'
import { Trace } from '../graph/trace.js'
import { input, Value } from '../graph/value.js'
import type { Layer } from '../layers/layer.js'
import type { GradientPair, Optimizer } from '../optimizers/index.js'
import { getSeed } from '../random/seed.js'
import { bytesOf, f32, showSpec, type TensorSpec } from '../tensor-spec.js'
import { type Loaded, Runner } from '../training/runner.js'
import { updatesOf } from '../training/step.js'
import { Tensor } from './tensor.js'

/** What a function sees that `run` calls: as a layer's `call`, with the updates of optimizers. */
export class EagerContext extends Trace {
  /** Optimizers that were applied, in order. */
  readonly optimizers: Optimizer[] = []
  /** Adds the update of variables by an optimizer, whose number of steps `run` counts. */
  minimize(optimizer: Optimizer, pairs: readonly GradientPair[]): void {
    const prefix = scalarPrefix(this.optimizers.push(optimizer) - 1)
    const scalars = new Map<string, Value>()
    optimizer.apply(this, pairs, name => {
      const value = scalars.get(name) ?? input(`${prefix}${name}`, f32([]))
      scalars.set(name, value)
      return value
    })
  }
}
const scalarPrefix = (optimizer: number): string => `$opt${optimizer}/`
const inputName = (i: number): string => `$x${i}`
const outputName = (i: number): string => `$out${i}`

export interface RunOptions {
  /** Whether layers behave as in training (default false). */
  readonly training?: boolean
  /** Where to run functions without inputs (default: where the inputs are). */
  readonly backend?: Backend
}
/** Builds a graph from the values of the inputs. */
export type EagerFunction<R extends Value | readonly Value[]> = (ctx: EagerContext, ...inputs: Value[]) => R

interface Compiled {
  readonly loaded: Loaded
  readonly outputs: readonly TensorSpec[]
  readonly optimizers: readonly Optimizer[]
  readonly single: boolean
}
const runners = new WeakMap<Backend, Runner>()
const compiled = new WeakMap<Loaded, Omit<Compiled, 'loaded'>>()
const ids = new WeakMap<object, number>()
let nextId = 0

/**
 * Runs a function on device tensors. Its graph is kept for the same function and shapes: write the function once, outside of
 * loops, and let it depend on its arguments and on variables alone.
 *
 * @returns new tensors, which are the caller's
 * @throws what the function throws; BindingError for tensors of several backends
 * @example
 * // A training loop of one's own.
 * const layer = new Dense({ units: 1 })
 * const optimizer = new optimizers.SGD({ learningRate: 0.1 })
 * const step = (ctx: EagerContext, x: Value, y: Value): Value => {
 *   const [prediction] = layer.callOn([x], ctx)
 *   const loss = ops.mean(ops.square(ops.sub(prediction, y)))
 *   const variables = layer.trainableWeights
 *   const gradients = grad(loss, variables.map(v => ctx.read(v)))
 *   ctx.minimize(optimizer, variables.map((variable, i) => ({ variable, gradient: gradients[i] })))
 *   return loss
 * }
 * for (let i = 0; i < 100; i++) {
 *   using loss = await run(step, [x, y], { training: true })
 *   if (i % 10 === 0) console.log((await loss.read()).data[0])
 * }
 * await releaseEager(backend)
 */
export function run(f: EagerFunction<Value>, inputs: readonly Tensor[], options?: RunOptions): Promise<Tensor>
export function run(
  f: EagerFunction<readonly Value[]>,
  inputs: readonly Tensor[],
  options?: RunOptions,
): Promise<Tensor[]>
export async function run(
  f: EagerFunction<Value | readonly Value[]>,
  inputs: readonly Tensor[],
  options: RunOptions = {},
): Promise<Tensor | Tensor[]> {
  checkOptions('run', options, ['training', 'backend'])
  const { training = false } = options
  const backend = options.backend ?? inputs[0]?.backend
  if (backend === undefined) {
    throw new ArgumentError({ where: 'run', what: 'backend of a function without inputs', expected: 'options.backend' })
  }
  inputs.forEach((t, i) => {
    t.check(`run: input ${i}`)
    if (t.backend !== backend) {
      throw new BindingError({
        where: 'run',
        what: `backend of input ${i}`,
        expected: backend.name,
        got: t.backend.name,
      })
    }
  })
  const runner = runnerOf(backend)
  const { loaded, outputs, optimizers, single } = await load(runner, f, inputs, training)
  const { bind, plan } = loaded
  inputs.forEach((t, i) => {
    if (inputName(i) in plan.bind) bind[inputName(i)] = t.buffer
  })
  runner.feedStep(loaded, optimizers[0]?.iterations ?? steps.get(f) ?? 0)
  optimizers.forEach((o, i) => {
    for (const [name, value] of Object.entries(o.scalars())) {
      runner.feedScalar(loaded, `${scalarPrefix(i)}${name}`, value, v => Float32Array.of(v))
    }
  })
  const results = outputs.map(spec => new Tensor(backend, spec, backend.alloc(bytesOf(spec))))
  results.forEach((t, i) => {
    bind[outputName(i)] = t.buffer
  })
  runner.run(loaded, [])
  for (const o of optimizers) o.iterations++
  steps.set(f, (steps.get(f) ?? 0) + 1)
  return single ? results[0] : results
}
/** How often each function ran: what its random numbers depend on where there is no optimizer to count. */
const steps = new WeakMap<object, number>()

function runnerOf(backend: Backend): Runner {
  const runner = runners.get(backend) ?? new Runner(backend)
  runners.set(backend, runner)
  return runner
}

async function load(
  runner: Runner,
  f: EagerFunction<Value | readonly Value[]>,
  inputs: readonly Tensor[],
  training: boolean,
): Promise<Compiled> {
  const id = ids.get(f) ?? nextId++
  ids.set(f, id)
  let made: Omit<Compiled, 'loaded'> | null = null
  const key = `${id}:${training}:${inputs.map(t => showSpec(t.spec)).join()}`
  const loaded = await runner.load(key, () => {
    const trace = new EagerContext(training, getSeed())
    const result = f(trace, ...inputs.map((t, i) => input(inputName(i), t.spec)))
    const values = result instanceof Value ? [result] : result
    const outputs = Object.fromEntries(values.map((v, i) => [outputName(i), v]))
    made = { outputs: values.map(v => v.spec), optimizers: trace.optimizers, single: result instanceof Value }
    return { graph: { outputs, updates: updatesOf(trace) }, trace }
  })
  const known = compiled.get(loaded) ?? made
  if (known === null) throw new ArgumentError({ where: 'run', what: 'function failed to compile before' })
  compiled.set(loaded, known)
  return { loaded, ...known }
}

const layerFunctions = new WeakMap<Layer, EagerFunction<readonly Value[]>>()
/**
 * Calls a layer or a model on device tensors.
 * @returns its outputs, which are the caller's
 * @example using [y] = await callLayer(dense, [x])
 */
export function callLayer(
  layer: Layer,
  inputs: readonly Tensor[],
  options: Pick<RunOptions, 'training'> = {},
): Promise<Tensor[]> {
  let f = layerFunctions.get(layer)
  if (f === undefined) {
    f = (ctx, ...values) => layer.callOn(values, ctx)
    layerFunctions.set(layer, f)
  }
  return run(f, inputs, options)
}

/** Frees the plans that `run` keeps for a backend, and brings the variables that they used home. Tensors stay. */
export async function releaseEager(backend: Backend): Promise<void> {
  const runner = runners.get(backend)
  runners.delete(backend)
  await runner?.dispose()
}
