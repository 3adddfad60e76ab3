// The summary of a model, character for character what Keras 3 prints (keras/src/utils/summary_utils.py, whose tables are
// drawn by Rich: widths, wrapping and cropping follow rich/table.py and rich/_wrap.py).
import { ArgumentError, checkOptions } from '../errors.js'
import type { Layer } from '../layers/layer.js'
import type { SymbolicShape } from '../layers/symbolic.js'
import type { BaseModel } from './base.js'

export interface SummaryOptions {
  /** Characters of a line of the table (default 88, or 108 with the column "Connected to", at most columns - 4). */
  readonly lineLength?: number
  /** Width of the terminal, where lines are cut (default 80, what Keras assumes where there is none). */
  readonly columns?: number
}
interface Column {
  readonly title: string
  readonly right: boolean
  readonly width: number
}

export function summaryOf(model: BaseModel, options: SummaryOptions): string {
  checkOptions('summary', options, ['lineLength', 'columns'])
  const chain = !model.isDescribed || model.network.isChain
  const { columns: terminal = 80 } = options
  const line = options.lineLength ?? Math.min(chain ? 88 : 108, terminal - 4)
  const titles = ['Layer (type)', 'Output Shape', 'Param #', ...(chain ? [] : ['Connected to'])]
  const columns = columnsOf(titles, chain ? [0.45, 0.8, 1] : [0.3, 0.56, 0.74, 1], line)
  const rows = model.layers.map(l => [
    `${l.name} (${l.className})`,
    outputShape(l),
    l.built ? l.countParams().toLocaleString('en-US') : '0 (unbuilt)',
    ...(chain ? [] : [connections(model, l)]),
  ])
  const lines = [`Model: "${model.name}"`, ...table(columns, rows), ...counts(model)]
  return lines.map(l => [...l].slice(0, terminal).join('')).join('\n')
}

/** Splits a line into columns, then takes what is too much off each of them evenly. */
function columnsOf(titles: readonly string[], positions: readonly number[], line: number): Column[] {
  let taken = 0
  const padded = positions.map(p => {
    const width = Math.trunc(p * line) - taken
    taken += width
    if (width < 4) {
      throw new ArgumentError({ where: 'summary', what: 'lineLength', expected: 'room for the columns', got: line })
    }
    return width + 2
  })
  let excess = padded.reduce((a, b) => a + b) - (line - (titles.length + 1))
  return titles.map((title, i) => {
    const share = Math.min(padded[i], roundHalfEven(excess / (titles.length - i)))
    excess -= share
    return { title, right: title === 'Param #', width: padded[i] - share }
  })
}
/** Python's round. */
function roundHalfEven(x: number): number {
  const r = Math.round(x)
  return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r
}

function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const rule = (left: string, fill: string, middle: string, right: string): string =>
    left + columns.map(c => fill.repeat(c.width)).join(middle) + right
  const row = (cells: readonly string[], bar: string): string[] => {
    const wrapped = cells.map((text, i) => wrap(text, columns[i].width - 2))
    const height = Math.max(...wrapped.map(w => w.length))
    return Array.from({ length: height }, (_, k) => {
      const parts = wrapped.map((w, i) => {
        const width = columns[i].width - 2
        const text = w[k] ?? ''
        return ` ${columns[i].right ? text.padStart(width) : text.padEnd(width)} `
      })
      return bar + parts.join(bar) + bar
    })
  }
  const body = rows.flatMap((cells, i) => [...(i === 0 ? [] : [rule('├', '─', '┼', '┤')]), ...row(cells, '│')])
  return [
    rule('┏', '━', '┳', '┓'),
    ...row(
      columns.map(c => c.title),
      '┃',
    ),
    rule('┡', '━', '╇', '┩'),
    ...body,
    rule('└', '─', '┴', '┘'),
  ]
}

/** Breaks between words; a word that is longer than a line is cut with an ellipsis. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.match(/\S+\s*/g) ?? ['']) {
    if (line !== '' && line.length + word.trimEnd().length > width) {
      lines.push(line)
      line = ''
    }
    line += word
  }
  lines.push(line)
  return lines.map(l => l.trimEnd()).map(l => (l.length > width ? `${l.slice(0, width - 1)}…` : l))
}

const showShape = (s: SymbolicShape): string => `(${s.map(d => d ?? 'None').join(', ')})`

/** The shape of the layer's latest call. */
function outputShape(layer: Layer): string {
  const input = 'output' in layer ? (layer.output as { shape?: SymbolicShape }) : null
  const call = layer.calls.at(-1)
  if (call === undefined) return input?.shape === undefined ? '?' : showShape(input.shape)
  const shapes = call.outputs.map(t => showShape(t.shape))
  return shapes.length === 1 ? shapes[0] : `[${shapes.join(', ')}]`
}

/** What the layer's calls in this model take. */
function connections(model: BaseModel, layer: Layer): string {
  const inputs = model.network.calls.filter(c => c.layer === layer).flatMap(c => c.inputs)
  const names = inputs.map(t => `${t.call?.layer.name ?? t.name}[${t.call?.index ?? 0}][${t.index}]`)
  return names.length === 0 ? '-' : names.join(', ')
}

function counts(model: BaseModel): string[] {
  const size = (weights: readonly { readonly size: number }[]): number => weights.reduce((n, w) => n + w.size, 0)
  const trainable = size([...new Set(model.trainableWeights)])
  const rest = size([...new Set(model.nonTrainableWeights)])
  const optimizer = model.compiled ? model.trainer.optimizerParams() : null
  const line = (what: string, n: number): string => ` ${what} params: ${n.toLocaleString('en-US')} (${memory(n * 4)})`
  return [
    line('Total', trainable + rest + (optimizer ?? 0)),
    line('Trainable', trainable),
    line('Non-trainable', rest),
    ...(optimizer === null ? [] : [line('Optimizer', optimizer)]),
  ]
}
function memory(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  let [n, i] = [bytes, 0]
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024
    i++
  }
  return `${n.toFixed(2)} ${units[i]}`
}
