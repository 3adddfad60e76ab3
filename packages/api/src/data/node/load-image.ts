// One image file as a tensor: what a model that was trained on `imageFolder` predicts from.
import { ArgumentError, checkOptions, FileError } from '../../errors.js'
import type { HostTensor } from '../host-tensor.js'
import type { Image } from './image.js'
import { centredWindow, resizeBilinear, withChannels } from './image.js'
import { decodeJpeg, isJpeg } from './jpeg.js'
import { decodePng, isPng } from './png.js'
import { readBytes } from './read-bytes.js'

/** How an image file becomes a tensor. */
export interface ImageOptions {
  /** Height and width to which images are resized, bilinearly, without antialiasing; one number for a square. */
  readonly size: number | readonly [height: number, width: number]
  /** Default 'rgb'. Transparency is dropped. */
  readonly colorMode?: 'rgb' | 'grayscale'
  /** Crops centrally to the aspect ratio of `size` before resizing, instead of distorting. Default false. */
  readonly cropToAspectRatio?: boolean
  /** Larger images are refused before they are decoded. Default 2^26 (67 megapixels). */
  readonly maxPixels?: number
}
export const IMAGE_OPTIONS = ['size', 'colorMode', 'cropToAspectRatio', 'maxPixels'] as const

/** Options with their defaults. */
export interface CheckedImageOptions {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  readonly crop: boolean
  readonly maxPixels: number
}

/** @throws ArgumentError for a value out of range */
export function checkedImageOptions(where: string, options: ImageOptions): CheckedImageOptions {
  const { size, colorMode = 'rgb', cropToAspectRatio: crop = false, maxPixels = 2 ** 26 } = options
  const [height, width] = typeof size === 'object' ? size : [size, size]
  for (const [what, value] of Object.entries({ 'size (height)': height, 'size (width)': width, maxPixels })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new ArgumentError({ where, what, expected: 'a positive integer', got: value })
    }
  }
  if (colorMode !== 'rgb' && colorMode !== 'grayscale') {
    throw new ArgumentError({ where, what: 'colorMode', expected: 'one of rgb, grayscale', got: colorMode })
  }
  return { height, width, channels: colorMode === 'rgb' ? 3 : 1, crop, maxPixels }
}

/**
 * Decodes a PNG or JPEG file, told apart by its first bytes.
 *
 * @throws FileError for any other or a damaged file, or one of more than `maxPixels` pixels.
 */
export function decodeImage(bytes: Uint8Array, file: string, maxPixels = 2 ** 26): Image {
  if (isPng(bytes)) return decodePng(bytes, file, maxPixels)
  if (isJpeg(bytes)) return decodeJpeg(bytes, file, maxPixels)
  const got = bytes.length === 0 ? 'an empty file' : [...bytes.subarray(0, 4)]
  throw new FileError({ where: file, what: 'kind of image', expected: 'the first bytes of PNG or JPEG', got })
}

/** Reads, decodes and resizes a file into `out`, of height x width x channels elements. */
export async function readImageInto(
  path: string,
  options: CheckedImageOptions,
  out: Float32Array,
  signal?: AbortSignal,
): Promise<void> {
  const { height, width, channels, crop, maxPixels } = options
  const image = withChannels(decodeImage(await readBytes(path, signal), path, maxPixels), channels)
  resizeBilinear(image, height, width, out, crop ? centredWindow(image, height, width) : undefined)
}

/**
 * Reads one PNG or JPEG file as {@link imageFolder} reads those of a folder.
 *
 * @returns float32 [height, width, channels], in [0, 255].
 * @throws FileError for an unreadable or damaged file; ArgumentError for a bad or unknown option.
 * @example const x = await loadImage('cat.jpg', { size: 64 }) // [64, 64, 3]
 */
export async function loadImage(path: string, options: ImageOptions): Promise<HostTensor> {
  checkOptions('loadImage', options, IMAGE_OPTIONS)
  const checked = checkedImageOptions('loadImage', options)
  const { height, width, channels } = checked
  const data = new Float32Array(height * width * channels)
  await readImageInto(path, checked, data)
  return { shape: [height, width, channels], data }
}
