// Callbacks that run in browsers and in Node; those that write files are in the Node entry.
export type { CallbackLike, CallbackParams, Hooks, Logs } from './callback.js'
export { Callback } from './callback.js'
export { History } from './history.js'
export { LambdaCallback } from './lambda-callback.js'
