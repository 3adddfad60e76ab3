// Trainer: a compiled model: its backend, optimizer, losses, metrics and loaded steps.
import type { Backend } from '../backend.js'
import type { Logs } from '../callbacks/callback.js'
import { StateError } from '../errors.js'
import type { Variable } from '../graph/variable.js'
import type { BaseModel } from '../models/base.js'
import type { Network } from '../models/network.js'
import { getOptimizer, type Optimizer, optimizerBinding } from '../optimizers/index.js'
import type { Plan } from '../plan/plan.js'
import { checkSeed, getSeed } from '../random/seed.js'
import { registeredBackend } from '../registry.js'
import { showSpec, type TensorSpec } from '../tensor-spec.js'
import type { Batch, DataFields } from './batches.js'
import { Objectives } from './objectives.js'
import { type CompileOptions, checkCompileOptions } from './options.js'
import { Runner } from './runner.js'
import {
  type BuiltStep,
  buildStep,
  inputBinding,
  type Mode,
  outputBinding,
  type StepSpecs,
  targetBinding,
  weightBinding,
} from './step.js'
import { targetDType } from './targets.js'
import { LossTracker } from './tracker.js'

/** Compile's arguments that a file can hold, as given. */
export type CompileConfig = Pick<CompileOptions, 'loss' | 'metrics' | 'weightedMetrics' | 'lossWeights'>

export class Trainer {
  readonly optimizer: Optimizer
  readonly seed: number
  readonly config: CompileConfig
  /** Number of epochs that were trained to their end. */
  epoch = 0
  /** Samples since the last reset of losses and metrics. */
  #samples = 0
  #busy: string | null = null
  readonly #backend: CompileOptions['backend']
  #runner: Promise<Runner> | null = null
  #objectives: Objectives | null = null
  #trackers: { readonly total: LossTracker; readonly outputs: readonly (LossTracker | null)[] } | null = null
  #trainableKey = ''
  #version = 0

  /** @param before what must end first: the device's memory of an earlier trainer is released */
  constructor(
    readonly model: BaseModel,
    options: CompileOptions = {},
    readonly before: Promise<void> | null = null,
  ) {
    checkCompileOptions(options)
    const { loss, metrics, weightedMetrics, lossWeights } = options
    this.config = { loss, metrics, weightedMetrics, lossWeights }
    this.optimizer = getOptimizer(options.optimizer ?? 'rmsprop')
    if (options.seed !== undefined) checkSeed('compile', options.seed)
    this.seed = options.seed ?? getSeed()
    this.#backend = options.backend
    // With the outputs known, mistakes in the arguments show now.
    if (model.isDescribed) this.objectives
  }
  get objectives(): Objectives {
    this.#objectives ??= new Objectives(this.model.outputNames, this.config)
    return this.#objectives
  }
  get trackers(): { readonly total: LossTracker; readonly outputs: readonly (LossTracker | null)[] } {
    if (this.#trackers === null) {
      const { losses, outputNames } = this.objectives
      const several = outputNames.length > 1
      this.#trackers = {
        total: new LossTracker('loss'),
        outputs: losses.map((l, i) => (l !== null && several ? new LossTracker(`${outputNames[i]}_loss`) : null)),
      }
    }
    return this.#trackers
  }
  /** The backend, opened on first use. @throws StateError when none was given or registered */
  async backend(): Promise<Backend> {
    return (await this.runner()).backend
  }
  runner(): Promise<Runner> {
    this.#runner ??= (async () => {
      await this.before
      return new Runner(await (this.#backend ?? registeredBackend()))
    })()
    return this.#runner
  }

  /** What data must look like. */
  fields(): DataFields {
    const { network } = this.model
    const { losses } = this.objectives
    const measured = new Set(this.objectives.measured)
    return {
      inputs: network.inputs.map((t, i) => ({ name: this.model.inputNames[i], shape: t.shape, dtype: t.dtype })),
      targets: network.outputs.map((t, i) => ({
        name: this.model.outputNames[i],
        shape: t.shape,
        dtype: t.dtype,
        loss: losses[i],
        wanted: losses[i] !== null || measured.has(i),
      })),
    }
  }

  /** Runs one thing at a time. @throws StateError if another runs */
  async exclusively<T>(what: string, f: () => Promise<T>): Promise<T> {
    if (this.#busy !== null) {
      throw new StateError({ where: this.model.name, what: `${what} while ${this.#busy} runs` })
    }
    this.#busy = what
    try {
      return await f()
    } finally {
      this.#busy = null
    }
  }
  /** Lets others run inside a run, where its losses and metrics have been read: validation, callbacks at an epoch's end. */
  async interrupted<T>(f: () => Promise<T>): Promise<T> {
    const busy = this.#busy
    this.#busy = null
    try {
      return await f()
    } finally {
      this.#busy = busy
    }
  }

  /** @throws StateError unless the model can train */
  checkTrainable(where: string): void {
    if (this.objectives.losses.every(l => l === null) && !this.model.hasOwnLosses) {
      throw new StateError({ where, what: 'model without a loss', expected: 'compile({ loss })' })
    }
  }
  #trainable(): readonly Variable[] {
    return [...new Set(this.model.trainableWeights)]
  }
  /** Notices that layers were frozen or thawed since the last run: training steps are built anew. */
  async refresh(): Promise<void> {
    const key = this.#trainable()
      .map(v => v.id)
      .join()
    if (key === this.#trainableKey) return
    this.#trainableKey = key
    this.#version++
    if (this.#runner === null) return
    const current = `train:${this.#version}:`
    await (await this.#runner).forget(k => k.startsWith('train:') && !k.startsWith(current))
  }

  build(mode: Mode, specs: StepSpecs, network: Network = this.model.network): BuiltStep {
    return buildStep(
      mode,
      {
        name: this.model.name,
        network,
        objectives: this.objectives,
        trackers: this.trackers,
        optimizer: this.optimizer,
        trainable: this.#trainable(),
        seed: this.seed,
      },
      specs,
    )
  }

  /** The plan that a step of this batch size runs, for printing. Targets as the losses want them, no sample weights. */
  async plan(mode: Mode, batchSize: number): Promise<Plan> {
    const fields = this.fields()
    const of = (shape: readonly (number | null)[], dtype: TensorSpec['dtype']): TensorSpec => ({
      shape: [batchSize, ...shape.slice(1).map(d => d ?? 1)],
      dtype,
    })
    const targets = fields.targets.map(t => {
      if (!t.wanted || mode === 'predict') return null
      const dtype = targetDType(t)
      return of(dtype === 'int32' ? t.shape.slice(0, -1) : t.shape, dtype)
    })
    const inputs = fields.inputs.map(t => of(t.shape, t.dtype))
    const { graph } = this.build(mode, { inputs, targets, weights: targets.map(() => null) })
    return (await this.runner()).compile(graph)
  }

  /** Runs one step on a batch. */
  async step(mode: Mode, batch: Batch): Promise<void> {
    await this.#run(mode, batch, [])
    this.#samples += batch.size
    if (mode === 'train') this.optimizer.iterations++
  }
  /** Runs a prediction step and reads the outputs. */
  async predict(
    batch: Batch,
  ): Promise<readonly { readonly spec: TensorSpec; readonly data: Float32Array | Int32Array }[]> {
    const names = this.model.network.outputs.map((_, i) => outputBinding(i))
    const { runner, loaded } = await this.#run('predict', batch, names)
    return Promise.all(
      names.map(async name => ({
        spec: loaded.plan.tensors[loaded.plan.bind[name]].spec,
        data: await runner.read(loaded, name),
      })),
    )
  }
  async #run(mode: Mode, batch: Batch, outputs: readonly string[]) {
    const runner = await this.runner()
    const spec = (f: { readonly spec: TensorSpec } | null): TensorSpec | null => f?.spec ?? null
    const specs: StepSpecs = {
      inputs: batch.xs.map(f => f.spec),
      targets: batch.ys.map(spec),
      weights: batch.ws.map(spec),
    }
    const shapes = [...specs.inputs, null, ...specs.targets, null, ...specs.weights]
    const key = `${mode}:${mode === 'train' ? this.#version : 0}:${shapes.map(s => (s === null ? '-' : showSpec(s))).join()}`
    const loaded = await runner.load(key, () => this.build(mode, specs))
    batch.xs.forEach((f, i) => {
      runner.feed(loaded, inputBinding(i), f.data)
    })
    batch.ys.forEach((f, i) => {
      if (f !== null) runner.feed(loaded, targetBinding(i), f.data)
    })
    batch.ws.forEach((f, i) => {
      if (f !== null) runner.feed(loaded, weightBinding(i), f.data)
    })
    runner.feedStep(loaded, this.optimizer.iterations)
    if (mode === 'train') {
      for (const [name, value] of Object.entries(this.optimizer.scalars(this.optimizer.iterations))) {
        runner.feedScalar(loaded, optimizerBinding(name), value, v => Float32Array.of(v))
      }
    }
    runner.run(loaded, outputs)
    return { runner, loaded }
  }

  /** Elements of the optimizer's state: slots, step counter, learning rate; null before the first step. */
  optimizerParams(): number | null {
    if (this.optimizer.iterations === 0) return null
    return this.optimizer.variables(this.#trainable()).reduce((n, v) => n + v.size, 2)
  }

  /** Losses and metrics of the samples since the last reset. */
  async logs(): Promise<Logs> {
    const { total, outputs } = this.trackers
    const logs: Logs = { loss: await total.read(this.#samples) }
    for (const t of outputs) if (t !== null) logs[t.key] = await t.read(this.#samples)
    for (const { key, metric } of this.objectives.metrics) {
      const value = await metric.read()
      if (typeof value === 'number') logs[key] = value
      else
        value.forEach((v, i) => {
          logs[`${key}_${i}`] = v
        })
    }
    return logs
  }
  reset(): void {
    this.#samples = 0
    if (this.#trackers !== null) {
      this.#trackers.total.reset()
      for (const t of this.#trackers.outputs) t?.reset()
    }
    for (const { metric } of this.#objectives?.metrics ?? []) metric.reset()
  }
  /** Whether larger values of a log are better; null if unknown. `val_` keys are like those without. */
  direction(key: string): 'up' | 'down' | null {
    const name = key.replace(/^val_/, '')
    if (name === 'loss' || name.endsWith('_loss')) return 'down'
    return this.objectives.metrics.find(m => m.key === name)?.metric.direction ?? null
  }

  /** Frees the device's memory; weights and the optimizer's state come home. */
  async dispose(): Promise<void> {
    await this.before
    if (this.#runner === null) return
    const runner = await this.#runner.catch(() => null)
    this.#runner = null
    await runner?.dispose()
  }
}
