// Golden metric cases: the result after each update, on the oracle and on a backend.
import { metrics, Trace, type Value } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { FLOAT32, FLOAT64 } from '../oracle/arithmetic.js'
import type { Exact, OpenOracle } from '../oracle/reference.js'
import type { Comparison } from '../tiers/compare.js'
import { type Feed, type Feeds, leafOf, runExactly, runOn } from './check.js'
import type { Golden, MetricCase } from './data.js'
import { fromKeras } from './keras.js'
import { KERAS_ROUNDING } from './layers-run.js'
import { strictly } from './strict.js'

/** The update of a case as a graph: new state by index, and the feeds but the state. */
function updateGraph(golden: Golden<'metrics'>, metric: metrics.Metric, c: MetricCase, step: number) {
  const update = c.updates[step]
  const feeds: Record<string, Feed> = {}
  const leaf = (name: string, key: string): Value => {
    const t = golden.tensor(key)
    feeds[name] = t.data as Float32Array | Int32Array
    return leafOf(name, { shape: t.shape, data: feeds[name] as Float32Array })
  }
  const values = update.inputs.map((key, i) => leaf(`in${i}`, key))
  const weight = update.sample_weight === undefined ? null : leaf('w', update.sample_weight)
  const trace = new Trace(false)
  // Mean and Sum take values alone: those stand in the place of the predictions.
  metric.updateOn(trace, values[0], values[values.length - 1], weight)
  const outputs = Object.fromEntries(metric.variables.map((v, i) => [`new${i}`, trace.read(v)]))
  const names = metric.variables.map(v => Trace.bindingOf(v))
  return { outputs, names, feeds }
}

const list = (r: number | readonly number[]): readonly number[] => (typeof r === 'number' ? [r] : r)

/** How far a result may be off for states within their bounds, and by the rounding of its own sums. */
function tolerance(metric: metrics.Metric, state: readonly Exact[], bounds: readonly Exact[]): number[] {
  const base = list(metric.result(state.map(s => s.value)))
  const size = state.reduce((n, s) => n + s.value.length, 0)
  const total = base.map(r => 4 * size * FLOAT64 * Math.max(1, Math.abs(r)))
  bounds.forEach((s, i) => {
    s.bound.forEach((b, j) => {
      if (b === 0) return
      const moved = state.map(x => x.value.slice())
      moved[i][j] += b
      list(metric.result(moved)).forEach((r, k) => {
        total[k] += Math.abs(r - base[k])
      })
    })
  })
  return total
}

/** Runs all updates of a case; one comparison a result. */
export async function metricComparisons(
  golden: Golden<'metrics'>,
  c: MetricCase,
  backend: Backend | null,
  open?: OpenOracle,
): Promise<Comparison[]> {
  const metric = metrics.getMetric(
    { className: c.layer, config: fromKeras(c.config) as never },
    { yTrueShape: [], yPredShape: [] },
  )
  const found: Comparison[] = []
  let exact: Exact[] = []
  let bounds: Exact[] = []
  let device: Float32Array[] = []
  for (const step of c.updates.keys()) {
    const { outputs, names, feeds } = updateGraph(golden, metric, c, step)
    if (step === 0) {
      // The first update has made the variables.
      exact = metric.variables.map(v => ({ value: new Float64Array(v.size), bound: new Float64Array(v.size) }))
      bounds = exact
      device = metric.variables.map(v => new Float32Array(v.size))
    }
    const withState = (state: readonly Feed[]): Feeds =>
      Object.fromEntries([...Object.entries(feeds), ...names.map((n, i) => [n, state[i]] as const)])
    const ordered = <T>(r: Readonly<Record<string, T>>): T[] => names.map((_, i) => r[`new${i}`])
    exact = ordered(await runExactly(outputs, withState(exact), FLOAT64, undefined, open))
    const want = golden.tensor(c.expected.results[step]).data as Float64Array
    const got = metric.result(exact.map(s => s.value))
    const near = tolerance(metric, exact, exact).map(t => KERAS_ROUNDING * t)
    found.push(strictly(`oracle: result ${step}`, list(got), want, i => near[i]))
    if (backend === null) continue
    bounds = ordered(await runExactly(outputs, withState(bounds), FLOAT32, backend.numerics, open))
    device = ordered(await runOn(backend, outputs, withState(device)))
    const far = tolerance(metric, exact, bounds)
    found.push(strictly(`result ${step}`, list(metric.result(device)), want, i => far[i] + near[i]))
  }
  return found
}
