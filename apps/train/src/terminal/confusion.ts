// The confusion matrix as a table: rows are the true classes, columns the predicted ones. Readable without colour;
// with it, each cell is shaded by its share of the row.

import { ArgumentError, DataError } from '@strata/api'
import { formatPercent } from './format.js'

/**
 * Counts how often each class was taken for which.
 *
 * @param labels true classes, integers in [0, classes).
 * @param predictions predicted classes, as many.
 * @returns matrix[true][predicted], classes x classes counts.
 * @throws DataError when the lengths differ or an entry is no class.
 * @example confusionMatrix([0, 1, 1], [0, 1, 0], 2) // [[1, 0], [1, 1]]
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): number[][] {
  const where = 'confusionMatrix'
  if (labels.length !== predictions.length) {
    throw new DataError({ where, what: 'number of predictions', expected: labels.length, got: predictions.length })
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const check = (what: string, value: number): void => {
    if (!Number.isInteger(value) || value < 0 || value >= classes) {
      throw new DataError({ where, what, expected: `an integer from 0 to ${classes - 1}`, got: value })
    }
  }
  for (let i = 0; i < labels.length; i++) {
    check(`label ${i}`, labels[i])
    check(`prediction ${i}`, predictions[i])
    matrix[labels[i]][predictions[i]]++
  }
  return matrix
}

/** Whether colour is welcome: on a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb says otherwise. */
export function colourWanted(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
}

// Shades of the 256-colour grey ramp (232 to 255); dark text on the light half.
function shade(text: string, share: number): string {
  if (share <= 0) return text
  const level = 235 + Math.round(Math.min(1, share) * 17)
  return `\x1b[48;5;${level};38;5;${level > 243 ? 16 : 255}m${text}\x1b[0m`
}

/**
 * Lays the matrix out with class names, counts, each class's recall (the share of its images that were recognised)
 * and the overall accuracy. Zeros show as dots, so that the errors stand out.
 *
 * @param matrix matrix[true][predicted] counts, square.
 * @param names one name per class.
 * @param options.colour shade the cells by their share of the row; false by default. See {@link colourWanted}.
 * @returns lines joined by newlines, without one at the end.
 * @throws ArgumentError when the matrix is not square or has another size than `names`.
 * @example console.log(formatConfusion([[9, 1], [0, 10]], ['cat', 'dog']))
 */
export function formatConfusion(
  matrix: readonly (readonly number[])[],
  names: readonly string[],
  options: { readonly colour?: boolean } = {},
): string {
  for (const [row, cells] of [names, ...matrix].entries()) {
    const what = row === 0 ? 'rows of the matrix' : `length of row ${row - 1}`
    const got = row === 0 ? matrix.length : cells.length
    if (got !== names.length) throw new ArgumentError({ where: 'formatConfusion', what, expected: names.length, got })
  }
  const nameWidth = Math.max('true \\ predicted'.length, ...names.map(n => n.length))
  const width = Math.max(...names.map(n => n.length), ...matrix.flat().map(n => String(n).length))
  const line = (head: string, cells: readonly string[], recall: string): string =>
    `${head.padEnd(nameWidth)}  ${cells.join(' ')}  ${recall.padStart(6)}`
  const lines = [
    line(
      'true \\ predicted',
      names.map(n => n.padStart(width)),
      'recall',
    ),
  ]
  let right = 0
  let total = 0
  matrix.forEach((row, truth) => {
    const sum = row.reduce((a, b) => a + b, 0)
    right += row[truth]
    total += sum
    const cells = row.map(count => {
      const text = (count === 0 ? '·' : String(count)).padStart(width)
      return options.colour === true ? shade(text, count / sum) : text
    })
    lines.push(line(names[truth], cells, sum === 0 ? '-' : formatPercent(row[truth] / sum)))
  })
  lines.push(`accuracy ${total === 0 ? '-' : formatPercent(right / total)} (${right} of ${total})`)
  return lines.join('\n')
}
