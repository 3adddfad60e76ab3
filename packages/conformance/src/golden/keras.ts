// Keras's constructor arguments in Strata's names.
import type { KerasConfig } from './data.js'

/** Names that are not just the camelCase of Keras's. */
const NAMES: Readonly<Record<string, string>> = {
  clipnorm: 'clipNorm',
  clipvalue: 'clipValue',
  global_clipnorm: 'globalClipNorm',
}
/** Arguments whose value is a name too. */
const VALUE_NAMES = new Set(['reduction', 'class_aggregation'])

const camel = (name: string): string => NAMES[name] ?? name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase())

/**
 * Translates a config: `{ label_smoothing: 0.1 }` to `{ labelSmoothing: 0.1 }`; a learning-rate schedule to its serialised
 * form.
 */
export function fromKeras(config: KerasConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (typeof value === 'string' && VALUE_NAMES.has(name)) return [camel(name), camel(value)]
      if (typeof value === 'object' && value !== null && 'schedule' in value) {
        const { schedule, config: inner } = value as { schedule: string; config: KerasConfig }
        return [camel(name), { className: schedule, config: fromKeras(inner) }]
      }
      return [camel(name), value]
    }),
  )
}
