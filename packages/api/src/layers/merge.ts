// Add, Subtract, Multiply, Average, Maximum, Minimum: element-wise combinations of several inputs.
import { ShapeError } from '../errors.js'
import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import { elementwise, expandDims } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Shape } from '../tensor-spec.js'
import { Layer, type LayerOptions } from './layer.js'

/** Element-wise layers: inputs broadcast; an input of lower rank gets dimensions of 1 behind its batch. */
abstract class Merge extends Layer {
  constructor(options: LayerOptions = {}) {
    super(options)
  }
  protected abstract combine(args: readonly Expr[]): Expr
  /** @throws ShapeError for a number of inputs that the layer cannot take */
  protected checkCount(n: number): void {
    if (n < 2) throw new ShapeError({ where: this.name, what: 'number of inputs', expected: 'at least 2', got: n })
  }
  override build(inputShapes: readonly Shape[]): void {
    this.checkCount(inputShapes.length)
  }
  override call(inputs: readonly Value[]): Value {
    this.checkCount(inputs.length)
    const rank = Math.max(...inputs.map(x => x.rank))
    const raised = inputs.map(x => {
      let y = x
      while (y.rank < rank) y = expandDims(y, 1)
      return y
    })
    return elementwise(raised, (...args) => this.combine(args))
  }
}

/** The sum. @example new Add().apply([x, y]) */
export class Add extends Merge {
  static override readonly className = 'Add'
  protected override combine(args: readonly Expr[]): Expr {
    return args.reduce((a, b) => E.add(a, b))
  }
}
/** The first input minus the second. @throws ShapeError unless there are two inputs @example new Subtract().apply([x, y]) */
export class Subtract extends Merge {
  static override readonly className = 'Subtract'
  protected override checkCount(n: number): void {
    if (n !== 2) throw new ShapeError({ where: this.name, what: 'number of inputs', expected: 2, got: n })
  }
  protected override combine([a, b]: readonly Expr[]): Expr {
    return E.sub(a, b)
  }
}
/** The product. @example new Multiply().apply([x, y]) */
export class Multiply extends Merge {
  static override readonly className = 'Multiply'
  protected override combine(args: readonly Expr[]): Expr {
    return args.reduce((a, b) => E.mul(a, b))
  }
}
/** The mean. @example new Average().apply([x, y]) */
export class Average extends Merge {
  static override readonly className = 'Average'
  protected override combine(args: readonly Expr[]): Expr {
    return E.div(
      args.reduce((a, b) => E.add(a, b)),
      args.length,
    )
  }
}
/** The maximum; the gradient of two equal inputs is halved. @example new Maximum().apply([x, y]) */
export class Maximum extends Merge {
  static override readonly className = 'Maximum'
  protected override combine(args: readonly Expr[]): Expr {
    return args.reduce((a, b) => E.max(a, b))
  }
}
/** The minimum; the gradient of two equal inputs is halved. @example new Minimum().apply([x, y]) */
export class Minimum extends Merge {
  static override readonly className = 'Minimum'
  protected override combine(args: readonly Expr[]): Expr {
    return args.reduce((a, b) => E.min(a, b))
  }
}
