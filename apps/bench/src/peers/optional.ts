// Peers are optional packages: imported when asked for, and described in this app as far as they are used.

import { ArgumentError } from '@strata/api'

/**
 * Imports a package that may be missing.
 *
 * @throws ArgumentError when it, or something that it needs, is not installed
 */
export async function optional<T>(name: string): Promise<T> {
  try {
    const module: T = await withoutTraces(() => import(name))
    return module
  } catch (cause) {
    const missing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']
    if (!(cause instanceof Error && 'code' in cause && missing.includes(String(cause.code)))) throw cause
    const expected = 'an installed package; see apps/bench/README.md'
    const got = 'none of that name'
    throw new ArgumentError({ where: 'peers', what: `import '${name}'`, expected, got, cause })
  }
}

/**
 * Starts a peer, and takes away again a global `Worker` that it defines: others would take Node for a browser.
 */
export async function withoutTraces<T>(start: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker')
  const result = await start()
  if (before === undefined) Reflect.deleteProperty(globalThis, 'Worker')
  else Object.defineProperty(globalThis, 'Worker', before)
  return result
}
