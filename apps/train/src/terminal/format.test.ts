// Durations, rates and percentages, at the edges where the unit or the number of digits changes.

import { describe, expect, it } from 'vitest'
import { formatDuration, formatEta, formatPercent, formatRate } from './format.js'

describe('formatDuration', () => {
  it.each([
    [0, '0.0s'],
    [12.34, '12.3s'],
    [59.94, '59.9s'],
    [59.96, '1m 00s'],
    [125, '2m 05s'],
    [3599.6, '1h 00m'],
    [3725, '1h 02m'],
    [7199, '2h 00m'],
    [-1, '?'],
    [Number.NaN, '?'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%s s is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})

describe('formatEta', () => {
  it('goes on at the speed so far', () => expect(formatEta(25, 100, 10)).toBe('30.0s'))
  it('is nothing at the end', () => expect(formatEta(100, 100, 10)).toBe('0.0s'))
  it('is unknown at the start', () => {
    expect(formatEta(0, 100, 10)).toBe('?')
    expect(formatEta(0, 100, 0)).toBe('?')
  })
})

describe('formatRate', () => {
  it.each([
    [312.4, '312'],
    [99.96, '100'],
    [99.94, '99.9'],
    [9.456, '9.46'],
    [0, '0.00'],
    [Number.NaN, '?'],
  ])('%s is %s', (rate, text) => expect(formatRate(rate)).toBe(text))
})

describe('formatPercent', () => {
  it.each([
    [0, '0.0%'],
    [0.9534, '95.3%'],
    [0.99999, '99.9%'],
    [1, '100.0%'],
    [Number.NaN, '?'],
  ])('%s is %s', (share, text) => expect(formatPercent(share)).toBe(text))
})
