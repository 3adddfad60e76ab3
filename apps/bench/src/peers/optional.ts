// Peers are optional packages: imported when asked for, and described in this app as far as they are used.

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ArgumentError } from '@strata/api'

/** The version of a package that is installed; null if it is not. */
export function versionOf(name: string): string | null {
  const places = createRequire(import.meta.url).resolve.paths(name) ?? []
  const file = places.map(place => join(place, name, 'package.json')).find(existsSync)
  if (file === undefined) return null
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return version
}

/**
 * Imports a package that may be missing.
 *
 * @throws ArgumentError when it, or something that it needs, is not installed
 */
export async function optional<T>(name: string): Promise<T> {
  const missing = (cause?: unknown): ArgumentError => {
    const expected = 'an installed package; see apps/bench/README.md'
    return new ArgumentError({ where: 'peers', what: `import '${name}'`, expected, got: 'none of that name', cause })
  }
  if (versionOf(packageOf(name)) === null) throw missing()
  try {
    const module: T = await withoutTraces(() => import(name))
    return module
  } catch (cause) {
    const codes = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']
    if (!(cause instanceof Error && 'code' in cause && codes.includes(String(cause.code)))) throw cause
    throw missing(cause)
  }
}

/** '@scope/name/entry' -> '@scope/name'. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

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
