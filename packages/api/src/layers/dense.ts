// Dense: a fully connected layer over the last axis.
import { type Activation, type ActivationOption, getActivation } from '../activations/index.js'
import { add, matmul, reshape } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Shape } from '../tensor-spec.js'
import { flag, integer } from './arguments.js'
import { checkBuiltFor, checkLeastRank, single, singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

export interface DenseOptions extends LayerOptions, WeightArguments<'kernel'>, WeightArguments<'bias'> {
  /** Size of the output's last dimension. */
  readonly units: number
  /** Default null: none. */
  readonly activation?: ActivationOption
  /** Default true. */
  readonly useBias?: boolean
}

/**
 * [N, ..., C] -> [N, ..., units]: activation(x kernel + bias). Weights: kernel [C, units], bias [units].
 * @example new Dense({ units: 10, activation: 'softmax' })
 */
export class Dense extends Layer {
  static override readonly className = 'Dense'
  readonly units: number
  readonly activation: Activation
  readonly useBias: boolean
  readonly #kernelSpec: WeightSpec
  readonly #biasSpec: WeightSpec
  #kernel!: Variable
  #bias: Variable | null = null
  constructor(options: DenseOptions) {
    super(options, ['units', 'activation', 'useBias', ...weightArguments('kernel'), ...weightArguments('bias')])
    this.units = integer('Dense', 'units', options.units)
    this.activation = getActivation(options.activation ?? null)
    this.useBias = flag('Dense', 'useBias', options.useBias ?? true)
    this.#kernelSpec = new WeightSpec('kernel', options, 'glorotUniform')
    this.#biasSpec = new WeightSpec('bias', options, 'zeros')
  }
  override build(inputShapes: readonly Shape[]): void {
    const shape = single(this.name, inputShapes)
    checkLeastRank(this.name, shape, 2)
    this.#kernel = this.addWeight('kernel', [shape.at(-1)!, this.units], this.#kernelSpec.options)
    if (this.useBias) this.#bias = this.addWeight('bias', [this.units], this.#biasSpec.options)
  }
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    checkLeastRank(this.name, x.shape, 2)
    checkBuiltFor(this.name, -1, this.#kernel.shape[0], x.shape)
    const rows = x.rank === 2 ? x : reshape(x, [-1, x.shape.at(-1)!])
    const product = matmul(rows, ctx.read(this.#kernel))
    const biased = this.#bias === null ? product : add(product, ctx.read(this.#bias))
    return this.activation.call(reshape(biased, [...x.shape.slice(0, -1), this.units]))
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: this.activation.serialize(),
      useBias: this.useBias,
      ...this.#kernelSpec.getConfig(),
      ...this.#biasSpec.getConfig(),
    }
  }
}
