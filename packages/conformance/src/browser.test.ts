// The suite runs in browsers: nothing that the main entry reaches imports Node's modules.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Types are erased. */
const IMPORT = /^(?:import|export)\s(?!type\s)[^'"]*?from '([^']+)'|^import '([^']+)'/gm

/** Modules that a source file reaches, as far as they are the package's own. */
function reach(url: URL, found: Map<string, string[]>): Map<string, string[]> {
  if (found.has(url.href)) return found
  const names = [...readFileSync(url, 'utf8').matchAll(IMPORT)].map(m => m[1] ?? m[2])
  found.set(url.href, names)
  for (const name of names) if (name.startsWith('.')) reach(new URL(name.replace(/\.js$/, '.ts'), url), found)
  return found
}

test('no file behind the main entry imports a module of Node or of a command line', () => {
  const files = reach(new URL('index.ts', import.meta.url), new Map())
  expect(files.size).toBeGreaterThan(50)
  const outside = [...new Set([...files.values()].flat().filter(n => !n.startsWith('.')))]
  expect(outside.sort()).toEqual(['@strata/api', '@strata/api/backend', 'fast-check'])
  expect([...files.keys()].every(f => existsSync(new URL(f)))).toBe(true)
})
