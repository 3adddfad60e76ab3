// Callback: what a program does between the steps of training, evaluation and prediction.

import { StateError } from '../errors.js'
import type { BaseModel } from '../models/base.js'

/** Losses and metrics by name; a metric of several values has keys `<name>_0`, `<name>_1`, ... */
export type Logs = Record<string, number>

/** What a run was started with. */
export interface CallbackParams {
  /** One past the last epoch's number. */
  readonly epochs: number
  readonly initialEpoch: number
  /** Steps per epoch; null where only the data's end tells. */
  readonly steps: number | null
  readonly verbose: 0 | 1 | 2
}

type Hook = void | Promise<void>

/**
 * The base of callbacks. Hooks may be asynchronous: the run waits for them. Epochs and batches are counted from 0.
 *
 * Logs of batch hooks hold the means so far of this epoch. They are read from the device on the first batch, then about
 * ten times a second and at the end (a read waits for the device); in between hooks see the latest ones read. A callback
 * that must see every batch sets `everyBatch`.
 *
 * @example
 * class StopBelow extends Callback {
 *   override onEpochEnd(_epoch: number, logs: Logs): void { if (logs.loss < 0.01) this.model.stopTraining = true }
 * }
 */
export abstract class Callback {
  #model: BaseModel | null = null
  #params: CallbackParams | null = null
  /** Whether batch hooks need fresh logs at every batch. */
  readonly everyBatch: boolean = false

  /** The model in training. @throws StateError outside a run */
  get model(): BaseModel {
    if (this.#model === null) throw new StateError({ where: this.constructor.name, what: 'no model before training' })
    return this.#model
  }
  /** @throws StateError outside a run */
  get params(): CallbackParams {
    if (this.#params === null) throw new StateError({ where: this.constructor.name, what: 'no params before training' })
    return this.#params
  }
  /** Called before a run. */
  attach(model: BaseModel, params: CallbackParams): void {
    this.#model = model
    this.#params = params
  }
  onTrainBegin(_logs: Logs): Hook {}
  /** Also called when training fails or is cancelled, so that files get closed. */
  onTrainEnd(_logs: Logs): Hook {}
  onEpochBegin(_epoch: number, _logs: Logs): Hook {}
  /** `logs` may be added to: History, which comes last, keeps what is there. */
  onEpochEnd(_epoch: number, _logs: Logs): Hook {}
  onTrainBatchBegin(_batch: number, _logs: Logs): Hook {}
  onTrainBatchEnd(_batch: number, _logs: Logs): Hook {}
  onTestBegin(_logs: Logs): Hook {}
  onTestEnd(_logs: Logs): Hook {}
  onTestBatchBegin(_batch: number, _logs: Logs): Hook {}
  onTestBatchEnd(_batch: number, _logs: Logs): Hook {}
  onPredictBegin(_logs: Logs): Hook {}
  onPredictEnd(_logs: Logs): Hook {}
  onPredictBatchBegin(_batch: number, _logs: Logs): Hook {}
  onPredictBatchEnd(_batch: number, _logs: Logs): Hook {}
}

/** The hooks of a callback, as plain functions. */
export type Hooks = {
  -readonly [K in keyof Callback as K extends `on${string}` ? K : never]?: Callback[K]
}
/** A callback, or an object with some of its hooks. */
export type CallbackLike = Callback | (Hooks & { readonly everyBatch?: boolean })
