// Regularisers: penalties on weights and activations that are added to the loss.
import { ArgumentError, checkOptions, ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { constant, elementwise, matmul, mul, reduceMap } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Regularizer as RegularizerContract } from '../graph/variable.js'
import { choice, finite } from '../layers/arguments.js'
import type { Config } from '../layers/layer.js'
import { isSerialized, Part, Registry, type Serialized } from '../layers/serialized.js'
import { f32 } from '../tensor-spec.js'

/** A penalty, as a scalar value. */
export abstract class Regularizer extends Part implements RegularizerContract {
  static override readonly className: string = 'Regularizer'
  abstract call(x: Value): Value
}
/** A regulariser's name, its JSON, or an object of a class derived from `Regularizer`. */
export type RegularizerOption = string | Regularizer | Serialized

/** l1 * sum |x| + l2 * sum x^2; both default to 0. @example new L1L2({ l1: 1e-5, l2: 1e-4 }) */
export class L1L2 extends Regularizer {
  static override readonly className: string = 'L1L2'
  readonly l1: number
  readonly l2: number
  constructor(options: { readonly l1?: number; readonly l2?: number } = {}) {
    super()
    checkOptions(this.className, options, ['l1', 'l2'])
    this.l1 = finite(this.className, 'l1', options.l1 ?? 0, 0)
    this.l2 = finite(this.className, 'l2', options.l2 ?? 0, 0)
  }
  override call(x: Value): Value {
    const penalty = (v: E.Expr): E.Expr => E.add(E.mul(this.l1, E.abs(v)), E.mul(this.l2, E.square(v)))
    return reduceMap('sum', [x], v => [penalty(v)], null, false)[0]
  }
  override getConfig(): Config {
    return { l1: this.l1, l2: this.l2 }
  }
}
/** l1 * sum |x|; default 0.01. */
export class L1 extends L1L2 {
  static override readonly className = 'L1'
  constructor(options: { readonly l1?: number } = {}) {
    checkOptions('L1', options, ['l1'])
    super({ l1: options.l1 ?? 0.01 })
  }
  override getConfig(): Config {
    return { l1: this.l1 }
  }
}
/** l2 * sum x^2; default 0.01. */
export class L2 extends L1L2 {
  static override readonly className = 'L2'
  constructor(options: { readonly l2?: number } = {}) {
    checkOptions('L2', options, ['l2'])
    super({ l2: options.l2 ?? 0.01 })
  }
  override getConfig(): Config {
    return { l2: this.l2 }
  }
}

const MODES = ['rows', 'columns'] as const
/** factor * mean |cosine| between the rows (or columns) of a matrix; default factor 0.01, mode 'rows'. */
export class OrthogonalRegularizer extends Regularizer {
  static override readonly className = 'OrthogonalRegularizer'
  readonly factor: number
  readonly mode: (typeof MODES)[number]
  constructor(options: { readonly factor?: number; readonly mode?: string } = {}) {
    super()
    checkOptions('OrthogonalRegularizer', options, ['factor', 'mode'])
    this.factor = finite('OrthogonalRegularizer', 'factor', options.factor ?? 0.01)
    this.mode = choice('OrthogonalRegularizer', 'mode', options.mode ?? 'rows', MODES)
  }
  override call(x: Value): Value {
    if (x.rank !== 2) {
      throw new ShapeError({ where: 'OrthogonalRegularizer', what: 'rank', expected: 2, got: [...x.shape] })
    }
    const rows = this.mode === 'rows'
    const n = x.shape[rows ? 0 : 1]
    if (n < 2) {
      throw new ShapeError({
        where: 'OrthogonalRegularizer',
        what: `number of ${this.mode}`,
        expected: 'at least 2',
        got: n,
      })
    }
    const [squares] = reduceMap('sum', [x], v => [E.square(v)], rows ? 1 : 0, true)
    // Zero vectors stay zero: the square is kept away from 0 before the root, whose slope there is infinite.
    const unit = elementwise([x, squares], (v, s) => E.mul(v, E.rsqrt(E.select(E.gt(s, 1e-14), s, 1e-14))))
    const cosines = matmul(unit, unit, { transposeA: !rows, transposeB: rows })
    const offDiagonal = constant(
      Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 0 : 1)),
      f32([n, n]),
    )
    const [sum] = reduceMap('sum', [cosines, offDiagonal], (c, m) => [E.abs(E.mul(c, m))], null, false)
    return mul(sum, this.factor / (n * (n - 1)))
  }
  override getConfig(): Config {
    return { factor: this.factor, mode: this.mode }
  }
}

const registry = new Registry<Regularizer>('regularizer', {
  l1: c => new L1(c),
  l2: c => new L2(c),
  l1L2: c => new L1L2(c),
  orthogonalRegularizer: c => new OrthogonalRegularizer(c),
  orthogonal: c => new OrthogonalRegularizer(c),
})

/** Makes an own regulariser known by its class name, so that saved models that use it load. @throws ArgumentError */
export const registerRegularizer = (cls: { readonly className: string; new (config: Config): Regularizer }): void =>
  registry.register(cls.className, c => new cls(c))

/** The regulariser of an option. @throws ArgumentError for an unknown name (the error lists the known ones) or argument */
export function getRegularizer(option: RegularizerOption | null): Regularizer | null {
  if (option === null || option instanceof Regularizer) return option
  if (isSerialized(option)) return registry.create(option)
  throw new ArgumentError({
    where: 'getRegularizer',
    what: 'regularizer',
    expected: 'a name, {className, config} or a Regularizer',
    got: option,
  })
}
