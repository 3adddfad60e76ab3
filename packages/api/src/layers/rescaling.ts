// Rescaling: x * scale + offset.
import { ArgumentError } from '../errors.js'
import * as E from '../expr/expr.js'
import { constant, elementwise } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { f32 } from '../tensor-spec.js'
import { finite } from './arguments.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

type Numbers = number | readonly number[]
export interface RescalingOptions extends LayerOptions {
  /** A number, or one per element of the last axis. */
  readonly scale: Numbers
  /** As `scale`; default 0. */
  readonly offset?: Numbers
}

const numbers = (what: string, v: unknown): Numbers => {
  if (!Array.isArray(v)) return finite('Rescaling', what, v)
  if (v.length === 0) throw new ArgumentError({ where: 'Rescaling', what, expected: 'at least one number', got: v })
  return v.map((x, i) => finite('Rescaling', `element ${i} of ${what}`, x))
}

/** x * scale + offset, along the last axis if they are lists. @example new Rescaling({ scale: 1 / 127.5, offset: -1 }) */
export class Rescaling extends Layer {
  static override readonly className = 'Rescaling'
  readonly scale: Numbers
  readonly offset: Numbers
  constructor(options: RescalingOptions) {
    super(options, ['scale', 'offset'])
    this.scale = numbers('scale', options.scale)
    this.offset = numbers('offset', options.offset ?? 0)
  }
  override call(inputs: readonly Value[]): Value {
    const x = singleFloat(this.name, inputs)
    // Plain numbers become part of the expression; lists are small tensors.
    const tensors: Value[] = []
    const operand = (v: Numbers): ((args: readonly E.Expr[]) => E.Expr) => {
      if (typeof v === 'number') return () => E.constant(v)
      const at = tensors.push(constant(v, f32([v.length])))
      return args => args[at]
    }
    const [scale, offset] = [operand(this.scale), operand(this.offset)]
    return elementwise([x, ...tensors], (...args) => E.add(E.mul(args[0], scale(args)), offset(args)))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset }
  }
}
