// Image decoding against files of libpng and libjpeg-turbo and an independent encoder; resizing; damage and bombs.
import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { FileError } from '../../errors.js'
import { Philox } from '../../random/generator.js'
import { centredWindow, type Image, resizeBilinear, withChannels } from './image.js'
import { JPEG_FILES, PALETTE, PNG_FILES } from './image.test.fixtures.js'
import { decodeImage } from './load-image.js'

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'))

/** The image of a function of x, y and channel. */
function painted(
  width: number,
  height: number,
  channels: 1 | 3,
  f: (x: number, y: number, c: number) => number,
): Image {
  const data = new Uint8Array(width * height * channels)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels)
    data[i] = f(pixel % width, Math.floor(pixel / width), i % channels)
  }
  return { width, height, channels, data }
}

/** A PNG chunk, and a file of chunks. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length)
  out.write(type, 4, 'latin1')
  out.set(data, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const png = (...chunks: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat([SIGNATURE, ...chunks]))
function ihdr(width: number, height: number, rest = [8, 0, 0, 0, 0]): Uint8Array {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(width)
  data.writeUInt32BE(height, 4)
  data.set(rest, 8)
  return chunk('IHDR', data)
}
const IEND = chunk('IEND', new Uint8Array(0))

describe('PNG', () => {
  test.each<[keyof typeof PNG_FILES, 1 | 3, (x: number, y: number, c: number) => number]>([
    ['b1i', 1, (x, y) => ((x * y + x) % 3 === 0 ? 0 : 255)],
    ['g2', 1, (x, y) => ((x + 2 * y) % 4) * 85],
    ['g4i', 1, (x, y) => ((3 * x + 5 * y) % 16) * 17],
    ['g16i', 1, (x, y) => (5000 * x + 777 * y) >> 8],
    ['p', 3, (x, y, c) => PALETTE[(x + 3 * y) % 5][c]],
    ['pi', 3, (x, y, c) => PALETTE[(x + 3 * y) % 5][c]],
  ])('file of libpng: %s', (name, channels, f) => {
    expect(decodeImage(bytesOf(PNG_FILES[name]), name)).toEqual(painted(11, 7, channels, f))
  })

  test('agrees with an independent encoder: channels, depths, interlacing, sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1, 2, 3, 4),
        fc.constantFrom<8 | 16>(8, 16),
        fc.constantFrom<'null' | 'Adam7'>('null', 'Adam7'),
        fc.nat(),
        (width, height, channels, depth, interlace, seed) => {
          const random = new Philox(seed)
          const n = width * height * channels
          const data =
            depth === 8
              ? Uint8Array.from({ length: n }, () => random.below(256))
              : Uint16Array.from({ length: n }, () => random.below(65536))
          const file = encode({ width, height, channels, depth, data }, { interlace })
          const colours = channels < 3 ? 1 : 3
          expect(decodeImage(file, 'x.png')).toEqual(
            painted(width, height, colours, (x, y, c) => {
              const value = data[(y * width + x) * channels + c]
              return depth === 8 ? value : value >> 8
            }),
          )
        },
      ),
    )
  })

  test.each([0, 1, 2, 3, 4])('line filter %d', filter => {
    // Filtered forwards by the definition of the standard, with 3 bytes a pixel.
    const image = painted(5, 4, 3, (x, y, c) => (37 * x * x + 91 * y + 113 * c * x) % 256)
    const at = (x: number, y: number): number => (x < 0 || y < 0 ? 0 : image.data[y * 15 + x])
    const raw: number[] = []
    for (let y = 0; y < 4; y++) {
      raw.push(filter)
      for (let x = 0; x < 15; x++) {
        const [a, b, c] = [at(x - 3, y), at(x, y - 1), x < 3 ? 0 : at(x - 3, y - 1)]
        const distances = [a, b, c].map(v => Math.abs(a + b - c - v))
        const nearest = [a, b, c][distances.indexOf(Math.min(...distances))]
        raw.push(at(x, y) - [0, a, b, Math.floor((a + b) / 2), nearest][filter])
      }
    }
    const idat = deflateSync(Uint8Array.from(raw))
    const file = png(
      ihdr(5, 4, [8, 2, 0, 0, 0]),
      chunk('IDAT', idat.subarray(0, 9)),
      chunk('IDAT', idat.subarray(9)),
      IEND,
    )
    expect(decodeImage(file, 'f.png')).toEqual(image)
  })

  const idat = (n: number): Uint8Array => chunk('IDAT', deflateSync(new Uint8Array(n)))
  test.each<[string, Uint8Array, RegExp]>([
    ['no IHDR', png(idat(6), IEND), /first PNG chunk: expected IHDR of 13 bytes/],
    ['colour type', png(ihdr(2, 2, [8, 5, 0, 0, 0]), idat(6), IEND), /colour type and depth/],
    ['depth', png(ihdr(2, 2, [4, 2, 0, 0, 0]), idat(6), IEND), /colour type and depth/],
    ['interlace', png(ihdr(2, 2, [8, 0, 0, 0, 2]), idat(6), IEND), /interlace method/],
    ['no width', png(ihdr(0, 2), idat(6), IEND), /image dimensions.*got '0 x 2'/],
    ['absurd dimensions', png(ihdr(2 ** 31 - 1, 2 ** 31 - 1), idat(6), IEND), /image dimensions/],
    ['no IEND', png(ihdr(2, 2), idat(6)), /truncated PNG: chunk header/],
    ['chunk beyond the end', png(ihdr(2, 2), idat(6).subarray(0, 15)), /truncated PNG: chunk IDAT/],
    ['no data', png(ihdr(2, 2), IEND), /image data is damaged, truncated or too long/],
    ['too little data', png(ihdr(2, 2), idat(5), IEND), /bytes of the PNG image data: expected 6, got 5/],
    ['inflation bomb', png(ihdr(2, 2), idat(100_000_000), IEND), /image data is damaged, truncated or too long/],
    ['filter', png(ihdr(1, 1), chunk('IDAT', deflateSync(Uint8Array.of(5, 0))), IEND), /line filter/],
    ['palette index', png(ihdr(2, 2, [8, 3, 0, 0, 0]), idat(6), IEND), /palette index: expected below 0, got 0/],
    ['critical chunk', png(ihdr(2, 2), chunk('ABCD', new Uint8Array(1)), idat(6), IEND), /critical PNG chunk ABCD/],
    ['checksum', png(ihdr(2, 2), idat(6), IEND).fill(0, 29, 33), /checksum of PNG chunk IHDR/],
  ])('refuses: %s', (_name, file, message) => {
    expect(() => decodeImage(file, 'bad.png')).toThrow(FileError)
    expect(() => decodeImage(file, 'bad.png')).toThrow(message)
    expect(() => decodeImage(file, 'bad.png')).toThrow(/^bad\.png: /)
  })
})

describe('JPEG', () => {
  const expected = painted(19, 13, 3, (x, y, c) => [40 + 9 * x, 30 + 12 * y, 200 - 5 * x - 4 * y][c])
  const worst = (got: Image, want: Image): number =>
    got.data.reduce((most, v, i) => Math.max(most, Math.abs(v - want.data[i])), 0)

  // Quantization steps of 1: uniform errors of variance 1/12 in an orthonormal transform, chroma weighted by up to 1.772:
  // standard deviation 0.59, six of them and the two roundings to integers: below 5 levels.
  test.each(['base', 'prog', 'rst'] as const)('file of libjpeg-turbo: %s', name => {
    const image = decodeImage(bytesOf(JPEG_FILES[name]), name)
    expect([image.width, image.height, image.channels]).toEqual([19, 13, 3])
    expect(worst(image, expected)).toBeLessThan(5)
  })

  test('grey, and chroma at half resolution', () => {
    const gray = decodeImage(bytesOf(JPEG_FILES.gray), 'gray')
    expect(
      worst(
        gray,
        painted(19, 13, 3, x => 40 + 9 * x),
      ),
    ).toBeLessThan(5)
    // Repeated chroma is off by up to half a pixel of the gradient, 16 levels in blue - luma, on top.
    expect(worst(decodeImage(bytesOf(JPEG_FILES.sub), 'sub'), expected)).toBeLessThan(5 + 16)
  })

  test('kinds that are not read say so', () => {
    expect(() => decodeImage(bytesOf(JPEG_FILES.arith), 'a.jpg')).toThrow(/kind of JPEG.*frame marker c9/)
    const cmyk = bytesOf(JPEG_FILES.base)
    const frame = cmyk.findIndex((v, i) => v === 0xff && cmyk[i + 1] === 0xc0)
    cmyk[frame + 9] = 4
    expect(() => decodeImage(cmyk, 'a.jpg')).toThrow(/JPEG components: expected 1 \(grey\) or 3 \(YCbCr\), got 4/)
    const huge = bytesOf(JPEG_FILES.base)
    huge.fill(0xff, frame + 5, frame + 9)
    expect(() => decodeImage(huge, 'a.jpg')).toThrow(/image dimensions.*65535 x 65535/)
    huge.fill(0x10, frame + 5, frame + 9)
    expect(() => decodeImage(huge, 'a.jpg')).toThrow(
      /truncated JPEG of 4112 x 4112 pixels: expected 33025 bytes or more/,
    )
  })

  test('cut anywhere it is a FileError, never a grey image', () => {
    for (const base64 of [JPEG_FILES.base, JPEG_FILES.prog]) {
      const whole = bytesOf(base64)
      for (let n = 0; n < whole.length; n++) {
        expect(() => decodeImage(whole.subarray(0, n), 'cut.jpg')).toThrow(FileError)
        if (n > 2) expect(() => decodeImage(whole.subarray(0, n), 'cut.jpg')).toThrow('truncated JPEG')
      }
    }
  })
})

test('fuzz: flipped bytes give a FileError or an image', () => {
  const random = new Philox(31)
  for (const base64 of [...Object.values(PNG_FILES), ...Object.values(JPEG_FILES)]) {
    const whole = bytesOf(base64)
    for (let i = 0; i < 400; i++) {
      const bytes = whole.slice(0, i % 3 === 0 ? 1 + random.below(whole.length) : whole.length)
      for (let k = random.below(3); k >= 0; k--) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
      try {
        const { width, height, channels, data } = decodeImage(bytes, 'fuzz', 2 ** 20)
        expect(data.length).toBe(width * height * channels)
      } catch (error) {
        if (!(error instanceof FileError)) throw error
      }
    }
  }
})

describe('resizing', () => {
  const resized = (image: Image, height: number, width: number): number[] => {
    const out = new Float32Array(height * width * image.channels)
    resizeBilinear(image, height, width, out)
    return [...out]
  }
  const of = (width: number, height: number, ...data: number[]): Image => ({
    width,
    height,
    channels: 1,
    data: Uint8Array.from(data),
  })

  test('half-pixel centres: the values of Keras for [[0, 1], [2, 3]] doubled', () => {
    expect(resized(of(2, 2, 0, 1, 2, 3), 4, 4)).toEqual(
      [
        [0, 0.25, 0.75, 1],
        [0.5, 0.75, 1.25, 1.5],
        [1.5, 1.75, 2.25, 2.5],
        [2, 2.25, 2.75, 3],
      ].flat(),
    )
  })

  test('without antialiasing a reduction by 4 takes the two middle ones only', () => {
    expect(resized(of(8, 1, 0, 10, 20, 90, 0, 0, 100, 0), 1, 2)).toEqual([15, 50])
  })

  test('the same size is the same image; a constant stays constant', () => {
    const image = painted(7, 5, 3, (x, y, c) => x * 30 + y * 7 + c)
    expect(resized(image, 5, 7)).toEqual([...image.data])
    expect(
      new Set(
        resized(
          painted(7, 5, 1, () => 93),
          11,
          3,
        ),
      ),
    ).toEqual(new Set([93]))
  })

  test('the centred window has the aspect ratio of the target', () => {
    const image = painted(100, 50, 1, x => x)
    expect(centredWindow(image, 10, 10)).toEqual({ top: 0, left: 25, height: 50, width: 50 })
    expect(centredWindow(image, 10, 40)).toEqual({ top: 12, left: 0, height: 25, width: 100 })
    const out = new Float32Array(2)
    resizeBilinear(image, 1, 2, out, { top: 0, left: 20, height: 50, width: 4 })
    expect([...out]).toEqual([20.5, 22.5])
  })

  test('grey by BT.601 and back', () => {
    const colours = { width: 3, height: 1, channels: 3 as const, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255) }
    expect([...withChannels(colours, 1).data]).toEqual([76, 150, 29])
    expect([...withChannels(of(2, 1, 5, 9), 3).data]).toEqual([5, 5, 5, 9, 9, 9])
  })
})
