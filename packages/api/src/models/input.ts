// Input: where a functional model's data comes in.
import { ArgumentError, checkOptions, StateError } from '../errors.js'
import type { Value } from '../graph/value.js'
import { type Config, Layer } from '../layers/layer.js'
import { uniqueName } from '../layers/names.js'
import { checkInputShape, type InputOptions, SymbolicTensor } from '../layers/symbolic.js'

const INPUT_OPTIONS = ['shape', 'batchSize', 'dtype', 'name'] as const

/** The layer that stands for a model's input in lists, summaries and files. It has no weights and is never called. */
export class InputLayer extends Layer {
  static override readonly className = 'InputLayer'
  readonly output: SymbolicTensor
  /** @throws ArgumentError for a shape with unknown or non-positive dimensions */
  constructor(options: InputOptions) {
    checkOptions('Input', options, INPUT_OPTIONS)
    const name = options.name ?? uniqueName('InputLayer')
    super({ name })
    checkInputShape(name, options.shape)
    const { batchSize = null, dtype = 'float32' } = options
    if (batchSize !== null && !(Number.isInteger(batchSize) && batchSize > 0)) {
      throw new ArgumentError({
        where: name,
        what: 'batchSize',
        expected: 'a positive integer or null',
        got: batchSize,
      })
    }
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new ArgumentError({ where: name, what: 'dtype', expected: "'float32' or 'int32'", got: dtype })
    }
    this.output = new SymbolicTensor([batchSize, ...options.shape], dtype, null, 0, name)
    layers.set(this.output, this)
    this.ensureBuilt([])
  }
  override call(): readonly Value[] {
    throw new StateError({ where: this.name, what: 'an InputLayer is not called' })
  }
  override getConfig(): Config {
    const [batchSize, ...shape] = this.output.shape
    return { name: this.name, shape: shape.map(d => d ?? 0), batchSize, dtype: this.output.dtype }
  }
}

const layers = new WeakMap<SymbolicTensor, InputLayer>()

/** The input layer of a symbolic tensor that `Input` made. @throws ArgumentError for the result of a layer */
export function inputLayerOf(where: string, t: SymbolicTensor): InputLayer {
  const layer = layers.get(t)
  if (layer === undefined) {
    throw new ArgumentError({ where, what: `input '${t.name}'`, expected: 'a tensor made by Input', got: t.name })
  }
  return layer
}

/**
 * A symbolic tensor that a functional model is fed through.
 *
 * @param options.shape without the batch dimension: [height, width, channels] for images
 * @throws ArgumentError for unknown options and for dimensions that are not positive integers
 * @example
 * const x = Input({ shape: [28, 28, 1] })
 * const model = new Model({ inputs: x, outputs: new Dense({ units: 10 }).apply(new Flatten().apply(x)) })
 */
export const Input = (options: InputOptions): SymbolicTensor => new InputLayer(options).output
