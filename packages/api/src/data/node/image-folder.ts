// A data set of images from a folder with one folder per class, after Keras's `image_dataset_from_directory`.
import { ArgumentError, checkOptions, DataError, FileError } from '../../errors.js'
import { Dataset } from '../dataset.js'
import type { HostTensor } from '../host-tensor.js'
import { oneHot } from '../labels.js'
import { orderedParallel, throwIfAborted } from '../streams.js'
import type { Image } from './image.js'
import { centredWindow, resizeBilinear, withChannels } from './image.js'
import type { ImageFile } from './image-files.js'
import { listImages } from './image-files.js'
import { decodeJpeg, isJpeg } from './jpeg.js'
import { decodePng, isPng } from './png.js'
import { readBytes } from './read-bytes.js'

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions {
  /** Height and width to which images are resized, bilinearly, without antialiasing; one number for a square. */
  readonly size: number | readonly [height: number, width: number]
  /** Default 'rgb'. Transparency is dropped. */
  readonly colorMode?: 'rgb' | 'grayscale'
  /** The class folders to read, in the order of their labels. Default: all, sorted by code units. */
  readonly classes?: readonly string[]
  /** Targets: 'categorical' (default) for one-hot float32 [classes], 'int' for an int32 scalar. */
  readonly labelMode?: 'categorical' | 'int'
  /** Crops centrally to the aspect ratio of `size` before resizing, instead of distorting. Default false. */
  readonly cropToAspectRatio?: boolean
  /** How many files are read at once. Default 8. */
  readonly parallel?: number
  /** Larger images are refused before they are decoded. Default 2^26 (67 megapixels). */
  readonly maxPixels?: number
}

/** Options of {@link ImageFolder.toArrays}. */
export interface ToArraysOptions {
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** The images of a folder. */
export interface ImageFolder {
  readonly classes: readonly string[]
  /** In the order of the data set: by class, then by path. */
  readonly files: readonly ImageFile[]
  /** How many files were no images, by lower-case extension. */
  readonly skipped: ReadonlyMap<string, number>
  /**
   * Examples that are read when they are asked for: x float32 [height, width, channels] in [0, 255], y by `labelMode`.
   * A shuffle moves file names, not images.
   */
  readonly dataset: Dataset<{ readonly x: HostTensor; readonly y: HostTensor }>
  /**
   * Reads everything: x float32 [n, height, width, channels], y float32 [n, classes] or int32 [n].
   *
   * @throws FileError naming an unreadable or damaged image; CancelledError; DataError if there is too much for memory.
   */
  toArrays(options?: ToArraysOptions): Promise<{ x: HostTensor; y: HostTensor }>
}

const OPTIONS = ['size', 'colorMode', 'classes', 'labelMode', 'cropToAspectRatio', 'parallel', 'maxPixels'] as const

function checkInteger(what: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new ArgumentError({ where: 'imageFolder', what, expected: 'a positive integer', got: value })
  }
  return value
}

function checkChoice<C extends string>(what: string, value: C, choices: readonly C[]): void {
  if (!choices.includes(value)) {
    throw new ArgumentError({ where: 'imageFolder', what, expected: `one of ${choices.join(', ')}`, got: value })
  }
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

/**
 * Lists the images of `path/<class>/...` (PNG and JPEG) and gives them as a lazy data set, or as arrays.
 *
 * Classes and files are in sorted order; hidden files are ignored, files of other extensions counted in `skipped`.
 *
 * @throws FileError if a folder is missing; DataError if it holds no image; ArgumentError for a bad or unknown option.
 * @example
 * const cats = await imageFolder('data/pets', { size: 128 })
 * const train = cats.dataset.shuffle(1).batch(32).prefetch(2)
 */
export async function imageFolder(path: string, options: ImageFolderOptions): Promise<ImageFolder> {
  checkOptions('imageFolder', options, OPTIONS)
  const { colorMode = 'rgb', labelMode = 'categorical', cropToAspectRatio = false } = options
  const parallel = checkInteger('parallel', options.parallel ?? 8)
  const maxPixels = checkInteger('maxPixels', options.maxPixels ?? 2 ** 26)
  const [height, width] = typeof options.size === 'object' ? options.size : [options.size, options.size]
  checkInteger('size (height)', height)
  checkInteger('size (width)', width)
  checkChoice('colorMode', colorMode, ['rgb', 'grayscale'])
  checkChoice('labelMode', labelMode, ['categorical', 'int'])
  const channels = colorMode === 'rgb' ? 3 : 1
  const imageSize = height * width * channels

  const { classes, files, skipped } = await listImages(path, options.classes)
  if (files.length === 0) {
    const got = `${[...skipped.values()].reduce((a, b) => a + b, 0)} other files in ${classes.length} class folders`
    throw new DataError({ where: path, what: 'images', expected: 'at least one .png, .jpg or .jpeg', got })
  }

  const load = async (file: ImageFile, out: Float32Array, signal?: AbortSignal): Promise<void> => {
    const bytes = await readBytes(file.path, signal)
    const image = withChannels(decodeImage(bytes, file.path, maxPixels), channels)
    resizeBilinear(image, height, width, out, cropToAspectRatio ? centredWindow(image, height, width) : undefined)
  }
  const targets = (labels: readonly number[]): HostTensor =>
    labelMode === 'categorical'
      ? oneHot(labels, classes.length)
      : { shape: [labels.length], data: Int32Array.from(labels) }

  return {
    classes,
    files,
    skipped,
    dataset: Dataset.from(files).map(
      async file => {
        const x = new Float32Array(imageSize)
        await load(file, x)
        const y = targets([file.label])
        return { x: { shape: [height, width, channels], data: x }, y: { shape: y.shape.slice(1), data: y.data } }
      },
      { parallel },
    ),
    async toArrays(arrayOptions: ToArraysOptions = {}) {
      checkOptions('imageFolder.toArrays', arrayOptions, ['onProgress', 'signal'])
      const { onProgress, signal } = arrayOptions
      const x = allocate(path, files.length, imageSize)
      let done = 0
      const each = (file: ImageFile, i: number): Promise<void> => {
        throwIfAborted('imageFolder.toArrays', signal)
        return load(file, x.subarray(i * imageSize, (i + 1) * imageSize), signal)
      }
      for await (const _ of orderedParallel(files, each, parallel)) onProgress?.(++done, files.length)
      return {
        x: { shape: [files.length, height, width, channels], data: x },
        y: targets(files.map(f => f.label)),
      }
    },
  }
}

function allocate(path: string, images: number, imageSize: number): Float32Array {
  try {
    return new Float32Array(images * imageSize)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    const got = `${images} images, ${(images * imageSize * 4) / 2 ** 30} GiB`
    throw new DataError({ where: path, what: 'size of all images', expected: 'what memory holds', got, cause })
  }
}
