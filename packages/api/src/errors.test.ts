import { describe, expect, it } from 'vitest'
import { ArgumentError, checkOptions, ShapeError, StrataError } from './errors.js'

describe('errors', () => {
  it('name the thing and both values, in the message and in fields', () => {
    const e = new ShapeError({ where: 'matmul', what: 'inner dimension', expected: 3, got: [4, 'a'] })
    expect(e.message).toBe("matmul: inner dimension: expected 3, got [4, 'a']")
    expect(e).toMatchObject({
      name: 'ShapeError',
      where: 'matmul',
      what: 'inner dimension',
      expected: 3,
      got: [4, 'a'],
    })
    expect(e).toBeInstanceOf(StrataError)
  })
  it('show what was undefined', () => {
    expect(new ArgumentError({ where: 'Dense', what: 'units', expected: 'a number', got: undefined }).message).toBe(
      'Dense: units: expected a number, got undefined',
    )
    expect(new ArgumentError({ where: 'Dense', what: 'too many' }).message).toBe('Dense: too many')
  })
  it('keep their cause', () => {
    const cause = new Error('disk')
    expect(new ArgumentError({ where: 'a', what: 'b', cause }).cause).toBe(cause)
  })
  it('refuse options that are no object', () => {
    for (const wrong of [false, null, 3]) {
      expect(() => checkOptions('cpu', wrong as never, ['threads'])).toThrow(/cpu: options: expected an object/)
    }
  })
  it('refuse unknown options by name', () => {
    expect(() => checkOptions('Dense', { unit: 3 }, ['units'])).toThrow(
      "Dense: unknown option 'unit': expected one of units",
    )
  })
})
