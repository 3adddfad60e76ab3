// Finding losses, metrics and optimizers by name.
import { ArgumentError, checkOptions } from '../errors.js'
import type { Config } from '../layers/layer.js'
import { snakeCase } from '../layers/names.js'

/** An object as `serialize` gives it. */
export interface Serialized {
  readonly className: string
  readonly config?: Config
}

/** A class whose constructor takes its config, and its name in saved models. */
export interface Configurable<T> {
  readonly className: string
  // Each constructor checks the keys and values of its options at run time, so a Config may be passed to any of them.
  new (config: never): T
}

/**
 * Objects of a kind by name: the class name, its camelCase and snake_case forms, and short aliases.
 * @example new ByName('loss', [MeanSquaredError], { mse: MeanSquaredError }).make('meanSquaredError')
 */
export class ByName<T> {
  readonly #byName = new Map<string, Configurable<T>>()
  readonly #shown: readonly string[]
  constructor(
    readonly kind: string,
    classes: readonly Configurable<T>[],
    aliases: Readonly<Record<string, Configurable<T>>>,
  ) {
    for (const c of classes) {
      this.#byName.set(c.className, c)
      this.#byName.set(lowerFirst(c.className), c)
      this.#byName.set(snakeCase(c.className), c)
    }
    for (const [name, c] of Object.entries(aliases)) this.#byName.set(name, c)
    this.#shown = [...classes.map(c => lowerFirst(c.className)), ...Object.keys(aliases)]
  }
  has(name: string): boolean {
    return this.#byName.has(name)
  }
  /** The class of a name. @throws ArgumentError listing the names */
  find(name: string): Configurable<T> {
    const c = this.#byName.get(name)
    if (c === undefined) {
      throw new ArgumentError({
        where: this.kind,
        what: `unknown ${this.kind}`,
        expected: `one of ${this.#shown.join(', ')}`,
        got: name,
      })
    }
    return c
  }
  /** A new object from a name or from a serialised form. @throws ArgumentError for unknown names and options */
  make(option: string | Serialized): T {
    if (typeof option === 'string') return new (this.find(option))({} as never)
    checkOptions(this.kind, option, ['className', 'config'])
    return new (this.find(option.className))((option.config ?? {}) as never)
  }
}

// 'MeanSquaredError' -> 'meanSquaredError', 'KLDivergence' -> 'klDivergence', 'SGD' -> 'sgd'
const lowerFirst = (name: string): string => name.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, m => m.toLowerCase())
