// Chromium trains to the same bits as Node: the emitted WebAssembly, the host code around it and the random numbers do not
// depend on the engine, with and without fused multiplication and addition, nor on threads.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunResult, trainSmall } from './browser.test.fixture.js'
import type { CpuOptions } from './index.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
// Only secure origins can be isolated.
const ORIGIN = 'https://strata.test/'
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The fixture and everything that it imports as one module, and the script of the threads, as vite builds them for a page. */
async function bundle(): Promise<Map<string, string>> {
  const results = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'esnext',
      lib: { entry: path('./browser.test.fixture.ts'), formats: ['es'], fileName: () => 'run.js' },
    },
  })
  const [{ output }] = [results].flat() as Rolldown.RolldownOutput[]
  const files = output.map(o => [`/${o.fileName}`, o.type === 'chunk' ? o.code : String(o.source)] as const)
  expect(files.map(([name]) => name)).toEqual(['/run.js', expect.stringMatching(/\/worker-.*\.js$/)])
  // Node's modules have no place in a page: vite would have replaced them by an empty one.
  const modules = output.flatMap(o => (o.type === 'chunk' ? o.moduleIds : []))
  expect(modules.filter(id => id.includes('__vite-browser-external'))).toEqual([])
  return new Map(files)
}

let browser: Browser | undefined
let isolated: Page
let plain: Page
const failures: string[] = []

/** A page that is cross-origin isolated, or not. It is served by the test itself: no port is opened. */
async function open(browser: Browser, files: ReadonlyMap<string, string>, isolate: boolean): Promise<Page> {
  const page = await browser.newPage()
  page.on('pageerror', error => failures.push(String(error)))
  page.on('console', message => {
    // A thread that does not start, or dies, is a warning.
    if (message.type() === 'error' || (isolate && message.type() === 'warning')) failures.push(message.text())
  })
  const headers: Record<string, string> = isolate
    ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
    : {}
  await page.context().route(`${ORIGIN}**`, route => {
    const body = files.get(new URL(route.request().url()).pathname)
    return body !== undefined
      ? route.fulfill({ contentType: 'text/javascript', body, headers })
      : route.fulfill({
          contentType: 'text/html',
          body: '<!doctype html><link rel="icon" href="data:,"><title>t</title>',
          headers,
        })
  })
  await page.goto(ORIGIN)
  expect(await page.evaluate('globalThis.crossOriginIsolated')).toBe(isolate)
  return page
}

beforeAll(async () => {
  const executablePath = execFileSync(process.execPath, [path('../../../scripts/chromium.mjs')], {
    encoding: 'utf8',
  }).trim()
  const files = await bundle()
  browser = await chromium.launch({ executablePath, args: FLAGS })
  isolated = await open(browser, files, true)
  plain = await open(browser, files, false)
}, 300_000)

afterAll(async () => {
  await browser?.close()
})

// As text: vitest rewrites the import of a function.
const trainIn = (page: Page, options: CpuOptions): Promise<RunResult> =>
  page.evaluate(`import('${ORIGIN}run.js').then(m => m.trainSmall(${JSON.stringify(options)}))`)

describe('training in Chromium', () => {
  test.each([{ relaxedFma: false }, { relaxedFma: true }])('has the bits of Node with $relaxedFma', async options => {
    const { relaxedFma } = options
    const inNode = await trainSmall({ relaxedFma, threads: 1 })
    // Relaxed SIMD is asked for; whether both engines have it is a fact of this machine that the test relies on.
    expect(inNode.fma).toBe(relaxedFma)
    expect(inNode.loss[3]).toBeLessThan(inNode.loss[0])
    for (const page of [isolated, plain]) {
      expect(await trainIn(page, { relaxedFma, threads: 1 })).toEqual(inNode)
    }
    const threads = 3
    expect(await trainIn(isolated, { relaxedFma, threads, shareAll: true })).toEqual({ ...inNode, threads })
    expect(failures).toEqual([])
  })

  test('has one thread where a page is not isolated, and says so once', async () => {
    const warnings: string[] = []
    plain.on('console', message => warnings.push(`${message.type()}: ${message.text()}`))
    const options = { relaxedFma: false, threads: 2 }
    const { threads } = await trainIn(plain, options)
    expect(threads).toBe(1)
    await trainIn(plain, options)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^warning: cpu: one thread.*must be cross-origin isolated/)
    expect(failures).toEqual([])
  })

  test('tells the two settings apart', async () => {
    const [plain, fused] = [await trainSmall({ relaxedFma: false }), await trainSmall({ relaxedFma: true })]
    expect(fused.weights).not.toEqual(plain.weights)
  })
})
