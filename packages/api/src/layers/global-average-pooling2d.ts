// GlobalAveragePooling2D: the mean over all rows and columns.
import { mean } from '../graph/ops.js'
import { GlobalPooling } from './pooling.js'

/** [N, H, W, C] -> [N, C], or [N, 1, 1, C] with keepdims. @example new GlobalAveragePooling2D() */
export class GlobalAveragePooling2D extends GlobalPooling {
  static override readonly className = 'GlobalAveragePooling2D'
  protected override readonly reduction = mean
}
