// Opens a backend by name. Its package is imported only when it is asked for.

import { ArgumentError } from '@strata/api'
import type { Backend } from '@strata/api/backend'

/** The backends that the app knows: `@strata/backend-<name>` exports a function `<name>` that opens it. */
export const BACKENDS = ['cpu', 'webgl', 'cuda'] as const

/**
 * Opens a backend; the CPU's with threads, which change nothing in the results. With STRATA_VERIFY=1 in the environment every step
 * of every plan is held to the float64 oracle, slowly, and the first that leaves its bound is named.
 *
 * @param name 'cpu', 'webgl' or 'cuda'.
 * @param threads of the CPU backend; default: as many as the machine runs at once.
 * @throws ArgumentError for another name, or when the package is not installed: the message names the import.
 * @example const backend = await openBackend('cpu')
 */
export async function openBackend(name: string, threads: number | 'auto' = 'auto'): Promise<Backend> {
  const where = 'openBackend'
  if (!BACKENDS.some(known => known === name)) {
    throw new ArgumentError({ where, what: 'backend', expected: `one of ${BACKENDS.join(', ')}`, got: name })
  }
  const specifier = `@strata/backend-${name}`
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(specifier)
  } catch (cause) {
    // A package that is there but does not load fails with its own error.
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new ArgumentError({
      where,
      what: `backend '${name}': import '${specifier}'`,
      expected: 'an installed package',
      got: 'none of that name',
      cause,
    })
  }
  const open = module[name]
  if (typeof open !== 'function') {
    throw new ArgumentError({
      where,
      what: `export '${name}' of ${specifier}`,
      expected: 'a function',
      got: typeof open,
    })
  }
  const backend: Backend = await open(name === 'cpu' ? { threads } : {})
  if (process.env.STRATA_VERIFY !== '1') return backend
  const { verify } = await import('@strata/conformance')
  return verify(backend)
}
