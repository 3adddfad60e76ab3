// ZeroPadding2D and Cropping2D: adds or removes rows and columns at the borders of images.
import { ArgumentError, ShapeError } from '../errors.js'
import { pad, slice } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { integer } from './arguments.js'
import { type DataFormat, dataFormat, spatialAxes } from './images.js'
import { checkRank, single } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

type Border = readonly [number, number]
/** All four sides; [rows, columns] on both sides; or [[top, bottom], [left, right]]. */
export type Borders = number | Border | readonly [Border, Border]
type FormatOption = DataFormat | 'channels_last' | 'channels_first' | null

function borders(where: string, what: string, value: unknown): readonly [Border, Border] {
  const sides = (v: unknown): Border => {
    if (Array.isArray(v) && v.length === 2) return [integer(where, what, v[0], 0), integer(where, what, v[1], 0)]
    const n = integer(where, what, v, 0)
    return [n, n]
  }
  if (Array.isArray(value) && value.length !== 2) {
    const expected = 'an integer, [rows, columns] or [[top, bottom], [left, right]]'
    throw new ArgumentError({ where, what, expected, got: value })
  }
  const [rows, columns] = Array.isArray(value) ? value : [value, value]
  return [sides(rows), sides(columns)]
}
/** Borders of all four dimensions. */
function ofImage([rows, columns]: readonly [Border, Border], format: DataFormat): Border[] {
  const all: Border[] = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ]
  const [h, w] = spatialAxes(format)
  all[h] = rows
  all[w] = columns
  return all
}

export interface ZeroPadding2DOptions extends LayerOptions {
  /** Default 1. */
  readonly padding?: Borders
  readonly dataFormat?: FormatOption
}
/** [N, H, W, C] -> [N, top + H + bottom, left + W + right, C]. @example new ZeroPadding2D({ padding: [[0, 1], [0, 1]] }) */
export class ZeroPadding2D extends Layer {
  static override readonly className = 'ZeroPadding2D'
  readonly padding: readonly [Border, Border]
  readonly dataFormat: DataFormat
  constructor(options: ZeroPadding2DOptions = {}) {
    super(options, ['padding', 'dataFormat'])
    this.padding = borders('ZeroPadding2D', 'padding', options.padding ?? 1)
    this.dataFormat = dataFormat('ZeroPadding2D', options.dataFormat)
  }
  override call(inputs: readonly Value[]): Value {
    const x = single(this.name, inputs)
    checkRank(this.name, x.shape, 4)
    return pad(x, ofImage(this.padding, this.dataFormat))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), padding: this.padding, dataFormat: this.dataFormat }
  }
}

export interface Cropping2DOptions extends LayerOptions {
  /** Default 0. */
  readonly cropping?: Borders
  readonly dataFormat?: FormatOption
}
/**
 * [N, H, W, C] -> [N, H - top - bottom, W - left - right, C].
 * @throws ShapeError if nothing is left
 * @example new Cropping2D({ cropping: [1, 2] })
 */
export class Cropping2D extends Layer {
  static override readonly className = 'Cropping2D'
  readonly cropping: readonly [Border, Border]
  readonly dataFormat: DataFormat
  constructor(options: Cropping2DOptions = {}) {
    super(options, ['cropping', 'dataFormat'])
    this.cropping = borders('Cropping2D', 'cropping', options.cropping ?? 0)
    this.dataFormat = dataFormat('Cropping2D', options.dataFormat)
  }
  override call(inputs: readonly Value[]): Value {
    const x = single(this.name, inputs)
    checkRank(this.name, x.shape, 4)
    const cut = ofImage(this.cropping, this.dataFormat)
    const size = x.shape.map((d, i) => d - cut[i][0] - cut[i][1])
    if (size.some(d => d < 1)) {
      throw new ShapeError({
        where: this.name,
        what: `cropping of an input [${x.shape.join(', ')}]`,
        expected: 'at least one row and column left',
        got: this.cropping,
      })
    }
    return slice(
      x,
      cut.map(([before]) => before),
      size,
    )
  }
  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.cropping, dataFormat: this.dataFormat }
  }
}
