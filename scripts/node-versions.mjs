// Runs a small training run under several versions of Node, which npm's package `node` brings, and compares the bits.
//   node scripts/node-versions.mjs [22 24 ...]
// Not part of the tests: each version is a download of some 50 MB, kept in npm's cache.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const FIXTURE = new URL('../packages/backend-cpu/dist/browser.test.fixture.js', import.meta.url)
const PROGRAM = `
import { createHash } from 'node:crypto'
import { trainSmall } from ${JSON.stringify(FIXTURE.href)}
const results = {}
for (const fma of [false, true]) {
  const began = performance.now()
  const { weights, prediction, loss, ...result } = await trainSmall({ relaxedFma: fma })
  const bits = createHash('sha256').update(JSON.stringify({ weights, prediction })).digest('hex').slice(0, 16)
  results[fma ? 'fused' : 'plain'] = {
    bits, fma: result.fma, loss: loss.at(-1), milliseconds: Math.round(performance.now() - began),
  }
}
console.log(JSON.stringify({ version: process.version, v8: process.versions.v8, results }))
`
const NPX = process.platform === 'win32' ? 'npx.cmd' : 'npx'

function run(version) {
  const here = version === undefined
  const command = here ? process.execPath : NPX
  const args = ['--input-type=module', '--eval', PROGRAM]
  const output = execFileSync(command, here ? args : ['--yes', '--package', `node@${version}`, '--', 'node', ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.trim().split('\n').at(-1))
}

const asked = process.argv.slice(2)
let expected
for (const version of [undefined, ...(asked.length > 0 ? asked : ['22', '24'])]) {
  const { version: name, v8, results } = run(version)
  const show = ([way, r]) => `${way} ${r.bits} (FMA ${r.fma}, loss ${r.loss.toFixed(6)}, ${r.milliseconds} ms)`
  console.log(`Node ${name}, V8 ${v8}: ${Object.entries(results).map(show).join(', ')}`)
  if (results.plain.fma || !results.fused.fma) {
    console.error(`Node ${name} does not do as it is told about FMA`)
    process.exitCode = 1
  }
  const bits = JSON.stringify(Object.values(results).map(r => r.bits))
  expected ??= bits
  if (bits !== expected) {
    console.error(`Node ${name} gives other bits than Node ${process.version}`)
    process.exitCode = 1
  }
}
