// LambdaCallback: a callback of plain functions.
import { ArgumentError } from '../errors.js'
import { Callback, type CallbackLike, type Hooks } from './callback.js'

const HOOKS = Object.getOwnPropertyNames(Callback.prototype).filter(n => n.startsWith('on'))

/**
 * A callback of plain functions. `fit` also takes the object itself.
 * @throws ArgumentError for a hook that does not exist
 * @example new LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) })
 */
export class LambdaCallback extends Callback {
  override readonly everyBatch: boolean
  constructor(hooks: Hooks & { readonly everyBatch?: boolean }) {
    super()
    this.everyBatch = hooks.everyBatch ?? false
    for (const [name, hook] of Object.entries(hooks)) {
      if (name === 'everyBatch') continue
      if (!HOOKS.includes(name)) {
        throw new ArgumentError({
          where: 'LambdaCallback',
          what: `unknown hook '${name}'`,
          expected: `one of ${HOOKS.join(', ')}`,
        })
      }
      if (typeof hook !== 'function') {
        throw new ArgumentError({ where: 'LambdaCallback', what: name, expected: 'a function', got: hook })
      }
      Object.defineProperty(this, name, { value: hook })
    }
  }
}

export const toCallback = (c: CallbackLike): Callback => (c instanceof Callback ? c : new LambdaCallback(c))
