// MaxPooling2D: the maximum of each window.
import { Pooling } from './pooling.js'

/**
 * [N, H, W, C] -> [N, OH, OW, C]. The gradient goes to the first maximum of a window in row-major order.
 * @example new MaxPooling2D({ poolSize: 2 })
 */
export class MaxPooling2D extends Pooling {
  static override readonly className = 'MaxPooling2D'
  protected override readonly kernel = 'maxPool'
}
