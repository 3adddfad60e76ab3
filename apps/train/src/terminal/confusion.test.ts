// The confusion matrix: counted right, aligned, readable without colour.

import { ArgumentError, DataError } from '@strata/api'
import { describe, expect, it } from 'vitest'
import { colourWanted, confusionMatrix, formatConfusion } from './confusion.js'

describe('confusionMatrix', () => {
  it('has the true class in the rows', () => {
    expect(confusionMatrix(Int32Array.of(0, 0, 0, 1, 2), [0, 1, 1, 1, 0], 3)).toEqual([
      [1, 2, 0],
      [0, 1, 0],
      [1, 0, 0],
    ])
  })

  it('refuses what is no class, and lengths that differ', () => {
    expect(() => confusionMatrix([0, 3], [0, 0], 3)).toThrow(/label 1: expected an integer from 0 to 2, got 3/)
    expect(() => confusionMatrix([0, 0], [0, 0.5], 3)).toThrow(/prediction 1: .* got 0.5/)
    expect(() => confusionMatrix([0], [0, 1], 3)).toThrow(DataError)
  })
})

describe('formatConfusion', () => {
  const matrix = [
    [118, 2],
    [0, 80],
  ]

  it('aligns names, counts and recall', () => {
    expect(formatConfusion(matrix, ['cat', 'hexagon']).split('\n')).toEqual([
      'true \\ predicted      cat hexagon  recall',
      'cat                   118       2   98.3%',
      'hexagon                 ·      80  100.0%',
      'accuracy 99.0% (198 of 200)',
    ])
  })

  it('shows a class without images, and no images at all', () => {
    expect(formatConfusion([[0]], ['cat'])).toMatch(/cat .* · +-\naccuracy - \(0 of 0\)$/)
  })

  it('differs by colour alone when shaded', () => {
    const shaded = formatConfusion(matrix, ['cat', 'hexagon'], { colour: true })
    expect(shaded).toContain('\x1b[48;5;')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is looked for
    expect(shaded.replace(/\x1b\[[0-9;]*m/g, '')).toBe(formatConfusion(matrix, ['cat', 'hexagon']))
  })

  it('refuses a matrix of another size than the names', () => {
    expect(() => formatConfusion(matrix, ['cat'])).toThrow(ArgumentError)
    expect(() => formatConfusion([[1, 2], [3]], ['cat', 'dog'])).toThrow(/length of row 1: expected 2, got 1/)
  })
})

describe('colourWanted', () => {
  it('needs a terminal and respects NO_COLOR and TERM=dumb', () => {
    expect(colourWanted({ isTTY: true }, {})).toBe(true)
    expect(colourWanted({}, {})).toBe(false)
    expect(colourWanted({ isTTY: true }, { NO_COLOR: '1' })).toBe(false)
    expect(colourWanted({ isTTY: true }, { NO_COLOR: '' })).toBe(true)
    expect(colourWanted({ isTTY: true }, { TERM: 'dumb' })).toBe(false)
  })
})
