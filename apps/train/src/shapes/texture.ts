// Textures for shapes and backgrounds: each maps a pixel to a mixing weight in [0, 1] between two close colours.

import type { Philox } from '@strata/api'

/** The weight of the second colour at the pixel centre (x, y). */
export type Texture = (x: number, y: number) => number

/** An opaque colour, red, green and blue in [0, 1]. */
export type Colour = readonly [number, number, number]

const clamp01 = (v: number): number => Math.min(Math.max(v, 0), 1)

/** Rec. 709 luma of a colour: how bright it looks. */
export const luma = (c: Colour): number => 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]

/** A colour near `base`: each channel moved by at most `spread`, and kept in [0, 1]. */
export function nearby(rng: Philox, base: Colour, spread: number): Colour {
  const move = (v: number): number => clamp01(v + (2 * rng.uniform() - 1) * spread)
  return [move(base[0]), move(base[1]), move(base[2])]
}

/** Any colour at all. */
export const anyColour = (rng: Philox): Colour => [rng.uniform(), rng.uniform(), rng.uniform()]

// A square wave of the given period along a direction, its edges one pixel wide.
function wave(rng: Philox, angle: number, period: number): Texture {
  const dx = Math.cos(angle) / period
  const dy = Math.sin(angle) / period
  const phase = rng.uniform()
  return (x, y) => {
    const u = x * dx + y * dy + phase
    const distance = (Math.abs(u - Math.floor(u) - 0.5) - 0.25) * period
    return clamp01(distance + 0.5)
  }
}

function gradient(rng: Philox, size: number): Texture {
  const angle = rng.uniform() * 2 * Math.PI
  const dx = Math.cos(angle) / size
  const dy = Math.sin(angle) / size
  return (x, y) => clamp01(0.5 + (x - size / 2) * dx + (y - size / 2) * dy)
}

function stripes(rng: Philox): Texture {
  return wave(rng, rng.uniform() * Math.PI, 4 + 8 * rng.uniform())
}

function checker(rng: Philox): Texture {
  const angle = rng.uniform() * Math.PI
  const period = 6 + 8 * rng.uniform()
  const across = wave(rng, angle, period)
  const down = wave(rng, angle + Math.PI / 2, period)
  return (x, y) => {
    const a = across(x, y)
    const b = down(x, y)
    return a + b - 2 * a * b
  }
}

// Value noise: random values on a lattice, blended by smoothstep (Perlin's "value noise").
function clouds(rng: Philox, size: number): Texture {
  const spacing = 6 + rng.below(7)
  const columns = Math.ceil(size / spacing) + 1
  const lattice = new Float64Array(columns * columns)
  for (let i = 0; i < lattice.length; i++) lattice[i] = rng.uniform()
  return (x, y) => {
    const u = x / spacing
    const v = y / spacing
    const i = Math.floor(u)
    const j = Math.floor(v)
    const fx = u - i
    const fy = v - j
    const sx = fx * fx * (3 - 2 * fx)
    const sy = fy * fy * (3 - 2 * fy)
    const at = j * columns + i
    const top = lattice[at] + (lattice[at + 1] - lattice[at]) * sx
    const bottom = lattice[at + columns] + (lattice[at + columns + 1] - lattice[at + columns]) * sx
    return top + (bottom - top) * sy
  }
}

const flat: Texture = () => 0

/** One of five textures (flat, gradient, stripes, checker, clouds) for an image of `size` x `size` pixels. */
export function anyTexture(rng: Philox, size: number): Texture {
  switch (rng.below(5)) {
    case 0:
      return gradient(rng, size)
    case 1:
      return stripes(rng)
    case 2:
      return checker(rng)
    case 3:
      return clouds(rng, size)
    default:
      return flat
  }
}
