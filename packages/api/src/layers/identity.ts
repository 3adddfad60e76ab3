// Identity: gives back what it gets.
import type { Value } from '../graph/value.js'
import { Layer, type LayerOptions } from './layer.js'

/** The inputs, unchanged. @example new Identity() */
export class Identity extends Layer {
  static override readonly className = 'Identity'
  constructor(options: LayerOptions = {}) {
    super(options)
  }
  override call(inputs: readonly Value[]): readonly Value[] {
    return inputs
  }
}
