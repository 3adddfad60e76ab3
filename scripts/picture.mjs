// Draws the README's picture: images of each class beside the output of a run, as a terminal showed it.
//   script -q -c 'npm start' start.log; node scripts/picture.mjs start.log docs/start.png
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { encodePng } from '../apps/train/dist/png.js'
import { drawShape } from '../apps/train/dist/shapes/dataset.js'
import { CLASS_NAMES } from '../apps/train/dist/shapes/distances.js'

const [log, target] = process.argv.slice(2)
if (target === undefined) throw new Error('Usage: node scripts/picture.mjs <terminal log> <picture.png>')

const ESCAPE = '\u001b'
const SEQUENCE = new RegExp(`${ESCAPE}(?:\\[([0-9;?]*)([A-Za-z])|[78])|([^])`, 'gu')

// What the terminal shows in the end: a grid of characters with their colours, after carriage returns, erased lines and
// moves to a column, which are all that the progress bar uses.
function screen(text) {
  const lines = [[]]
  let column = 0
  let style = ''
  const row = () => lines[lines.length - 1]
  for (const [, argument, command, char] of text.matchAll(SEQUENCE)) {
    if (command === 'm') style = argument === '0' ? '' : argument
    else if (command === 'G') column = Math.max(0, Number(argument || 1) - 1)
    else if (command === 'K') row().length = Math.min(row().length, argument === '2' ? 0 : column)
    else if (char === undefined) continue
    else if (char === '\r') column = 0
    else if (char === '\n') {
      lines.push([])
      column = 0
    } else row()[column++] = { char, style }
  }
  return lines
}

const html = text => text.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])

// 256-colour grey ramp: 232 to 255.
function css(style) {
  const [, background, foreground] = /^48;5;(\d+);38;5;(\d+)$/.exec(style) ?? []
  if (background === undefined) return ''
  const level = 8 + 10 * (Number(background) - 232)
  return `background:rgb(${level},${level},${level});color:${foreground === '16' ? '#000' : '#fff'}`
}

const lineHtml = line =>
  Array.from(line, cell => cell ?? { char: ' ', style: '' })
    .map(({ char, style }) => (style === '' ? html(char) : `<span style="${css(style)}">${html(char)}</span>`))
    .join('')

const textOf = line => Array.from(line, cell => cell?.char ?? ' ').join('')

const lines = screen(readFileSync(log, 'utf8').replaceAll('\r\n', '\n'))
const from = lines.findIndex(line => textOf(line).startsWith('Data: '))
const to = lines.findIndex(line => textOf(line).startsWith('Saved the model'))
if (from < 0 || to < 0) throw new Error(`${log} is not the output of a whole run`)
// The middle of the table of layers is left out, visibly.
const shown = lines.slice(from, to + 1)
const table = shown.flatMap((line, i) => (textOf(line).startsWith('├') ? [i] : []))
const kept = shown.flatMap((line, i) => {
  if (i <= table[1] || i > table.at(-2)) return [lineHtml(line)]
  return i === table[1] + 1 ? [`│ ${'…'.padEnd(31)} │ ${'…'.padEnd(22)} │ ${'…'.padStart(13)} │`] : []
})

const EXAMPLES = 3
const png = (label, example) => {
  const { image } = drawShape(1, 'test', label + CLASS_NAMES.length * example)
  return `data:image/png;base64,${Buffer.from(encodePng(image, [64, 64, 3])).toString('base64')}`
}
const sheet = CLASS_NAMES.map((name, label) => {
  const images = Array.from({ length: EXAMPLES }, (_, i) => `<img src="${png(label, i)}">`)
  return `<div class="class"><span>${name}</span>${images.join('')}</div>`
})

const page = `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #fff; }
main { display: inline-flex; gap: 24px; padding: 20px; align-items: center; }
.class { display: flex; gap: 4px; align-items: center; margin: 4px 0; font: 14px sans-serif; color: #222; }
.class span { width: 72px; }
img { width: 64px; height: 64px; }
pre { margin: 0; padding: 14px 18px; border-radius: 8px; background: #16181d; color: #e6e6e6;
  font: 12.5px/1.3 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace; }
</style><main><div>${sheet.join('')}</div><pre>${['$ npm start', ...kept].join('\n')}</pre></main>`

const finder = fileURLToPath(new URL('chromium.mjs', import.meta.url))
const executablePath = execFileSync(process.execPath, [finder], { encoding: 'utf8' }).trim()
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] })
try {
  const view = await browser.newPage({ viewport: { width: 1500, height: 900 } })
  await view.setContent(page)
  await view.locator('main').screenshot({ path: target })
} finally {
  await browser.close()
}
