// Initialisers by name.
import { ArgumentError } from '../errors.js'
import type { Config } from '../layers/layer.js'
import { isSerialized, Registry } from '../layers/serialized.js'
import { Constant, Identity, Ones, Zeros } from './constant.js'
import { Initializer, type InitializerOption } from './initializer.js'
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
} from './random.js'

export * from './constant.js'
export type { InitializerOption, SeedOptions } from './initializer.js'
export { fans, Initializer, RandomInitializer } from './initializer.js'
export * from './random.js'

const registry = new Registry<Initializer>('initializer', {
  zeros: c => new Zeros(c),
  ones: c => new Ones(c),
  constant: c => new Constant(c),
  identity: c => new Identity(c),
  randomNormal: c => new RandomNormal(c),
  randomUniform: c => new RandomUniform(c),
  truncatedNormal: c => new TruncatedNormal(c),
  varianceScaling: c => new VarianceScaling(c),
  glorotUniform: c => new GlorotUniform(c),
  glorotNormal: c => new GlorotNormal(c),
  heUniform: c => new HeUniform(c),
  heNormal: c => new HeNormal(c),
  lecunUniform: c => new LecunUniform(c),
  lecunNormal: c => new LecunNormal(c),
  orthogonal: c => new Orthogonal(c),
})

/** Makes an own initialiser known by its class name, so that saved models that use it load. @throws ArgumentError */
export const registerInitializer = (cls: { readonly className: string; new (config: Config): Initializer }): void =>
  registry.register(cls.className, c => new cls(c))

/**
 * The initialiser of an option.
 * @throws ArgumentError for an unknown name (the error lists the known ones) or argument
 * @example getInitializer('heNormal'); getInitializer({ className: 'HeNormal', config: { seed: 1 } })
 */
export function getInitializer(option: InitializerOption): Initializer {
  if (option instanceof Initializer) return option
  if (isSerialized(option)) return registry.create(option)
  throw new ArgumentError({
    where: 'getInitializer',
    what: 'initializer',
    expected: 'a name, {className, config} or an Initializer',
    got: option,
  })
}
