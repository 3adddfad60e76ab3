// Pooling and its gradients.
import { f32, type PoolAttrs } from '@strata/api/backend'
import { stepOf } from '../oracle/lower.js'
import { type Case, makeCase, real, TIES, values } from './case.js'

export interface PoolGeometry extends PoolAttrs {
  readonly name: string
  /** [N, H, W, C] */
  readonly x: readonly [number, number, number, number]
}

const geometry = (
  name: string,
  x: PoolGeometry['x'],
  size: PoolAttrs['size'],
  strides: PoolAttrs['strides'] = size,
  padding: PoolAttrs['padding'] = [0, 0, 0, 0],
): PoolGeometry => ({ name, x, size, strides, padding })

export const POOL_GEOMETRIES: readonly PoolGeometry[] = [
  geometry('one pixel', [1, 1, 1, 1], [1, 1]),
  geometry('2x2', [2, 6, 4, 3], [2, 2]),
  geometry('2x2 that leaves a rest', [1, 7, 5, 4], [2, 2]),
  geometry('overlapping', [1, 7, 8, 5], [3, 3], [2, 2]),
  geometry('overlapping, stride 1', [2, 5, 6, 2], [3, 2], [1, 1]),
  geometry('same', [1, 5, 7, 3], [3, 3], [1, 1], [1, 1, 1, 1]),
  geometry('same of stride 2', [1, 7, 6, 5], [3, 3], [2, 2], [1, 1, 0, 1]),
  geometry('padding on one side', [1, 5, 5, 1], [2, 2], [2, 2], [0, 1, 1, 0]),
  geometry('strides beyond the window', [1, 10, 9, 3], [2, 2], [4, 3]),
  geometry('row', [1, 2, 9, 4], [1, 4], [1, 2]),
  geometry('whole image', [3, 5, 7, 6], [5, 7]),
  geometry('17 channels', [1, 6, 6, 17], [2, 2]),
  geometry('16 channels', [1, 6, 6, 16], [3, 3], [2, 2], [0, 1, 0, 1]),
  geometry('many pixels', [2, 33, 34, 20], [3, 3], [2, 2], [1, 1, 1, 1]),
  geometry('no batch', [0, 4, 4, 3], [2, 2]),
]

export function poolCases(
  g: PoolGeometry,
): [Case<'maxPool'>, Case<'maxPoolGrad'>, Case<'avgPool'>, Case<'avgPoolGrad'>] {
  const { name, x, size, strides, padding } = g
  const attrs = { size, strides, padding }
  const [y] = stepOf('maxPool', attrs, [f32(x)]).outs
  return [
    makeCase('maxPool', name, attrs, [real(x)]),
    makeCase('maxPoolGrad', name, attrs, [real(x), real(y.shape)]),
    // A mean over three elements rounds.
    makeCase('avgPool', name, attrs, [real(x)], { exact: false }),
    makeCase('avgPoolGrad', name, { ...attrs, inputShape: x }, [real(y.shape)], { exact: false }),
  ]
}

const quarter: PoolAttrs = { size: [2, 2], strides: [1, 2], padding: [0, 0, 0, 0] }

export const POOL_EDGES: readonly Case[] = [
  makeCase('maxPool', 'ties', { size: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1] }, [real([1, 9, 9, 3], TIES)]),
  makeCase('maxPool', 'all negative in padding', { size: [2, 2], strides: [1, 1], padding: [1, 1, 1, 1] }, [
    real([1, 3, 3, 1], values(-1, -2, -3, -4, -5)),
  ]),
  makeCase('maxPool', 'NaN and infinities', { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }, [
    real([1, 4, 6, 2], values(1, NaN, -Infinity, 2, Infinity, -1, -Infinity)),
  ]),
  makeCase('maxPool', 'minus infinity', { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }, [
    real([1, 2, 4, 1], values(-Infinity)),
  ]),
  ...(['ties', 'equal everywhere'] as const).map(name =>
    makeCase('maxPoolGrad', name, { size: [3, 3], strides: [2, 1], padding: [1, 1, 1, 1] }, [
      real([2, 7, 6, 3], name === 'ties' ? TIES : values(2)),
      real([2, 4, 6, 3]),
    ]),
  ),
  makeCase('maxPoolGrad', 'all negative in padding', { size: [2, 2], strides: [1, 1], padding: [1, 1, 1, 1] }, [
    real([1, 3, 3, 1], values(-1, -2, -3, -4, -5)),
    real([1, 4, 4, 1]),
  ]),
  // Four elements in every window: the division is exact.
  makeCase('avgPool', 'quarters', quarter, [real([1, 5, 6, 3])], { scale: 4 }),
  makeCase('avgPoolGrad', 'quarters', { ...quarter, inputShape: [1, 5, 6, 3] }, [real([1, 4, 3, 3])], { scale: 4 }),
]
