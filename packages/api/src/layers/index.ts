// All layers, and how they are made from their saved form.
import { ArgumentError } from '../errors.js'
import { Activation } from './activation.js'
import { ActivityRegularization } from './activity-regularization.js'
import { AveragePooling2D } from './average-pooling2d.js'
import { BatchNormalization } from './batch-normalization.js'
import { Cropping2D, ZeroPadding2D } from './border.js'
import { Concatenate } from './concatenate.js'
import { Conv2D } from './conv2d.js'
import { Dense } from './dense.js'
import { DepthwiseConv2D } from './depthwise-conv2d.js'
import { Dot } from './dot.js'
import { Dropout } from './dropout.js'
import { Flatten } from './flatten.js'
import { GaussianDropout } from './gaussian-dropout.js'
import { GaussianNoise } from './gaussian-noise.js'
import { GlobalAveragePooling2D } from './global-average-pooling2d.js'
import { GlobalMaxPooling2D } from './global-max-pooling2d.js'
import { GroupNormalization } from './group-normalization.js'
import { Identity } from './identity.js'
import type { Layer } from './layer.js'
import { LayerNormalization } from './layer-normalization.js'
import { MaxPooling2D } from './max-pooling2d.js'
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from './merge.js'
import { Normalization } from './normalization.js'
import { Permute } from './permute.js'
import { PReLU } from './prelu.js'
import { ELU, LeakyReLU, ReLU } from './relu.js'
import { RepeatVector } from './repeat-vector.js'
import { Rescaling } from './rescaling.js'
import { Reshape } from './reshape.js'
import { RMSNormalization } from './rms-normalization.js'
import { SeparableConv2D } from './separable-conv2d.js'
import type { Serialized } from './serialized.js'
import { Softmax } from './softmax.js'
import { SpatialDropout2D } from './spatial-dropout2d.js'
import { UnitNormalization } from './unit-normalization.js'
import { UpSampling2D } from './up-sampling2d.js'

export * from './activation.js'
export * from './activity-regularization.js'
export * from './average-pooling2d.js'
export * from './batch-normalization.js'
export * from './border.js'
export * from './concatenate.js'
export * from './conv2d.js'
export * from './dense.js'
export * from './depthwise-conv2d.js'
export * from './dot.js'
export type { DropoutOptions } from './dropout.js'
export { Dropout } from './dropout.js'
export * from './flatten.js'
export * from './gaussian-dropout.js'
export * from './gaussian-noise.js'
export * from './global-average-pooling2d.js'
export * from './global-max-pooling2d.js'
export * from './group-normalization.js'
export * from './identity.js'
export * from './layer.js'
export * from './layer-normalization.js'
export * from './max-pooling2d.js'
export * from './merge.js'
export { clearSession } from './names.js'
export * from './normalization.js'
export * from './permute.js'
export type { GlobalPoolingOptions, PoolingOptions } from './pooling.js'
export * from './prelu.js'
export * from './relu.js'
export * from './repeat-vector.js'
export * from './rescaling.js'
export * from './reshape.js'
export * from './rms-normalization.js'
export * from './separable-conv2d.js'
export type { Serialized } from './serialized.js'
export * from './softmax.js'
export * from './spatial-dropout2d.js'
export type { Call, InputOptions, SymbolicShape } from './symbolic.js'
export { SymbolicTensor } from './symbolic.js'
export type { UnitNormalizationOptions } from './unit-normalization.js'
export { UnitNormalization } from './unit-normalization.js'
export * from './up-sampling2d.js'

/** A class of layers. Its constructor checks its one argument, whatever that is. */
export type LayerClass = { readonly className: string } & (new (options: never) => Layer)

const ALL: readonly LayerClass[] = [
  Activation,
  ActivityRegularization,
  Add,
  Average,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Cropping2D,
  Dense,
  DepthwiseConv2D,
  Dot,
  Dropout,
  ELU,
  Flatten,
  GaussianDropout,
  GaussianNoise,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  GroupNormalization,
  Identity,
  LayerNormalization,
  LeakyReLU,
  MaxPooling2D,
  Maximum,
  Minimum,
  Multiply,
  Normalization,
  PReLU,
  Permute,
  RMSNormalization,
  ReLU,
  RepeatVector,
  Rescaling,
  Reshape,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  Subtract,
  UnitNormalization,
  UpSampling2D,
  ZeroPadding2D,
]

/** Strata's layers by class name. */
export const LAYERS: Readonly<Record<string, LayerClass>> = Object.fromEntries(ALL.map(c => [c.className, c]))

/**
 * Makes a layer from its class name and configuration, as `getConfig` gives it.
 *
 * @param customObjects classes that are not Strata's, by class name; they come first
 * @throws ArgumentError for an unknown class (the error lists the known ones) and for what its constructor refuses
 * @example deserializeLayer({ className: 'Dense', config: { units: 10, activation: 'softmax' } })
 */
export function deserializeLayer(
  { className, config = {} }: Serialized,
  customObjects: Readonly<Record<string, LayerClass>> = {},
): Layer {
  const known = { ...LAYERS, ...customObjects }
  if (typeof className !== 'string' || !Object.hasOwn(known, className)) {
    throw new ArgumentError({
      where: 'deserializeLayer',
      what: 'unknown layer class',
      expected: `one of ${Object.keys(known).join(', ')}`,
      got: className,
    })
  }
  return new known[className](config as never)
}
