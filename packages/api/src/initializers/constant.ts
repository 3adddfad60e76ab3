// Initialisers without randomness.
import { ArgumentError, checkOptions } from '../errors.js'
import { finite } from '../layers/arguments.js'
import type { Config } from '../layers/layer.js'
import { type Shape, sizeOf } from '../tensor-spec.js'
import { checkRank, Initializer } from './initializer.js'

/** All 0. */
export class Zeros extends Initializer {
  static override readonly className = 'Zeros'
  constructor(options: Record<never, never> = {}) {
    super()
    checkOptions('Zeros', options, [])
  }
  override init(shape: Shape): Float32Array {
    return new Float32Array(sizeOf(shape))
  }
  override getConfig(): Config {
    return {}
  }
}

/** All 1. */
export class Ones extends Initializer {
  static override readonly className = 'Ones'
  constructor(options: Record<never, never> = {}) {
    super()
    checkOptions('Ones', options, [])
  }
  override init(shape: Shape): Float32Array {
    return new Float32Array(sizeOf(shape)).fill(1)
  }
  override getConfig(): Config {
    return {}
  }
}

/** All `value`; a list gives the elements one by one. @example new Constant({ value: 0.1 }) */
export class Constant extends Initializer {
  static override readonly className = 'Constant'
  readonly value: number | readonly number[]
  constructor(options: { readonly value?: number | readonly number[] } = {}) {
    super()
    checkOptions('Constant', options, ['value'])
    const { value = 0 } = options
    this.value =
      typeof value === 'number'
        ? finite('Constant', 'value', value)
        : value.map((v, i) => finite('Constant', `element ${i} of value`, v))
  }
  override init(shape: Shape): Float32Array {
    const n = sizeOf(shape)
    if (typeof this.value === 'number') return new Float32Array(n).fill(this.value)
    if (this.value.length !== n) {
      throw new ArgumentError({
        where: 'Constant',
        what: `number of values for [${shape.join(', ')}]`,
        expected: n,
        got: this.value.length,
      })
    }
    return Float32Array.from(this.value)
  }
  override getConfig(): Config {
    return { value: this.value }
  }
}

/** `gain` on the diagonal of a matrix, 0 elsewhere. */
export class Identity extends Initializer {
  static override readonly className = 'Identity'
  readonly gain: number
  constructor(options: { readonly gain?: number } = {}) {
    super()
    checkOptions('Identity', options, ['gain'])
    this.gain = finite('Identity', 'gain', options.gain ?? 1)
  }
  override init(shape: Shape): Float32Array {
    checkRank('Identity', shape, r => r === 2, '2')
    const out = new Float32Array(sizeOf(shape))
    for (let i = 0; i < Math.min(shape[0], shape[1]); i++) out[i * shape[1] + i] = this.gain
    return out
  }
  override getConfig(): Config {
    return { gain: this.gain }
  }
}
