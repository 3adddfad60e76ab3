// GlobalMaxPooling2D: the maximum over all rows and columns.
import { reduceMax } from '../graph/ops.js'
import { GlobalPooling } from './pooling.js'

/** [N, H, W, C] -> [N, C], or [N, 1, 1, C] with keepdims. Tied maxima share the gradient. @example new GlobalMaxPooling2D() */
export class GlobalMaxPooling2D extends GlobalPooling {
  static override readonly className = 'GlobalMaxPooling2D'
  protected override readonly reduction = reduceMax
}
