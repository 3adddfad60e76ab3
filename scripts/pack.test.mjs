// What users install: the packed packages, in a project of their own. Run after a build, as part of `npm test`.
//   node --test scripts/pack.test.mjs
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PACKAGES = ['api', 'backend-cpu', 'conformance']
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm'

// Settings stricter than the repository's own: a user may have them.
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  files: ['check.ts'],
}

const PROGRAM = `
import { Dense, Input, optimizers, Sequential } from '@strata/api'
import { cpu } from '@strata/backend-cpu'
const backend = await cpu({ threads: 2 })
const hidden = new Dense({ units: 8, activation: 'tanh' })
const model = new Sequential([Input({ shape: [2] }), hidden, new Dense({ units: 1 })])
model.compile({ backend, optimizer: new optimizers.Adam({ learningRate: 0.05 }), loss: 'meanSquaredError', seed: 1 })
const x = { shape: [4, 2], data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1) }
const y = { shape: [4, 1], data: Float32Array.of(0, 1, 1, 0) }
const { history } = await model.fit(x, y, { epochs: 150, batchSize: 4 })
console.log(JSON.stringify({ first: history.loss[0], last: history.loss.at(-1), threads: backend.threads }))
backend.dispose()
`

const execute = promisify(execFile)
let folder = ''
let packed = []

async function run(command, args, cwd) {
  try {
    const { stdout } = await execute(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} failed:\n${error.stdout ?? ''}\n${error.stderr ?? error}`)
  }
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-pack-'))
  console.log('packing')
  const names = PACKAGES.flatMap(name => ['--workspace', `@strata/${name}`])
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...names]
  const report = JSON.parse(await run(NPM, args, ROOT))
  // npm 10 and earlier print a list, later ones an object by name.
  packed = Array.isArray(report) ? report : Object.values(report)
  assert.equal(packed.length, PACKAGES.length)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  console.log('installing')
  const tarballs = packed.map(p => `./${p.filename}`)
  await run(NPM, ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs], folder)
})

after(() => rm(folder, { recursive: true, force: true }))

const exportsOf = async name => JSON.parse(await readFile(join(ROOT, 'packages', name, 'package.json'), 'utf8')).exports

test('tarballs hold what is exported and neither tests nor build leftovers', async () => {
  for (const name of PACKAGES) {
    const { files } = packed.find(p => p.name === `@strata/${name}`)
    const paths = files.map(f => f.path)
    const unwanted = paths.filter(p =>
      /\.test\.|fixture|__snapshots__|\.snap$|^golden\/(?!(layers|losses|metrics|optimizers)\.)|\.tsbuildinfo$|vitest/.test(
        p,
      ),
    )
    assert.deepEqual(unwanted, [], `files in ${name}`)
    for (const entry of Object.values(await exportsOf(name))) {
      for (const path of Object.values(entry)) assert.ok(paths.includes(path.replace('./', '')), `${name}: ${path}`)
    }
    // Source maps lead to sources that are there.
    for (const path of paths.filter(p => /^dist\/.*\.js$/.test(p))) {
      const source = path.replace(/^dist\//, 'src/')
      const there = paths.includes(source) || paths.includes(source.replace(/\.js$/, '.ts'))
      assert.ok(there, `${name}: ${path} has no source ${source}; a stale build? Remove dist.`)
    }
  }
})

test('a program trains on the installed packages', async () => {
  await writeFile(join(folder, 'program.js'), PROGRAM)
  const { first, last, threads } = JSON.parse(await run(process.execPath, ['program.js'], folder))
  assert.equal(threads, 2)
  // Exclusive or: 0.25 is what a constant reaches.
  assert.ok(last < 0.05 && last < first, `loss ${first} -> ${last}`)
})

test('the conformance command runs on an installed backend, golden data included', async () => {
  const bin = join(folder, 'node_modules/@strata/conformance/bin/strata-conformance.js')
  const args = ['--backend', '@strata/backend-cpu', '--kernel', 'copy', '--json', 'copy.json']
  assert.match(await run(process.execPath, [bin, ...args], folder), /cpu: \d+ passed, 0 failed/)
  const token = JSON.stringify({ tier: 'golden', kernel: 'graph', case: await goldenCase(), seed: 1 })
  const replay = ['--backend', '@strata/backend-cpu', '--replay', token]
  assert.match(await run(process.execPath, [bin, ...replay], folder), /cpu: 1 passed, 0 failed/)
})

/** The first golden case of a layer. */
async function goldenCase() {
  const path = join(folder, 'node_modules/@strata/conformance/golden/layers.json')
  return `layers/${JSON.parse(await readFile(path, 'utf8')).cases[0].id}`
}

test('all public entries type-check under strict settings', async () => {
  const entries = []
  for (const name of PACKAGES) {
    for (const path of Object.keys(await exportsOf(name))) entries.push(`@strata/${name}${path.slice(1)}`)
  }
  const lines = entries.flatMap((entry, i) => [`import * as e${i} from '${entry}'`, `void e${i}`])
  await writeFile(join(folder, 'check.ts'), `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], folder)
})
