// Registry: how layers' parts (initialisers, regularisers, constraints, activations) are found by name and made from JSON.
import { ArgumentError, checkOptions } from '../errors.js'
import type { Config, Json } from './layer.js'

/** An object as JSON: its class and its constructor's arguments. */
export interface Serialized {
  readonly className: string
  readonly config?: Config
}
/** What Keras writes beside the two: where the class lives. */
const SERIALIZED_KEYS = ['className', 'config', 'module', 'registeredName']

/** Names without case and underscores: 'glorot_uniform', 'glorotUniform' and 'GlorotUniform' are one. */
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()

/** Factories by name. */
export class Registry<T> {
  readonly #made = new Map<string, { readonly name: string; readonly make: (config: Config) => T }>()
  /** @param kind what the factories make, for error messages: 'initializer' */
  constructor(
    readonly kind: string,
    entries: Readonly<Record<string, (config: Config) => T>>,
  ) {
    for (const [name, make] of Object.entries(entries)) this.#made.set(plain(name), { name, make })
  }
  get names(): string[] {
    return [...this.#made.values()].map(e => e.name)
  }
  /** Adds a factory. @throws ArgumentError if the name is taken */
  register(name: string, make: (config: Config) => T): void {
    const taken = this.#made.get(plain(name))
    if (taken !== undefined) {
      throw new ArgumentError({
        where: 'register',
        what: `${this.kind} name is taken`,
        expected: 'a new name',
        got: taken.name,
      })
    }
    this.#made.set(plain(name), { name, make })
  }
  /** Makes the object of a name or of its JSON. @throws ArgumentError if unknown, listing the known names */
  create(option: string | Serialized): T {
    const [name, config] = typeof option === 'string' ? [option, {}] : [option.className, option.config ?? {}]
    if (typeof option === 'object') checkOptions(this.kind, option, SERIALIZED_KEYS)
    const entry = typeof name === 'string' ? this.#made.get(plain(name)) : undefined
    if (entry === undefined) {
      throw new ArgumentError({
        where: this.kind,
        what: `unknown ${this.kind}`,
        expected: `one of ${this.names.join(', ')}`,
        got: name,
      })
    }
    return entry.make(config)
  }
}

/** Whether a value is a name or an object's JSON. */
export const isSerialized = (v: unknown): v is string | Serialized =>
  typeof v === 'string' || (typeof v === 'object' && v !== null && 'className' in v && !('serialize' in v))

/** The base of parts that know their arguments. */
export abstract class Part {
  /** Keras's class name. */
  static readonly className: string = 'Part'
  get className(): string {
    return (this.constructor as typeof Part).className
  }
  /** The constructor's arguments as JSON. */
  abstract getConfig(): Config
  serialize(): { readonly className: string; readonly config: Config } & { readonly [key: string]: Json } {
    return { className: this.className, config: this.getConfig() }
  }
}
