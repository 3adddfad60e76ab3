// Sequential: layers one after the other.
import { ArgumentError, checkOptions, StateError } from '../errors.js'
import { type Config, Layer } from '../layers/layer.js'
import { SymbolicTensor } from '../layers/symbolic.js'
import type { Shape } from '../tensor-spec.js'
import { BaseModel } from './base.js'
import { layerConfig } from './config.js'
import { Input, InputLayer, inputLayerOf } from './input.js'
import { Network } from './network.js'

/** Arguments of `Sequential` beside its layers. */
export interface SequentialOptions {
  readonly name?: string
  readonly trainable?: boolean
}

/**
 * A chain of layers. With an `Input` first the model is built at once; else when it first sees data or a symbolic tensor.
 *
 * @throws ArgumentError for what is no layer, a layer whose name is taken, or an Input that is not the first
 * @example
 * const model = new Sequential([
 *   Input({ shape: [28, 28, 1] }),
 *   new Conv2D({ filters: 32, kernelSize: 3, activation: 'relu' }),
 *   new Flatten(),
 *   new Dense({ units: 10, activation: 'softmax' }),
 * ])
 */
export class Sequential extends BaseModel {
  static override readonly className: string = 'Sequential'
  readonly #layers: Layer[] = []
  #input: SymbolicTensor | null = null
  /** The results of the layers, as far as they are known. */
  readonly #tensors: SymbolicTensor[] = []
  #network: Network | null = null

  constructor(layers: readonly (Layer | SymbolicTensor)[] = [], options: SequentialOptions = {}) {
    checkOptions('Sequential', options, ['name', 'trainable'])
    super({ name: options.name, trainable: true }, [])
    if (!Array.isArray(layers)) {
      throw new ArgumentError({ where: this.name, what: 'layers', expected: 'a list of layers', got: layers })
    }
    for (const layer of layers) this.add(layer)
    if (options.trainable === false) this.trainable = false
  }
  /** Appends a layer, or an `Input` at the start. */
  add(layer: Layer | SymbolicTensor): void {
    if (layer instanceof SymbolicTensor || layer instanceof InputLayer) {
      const input = layer instanceof SymbolicTensor ? inputLayerOf(this.name, layer) : layer
      if (this.#input !== null || this.#layers.length > 0) {
        throw new ArgumentError({ where: this.name, what: 'place of an Input', expected: 'the first', got: input.name })
      }
      this.#input = input.output
      return
    }
    if (!(layer instanceof Layer)) {
      throw new ArgumentError({
        where: this.name,
        what: `layer ${this.#layers.length}`,
        expected: 'a layer',
        got: layer,
      })
    }
    if (this.#layers.some(l => l.name === layer.name) || this.#input?.name === layer.name) {
      throw new ArgumentError({ where: this.name, what: 'names of layers', expected: 'each once', got: layer.name })
    }
    // A layer that cannot follow is refused, and the model stays as it was.
    const next = this.#input === null ? null : layer.apply(this.#tensors.at(-1) ?? this.#input)
    this.#layers.push(layer)
    if (next !== null) this.#grow(next)
  }
  /** Removes the last layer and returns it. @throws StateError if there is none */
  pop(): Layer {
    const layer = this.#layers.pop()
    if (layer === undefined) throw new StateError({ where: this.name, what: 'pop without a layer' })
    this.#tensors.length = Math.min(this.#tensors.length, this.#layers.length)
    this.#network = null
    return layer
  }
  #grow(next: SymbolicTensor): void {
    this.#tensors.push(next)
    this.#network = null
    this.ensureBuilt([])
  }
  override build(shapes: readonly Shape[]): void {
    if (this.#input === null) this.describe(shapes)
  }
  protected override describe(shapes: readonly Shape[]): void {
    if (shapes.length !== 1) {
      throw new ArgumentError({ where: this.name, what: 'number of inputs', expected: 1, got: shapes.length })
    }
    const input = Input({ shape: shapes[0].slice(1), name: `${this.name}_input` })
    let x = input
    const tensors = this.#layers.map(l => {
      x = l.apply(x)
      return x
    })
    this.#input = input
    for (const t of tensors) this.#grow(t)
  }
  override get isDescribed(): boolean {
    return this.#input !== null && this.#layers.length > 0
  }
  /** The layers, without the input. */
  override get layers(): readonly Layer[] {
    return this.#layers
  }
  override get network(): Network {
    if (this.#input === null || this.#tensors.length === 0) {
      throw new StateError({
        where: this.name,
        what: this.#layers.length === 0 ? 'model without layers' : 'shape of the input is unknown',
        expected: 'an Input as first layer, or data',
      })
    }
    this.#network ??= new Network(this.name, [this.#input], [this.#tensors[this.#tensors.length - 1]])
    return this.#network
  }
  /** The input, or null as long as its shape is unknown. */
  get input(): SymbolicTensor | null {
    return this.#input
  }
  override getConfig(): Config {
    const input = this.#input === null ? [] : [layerConfig(inputLayerOf(this.name, this.#input))]
    return { name: this.name, trainable: this.trainable, layers: [...input, ...this.#layers.map(layerConfig)] }
  }
}
