// Golden optimizer cases: the variables after each of ten steps, and the learning rate of each. State is carried from step
// to step, on the oracle with its bounds.
import { input, optimizers, Trace, type Value, Variable } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { FLOAT32, FLOAT64 } from '../oracle/arithmetic.js'
import type { Exact, OpenOracle } from '../oracle/reference.js'
import type { Comparison } from '../tiers/compare.js'
import { type Feed, runExactly, runOn } from './check.js'
import type { Golden, OptimizerCase } from './data.js'
import { fromKeras } from './keras.js'
import { KERAS_ROUNDING } from './layers-run.js'
import { strictly } from './strict.js'

const NAMES = ['kernel', 'bias'] as const
const STEPS = 10

/** The step's graph: new values of all variables by binding name. */
function stepGraph(optimizer: optimizers.Optimizer, variables: readonly Variable[]) {
  const trace = new Trace(true)
  const pairs = variables.map(variable => ({ variable, gradient: input(`d${variable.name}`, variable.spec) }))
  const scalars = new Map<string, Value>()
  optimizer.apply(trace, pairs, name => {
    const leaf = scalars.get(name) ?? input(optimizers.optimizerBinding(name), { shape: [], dtype: 'float32' })
    scalars.set(name, leaf)
    return leaf
  })
  const outputs: Record<string, Value> = {}
  for (const [v, value] of trace.updates) outputs[`new ${Trace.bindingOf(v)}`] = value
  return { outputs, all: [...trace.leaves.keys()] }
}

/**
 * The scalars of a step with bounds on how far other float64 arithmetic may be from them: `u` from rounding, and what a
 * relative change of 2^-50 in beta1 or beta2 does (powers of them are good to a few units, and 1 - beta^t cancels).
 */
function scalarFeeds(make: (more: object) => optimizers.Optimizer, step: number, u: number): Record<string, Exact> {
  const optimizer = make({})
  const scalars = optimizer.scalars(step)
  const betas = Object.entries(optimizer.getConfig()).filter(([k]) => k === 'beta1' || k === 'beta2')
  return Object.fromEntries(
    Object.entries(scalars).map(([name, value]) => {
      let bound = 4 * FLOAT64 * Math.abs(value) + u * Math.abs(value)
      for (const [k, beta] of betas) {
        const moved = make({ [k]: (beta as number) * (1 - 2 ** -30) }).scalars(step)[name]
        bound += Math.abs(moved - value) * 2 ** -20
      }
      return [optimizers.optimizerBinding(name), { value: Float64Array.of(value), bound: Float64Array.of(bound) }]
    }),
  )
}

/** Runs all steps of a case; one comparison for each variable and step. */
export async function optimizerComparisons(
  golden: Golden<'optimizers'>,
  c: OptimizerCase,
  backend: Backend | null,
  open?: OpenOracle,
): Promise<Comparison[]> {
  const config = fromKeras(c.config)
  const make = (more: object): optimizers.Optimizer =>
    optimizers.getOptimizer({ className: c.layer, config: { ...config, ...more } as never })
  const optimizer = make({})
  const variables = NAMES.map(name => {
    const t = golden.tensor(c.variables[name])
    return new Variable(name, name, t.shape, t.data as Float32Array)
  })
  const { outputs, all } = stepGraph(optimizer, variables)
  // Keras's float64 run starts accumulators at the float64 number, a float32 backend at the float32 one.
  const initial = optimizer.getConfig().initialAccumulatorValue
  let exact: Record<string, Exact> = {}
  let bounds: Record<string, Exact> = {}
  let device: Record<string, Feed> = {}
  for (const v of all) {
    const name = Trace.bindingOf(v)
    const data = await v.read()
    const value = v.name === 'accumulator' ? new Float64Array(v.size).fill(initial as number) : Float64Array.from(data)
    exact[name] = { value, bound: new Float64Array(v.size) }
    bounds[name] = { value, bound: value.map((x, i) => Math.abs(data[i] - x)) }
    device[name] = data
  }
  const next = <T>(r: Readonly<Record<string, T>>, old: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.keys(old).map(n => [n, r[`new ${n}`] ?? old[n]]))

  const rates: number[] = []
  const found: Comparison[] = []
  for (let step = 0; step < STEPS; step++) {
    rates.push(optimizer.learningRateAt(step))
    const gradients = Object.fromEntries(
      variables.map(v => {
        const rows = golden.tensor(c.gradients[v.name]).data as Float32Array
        return [`d${v.name}`, rows.slice(step * v.size, (step + 1) * v.size)]
      }),
    )
    const scalars = scalarFeeds(make, step, 0)
    exact = next(await runExactly(outputs, { ...exact, ...gradients, ...scalars }, FLOAT64, undefined, open), exact)
    if (backend !== null) {
      const rounded = scalarFeeds(make, step, FLOAT32)
      const feeds = { ...gradients, ...rounded }
      bounds = next(await runExactly(outputs, { ...bounds, ...feeds }, FLOAT32, backend.numerics, open), bounds)
      device = next<Feed>(await runOn(backend, outputs, { ...device, ...feeds }), device)
    }
    for (const v of variables) {
      const name = Trace.bindingOf(v)
      const rows = golden.tensor(c.expected[v.name as 'kernel' | 'bias']).data as Float64Array
      const want = rows.subarray(step * v.size, (step + 1) * v.size)
      const near = (i: number): number => KERAS_ROUNDING * exact[name].bound[i]
      found.push(strictly(`oracle: step ${step} ${v.name}`, exact[name].value, want, near))
      if (backend === null) continue
      const far = (i: number): number => bounds[name].bound[i] + near(i)
      found.push(strictly(`step ${step} ${v.name}`, device[name] as Float32Array, want, far))
    }
  }
  // Fewer than eight roundings, of numbers no larger than the largest rate.
  const rateError = 8 * FLOAT64 * Math.max(...rates)
  const want = golden.tensor(c.expected.learning_rate).data as Float64Array
  found.push(strictly('learning rate', rates, want, () => rateError))
  return found
}
