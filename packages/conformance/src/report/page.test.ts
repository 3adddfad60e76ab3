// The suite and its report in a browser page: the example of the README, bundled and run in Chromium.
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from '../cli/cli.test.util.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const ORIGIN = 'https://strata.test/'

let project: Project
let browser: Browser | undefined
beforeAll(async () => {
  project = await Project.create()
  const executablePath = execFileSync(process.execPath, [path('../../../../scripts/chromium.mjs')], {
    encoding: 'utf8',
  }).trim()
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] })
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await project.remove()
})

/** The README's page on the CPU backend, with few kernels. */
async function example(): Promise<string> {
  const readme = await readFile(path('../../README.md'), 'utf8')
  const code = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(m => m[1]).find(c => c.includes('srcdoc')) ?? ''
  const changes = [
    ["import { myBackend } from './my-backend.js'", "import { cpu as myBackend } from '@strata/backend-cpu'"],
    [
      "level: 'core',\n  onProgress",
      "level: 'core',\n  only: c => ['conv2d', 'maxPool', 'random'].includes(c.kernel),\n  onProgress",
    ],
  ]
  return changes.reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, to)
  }, code)
}

test('the example of the README runs in a page and shows its report there', async () => {
  await project.write('page.ts', await example())
  const results = await build({
    configFile: false,
    logLevel: 'error',
    root: project.folder,
    build: {
      write: false,
      target: 'esnext',
      lib: { entry: project.path('page.ts'), formats: ['es'], fileName: () => 'page.js' },
    },
  })
  const [{ output }] = [results].flat() as Rolldown.RolldownOutput[]
  // Node's modules have no place in a page: vite would have replaced them by an empty one.
  expect(
    output.flatMap(o => (o.type === 'chunk' ? o.moduleIds : [])).filter(id => id.includes('browser-external')),
  ).toEqual([])
  const files = new Map(output.map(o => [`/${o.fileName}`, o.type === 'chunk' ? o.code : String(o.source)]))

  const page = await browser!.newPage()
  const errors: string[] = []
  page.on('pageerror', e => errors.push(String(e)))
  await page.route('**', route => {
    const url = new URL(route.request().url())
    const body = files.get(url.pathname)
    if (body !== undefined) return route.fulfill({ contentType: 'text/javascript', body })
    if (url.pathname !== '/') errors.push(`request of ${url}`)
    const html =
      '<!doctype html><link rel="icon" href="data:,"><iframe></iframe><script type="module" src="/page.js"></script>'
    return route.fulfill({ contentType: 'text/html', body: html })
  })
  await page.goto(ORIGIN)
  await page.waitForSelector('iframe[srcdoc]', { state: 'attached', timeout: 60_000 })
  const report = page.frameLocator('iframe')
  expect(await report.locator('h1').textContent()).toMatch(/^Conformance of cpu\s+✓ passed$/)
  const rows = await report.locator('table').first().locator('tbody th[scope=row]').allTextContents()
  expect(rows).toEqual(['conv2d', 'maxPool', 'random'])
  expect(await report.locator('dl').textContent()).toMatch(/Chrome \d+/)
  expect(errors).toEqual([])
}, 120_000)
