// JPEG decoding by jpeg-js (pure JavaScript, baseline and progressive), behind a walk over the markers: jpeg-js fills
// what is missing from a truncated file with grey, and allocates before it looks at how much there is.
// Source of the markers: ITU-T T.81, annex B.
import jpeg from 'jpeg-js'
import { FileError } from '../../errors.js'
import type { Image } from './image.js'
import { checkDimensions } from './image.js'

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const START_OF_FRAME = [0xc0, 0xc1, 0xc2]
const OTHER_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]
const PIXELS_PER_BYTE = 64 * 8
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7

/** Whether bytes begin like a JPEG file. */
export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === SOI && bytes[2] === 0xff

/**
 * Decodes a JPEG file. Chroma is upsampled by repetition (libjpeg interpolates), so that colours can differ by some
 * levels from other decoders at edges; the orientation of EXIF is ignored (as Keras does).
 *
 * @throws FileError for a file that is truncated, damaged, of more than `maxPixels` pixels, or of a kind that is not
 *   read: arithmetic coding, lossless, 12 bits, CMYK.
 */
export function decodeJpeg(bytes: Uint8Array, file: string, maxPixels: number): Image {
  const { width, height } = checkMarkers(bytes, file, maxPixels)
  const megapixels = (width * height) / 1e6
  let image: { width: number; height: number; data: Uint8Array }
  try {
    image = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: megapixels + 1,
      // Coefficients (int32), component lines and the result: below 40 bytes a pixel, plus tables.
      maxMemoryUsageInMB: 40 * megapixels + 64,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FileError({ where: file, what: `JPEG data are damaged (${reason})`, cause })
  }
  if (image.width !== width || image.height !== height) {
    const got = `${image.width} x ${image.height}`
    throw new FileError({ where: file, what: 'JPEG dimensions', expected: `${width} x ${height}`, got })
  }
  return { width, height, channels: 3, data: image.data }
}

/** Walks over all segments and scans to the end marker; gives the dimensions of the frame. */
function checkMarkers(bytes: Uint8Array, file: string, maxPixels: number): { width: number; height: number } {
  const fail = (what: string, expected?: unknown, got?: unknown): never => {
    throw new FileError({ where: file, what, expected, got })
  }
  const need = (end: number): void => {
    if (end > bytes.length) fail('truncated JPEG', `${end} bytes or more`, bytes.length)
  }
  const word = (i: number): number => bytes[i] * 256 + bytes[i + 1]
  let frame: { width: number; height: number } | undefined
  let scans = 0
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++ // fill bytes
    need(at + 2)
    const marker = bytes[at + 1]
    if (bytes[at] !== 0xff || marker === 0) fail(`JPEG marker at byte ${at}`, 'ff and a marker', [bytes[at], marker])
    if (marker === EOI) {
      if (frame === undefined || scans === 0) return fail('JPEG without an image', 'a frame and a scan')
      return frame
    }
    if (OTHER_FRAMES.includes(marker)) {
      fail('kind of JPEG', 'baseline, extended or progressive Huffman coding', `frame marker ${marker.toString(16)}`)
    }
    need(at + 4)
    const end = at + 2 + word(at + 2)
    if (end < at + 4) fail(`length of JPEG segment ${marker.toString(16)}`, 'at least 2', word(at + 2))
    need(end)
    if (START_OF_FRAME.includes(marker)) {
      if (frame !== undefined) fail('second frame in a JPEG')
      if (end < at + 10) fail('length of the JPEG frame header', 'at least 8', end - at - 2)
      const [depth, components] = [bytes[at + 4], bytes[at + 9]]
      frame = { height: word(at + 5), width: word(at + 7) }
      if (depth !== 8) fail('bits per JPEG sample', 8, depth)
      if (components !== 1 && components !== 3) fail('JPEG components', '1 (grey) or 3 (YCbCr)', components)
      checkDimensions(file, frame.width, frame.height, maxPixels)
      // Each 8 x 8 block costs a bit at least: a small file cannot make the decoder allocate a large image.
      if (frame.width * frame.height > PIXELS_PER_BYTE * bytes.length) {
        const expected = `${Math.ceil((frame.width * frame.height) / PIXELS_PER_BYTE)} bytes or more`
        fail(`truncated JPEG of ${frame.width} x ${frame.height} pixels`, expected, bytes.length)
      }
    }
    at = end
    if (marker === SOS) {
      scans++
      // Entropy-coded data end at the first marker that is neither a stuffed ff 00 nor a restart.
      while (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || isRestart(bytes[at + 1]))) at++
    }
  }
}
