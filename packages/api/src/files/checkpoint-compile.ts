// Compile's arguments as JSON and back: losses, metrics and the optimizer, by class and configuration.
import { ArgumentError } from '../errors.js'
import type { Json } from '../layers/layer.js'
import { Loss } from '../losses/index.js'
import { Metric } from '../metrics/index.js'
import type { CustomObjects } from '../models/from-config.js'
import { Optimizer } from '../optimizers/index.js'
import type { CompileOptions } from '../training/options.js'
import type { CompileConfig } from '../training/trainer.js'

/** @throws ArgumentError for a function, which has no JSON form */
export function compileToJson(config: CompileConfig): Json {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [[key, toJson(key, value)]])),
  )
}
function toJson(what: string, value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (value instanceof Loss || value instanceof Metric) return value.serialize()
  if (Array.isArray(value)) return value.map(v => toJson(what, v))
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, k === 'config' ? (v as Json) : toJson(what, v)]),
    )
  }
  throw new ArgumentError({
    where: 'modelToBytes',
    what: `${what}: a function cannot be saved`,
    expected: 'a name or a class, or training: false',
    got: typeof value === 'function' ? value.name : value,
  })
}

/** The arguments of `compile`; objects of own classes are made here. */
export function compileFromJson(
  training: { readonly [key: string]: unknown },
  customObjects: CustomObjects,
): CompileOptions {
  const compile = training.compile
  if (typeof compile !== 'object' || compile === null) {
    throw new ArgumentError({ where: 'compile', what: 'arguments', expected: 'an object', got: compile })
  }
  const options = Object.fromEntries(Object.entries(compile).map(([k, v]) => [k, fromJson(v, customObjects)]))
  return { ...options, optimizer: fromJson(training.optimizer, customObjects) as CompileOptions['optimizer'] }
}
function fromJson(value: unknown, customObjects: CustomObjects): unknown {
  if (Array.isArray(value)) return value.map(v => fromJson(v, customObjects))
  if (typeof value !== 'object' || value === null) return value
  if ('className' in value) {
    const { className, config = {} } = value as { className: unknown; config?: unknown }
    if (typeof className === 'string' && Object.hasOwn(customObjects, className)) {
      const made = new customObjects[className](config as never)
      if (made instanceof Loss || made instanceof Metric || made instanceof Optimizer) return made
      throw new ArgumentError({
        where: 'compile',
        what: `custom object '${className}'`,
        expected: 'a class of losses, metrics or optimizers',
        got: className,
      })
    }
    return value
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fromJson(v, customObjects)]))
}
