// BaseModel: what Sequential and Model share: layers by name, training, summaries, files.
import type { Backend } from '../backend.js'
import type { Logs } from '../callbacks/callback.js'
import type { History } from '../callbacks/history.js'
import { type HostTensor, hostTensor } from '../data/host-tensor.js'
import { ArgumentError, StateError } from '../errors.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { type Json, Layer, type LayerOptions } from '../layers/layer.js'
import type { Optimizer } from '../optimizers/index.js'
import type { Plan } from '../plan/plan.js'
import { Samples } from '../training/batches.js'
import { evaluateModel } from '../training/evaluate.js'
import { fitModel } from '../training/fit.js'
import {
  type BatchOptions,
  type BatchSource,
  type CompileOptions,
  checkBatchOptions,
  type EvaluateOptions,
  type FitOptions,
  type PredictOptions,
} from '../training/options.js'
import { join, predictModel } from '../training/predict.js'
import { isBatchSource } from '../training/source.js'
import type { Mode } from '../training/step.js'
import type { TensorInput } from '../training/tensors.js'
import { Trainer } from '../training/trainer.js'
import type { Network } from './network.js'
import { type SummaryOptions, summaryOf } from './summary.js'

/**
 * A layer made of layers that can be trained.
 *
 * Device memory belongs to the model from the first `fit`, `evaluate` or `predict` on until `dispose` or another
 * `compile`; weights are on the host before and after, and `getWeights` fetches them at any time.
 */
export abstract class BaseModel extends Layer {
  /** Set by a callback to end training after the current step. */
  stopTraining = false
  /** What a program keeps with the model, in its files. */
  metadata: { readonly [key: string]: Json } = {}
  #trainer: Trainer | null = null
  #compiled = false
  #disposing: Promise<void> | null = null

  protected constructor(options: LayerOptions, known: readonly string[]) {
    super(options, known)
  }
  /** The layers, in the order of `summary`. */
  abstract get layers(): readonly Layer[]
  /** The calls of the layers. @throws StateError while the input's shape is unknown */
  abstract get network(): Network
  /** Whether `network` is known. */
  abstract get isDescribed(): boolean
  /** Learns the shapes of the inputs from data. */
  protected abstract describe(shapes: readonly (readonly number[])[]): void

  override sublayers(): readonly Layer[] {
    return this.layers
  }
  override call(inputs: readonly Value[], ctx: CallContext): readonly Value[] {
    const { inputs: wanted } = this.network
    if (inputs.length !== wanted.length) {
      throw new ArgumentError({
        where: this.name,
        what: 'number of inputs',
        expected: wanted.length,
        got: inputs.length,
      })
    }
    return this.network.run(inputs, ctx)
  }
  get inputNames(): readonly string[] {
    return this.network.inputs.map(t => t.name)
  }
  /** The names of the layers that make the outputs: keys for losses, metrics and targets. */
  get outputNames(): readonly string[] {
    const names = this.network.outputs.map(t => t.call?.layer.name ?? t.name)
    return names.map((n, i) => {
      const before = names.slice(0, i).filter(m => m === n).length
      return before === 0 ? n : `${n}_${before}`
    })
  }
  /** Whether layers or weights add losses of their own. */
  get hasOwnLosses(): boolean {
    const all = (l: Layer): Layer[] => [l, ...l.sublayers().flatMap(all)]
    return (
      all(this).some(l => l.activityRegularizer !== null) || this.trainableWeights.some(w => w.regularizer !== null)
    )
  }

  /** A layer by name, or by its place in `layers`. @throws ArgumentError naming the layers that there are */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this
    const found = typeof nameOrIndex === 'number' ? layers.at(nameOrIndex) : layers.find(l => l.name === nameOrIndex)
    if (found === undefined) {
      throw new ArgumentError({
        where: this.name,
        what: 'layer',
        expected:
          typeof nameOrIndex === 'number'
            ? `an index below ${layers.length}`
            : `one of ${layers.map(l => l.name).join(', ')}`,
        got: nameOrIndex,
      })
    }
    return found
  }
  /** The table that Keras prints: layers, shapes, parameters. */
  summary(options: SummaryOptions = {}): string {
    return summaryOf(this, options)
  }

  /**
   * Sets how the model is trained. Without a backend, the registered one is used, opened when it is first needed. Called
   * again, it may move the model to another backend; an optimizer object that is passed again keeps its state.
   *
   * @throws ArgumentError for unknown options, losses, metrics, optimizers and outputs
   * @example model.compile({ backend: await cpu(), optimizer: 'adam', loss: 'mse', metrics: ['mae'] })
   */
  compile(options: CompileOptions = {}): void {
    const next = new Trainer(this, options, this.#release())
    this.#trainer = next
    this.#compiled = true
  }
  get compiled(): boolean {
    return this.#compiled
  }
  /** @throws StateError before `compile` */
  get optimizer(): Optimizer {
    return this.trainer.optimizer
  }
  /** What `compile` made; made with the defaults if it was not called. */
  get trainer(): Trainer {
    this.#trainer ??= new Trainer(this, {}, this.#disposing)
    return this.#trainer
  }
  #release(): Promise<void> | null {
    if (this.#trainer !== null) this.#disposing = this.#trainer.dispose()
    this.#trainer = null
    return this.#disposing
  }
  #ready(where: string): Trainer {
    if (!this.#compiled)
      throw new StateError({ where, what: `model '${this.name}' is not compiled`, expected: 'compile() first' })
    return this.trainer
  }

  /**
   * Trains. Data are tensors (nested numbers, typed arrays, host tensors; lists or objects of them for several inputs or
   * outputs), or batches `{ x, y, sampleWeight? }` of a data set, whose options come second.
   *
   * @returns the logs of each epoch: 'loss', metrics, 'val_loss', ...
   * @throws ShapeError, DTypeError, DataError before the first step for data that do not fit; TrainingCancelledError
   *   when the signal is aborted
   * @example
   * const { history } = await model.fit(x, y, { epochs: 5, batchSize: 64, validationSplit: 0.1 })
   * await model.fit(Dataset.fromTensors({ x, y }).shuffle(1).batch(64), { epochs: 5 })
   */
  fit(x: TensorInput, y: TensorInput, options?: FitOptions): Promise<History>
  fit(data: BatchSource, options?: FitOptions): Promise<History>
  async fit(data: TensorInput | BatchSource, second?: TensorInput | FitOptions, third?: FitOptions): Promise<History> {
    const [y, options] = splitArguments<FitOptions>(data, second, third)
    const trainer = this.#ready('fit')
    await this.#learnShapes('fit', data)
    return trainer.exclusively('fit', () => fitModel(trainer, data, y, options))
  }
  /**
   * Losses and metrics over data, without training.
   * @example const { loss, accuracy } = await model.evaluate(x, y)
   */
  evaluate(x: TensorInput, y: TensorInput, options?: EvaluateOptions): Promise<Logs>
  evaluate(data: BatchSource, options?: EvaluateOptions): Promise<Logs>
  async evaluate(
    data: TensorInput | BatchSource,
    second?: TensorInput | EvaluateOptions,
    third?: EvaluateOptions,
  ): Promise<Logs> {
    const [y, options] = splitArguments<EvaluateOptions>(data, second, third)
    const trainer = this.#ready('evaluate')
    await this.#learnShapes('evaluate', data)
    return evaluateModel(trainer, data, y, options)
  }
  /**
   * The output for data, of a model with one output.
   * @example const { data, shape } = await model.predict(images)
   */
  async predict(x: TensorInput | BatchSource, options: PredictOptions = {}): Promise<HostTensor> {
    return this.#single('predict', await this.predictAll(x, options))
  }
  /** As `predict`, one tensor per output. */
  async predictAll(x: TensorInput | BatchSource, options: PredictOptions = {}): Promise<HostTensor[]> {
    await this.#learnShapes('predict', x)
    return predictModel(this.trainer, x, options)
  }
  #single(where: string, outputs: readonly HostTensor[]): HostTensor {
    if (outputs.length !== 1) {
      throw new StateError({
        where: `${this.name}.${where}`,
        what: `number of outputs; use predictAll`,
        expected: 1,
        got: outputs.length,
      })
    }
    return outputs[0]
  }

  /** One training step on one batch. Returns the batch's own loss and metrics, before the update. */
  trainOnBatch(x: TensorInput, y: TensorInput, options: BatchOptions = {}): Promise<Logs> {
    return this.#onBatch('trainOnBatch', 'train', x, y, options)
  }
  /** The loss and metrics of one batch. */
  testOnBatch(x: TensorInput, y: TensorInput, options: BatchOptions = {}): Promise<Logs> {
    return this.#onBatch('testOnBatch', 'test', x, y, options)
  }
  async #onBatch(where: string, mode: Mode, x: TensorInput, y: TensorInput, options: BatchOptions): Promise<Logs> {
    checkBatchOptions(where, options)
    const trainer = this.#ready(where)
    await this.#learnShapes(where, x)
    trainer.checkTrainable(where)
    const samples = Samples.check(where, trainer.fields(), x, y, options)
    return trainer.exclusively(where, async () => {
      await trainer.refresh()
      trainer.reset()
      await trainer.step(mode, samples.all())
      return trainer.logs()
    })
  }
  /** The output for one batch, of a model with one output. */
  async predictOnBatch(x: TensorInput): Promise<HostTensor> {
    await this.#learnShapes('predictOnBatch', x)
    const samples = Samples.check('predictOnBatch', this.trainer.fields(), x, undefined)
    const outputs = await this.trainer.predict(samples.all())
    return this.#single(
      'predictOnBatch',
      outputs.map(o => join([o])),
    )
  }

  /** The backend in use, opened if need be. */
  backend(): Promise<Backend> {
    return this.trainer.backend()
  }
  /**
   * The plan of a step, for printing.
   * @example console.log(planToString(await model.plan('train', 32)))
   */
  async plan(mode: Mode, batchSize: number): Promise<Plan> {
    if (mode !== 'predict') this.#ready('plan')
    return this.trainer.plan(mode, batchSize)
  }
  /** Epochs that were trained to their end since `compile` or in the checkpoint that was loaded: the next `initialEpoch`. */
  get epoch(): number {
    return this.#trainer?.epoch ?? 0
  }

  /** Frees the device's memory. The weights are on the host then, and the model can be used again. */
  async dispose(): Promise<void> {
    await this.#trainer?.dispose()
    await this.#disposing
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  async #learnShapes(where: string, data: unknown): Promise<void> {
    if (this.isDescribed) return
    if (isBatchSource(data) || !(typeof data === 'object' || typeof data === 'number') || data === null) {
      throw new StateError({
        where,
        what: `shape of the input of model '${this.name}'`,
        expected: 'an Input as first layer',
      })
    }
    this.describe(shapesOf(where, data as TensorInput))
  }
}

/** `f(batches, options)` or `f(x, y, options)`. */
function splitArguments<O extends object>(
  data: unknown,
  second: TensorInput | O | undefined,
  third: O | undefined,
): [TensorInput | undefined, O] {
  if (isBatchSource(data)) return [undefined, (second as O | undefined) ?? third ?? ({} as O)]
  return [second as TensorInput | undefined, third ?? ({} as O)]
}

/** The shape of data for a model of one input that knows nothing of it yet. */
function shapesOf(where: string, data: TensorInput): number[][] {
  const { shape } = hostTensorOf(where, data)
  return [[...shape]]
}
function hostTensorOf(where: string, data: TensorInput): HostTensor {
  try {
    return hostTensor(data as HostTensor)
  } catch (cause) {
    throw new ArgumentError({
      where,
      what: 'data of a model whose input shape is unknown',
      expected: 'one tensor',
      cause,
    })
  }
}
