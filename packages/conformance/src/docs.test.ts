// The guides: the code of "Write a backend" is a backend that passes, and every file that they name is there.
import { readdir, readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './cli/cli.test.util.js'

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8')
const GUIDES = ['docs/write-a-backend.md', 'docs/add-a-kernel.md', 'packages/conformance/README.md'] as const

/** The blocks of one language, in order. */
const blocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(m => m[1])

let project: Project
beforeAll(async () => {
  project = await Project.create()
})
afterAll(() => project.remove())

test('the blocks of "Write a backend" are a backend that passes level core', async () => {
  const code = blocks(await read('docs/write-a-backend.md'), 'js').join('\n')
  await project.write('toy-backend.js', code)
  // What the guide promises of its length.
  expect(code.split('\n').filter(line => line.trim() !== '').length).toBeLessThan(350)
  const { code: exit, out } = await project.run([
    '--backend',
    './toy-backend.js',
    '--level',
    'core',
    '--json',
    'toy.json',
  ])
  expect([exit, out]).toEqual([0, expect.stringMatching(/toy: \d+ passed, 0 failed, 0 skipped/)])
  // The whole level ran: every kernel, and every tier that needs no help.
  const { backends } = JSON.parse(await readFile(project.path('toy.json'), 'utf8'))
  const { results }: { results: { kernel: string; tier: string }[] } = backends[0]
  const tiers = new Set(results.map(r => r.tier))
  for (const tier of ['exact', 'rounding', 'adjoint', 'determinism', 'metamorphic', 'compiled', 'misuse']) {
    expect(tiers).toContain(tier)
  }
  expect(new Set(results.map(r => r.kernel)).size).toBeGreaterThan(30)
}, 300_000)

test('an empty file says what is missing', async () => {
  await project.write('empty.js', '')
  const { code, err } = await project.run(['--backend', './empty.js', '--level', 'core'])
  expect([code, err]).toEqual([2, expect.stringContaining('exports no function that opens a backend')])
})

test.each(GUIDES)('%s names files that are there', async guide => {
  const text = (await read(guide)).replace(/^ *```[\s\S]*?^ *```$/gm, '')
  const named = [...text.matchAll(/`((?:packages|docs|apps|scripts)\/[\w./-]+)`/g)].map(m => m[1])
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(m =>
    fileURLToPath(new URL(m[1], new URL(guide, ROOT))),
  )
  for (const path of [...named.map(n => fileURLToPath(new URL(n, ROOT))), ...linked])
    await expect(stat(path), path).resolves.toBeDefined()
  if (guide !== 'packages/conformance/README.md') expect(named.length).toBeGreaterThan(0)
})

test('"Add a kernel" names the folders in which every kernel has a line', async () => {
  const text = await read('docs/add-a-kernel.md')
  const folders = [
    'packages/api/src/kernels',
    'packages/backend-cpu/src/kernels',
    'packages/conformance/src/oracle/kernels',
  ]
  for (const folder of folders) {
    expect(await readdir(new URL(folder, ROOT))).toContain('index.ts')
    expect(text).toContain(`${folder}/index.ts`)
  }
})
