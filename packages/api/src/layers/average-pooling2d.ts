// AveragePooling2D: the mean of the elements of each window that lie in the image.
import { Pooling } from './pooling.js'

/**
 * [N, H, W, C] -> [N, OH, OW, C].
 * @example new AveragePooling2D({ poolSize: 3, strides: 2, padding: 'same' })
 */
export class AveragePooling2D extends Pooling {
  static override readonly className = 'AveragePooling2D'
  protected override readonly kernel = 'avgPool'
}
