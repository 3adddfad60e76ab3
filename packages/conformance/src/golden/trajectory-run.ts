// Runs a model of the golden trajectories on any backend: the steps that Keras took, with what Keras recorded.
import {
  type BaseModel,
  compile,
  fromKerasConfig,
  grad,
  type HostTensor,
  hostTensor,
  input,
  modelFromConfig,
  optimizers,
  type Philox,
  Trace,
  type Value,
  type Variable,
} from '@strata/api'
import { type Backend, type Buffer, bytesOf, type TensorSpec } from '@strata/api/backend'
import type { Golden, TrajectoryCase } from '../golden-files.js'
import { FLOAT32 } from '../oracle/arithmetic.js'
import { type Exact, ReferenceBackend } from '../oracle/reference.js'
import { fromKeras } from './keras.js'

type Numbers = Float64Array | Float32Array
/** What a run gives. Weights and gradients by Keras's names. */
export interface Trajectory {
  /** Per step, before its update. */
  readonly loss: number[]
  readonly accuracy: number[]
  readonly predictBefore: Numbers
  readonly predictAfter: Numbers
  /** Of the first step. */
  readonly gradients: ReadonlyMap<string, Numbers>
  readonly finalWeights: ReadonlyMap<string, Numbers>
}

/**
 * Float64 for a whole run: the optimizer's scalars keep their float64 values, as in Keras's float64 run, where a float32
 * backend is handed float32 ones.
 *
 * With `noise` it is as inexact as a float32 backend may be, at random: what each step writes is moved by a number that is
 * uniform within the error bound of that step alone, u (4 sqrt(n) sum|a||b| + 2|y|) for sums of n products (see
 * oracle/arithmetic.ts), and the steps that follow compute with that.
 */
export class Float64Backend extends ReferenceBackend {
  /** Float64 values by the float32 ones that are written. */
  scalars: ReadonlyMap<number, number> = new Map()
  constructor(private readonly noise: Philox | null = null) {
    super({ u: noise === null ? 0 : FLOAT32 })
  }
  override write(to: Buffer, data: Float32Array | Int32Array): void {
    const scalar = this.noise === null && data instanceof Float32Array && data.length === 1
    const exact = scalar ? this.scalars.get(data[0]) : undefined
    if (exact === undefined) super.write(to, data)
    else this.writeExact(to, Float64Array.of(exact))
  }
  protected override written({ dtype }: TensorSpec, { value, bound }: Exact): void {
    const { noise } = this
    if (noise === null) return
    if (dtype === 'float32') {
      for (let i = 0; i < value.length; i++)
        if (bound[i] !== 0) value[i] += bound[i] * (noise.nextUint32() * 2 ** -31 - 1)
    }
    bound.fill(0)
  }
}

/** Runs all steps. */
export async function runTrajectory(
  golden: Golden<'trajectories'>,
  c: TrajectoryCase,
  backend: Backend,
): Promise<Trajectory> {
  const model = modelOf(golden, c, backend)
  const weights = weightsOf(model)
  const before = batchOf(golden, c, 0)
  const gradients = await gradientsOf(model, backend, before)
  const predictBefore = await predictionsOf(model, backend, before.x)
  const [loss, accuracy]: [number[], number[]] = [[], []]
  for (let step = 0; step < c.steps; step++) {
    const { x, y } = batchOf(golden, c, step)
    if (backend instanceof Float64Backend) {
      const scalars = Object.values(model.optimizer.scalars(step))
      backend.scalars = new Map(scalars.map(v => [Math.fround(v), v]))
    }
    const logs = await model.trainOnBatch(x, y)
    // The tracker holds the sum over the batch; on the oracle in float64.
    const [sum] = model.trainer.trackers.total.variables
    loss.push((await readVariable(backend, sum))[0] / c.batch_size)
    accuracy.push(logs.accuracy)
  }
  const finalWeights = new Map<string, Numbers>()
  for (const [name, v] of weights) finalWeights.set(name, await readVariable(backend, v))
  const predictAfter = await predictionsOf(model, backend, batchOf(golden, c, 0).x)
  await model.dispose()
  return { loss, accuracy, predictBefore, predictAfter, gradients, finalWeights }
}

/** Strata's model for a case, compiled, with the case's weights. */
function modelOf(golden: Golden<'trajectories'>, c: TrajectoryCase, backend: Backend): BaseModel {
  const model = modelFromConfig(fromKerasConfig(c.architecture))
  const optimizer = optimizers.getOptimizer({
    className: c.optimizer,
    config: fromKeras(c.optimizer_config) as never,
  })
  const loss = c.loss.replace(/_([a-z])/g, (_, l: string) => l.toUpperCase())
  model.compile({ backend, optimizer, loss, metrics: [...c.metrics], seed: 0 })
  for (const [name, v] of weightsOf(model)) v.write(golden.tensor(c.initial_weights[name]).data)
  return model
}
/** Weights by '<layer>/<variable>', in Keras's snake case. */
const weightsOf = (model: BaseModel): Map<string, Variable> =>
  new Map(model.weights.map(v => [v.path.replace(/[A-Z]/g, l => `_${l.toLowerCase()}`), v]))

interface Rows {
  readonly x: HostTensor
  readonly y: HostTensor
}
function batchOf(golden: Golden<'trajectories'>, c: TrajectoryCase, step: number): Rows {
  const first = (step % c.batches) * c.batch_size
  const rows = (key: string): HostTensor => {
    const t = golden.tensor(key)
    const width = t.data.length / t.shape[0]
    const data = t.data.slice(first * width, (first + c.batch_size) * width) as Float32Array | Int32Array
    return hostTensor(data, [c.batch_size, ...t.shape.slice(1)])
  }
  return { x: rows(c.x), y: rows(c.y) }
}

const readVariable = (backend: Backend, v: Variable): Promise<Numbers> => read(backend, v.buffer(backend))
const read = async (backend: Backend, buffer: Buffer): Promise<Numbers> =>
  backend instanceof ReferenceBackend ? (await backend.readExact(buffer)).value : backend.read(buffer)

/** Gradients of the loss on a batch, in training mode. */
async function gradientsOf(model: BaseModel, backend: Backend, { x, y }: Rows): Promise<Map<string, Numbers>> {
  const trace = new Trace(true)
  const leaf = (name: string, t: HostTensor): Value =>
    input(name, { shape: t.shape, dtype: t.data instanceof Int32Array ? 'int32' : 'float32' })
  const [prediction] = model.network.run([leaf('x', x)], trace)
  const loss = model.trainer.objectives.losses[0]!.call(leaf('y', y), prediction)
  const named = [...weightsOf(model)].filter(([, v]) => v.trainable)
  const values = grad(
    loss,
    named.map(([, v]) => trace.leaf(v)),
  )
  const outputs = Object.fromEntries(named.map(([name], i) => [name, values[i]]))
  return runGraph(backend, trace, outputs, { x, y })
}
async function predictionsOf(model: BaseModel, backend: Backend, x: HostTensor): Promise<Numbers> {
  const trace = new Trace(false)
  const [y] = model.network.run([input('x', { shape: x.shape, dtype: 'float32' })], trace)
  return (await runGraph(backend, trace, { out: y }, { x })).get('out')!
}
async function runGraph(
  backend: Backend,
  trace: Trace,
  outputs: Readonly<Record<string, Value>>,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<Map<string, Numbers>> {
  const plan = compile({ outputs }, { supports: s => backend.supports(s), linearMemory: backend.linearMemory })
  const executable = await backend.load(plan)
  const variables = new Map([...trace.leaves.keys()].map(v => [Trace.bindingOf(v), v]))
  const own: Buffer[] = []
  const bind: Record<string, Buffer> = {}
  for (const [name, t] of Object.entries(plan.bind)) {
    const variable = variables.get(name)
    bind[name] = variable?.buffer(backend) ?? backend.alloc(bytesOf(plan.tensors[t].spec))
    if (variable === undefined) own.push(bind[name])
    if (name in feeds) backend.write(bind[name], feeds[name].data as Float32Array | Int32Array)
  }
  executable.run(bind)
  const results = new Map<string, Numbers>()
  for (const name of Object.keys(outputs)) results.set(name, await read(backend, bind[name]))
  executable.dispose()
  for (const b of own) b.dispose()
  return results
}
