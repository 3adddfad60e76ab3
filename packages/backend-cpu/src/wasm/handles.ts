// Typed references to the functions and globals of a module under construction.

import type { Kind } from './expression.js'

/** The parameters of a function: kinds by name, in order. */
export type Params = Readonly<Record<string, Kind>>

/** A declared function. Its index is fixed, so that it can be called before it is defined. */
export class FunctionHandle<P extends Params, R extends Kind | null> {
  /** @internal */
  constructor(
    readonly name: string,
    readonly params: P,
    readonly result: R,
    readonly index: number,
  ) {}
}

/** A global variable. */
export class GlobalHandle<K extends Kind> {
  /** @internal */
  constructor(
    readonly name: string,
    readonly kind: K,
    readonly mutable: boolean,
    readonly index: number,
  ) {}
}
