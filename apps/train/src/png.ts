// Writes images as PNG files: the examples that `npm run predict` can be tried on.
// Source: W3C Recommendation "Portable Network Graphics", third edition.

import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const COLOUR_TYPE: Readonly<Record<number, number>> = { 1: 0, 3: 2 }

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i)
  out.set(data, 8)
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)))
  return out
}

/**
 * Encodes an image of 8 bits per sample.
 *
 * @param pixels height x width x channels values in [0, 1], row by row; rounded to the nearest of 256 levels.
 * @param shape [height, width, channels]; 1 channel is grey, 3 are red, green, blue.
 * @returns the bytes of a PNG file.
 * @example await writeFile('heart.png', encodePng(image, [64, 64, 3]))
 */
export function encodePng(pixels: Float32Array, shape: readonly [number, number, 1 | 3]): Uint8Array {
  const [height, width, channels] = shape
  const row = width * channels
  // Each row starts with its filter: 0, none.
  const raw = new Uint8Array(height * (row + 1))
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < row; i++) {
      const level = Math.round(255 * pixels[y * row + i])
      raw[y * (row + 1) + 1 + i] = Math.min(Math.max(level, 0), 255)
    }
  }
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, COLOUR_TYPE[channels], 0, 0, 0], 8)
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', new Uint8Array(0))]
  return Uint8Array.from(Buffer.concat([SIGNATURE, ...chunks]))
}
