// ReLU, LeakyReLU and ELU: rectifiers as layers.
import { type Activation, getActivation } from '../activations/index.js'
import type { Value } from '../graph/value.js'
import { finite } from './arguments.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface ReLUOptions extends LayerOptions {
  /** Upper limit; default null: none. */
  readonly maxValue?: number | null
  /** Slope below the threshold; default 0. */
  readonly negativeSlope?: number
  /** Default 0. */
  readonly threshold?: number
}

/** x above the threshold, up to maxValue; negativeSlope * (x - threshold) below. @example new ReLU({ maxValue: 6 }) */
export class ReLU extends Layer {
  static override readonly className = 'ReLU'
  readonly maxValue: number | null
  readonly negativeSlope: number
  readonly threshold: number
  readonly #activation: Activation
  constructor(options: ReLUOptions = {}) {
    super(options, ['maxValue', 'negativeSlope', 'threshold'])
    const maxValue = options.maxValue ?? null
    this.maxValue = maxValue === null ? null : finite('ReLU', 'maxValue', maxValue, 0)
    this.negativeSlope = finite('ReLU', 'negativeSlope', options.negativeSlope ?? 0, 0)
    this.threshold = finite('ReLU', 'threshold', options.threshold ?? 0, 0)
    const { negativeSlope, threshold } = this
    this.#activation = getActivation({ className: 'relu', config: { maxValue, negativeSlope, threshold } })
  }
  override call(inputs: readonly Value[]): Value {
    return this.#activation.call(singleFloat(this.name, inputs))
  }
  override getConfig(): Config {
    const { maxValue, negativeSlope, threshold } = this
    return { ...super.getConfig(), maxValue, negativeSlope, threshold }
  }
}

export interface LeakyReLUOptions extends LayerOptions {
  /** Slope below 0; default 0.3. */
  readonly negativeSlope?: number
}

/** x above 0, negativeSlope * x below. @example new LeakyReLU({ negativeSlope: 0.1 }) */
export class LeakyReLU extends Layer {
  static override readonly className = 'LeakyReLU'
  readonly negativeSlope: number
  readonly #activation: Activation
  constructor(options: LeakyReLUOptions = {}) {
    super(options, ['negativeSlope'])
    this.negativeSlope = finite('LeakyReLU', 'negativeSlope', options.negativeSlope ?? 0.3, 0)
    this.#activation = getActivation({ className: 'leakyRelu', config: { negativeSlope: this.negativeSlope } })
  }
  override call(inputs: readonly Value[]): Value {
    return this.#activation.call(singleFloat(this.name, inputs))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), negativeSlope: this.negativeSlope }
  }
}

export interface ELUOptions extends LayerOptions {
  /** Minus the limit at -infinity; default 1. */
  readonly alpha?: number
}

/** x above 0, alpha * (e^x - 1) below. @example new ELU({ alpha: 0.5 }) */
export class ELU extends Layer {
  static override readonly className = 'ELU'
  readonly alpha: number
  readonly #activation: Activation
  constructor(options: ELUOptions = {}) {
    super(options, ['alpha'])
    this.alpha = finite('ELU', 'alpha', options.alpha ?? 1)
    this.#activation = getActivation({ className: 'elu', config: { alpha: this.alpha } })
  }
  override call(inputs: readonly Value[]): Value {
    return this.#activation.call(singleFloat(this.name, inputs))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha }
  }
}
