// PNG decoder: all colour types, depths and interlacing, to 8 bits per sample without alpha. Inflation is Node's zlib,
// bounded by what the header promises; every checksum and length is checked, so that damage never passes for an image.
// Source: W3C, Portable Network Graphics (third edition).
import { crc32, inflateSync } from 'node:zlib'
import { FileError } from '../../errors.js'
import type { Image } from './image.js'
import { checkDimensions } from './image.js'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Samples per pixel and allowed depths, by colour type. */
const COLOUR_TYPES: Readonly<Record<number, { samples: number; depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] }, // grey
  2: { samples: 3, depths: [8, 16] }, // red, green, blue
  3: { samples: 1, depths: [1, 2, 4, 8] }, // palette index
  4: { samples: 2, depths: [8, 16] }, // grey, alpha
  6: { samples: 4, depths: [8, 16] }, // red, green, blue, alpha
}
const PALETTE = 3

/** The passes of Adam7 interlacing: first column and row, step between columns and rows. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const
const NO_INTERLACE = [[0, 0, 1, 1]] as const

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colourType: number
  readonly interlaced: boolean
}

/** Whether bytes begin with the signature of a PNG file. */
export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((v, i) => bytes[i] === v)

/**
 * Decodes a PNG file. 16-bit samples keep their high byte; alpha is dropped, not blended (as TensorFlow's decoder does).
 *
 * @throws FileError for anything but a whole, undamaged PNG file of at most `maxPixels` pixels.
 */
export function decodePng(bytes: Uint8Array, file: string, maxPixels: number): Image {
  const { header, palette, idat } = readChunks(bytes, file, maxPixels)
  const { width, height, depth, colourType } = header
  const { samples } = COLOUR_TYPES[colourType]
  const passes = (header.interlaced ? ADAM7 : NO_INTERLACE).map(([x0, y0, dx, dy]) => {
    const w = Math.ceil((width - x0) / dx)
    const h = Math.ceil((height - y0) / dy)
    return { x0, y0, dx, dy, w, h: w === 0 ? 0 : h, stride: Math.ceil((w * samples * depth) / 8) }
  })
  const raw = inflate(
    idat,
    passes.reduce((n, p) => n + p.h * (p.stride + 1), 0),
    file,
  )
  const channels = colourType === 0 || colourType === 4 ? 1 : 3
  const out = new Uint8Array(width * height * channels)
  let at = 0
  for (const { x0, y0, dx, dy, w, h, stride } of passes) {
    const pixelBytes = Math.max(1, (samples * depth) / 8)
    unfilter(raw, at, h, stride, pixelBytes, file)
    for (let y = 0; y < h; y++) {
      const line = at + y * (stride + 1) + 1
      for (let x = 0; x < w; x++) {
        const to = ((y0 + y * dy) * width + x0 + x * dx) * channels
        if (colourType === PALETTE) {
          const index = 3 * bitsAt(raw, line, x, depth)
          if (index >= palette.length) {
            const expected = `below ${palette.length / 3}`
            throw new FileError({ where: file, what: 'PNG palette index', expected, got: index / 3 })
          }
          for (let c = 0; c < 3; c++) out[to + c] = palette[index + c]
        } else if (depth < 8) {
          out[to] = (bitsAt(raw, line, x, depth) * 255) / (2 ** depth - 1)
        } else {
          for (let c = 0; c < channels; c++) out[to + c] = raw[line + (x * samples + c) * (depth / 8)]
        }
      }
    }
    at += h * (stride + 1)
  }
  return { width, height, channels, data: out }
}

/** The `x`-th sample of `depth` bits (at most 8) of a line, most significant bits first. */
const bitsAt = (raw: Uint8Array, line: number, x: number, depth: number): number =>
  (raw[line + ((x * depth) >> 3)] >> (8 - depth - ((x * depth) & 7))) & (2 ** depth - 1)

function readChunks(bytes: Uint8Array, file: string, maxPixels: number) {
  const fail = (what: string, expected?: unknown, got?: unknown): never => {
    throw new FileError({ where: file, what, expected, got })
  }
  if (!isPng(bytes)) fail('PNG signature', SIGNATURE, [...bytes.subarray(0, 8)])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let header: Header | undefined
  let palette = new Uint8Array(0)
  const idat: Uint8Array[] = []
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) fail('truncated PNG: chunk header', `${at + 12} bytes`, bytes.length)
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const end = at + 8 + length
    if (end + 4 > bytes.length) fail(`truncated PNG: chunk ${type}`, `${end + 4} bytes`, bytes.length)
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) fail(`checksum of PNG chunk ${type} is wrong`)
    const data = bytes.subarray(at + 8, end)
    if (header === undefined) header = readHeader(type, data, file, maxPixels)
    else if (type === 'PLTE') {
      if (length % 3 !== 0 || length > 768) fail('bytes of the PNG palette', 'a multiple of 3, at most 768', length)
      palette = data.slice()
    } else if (type === 'IDAT') idat.push(data)
    else if (type === 'IEND') return { header, palette, idat }
    // An upper-case first letter marks a chunk that the image cannot be understood without.
    else if ((bytes[at + 4] & 0x20) === 0) fail(`unknown critical PNG chunk ${type}`)
    at = end + 4
  }
}

function readHeader(type: string, data: Uint8Array, file: string, maxPixels: number): Header {
  const where = file
  if (type !== 'IHDR' || data.length !== 13) {
    const got = `${type} of ${data.length}`
    throw new FileError({ where, what: 'first PNG chunk', expected: 'IHDR of 13 bytes', got })
  }
  const view = new DataView(data.buffer, data.byteOffset, 13)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colourType, compression, filter, interlace] = data.subarray(8)
  const known = COLOUR_TYPES[colourType]
  if (known === undefined || !known.depths.includes(depth)) {
    const got = [colourType, depth]
    throw new FileError({ where, what: 'PNG colour type and depth', expected: 'a combination of the standard', got })
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    const got = [compression, filter, interlace]
    throw new FileError({ where, what: 'PNG compression, filter and interlace method', expected: '0, 0, 0 or 1', got })
  }
  checkDimensions(file, width, height, maxPixels)
  return { width, height, depth, colourType, interlaced: interlace === 1 }
}

function inflate(idat: readonly Uint8Array[], size: number, file: string): Uint8Array {
  let raw: Uint8Array
  try {
    raw = inflateSync(Buffer.concat(idat), { maxOutputLength: size })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FileError({ where: file, what: `PNG image data is damaged, truncated or too long (${reason})`, cause })
  }
  if (raw.length !== size) {
    throw new FileError({ where: file, what: 'bytes of the PNG image data', expected: size, got: raw.length })
  }
  return raw
}

/** Undoes the line filters in place: `rows` lines of a filter byte and `stride` bytes, from `start`. */
function unfilter(raw: Uint8Array, start: number, rows: number, stride: number, pixel: number, file: string): void {
  for (let y = 0; y < rows; y++) {
    const line = start + y * (stride + 1) + 1
    const above = line - stride - 1
    const filter = raw[line - 1]
    if (filter > 4) throw new FileError({ where: file, what: 'PNG line filter', expected: '0 to 4', got: filter })
    for (let i = 0; i < stride && filter !== 0; i++) {
      const a = i >= pixel ? raw[line + i - pixel] : 0
      const b = y > 0 ? raw[above + i] : 0
      const c = y > 0 && i >= pixel ? raw[above + i - pixel] : 0
      const predicted = filter === 1 ? a : filter === 2 ? b : filter === 3 ? (a + b) >> 1 : paeth(a, b, c)
      raw[line + i] += predicted
    }
  }
}

function paeth(a: number, b: number, c: number): number {
  const pa = Math.abs(b - c)
  const pb = Math.abs(a - c)
  const pc = Math.abs(a + b - 2 * c)
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}
