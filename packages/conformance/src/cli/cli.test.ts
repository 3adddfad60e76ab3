// The command as its users run it: exit codes, messages, reports, replays, cancelling.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeModel, encodeTensor, type TestModel } from '../foreign/onnx.test.util.js'
import { type Ended, Project } from './cli.test.util.js'

let project: Project
beforeAll(async () => {
  project = await Project.create()
  await project.write('good.js', `export { reference as backend } from '@strata/conformance'`)
  // Adds 1 to the first element of every result that has several.
  await project.write(
    'bad.js',
    `import { reference } from '@strata/conformance'
    export default ({ by = 1 }) => {
      const inner = reference()
      const load = async plan => {
        const executable = await inner.load(plan)
        const run = bind => {
          executable.run(bind)
          const out = bind.out0
          if (out !== undefined && out.value.length > 1) out.value[0] += by
        }
        return { run, dispose: () => executable.dispose() }
      }
      return new Proxy(inner, {
        get(target, name) {
          if (name === 'load') return load
          const v = Reflect.get(target, name, target)
          return typeof v === 'function' ? v.bind(target) : v
        },
      })
    }`,
  )
})
afterAll(() => project.remove())

const json = async (name: string) => JSON.parse(await readFile(project.path(name), 'utf8'))

test('what cannot run ends with 2 and a sentence that says why', async () => {
  await project.write('throws.js', `export default () => { throw new Error('no device') }`)
  await project.write('nothing.js', `export const version = 1`)
  await project.write('half.js', `export default () => ({ name: 'half', alloc() {} })`)
  await project.write('syntax.js', `export default (`)
  await project.write('skips.json', `[{ "case": "x" }]`)
  const good = ['--backend', './good.js']
  const attempts: [string[], RegExp][] = [
    [[], /--backend <module>/],
    [[...good, '--levle', 'core'], /unknown option '--levle'/],
    [[...good, '--level', 'most'], /Allowed choices are core, full, soak/],
    [[...good, '--kernel', 'conv9d'], /conv9d/],
    [[...good, '--seed', '-1'], /integer/],
    [[...good, '--option', 'x'], /key=value/],
    [[...good, '--replay', '{"tier":"exact"}'], /--replay: a token/],
    [[...good, '--replay', '{"tier":"exact","kernel":"copy","case":"none such","seed":1}'], /none such/],
    [[...good, '--skips', 'skips.json'], /without a reason/],
    [[...good, '--kernel', 'copy', '--foreign', 'nowhere'], /nowhere: cannot be read/],
    [['--backend', './absent.js'], /no such file: got '.\/absent.js'/],
    [['--backend', 'no-such-package'], /cannot load 'no-such-package'/],
    [['--backend', './syntax.js'], /cannot load '.\/syntax.js'/],
    [['--backend', './nothing.js'], /exports no function that opens a backend/],
    [['--backend', './throws.js'], /does not open: no device/],
    [['--backend', './half.js'], /the backend lacks: expected supports, write/],
  ]
  const ended = await Promise.all(attempts.map(([args]) => project.run(args)))
  for (const [i, { code, err }] of ended.entries()) {
    expect([attempts[i][0], code]).toEqual([attempts[i][0], 2])
    expect(err).toMatch(attempts[i][1])
    expect(err).not.toMatch(/\n\s+at /)
  }
})
test('help and version end with 0', async () => {
  const [help, version] = await Promise.all([project.run(['--help']), project.run(['--version'])])
  expect([help.code, version.code]).toEqual([0, 0])
  expect(help.out).toContain('--against')
  expect(version.out).toMatch(/^\d+\.\d+\.\d+/)
})
test('a good backend passes; reports of all kinds are written; the other column is compared', async () => {
  const args = ['--backend', './good.js', '--against', './bad.js', '--against-option', 'by=0', '--kernel', 'copy']
  const files = ['--report', 'new/r.html', '--json', 'r.json', '--markdown', 'r.md']
  const { code, out, err } = await project.run([...args, ...files])
  expect([code, err]).toEqual([0, expect.stringContaining('copy: ')])
  expect(out).toMatch(/reference: \d+ passed, 0 failed/)
  const report = await json('r.json')
  expect(report).toMatchObject({ schema: 1, level: 'core', seed: 1, cancelled: false })
  expect(report.backends.map((b: { label: string }) => b.label)).toEqual(['reference', 'reference (by=0)'])
  const texts = await Promise.all(['new/r.html', 'r.json', 'r.md'].map(f => readFile(project.path(f), 'utf8')))
  for (const text of texts) {
    expect(text).toContain('copy')
    expect(text).not.toContain(project.folder)
  }
})
test('a wrong backend ends with 1, and the printed line replays the failure', async () => {
  const { code, out } = await project.run(['--backend', './bad.js', '--option', 'by=2', '--kernel', 'transpose'])
  expect(code).toBe(1)
  const line = /strata-conformance (--backend \S+ --option \S+) --replay '(.*)'/.exec(out)
  const [, flags, token] = line ?? []
  expect(flags).toBe('--backend ./bad.js --option by=2')
  const again = await project.run([...flags.split(' '), '--replay', token])
  expect(again.code).toBe(1)
  expect(again.out).toContain(token)
  const fixed = await project.run(['--backend', './bad.js', '--option', 'by=0', '--replay', token])
  expect(fixed.code).toBe(0)
})
test('known failures are skipped with their reason; one that passes fails', async () => {
  await project.write('known.json', JSON.stringify([{ kernel: 'transpose', reason: 'adds one' }]))
  const args = ['--kernel', 'transpose', '--skips', 'known.json', '--json', 's.json']
  const bad = await project.run(['--backend', './bad.js', ...args])
  const reasons = (await json('s.json')).backends[0].results.map((r: { skipped?: string }) => r.skipped)
  expect(reasons).toContain('adds one')
  const good = await project.run(['--backend', './good.js', ...args])
  expect([good.code, good.out]).toEqual([1, expect.stringContaining("is skipped ('adds one') but passes")])
  expect(bad.out).not.toMatch(/error beyond the bound/)
})
test('Ctrl-C ends the run and keeps what ran', async () => {
  const interrupted = await project.run(
    ['--backend', './good.js', '--json', 'c.json', '--report', 'c.html'],
    (text, interrupt) => {
      if (text.includes('map:')) interrupt()
    },
  )
  expect([interrupted.code, interrupted.out]).toEqual([1, expect.stringContaining('Cancelled')])
  const report = await json('c.json')
  expect(report.cancelled).toBe(true)
  expect(report.backends[0].results.length).toBeGreaterThan(0)
  expect(await readFile(project.path('c.html'), 'utf8')).toContain('The run was cancelled')
})
test('foreign cases are run, replayed, and listed where they are not mapped', async () => {
  const x = { shape: [2], data: [-1, 3] }
  const models: Record<string, TestModel> = {
    test_relu: { op: 'Relu', inputs: { x }, outputs: { y: { shape: [2], data: [0, 4] } } },
    test_gru: { op: 'GRU', inputs: { x }, outputs: { y: x } },
  }
  for (const [name, m] of Object.entries(models)) {
    const set = project.path(`foreign/${name}/test_data_set_0`)
    await mkdir(set, { recursive: true })
    await writeFile(project.path(`foreign/${name}/model.onnx`), encodeModel(m))
    await writeFile(`${set}/input_0.pb`, encodeTensor('x', m.inputs.x))
    await writeFile(`${set}/output_0.pb`, encodeTensor('y', m.outputs.y))
  }
  const args = ['--backend', './good.js', '--foreign', 'foreign']
  const first: Ended = await project.run([...args, '--kernel', 'copy', '--json', 'f.json'])
  expect([first.code, first.out]).toEqual([1, expect.stringContaining('got 3, want 4')])
  const foreign = (await json('f.json')).backends[0].results.filter((r: { tier: string }) => r.tier === 'foreign')
  expect(foreign.map((r: { skipped?: string }) => r.skipped)).toEqual(['not mapped: operator GRU', undefined])
  const again = await project.run([
    ...args,
    '--replay',
    '{"tier":"foreign","kernel":"graph","case":"onnx/test_relu","seed":0}',
  ])
  expect([again.code, again.out]).toEqual([1, expect.stringContaining('0 passed, 1 failed')])
})
