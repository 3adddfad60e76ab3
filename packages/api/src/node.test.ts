// The main entry runs in browsers: nothing that it reaches may import a Node module. The Node entry has what is left out.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as node from './node.js'

const IMPORT = /(?:from|import)\s*\(?\s*'([\w@:./-]+)'/g

/** All modules that a module reaches by static or dynamic imports, and what they import from packages. */
function reach(entry: URL): { modules: Set<string>; packages: Set<string> } {
  const modules = new Set<string>()
  const packages = new Set<string>()
  const visit = (url: URL): void => {
    if (modules.has(url.href)) return
    modules.add(url.href)
    for (const [, name] of readFileSync(url, 'utf8').matchAll(IMPORT)) {
      if (name.startsWith('.')) visit(new URL(name.replace(/\.js$/, '.ts'), url))
      else packages.add(name)
    }
  }
  visit(entry)
  return { modules, packages }
}

test('the main entry reaches no Node module and no package', () => {
  const { modules, packages } = reach(new URL('./index.ts', import.meta.url))
  expect(modules.size).toBeGreaterThan(10)
  expect([...packages]).toEqual([])
})

test('the Node entry does, so that the walk above would show it', () => {
  const { packages } = reach(new URL('./node.ts', import.meta.url))
  expect([...packages]).toContain('node:fs/promises')
  for (const name of [
    'decodeImage',
    'imageFolder',
    'loadCifar10',
    'loadCifar100',
    'loadIdx',
    'loadImage',
    'writeFileAtomic',
  ]) {
    expect(node).toHaveProperty(name)
  }
})
