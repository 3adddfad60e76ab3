// Activation: an activation function as a layer.
import { type Activation as ActivationFunction, type ActivationOption, getActivation } from '../activations/index.js'
import { ArgumentError } from '../errors.js'
import type { Value } from '../graph/value.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationOption
}

/** activation(x). @example new Activation({ activation: 'relu' }) */
export class Activation extends Layer {
  static override readonly className = 'Activation'
  readonly activation: ActivationFunction
  constructor(options: ActivationOptions) {
    super(options, ['activation'])
    if (options.activation === undefined) {
      throw new ArgumentError({
        where: 'Activation',
        what: 'activation',
        expected: 'a name or a function',
        got: undefined,
      })
    }
    this.activation = getActivation(options.activation)
  }
  override call(inputs: readonly Value[]): Value {
    return this.activation.call(singleFloat(this.name, inputs))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), activation: this.activation.serialize() }
  }
}
