// A data set of images from a folder with one folder per class, after Keras's `image_dataset_from_directory`.
import { ArgumentError, checkOptions, DataError } from '../../errors.js'
import { Dataset } from '../dataset.js'
import type { HostTensor } from '../host-tensor.js'
import { oneHot } from '../labels.js'
import { orderedParallel, throwIfAborted } from '../streams.js'
import type { ImageFile } from './image-files.js'
import { listImages } from './image-files.js'
import type { ImageOptions } from './load-image.js'
import { checkedImageOptions, IMAGE_OPTIONS, readImageInto } from './load-image.js'

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends ImageOptions {
  /** The class folders to read, in the order of their labels. Default: all, sorted by code units. */
  readonly classes?: readonly string[]
  /** Targets: 'categorical' (default) for one-hot float32 [classes], 'int' for an int32 scalar. */
  readonly labelMode?: 'categorical' | 'int'
  /** How many files are read at once. Default 8. */
  readonly parallel?: number
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

const OPTIONS = [...IMAGE_OPTIONS, 'classes', 'labelMode', 'parallel'] as const

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
  const { labelMode = 'categorical', parallel = 8 } = options
  const image = checkedImageOptions('imageFolder', options)
  const { height, width, channels } = image
  if (!Number.isSafeInteger(parallel) || parallel < 1) {
    throw new ArgumentError({
      where: 'imageFolder',
      what: 'parallel',
      expected: 'a positive integer',
      got: parallel,
    })
  }
  if (labelMode !== 'categorical' && labelMode !== 'int') {
    throw new ArgumentError({
      where: 'imageFolder',
      what: 'labelMode',
      expected: 'one of categorical, int',
      got: labelMode,
    })
  }
  const imageSize = height * width * channels

  const { classes, files, skipped } = await listImages(path, options.classes)
  if (files.length === 0) {
    const got = `${[...skipped.values()].reduce((a, b) => a + b, 0)} other files in ${classes.length} class folders`
    throw new DataError({ where: path, what: 'images', expected: 'at least one .png, .jpg or .jpeg', got })
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
        await readImageInto(file.path, image, x)
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
        return readImageInto(file.path, image, x.subarray(i * imageSize, (i + 1) * imageSize), signal)
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
