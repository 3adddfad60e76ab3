// Chromium trains to the same bits as Node: the emitted WebAssembly, the host code around it and the random numbers do not
// depend on the engine, with and without fused multiplication and addition.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunResult, trainSmall } from './browser.test.fixture.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const ORIGIN = 'http://strata.test/'
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The fixture and everything that it imports, as one module, as vite builds it for a page. */
async function bundle(): Promise<string> {
  const results = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'esnext',
      lib: { entry: path('./browser.test.fixture.ts'), formats: ['es'] },
    },
  })
  const [{ output }] = [results].flat() as Rolldown.RolldownOutput[]
  expect(output).toHaveLength(1)
  const [chunk] = output
  // Node's modules have no place in a page: vite would have replaced them by an empty one.
  expect(chunk.moduleIds.filter(id => id.includes('__vite-browser-external'))).toEqual([])
  return chunk.code
}

let browser: Browser | undefined
let page: Page
const failures: string[] = []

beforeAll(async () => {
  const executablePath = execFileSync(process.execPath, [path('../../../scripts/chromium.mjs')], {
    encoding: 'utf8',
  }).trim()
  const code = await bundle()
  browser = await chromium.launch({ executablePath, args: FLAGS })
  page = await browser.newPage()
  page.on('pageerror', error => failures.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') failures.push(message.text())
  })
  // The page is served by the test itself: no port is opened.
  await page.route(`${ORIGIN}**`, route => {
    const { pathname } = new URL(route.request().url())
    return pathname === '/run.js'
      ? route.fulfill({ contentType: 'text/javascript', body: code })
      : route.fulfill({
          contentType: 'text/html',
          body: '<!doctype html><link rel="icon" href="data:,"><title>t</title>',
        })
  })
  await page.goto(ORIGIN)
}, 300_000)

afterAll(async () => {
  await browser?.close()
})

describe('training in Chromium', () => {
  test.each([{ relaxedFma: false }, { relaxedFma: true }])('has the bits of Node with $relaxedFma', async options => {
    const { relaxedFma } = options
    // As text: vitest rewrites the import of a function.
    const inPage = await page.evaluate<RunResult>(`import('${ORIGIN}run.js').then(m => m.trainSmall(${relaxedFma}))`)
    const inNode = await trainSmall(relaxedFma)
    expect(failures).toEqual([])
    // Relaxed SIMD is asked for; whether both engines have it is a fact of this machine that the test relies on.
    expect({ page: inPage.fma, node: inNode.fma }).toEqual({ page: relaxedFma, node: relaxedFma })
    expect(inNode.loss[3]).toBeLessThan(inNode.loss[0])
    expect(inPage).toEqual(inNode)
  })

  test('tells the two settings apart', async () => {
    const [plain, fused] = [await trainSmall(false), await trainSmall(true)]
    expect(fused.weights).not.toEqual(plain.weights)
  })
})
