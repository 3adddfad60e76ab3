// Images as they come from a decoder, their colours and their size.
import { FileError } from '../../errors.js'

/** A decoded image: 8 bits per sample, row-major, channels interleaved (1: grey, 3: red, green, blue). */
export interface Image {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

/** Refuses image dimensions that nobody trains on before anything of that size is allocated. */
export function checkDimensions(file: string, width: number, height: number, maxPixels: number): void {
  if (width === 0 || height === 0 || width * height > maxPixels) {
    const expected = `at least 1 x 1 and at most ${maxPixels} pixels`
    throw new FileError({ where: file, what: 'image dimensions', expected, got: `${width} x ${height}` })
  }
}

/** Grey from colour by the luma weights of ITU-R BT.601, rounded; colour from grey by repetition. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image
  const { width, height, data } = image
  const out = new Uint8Array(width * height * channels)
  if (channels === 1) {
    for (let i = 0; i < out.length; i++) {
      out[i] = Math.round(0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2])
    }
  } else {
    for (let i = 0; i < out.length; i++) out[i] = data[Math.floor(i / 3)]
  }
  return { width, height, channels, data: out }
}

/** A rectangle of an image, in pixels. */
interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** The largest centred window with the aspect ratio of the target (Keras's `crop_to_aspect_ratio`). */
export function centredWindow(image: Image, targetHeight: number, targetWidth: number): Window {
  const height = Math.max(1, Math.min(image.height, Math.floor((image.width * targetHeight) / targetWidth)))
  const width = Math.max(1, Math.min(image.width, Math.floor((image.height * targetWidth) / targetHeight)))
  return {
    top: Math.floor((image.height - height) / 2),
    left: Math.floor((image.width - width) / 2),
    height,
    width,
  }
}

// The two source positions of each target position, and the weight of the second: half-pixel centres.
function taps(from: number, to: number, offset: number) {
  const low = new Int32Array(to)
  const high = new Int32Array(to)
  const weight = new Float64Array(to)
  for (let i = 0; i < to; i++) {
    const x = ((i + 0.5) * from) / to - 0.5
    const floor = Math.floor(x)
    low[i] = offset + Math.max(floor, 0)
    high[i] = offset + Math.min(Math.ceil(x), from - 1)
    weight[i] = x - floor
  }
  return { low, high, weight }
}

/**
 * Bilinear resize with half-pixel centres and without antialiasing, as `tf.image.resize` and Keras's
 * `image_dataset_from_directory`. Writes float32 [height, width, channels], in [0, 255], to `out`.
 */
export function resizeBilinear(
  image: Image,
  height: number,
  width: number,
  out: Float32Array,
  window: Window = { top: 0, left: 0, height: image.height, width: image.width },
): void {
  const { channels, data } = image
  const ys = taps(window.height, height, window.top)
  const xs = taps(window.width, width, window.left)
  const stride = image.width * channels
  let at = 0
  for (let y = 0; y < height; y++) {
    const upper = ys.low[y] * stride
    const lower = ys.high[y] * stride
    for (let x = 0; x < width; x++) {
      const left = xs.low[x] * channels
      const right = xs.high[x] * channels
      for (let c = 0; c < channels; c++) {
        const a = data[upper + left + c]
        const b = data[lower + left + c]
        const top = a + (data[upper + right + c] - a) * xs.weight[x]
        const bottom = b + (data[lower + right + c] - b) * xs.weight[x]
        out[at++] = top + (bottom - top) * ys.weight[y]
      }
    }
  }
}
