// Losses as metrics: the mean of a loss over all samples. Options are those of the loss, without its reduction.
import { ArgumentError } from '../errors.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { snakeCase } from '../layers/names.js'
import * as L from '../losses/index.js'
import { MeanMetric } from './mean.js'

// `reduction` would be accepted by the loss and then ignored.
function withoutReduction<T extends { readonly name?: string }>(where: string, options: T): T {
  if ('reduction' in options) {
    throw new ArgumentError({ where, what: "unknown option 'reduction'", expected: 'none: a metric is always a mean' })
  }
  return { ...options, name: options.name ?? snakeCase(where) }
}
type Of<T extends L.LossOptions> = Omit<T, 'reduction'>

/** The mean of a loss over all samples, each counting once (or by its weight). */
export class LossMetric extends MeanMetric {
  static override readonly className: string = 'LossMetric'
  static override readonly direction = 'down'
  constructor(
    readonly loss: L.Loss,
    name?: string,
  ) {
    super({ name: name ?? loss.name })
  }
  override values(yTrue: Value, yPred: Value): Value {
    return this.loss.perSample(yTrue, yPred)
  }
  override getConfig(): Config {
    const { reduction: _, ...rest } = this.loss.getConfig()
    return { ...rest, name: this.name }
  }
}

export class BinaryCrossentropy extends LossMetric {
  static override readonly className = 'BinaryCrossentropy'
  constructor(options: Of<L.BinaryCrossentropyOptions> = {}) {
    super(new L.BinaryCrossentropy(withoutReduction('BinaryCrossentropy', options)))
  }
}
export class CategoricalCrossentropy extends LossMetric {
  static override readonly className = 'CategoricalCrossentropy'
  constructor(options: Of<L.CategoricalCrossentropyOptions> = {}) {
    super(new L.CategoricalCrossentropy(withoutReduction('CategoricalCrossentropy', options)))
  }
}
export class SparseCategoricalCrossentropy extends LossMetric {
  static override readonly className = 'SparseCategoricalCrossentropy'
  constructor(options: Of<L.SparseCategoricalCrossentropyOptions> = {}) {
    super(new L.SparseCategoricalCrossentropy(withoutReduction('SparseCategoricalCrossentropy', options)))
  }
}
export class CategoricalHinge extends LossMetric {
  static override readonly className = 'CategoricalHinge'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.CategoricalHinge(withoutReduction('CategoricalHinge', options)))
  }
}
export class Hinge extends LossMetric {
  static override readonly className = 'Hinge'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.Hinge(withoutReduction('Hinge', options)))
  }
}
export class SquaredHinge extends LossMetric {
  static override readonly className = 'SquaredHinge'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.SquaredHinge(withoutReduction('SquaredHinge', options)))
  }
}
export class KLDivergence extends LossMetric {
  static override readonly className = 'KLDivergence'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.KLDivergence(withoutReduction('KLDivergence', options)))
  }
}
export class LogCoshError extends LossMetric {
  static override readonly className = 'LogCoshError'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.LogCosh(withoutReduction('LogCoshError', options)))
  }
}
export class MeanAbsoluteError extends LossMetric {
  static override readonly className = 'MeanAbsoluteError'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.MeanAbsoluteError(withoutReduction('MeanAbsoluteError', options)))
  }
}
export class MeanAbsolutePercentageError extends LossMetric {
  static override readonly className = 'MeanAbsolutePercentageError'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.MeanAbsolutePercentageError(withoutReduction('MeanAbsolutePercentageError', options)))
  }
}
export class MeanSquaredError extends LossMetric {
  static override readonly className = 'MeanSquaredError'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.MeanSquaredError(withoutReduction('MeanSquaredError', options)))
  }
}
export class MeanSquaredLogarithmicError extends LossMetric {
  static override readonly className = 'MeanSquaredLogarithmicError'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.MeanSquaredLogarithmicError(withoutReduction('MeanSquaredLogarithmicError', options)))
  }
}
export class Poisson extends LossMetric {
  static override readonly className = 'Poisson'
  constructor(options: Of<L.LossOptions> = {}) {
    super(new L.Poisson(withoutReduction('Poisson', options)))
  }
}
