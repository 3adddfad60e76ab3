// Draws one image of one shape: a textured background, distractors, the shape at a random pose, noise. The outlines
// are antialiased: a pixel's coverage is its signed distance to the outline, clamped to one pixel.

import { Philox, streamOf } from '@strata/api'
import { CLASS_NAMES, DISTANCES, type Distance } from './distances.js'
import { anyColour, anyTexture, type Colour, luma, nearby } from './texture.js'

/** Height and width of an image in pixels. */
export const IMAGE_SIZE = 64
/** Elements of one image: 64 x 64 pixels of 3 channels. */
export const IMAGE_ELEMENTS = IMAGE_SIZE * IMAGE_SIZE * 3

/** The three disjoint parts of the data set. */
export type Split = 'train' | 'validation' | 'test'

/** The random stream of each split; the index of an image is the step within it. */
const STREAMS: Readonly<Record<Split, number>> = {
  train: streamOf('shapes/train'),
  validation: streamOf('shapes/validation'),
  test: streamOf('shapes/test'),
}

/** The shape's radius in pixels. */
const RADIUS = { least: 16, most: 26 }
/** The least difference in luma between shape and background: what makes a shape visible whatever its colours. */
const LEAST_CONTRAST = 0.5
/** How far a texture's second colour may lie from its first, in each channel. */
const TEXTURE_SPREAD = 0.1
/** Standard deviation of the noise of each pixel and channel. */
const NOISE = { least: 0.01, most: 0.04 }

// Blends `colour` over the pixels of a square window, by a coverage in [0, 1] for each pixel centre.
function paint(
  out: Float32Array,
  centreX: number,
  centreY: number,
  reach: number,
  coverage: (x: number, y: number) => number,
  from: Colour,
  to: Colour,
  weight: (x: number, y: number) => number,
): void {
  const left = Math.max(0, Math.floor(centreX - reach))
  const right = Math.min(IMAGE_SIZE - 1, Math.ceil(centreX + reach))
  const top = Math.max(0, Math.floor(centreY - reach))
  const bottom = Math.min(IMAGE_SIZE - 1, Math.ceil(centreY + reach))
  const [r, g, b] = from
  const dr = to[0] - r
  const dg = to[1] - g
  const db = to[2] - b
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = column + 0.5
      const y = row + 0.5
      const alpha = coverage(x, y)
      if (alpha <= 0) continue
      const t = weight(x, y)
      const at = (row * IMAGE_SIZE + column) * 3
      out[at] += (r + t * dr - out[at]) * alpha
      out[at + 1] += (g + t * dg - out[at + 1]) * alpha
      out[at + 2] += (b + t * db - out[at + 2]) * alpha
    }
  }
}

const everywhere = (): number => 1
const plain = (): number => 0
/** Coverage of a pixel whose centre lies `distance` pixels outside the outline. */
const covered = (distance: number): number => (distance <= -0.5 ? 1 : distance >= 0.5 ? 0 : 0.5 - distance)

// Small discs and thin lines: too small to be mistaken for a shape, large enough to break up its outline.
function distract(out: Float32Array, rng: Philox, most: number): void {
  for (let n = rng.below(most + 1); n > 0; n--) {
    const colour = anyColour(rng)
    const x0 = rng.uniform() * IMAGE_SIZE
    const y0 = rng.uniform() * IMAGE_SIZE
    if (rng.below(2) === 0) {
      const radius = 1.2 + 1.6 * rng.uniform()
      const disc = (x: number, y: number): number => covered(Math.sqrt((x - x0) ** 2 + (y - y0) ** 2) - radius)
      paint(out, x0, y0, radius + 1, disc, colour, colour, plain)
    } else {
      const angle = rng.uniform() * Math.PI
      const half = 4 + 8 * rng.uniform()
      const width = 0.5 + 0.4 * rng.uniform()
      const dx = Math.cos(angle)
      const dy = Math.sin(angle)
      const line = (x: number, y: number): number => {
        const along = (x - x0) * dx + (y - y0) * dy
        const across = (y - y0) * dx - (x - x0) * dy
        const beyond = Math.max(0, Math.abs(along) - half)
        return covered(Math.sqrt(across * across + beyond * beyond) - width)
      }
      paint(out, x0, y0, half + 2, line, colour, colour, plain)
    }
  }
}

function place(out: Float32Array, rng: Philox, distance: Distance, from: Colour, to: Colour): void {
  const radius = RADIUS.least + (RADIUS.most - RADIUS.least) * rng.uniform()
  const room = IMAGE_SIZE - 2 * radius
  const centreX = radius + room * rng.uniform()
  const centreY = radius + room * rng.uniform()
  const angle = 2 * Math.PI * rng.uniform()
  const variant = rng.uniform()
  const cos = Math.cos(angle) / radius
  const sin = Math.sin(angle) / radius
  const coverage = (x: number, y: number): number => {
    const px = x - centreX
    const py = y - centreY
    return covered(distance(px * cos + py * sin, py * cos - px * sin, variant) * radius)
  }
  paint(out, centreX, centreY, radius + 2, coverage, from, to, anyTexture(rng, IMAGE_SIZE))
}

// Normal deviates by table: the quantiles of 1024 equal slices of the normal distribution, so that ten random bits
// give one deviate, and one word gives a pixel its three. Newton's method on the error function's series.
const QUANTILES = normalQuantiles(1024)

function normalQuantiles(slices: number): Float64Array {
  const quantiles = new Float64Array(slices)
  for (let i = 0; i < slices; i++) {
    const p = (i + 0.5) / slices - 0.5
    let z = 0
    for (let step = 0; step < 60; step++) {
      // Phi(z) - 1/2 = phi(z) (z + z^3/3 + z^5/15 + ...), Marsaglia (2004), "Evaluating the normal distribution".
      const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
      let term = z
      let sum = z
      for (let k = 3; k < 200; k += 2) sum += term *= (z * z) / k
      const next = z - (density * sum - p) / density
      if (Math.abs(next - z) < 1e-13) break
      z = next
    }
    quantiles[i] = z
  }
  return quantiles
}

function addNoise(out: Float32Array, rng: Philox): void {
  const deviation = NOISE.least + (NOISE.most - NOISE.least) * rng.uniform()
  for (let at = 0; at < IMAGE_ELEMENTS; at += 3) {
    const bits = rng.nextUint32()
    for (let c = 0; c < 3; c++) {
      const v = out[at + c] + deviation * QUANTILES[(bits >>> (10 * c)) & 1023]
      out[at + c] = Math.min(Math.max(v, 0), 1)
    }
  }
}

/** The label of image `index` of any split: classes take turns, so that every ten images hold each class once. */
export const labelOf = (index: number): number => index % CLASS_NAMES.length

/**
 * Draws image `index` of a split into `out` (64 x 64 x 3 elements, row by row, RGB in [0, 1]) and returns its label.
 * The arguments are trusted: {@link drawShape} and `drawShapes` check them.
 */
export function drawInto(out: Float32Array, seed: number, split: Split, index: number): number {
  const rng = new Philox(seed, STREAMS[split], index)
  const label = labelOf(index)
  // Both are drawn anew until they differ: there is no partner for a background of middling luma.
  let background: Colour
  let foreground: Colour
  do {
    background = anyColour(rng)
    foreground = anyColour(rng)
  } while (Math.abs(luma(foreground) - luma(background)) < LEAST_CONTRAST)
  const middle = IMAGE_SIZE / 2
  const second = nearby(rng, background, TEXTURE_SPREAD)
  paint(out, middle, middle, middle, everywhere, background, second, anyTexture(rng, IMAGE_SIZE))
  distract(out, rng, 4)
  place(out, rng, DISTANCES[label], foreground, nearby(rng, foreground, TEXTURE_SPREAD))
  distract(out, rng, 2)
  addNoise(out, rng)
  return label
}
