// Model: the functional API: any directed acyclic graph of layer calls.
import { ArgumentError, checkOptions } from '../errors.js'
import type { Config, Layer } from '../layers/layer.js'
import { SymbolicTensor } from '../layers/symbolic.js'
import { BaseModel } from './base.js'
import { networkConfig } from './config.js'
import { Network } from './network.js'

type Tensors = SymbolicTensor | readonly SymbolicTensor[]
/** Arguments of `Model`. */
export interface ModelOptions {
  readonly inputs: Tensors
  readonly outputs: Tensors
  readonly name?: string
  readonly trainable?: boolean
}

/**
 * A model of the layer calls between symbolic inputs and outputs. Layers may be shared (called several times), and models
 * are layers: they nest.
 *
 * @throws ArgumentError if an output depends on a tensor that is no input (naming the layer), or two layers share a name
 * @example
 * const x = Input({ shape: [8] })
 * const h = new Dense({ units: 8, activation: 'relu' }).apply(x)
 * const model = new Model({ inputs: x, outputs: new Add().apply([x, h]) })
 */
export class Model extends BaseModel {
  static override readonly className: string = 'Functional'
  readonly network: Network
  constructor(options: ModelOptions) {
    checkOptions('Model', options, ['inputs', 'outputs', 'name', 'trainable'])
    super({ name: options.name, trainable: true }, [])
    const list = (what: 'inputs' | 'outputs'): readonly SymbolicTensor[] => {
      const given: Tensors = options[what]
      const tensors: readonly unknown[] = Array.isArray(given) ? given : [given]
      if (tensors.length === 0 || !tensors.every(t => t instanceof SymbolicTensor)) {
        throw new ArgumentError({
          where: this.name,
          what,
          expected: 'symbolic tensors (Input, or the result of apply)',
          got: given,
        })
      }
      return tensors as readonly SymbolicTensor[]
    }
    this.network = new Network(this.name, list('inputs'), list('outputs'))
    this.ensureBuilt([])
    if (options.trainable === false) this.trainable = false
  }
  override get isDescribed(): boolean {
    return true
  }
  protected override describe(): void {}
  override get layers(): readonly Layer[] {
    return this.network.layers
  }
  get inputs(): readonly SymbolicTensor[] {
    return this.network.inputs
  }
  get outputs(): readonly SymbolicTensor[] {
    return this.network.outputs
  }
  override getConfig(): Config {
    return { name: this.name, trainable: this.trainable, ...networkConfig(this.network) }
  }
}
