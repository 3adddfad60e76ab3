// PNG files that the app writes are read back by the library's own reader.

import { decodeImage } from '@strata/api/node'
import { expect, it } from 'vitest'
import { encodePng } from './png.js'

it.each([1, 3] as const)('round-trips levels of %i channels, clamped and rounded', channels => {
  const levels = Array.from({ length: 5 * 4 * channels }, (_, i) => (i * 37) % 256)
  const pixels = Float32Array.from(levels, level => level / 255)
  const image = decodeImage(encodePng(pixels, [5, 4, channels]), 'written')
  expect(image).toEqual({ width: 4, height: 5, channels, data: Uint8Array.from(levels) })
  const beyond = decodeImage(encodePng(Float32Array.of(-1, 0.4999 / 255, 2), [1, 3, 1]), 'clamped')
  expect([...beyond.data]).toEqual([0, 0, 255])
})
