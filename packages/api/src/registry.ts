// The default backend of the program, set by importing a backend's `register` entry.
import type { Backend } from './backend.js'
import { StateError } from './errors.js'

interface Registration {
  readonly name: string
  readonly open: () => Promise<Backend>
  opened?: Promise<Backend>
}
// One key for the whole program, even if two copies of this package are installed: two defaults would silently diverge.
const KEY = Symbol.for('strata.backend')
const VERSION = '0.1.0'
interface Holder {
  [KEY]?: { version: string; registration: Registration | null }
}
const holder = globalThis as Holder

function slot(): { version: string; registration: Registration | null } {
  holder[KEY] ??= { version: VERSION, registration: null }
  if (holder[KEY].version !== VERSION) {
    throw new StateError({
      where: 'registerBackend',
      what: 'two versions of @strata/api in one program',
      expected: holder[KEY].version,
      got: VERSION,
    })
  }
  return holder[KEY]
}

/** Makes a backend the program's default; the last registration wins. `open` is called when it is first needed. */
export function registerBackend(name: string, open: () => Promise<Backend>): void {
  slot().registration = { name, open }
}

/** The default backend, opened on first use. @throws StateError when none is registered, naming the imports that register one */
export function registeredBackend(): Promise<Backend> {
  const { registration } = slot()
  if (registration === null) {
    throw new StateError({
      where: 'registeredBackend',
      what: 'no backend: pass one as `backend`, or import one of',
      expected: "'@strata/backend-cpu/register', '@strata/backend-webgl/register', '@strata/backend-cuda/register'",
    })
  }
  registration.opened ??= registration.open()
  return registration.opened
}
