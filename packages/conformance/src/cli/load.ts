// Loads the module that `--backend` names and opens backends from it.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ArgumentError, type Backend, BackendError } from '@strata/api/backend'

/** Options of a backend, from `--option key=value`. */
export type BackendOptions = Readonly<Record<string, unknown>>

/** A backend module that was found and opened once. */
export interface LoadedBackend {
  /** Opens a fresh backend. */
  readonly open: () => Promise<Backend>
  /** What a replay line says after --backend: a package, or a file without its folder, with its options. */
  readonly module: string
  /** The backend's name, with its options. */
  readonly label: string
}

const isPath = (spec: string): boolean => /^\.{0,2}[/\\]/.test(spec) || isAbsolute(spec) || existsSync(spec)

/** What the command line calls the module again: a package, or the name of a file, whose folder is nobody's business. */
const moduleName = (spec: string): string => (isPath(spec) ? `./${basename(spec)}` : spec)

function urlOf(spec: string, folder: string): string {
  if (isPath(spec)) {
    const path = resolve(folder, spec)
    if (!existsSync(path)) throw new ArgumentError({ where: '--backend', what: 'no such file', got: spec })
    return pathToFileURL(path).href
  }
  try {
    // Packages of the caller's project come first.
    return pathToFileURL(createRequire(join(folder, 'here.js')).resolve(spec)).href
  } catch {
    return spec
  }
}

/** key=value as an option: a value that is JSON (numbers, true, false) is what it says, else text. */
export function parseOption(text: string): [string, unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw new ArgumentError({ where: '--option', what: 'an option', expected: 'key=value', got: text })
  const value = text.slice(at + 1)
  try {
    return [text.slice(0, at), JSON.parse(value)]
  } catch {
    return [text.slice(0, at), value]
  }
}

type Factory = (options: BackendOptions) => unknown
const isFactory = (v: unknown): v is Factory => typeof v === 'function'

/** The export that opens a backend: default, `backend`, the package's own name (`cpu` of backend-cpu), or the only function. */
function factoryOf(exports: Readonly<Record<string, unknown>>, spec: string): Factory {
  const own = basename(spec)
    .replace(/\.[a-z]+$/, '')
    .replace(/^backend-/, '')
  for (const name of ['default', 'backend', own]) {
    const candidate = exports[name]
    if (isFactory(candidate)) return candidate
  }
  const functions = Object.values(exports).filter(isFactory)
  if (functions.length === 1) return functions[0]
  throw new ArgumentError({
    where: spec,
    what: 'exports no function that opens a backend',
    expected: `a function as default, 'backend' or '${own}'`,
    got: functions.length === 0 ? 'no function' : `${functions.length} functions`,
  })
}

const METHODS = ['supports', 'alloc', 'write', 'read', 'readInt32', 'load', 'sync', 'memory', 'dispose'] as const

function checked(candidate: unknown, spec: string): Backend {
  const fields: Readonly<Record<string, unknown>> =
    typeof candidate === 'object' && candidate !== null
      ? Object.fromEntries(METHODS.map(m => [m, Reflect.get(candidate, m)]))
      : {}
  const missing: string[] = METHODS.filter(m => typeof fields[m] !== 'function')
  if (missing.length === METHODS.length) {
    throw new BackendError({ where: spec, what: 'the function gives no backend', got: typeof candidate })
  }
  for (const property of ['name', 'numerics', 'linearMemory']) {
    if (Reflect.get(candidate as object, property) === undefined) missing.push(property)
  }
  if (missing.length > 0)
    throw new BackendError({ where: spec, what: 'the backend lacks', expected: missing.join(', ') })
  return candidate as Backend
}

/**
 * Finds a backend.
 *
 * @param spec a path, or a package
 * @param folder what a path is relative to, and whose packages are seen
 * @throws ArgumentError if there is no such module or it exports nothing that opens a backend
 * @throws BackendError if it does not open
 */
export async function loadBackend(spec: string, options: BackendOptions, folder: string): Promise<LoadedBackend> {
  let exports: Readonly<Record<string, unknown>>
  const url = urlOf(spec, folder)
  try {
    exports = await import(url)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ArgumentError({ where: '--backend', what: `cannot load '${spec}': ${reason}`, cause })
  }
  const factory = factoryOf(exports, spec)
  const open = async (): Promise<Backend> => {
    try {
      return checked(await factory(options), spec)
    } catch (cause) {
      if (cause instanceof BackendError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new BackendError({ where: spec, what: `the backend does not open: ${reason}`, cause })
    }
  }
  const first = await open()
  const { name } = first
  first.dispose()
  const shown = Object.entries(options).map(([k, v]) => `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`)
  const flags = shown.map(s => ` --option ${/^[\w.=-]+$/.test(s) ? s : `'${s.replaceAll("'", "'\\''")}'`}`)
  const label = shown.length === 0 ? name : `${name} (${shown.join(', ')})`
  return { open, module: moduleName(spec) + flags.join(''), label }
}
