// Data formats: kernels take NHWC; a 'channelsFirst' layer is transposed on the way in and out.
import { transpose } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Shape } from '../tensor-spec.js'
import { choice } from './arguments.js'
import { checkRank } from './inputs.js'

const FORMATS = ['channelsLast', 'channelsFirst'] as const
export type DataFormat = (typeof FORMATS)[number]

/** @throws ArgumentError unless 'channelsLast' (also null) or 'channelsFirst', or Keras's spelling of them */
export const dataFormat = (where: string, value: unknown): DataFormat =>
  choice(where, 'dataFormat', value ?? 'channelsLast', FORMATS)

/** Axis of the channels. */
export const channelAxis = (format: DataFormat): number => (format === 'channelsLast' ? 3 : 1)
/** Axes of rows and columns. */
export const spatialAxes = (format: DataFormat): readonly [number, number] =>
  format === 'channelsLast' ? [1, 2] : [2, 3]

/** Number of channels of images. @throws ShapeError unless the rank is 4 */
export function channelsOf(where: string, shape: Shape, format: DataFormat): number {
  checkRank(where, shape, 4)
  return shape[channelAxis(format)]
}

/** Applies `f` to NHWC images. @throws ShapeError unless the rank is 4 */
export function onNhwc(where: string, x: Value, format: DataFormat, f: (x: Value) => Value): Value {
  checkRank(where, x.shape, 4)
  return format === 'channelsLast' ? f(x) : transpose(f(transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2])
}
