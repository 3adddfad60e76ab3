// Arguments that come with every weight of a layer: <weight>Initializer, <weight>Regularizer, <weight>Constraint.
import { type Constraint, type ConstraintOption, getConstraint } from '../constraints/index.js'
import { getInitializer, type Initializer, type InitializerOption } from '../initializers/index.js'
import { getRegularizer, type Regularizer, type RegularizerOption } from '../regularizers/index.js'
import type { Config, WeightOptions } from './layer.js'

/** `WeightArguments<'kernel'>`: kernelInitializer, kernelRegularizer, kernelConstraint. */
export type WeightArguments<W extends string> = { readonly [K in `${W}Initializer`]?: InitializerOption } & {
  readonly [K in `${W}Regularizer`]?: RegularizerOption | null
} & { readonly [K in `${W}Constraint`]?: ConstraintOption }

/** The names of a weight's arguments. */
export const weightArguments = (weight: string): string[] => [
  `${weight}Initializer`,
  `${weight}Regularizer`,
  `${weight}Constraint`,
]

/** A weight's arguments, resolved. */
export class WeightSpec {
  readonly initializer: Initializer
  readonly regularizer: Regularizer | null
  readonly constraint: Constraint | null
  /** @throws ArgumentError for an unknown initialiser, regulariser or constraint */
  constructor(
    readonly weight: string,
    options: object,
    initializer: string,
  ) {
    const get = <T>(kind: string): T | undefined =>
      (options as Readonly<Record<string, unknown>>)[`${weight}${kind}`] as T | undefined
    this.initializer = getInitializer(get<InitializerOption>('Initializer') ?? initializer)
    this.regularizer = getRegularizer(get<RegularizerOption>('Regularizer') ?? null)
    this.constraint = getConstraint(get<ConstraintOption>('Constraint') ?? null)
  }
  /** What `addWeight` takes. */
  get options(): WeightOptions {
    return {
      initializer: this.initializer,
      regularizer: this.regularizer ?? undefined,
      constraint: this.constraint ?? undefined,
    }
  }
  getConfig(): Config {
    const { weight } = this
    return {
      [`${weight}Initializer`]: this.initializer.serialize(),
      [`${weight}Regularizer`]: this.regularizer?.serialize() ?? null,
      [`${weight}Constraint`]: this.constraint?.serialize() ?? null,
    }
  }
}
