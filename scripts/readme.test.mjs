// The code in README.md runs and does what it says. Run after a build, as part of `npm test`.
//   node --test scripts/readme.test.mjs
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const blocks = language => [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(m => m[1])

test('the example trains', async () => {
  const [code, ...others] = blocks('js')
  assert.deepEqual(others, [])
  const args = ['--input-type=module', '--eval', code]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  const accuracy = Number(/accuracy: ([\d.]+)/.exec(stdout)?.[1])
  assert.ok(accuracy > 0.9, stdout)
})

test('the commands and links lead somewhere', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  const commands = blocks('sh').join('\n')
  const named = [...commands.matchAll(/npm (?:run )?(start|test|predict)\b/g)].map(m => m[1])
  assert.deepEqual(
    [...new Set(named)].filter(name => scripts[name] === undefined),
    [],
  )
  const paths = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(m => m[1])
  assert.ok(paths.length >= 3)
  assert.deepEqual(
    paths.filter(path => !existsSync(`${ROOT}/${path}`)),
    [],
  )
})
