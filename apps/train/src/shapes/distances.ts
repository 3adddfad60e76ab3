// The ten classes as signed distance functions: negative inside, positive outside, zero on the outline.
// Circle, box, triangle, hexagon, star, cross, moon, heart and polygon are Inigo Quilez's exact 2D distances
// (https://iquilezles.org/articles/distfunctions2d/), scaled so that every shape just fits in the unit circle.

/**
 * Signed distance from the point (x, y) to a shape of about unit radius round the origin. `variant` in [0, 1]
 * changes a proportion (a ring's width, a star's spikes) that leaves the class clear.
 */
export type Distance = (x: number, y: number, variant: number) => number

const clamp = (v: number, low: number, high: number): number => Math.min(Math.max(v, low), high)
const length = (x: number, y: number): number => Math.sqrt(x * x + y * y)
const mix = (low: number, high: number, t: number): number => low + (high - low) * t

const circle: Distance = (x, y) => length(x, y) - 0.88

const ring: Distance = (x, y, variant) => {
  const half = mix(0.13, 0.19, variant)
  return Math.abs(length(x, y) - (0.95 - half)) - half
}

const square: Distance = (x, y) => {
  const dx = Math.abs(x) - 0.71
  const dy = Math.abs(y) - 0.71
  return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0)
}

const SQRT3 = Math.sqrt(3)

const triangle: Distance = (x, y) => {
  const half = SQRT3 / 2
  let px = Math.abs(x) - half
  let py = y + half / SQRT3
  if (px + SQRT3 * py > 0) {
    const qx = (px - SQRT3 * py) / 2
    py = (-SQRT3 * px - py) / 2
    px = qx
  }
  px -= clamp(px, -2 * half, 0)
  return -length(px, py) * Math.sign(py)
}

const hexagon: Distance = (x, y) => {
  const apothem = 0.84
  let px = Math.abs(x)
  let py = Math.abs(y)
  const reflect = 2 * Math.min((-SQRT3 / 2) * px + 0.5 * py, 0)
  px -= (reflect * -SQRT3) / 2
  py -= reflect * 0.5
  px -= clamp(px, -apothem / SQRT3, apothem / SQRT3)
  py -= apothem
  return length(px, py) * Math.sign(py)
}

// cos and sin of 36 degrees: the mirrors of the five-pointed star.
const C36 = 0.809016994375
const S36 = 0.587785252292

const star: Distance = (x, y, variant) => {
  const inner = mix(0.38, 0.5, variant)
  let px = Math.abs(x)
  let py = y
  const first = 2 * Math.max(C36 * px - S36 * py, 0)
  px -= first * C36
  py += first * S36
  const second = 2 * Math.max(-C36 * px - S36 * py, 0)
  px += second * C36
  py += second * S36
  px = Math.abs(px)
  py -= 1
  const bx = inner * S36
  const by = inner * C36 - 1
  const along = clamp((px * bx + py * by) / (bx * bx + by * by), 0, 1)
  return length(px - bx * along, py - by * along) * Math.sign(py * bx - px * by)
}

const cross: Distance = (x, y, variant) => {
  const reach = 0.95
  const half = mix(0.22, 0.3, variant)
  const px = Math.max(Math.abs(x), Math.abs(y))
  const py = Math.min(Math.abs(x), Math.abs(y))
  const qx = px - reach
  const qy = py - half
  const k = Math.max(qx, qy)
  const wx = k > 0 ? qx : half - px
  const wy = k > 0 ? qy : -k
  return Math.sign(k) * length(Math.max(wx, 0), Math.max(wy, 0))
}

const crescent: Distance = (x, y, variant) => {
  const offset = mix(0.4, 0.53, variant)
  const outer = 0.94
  const cut = 0.76
  // The moon's mass lies to the left of its outer circle: shifted so that it turns round its middle.
  const px = x - 0.1
  const py = Math.abs(y)
  const a = (outer * outer - cut * cut + offset * offset) / (2 * offset)
  const b = Math.sqrt(Math.max(outer * outer - a * a, 0))
  if (offset * (px * b - py * a) > offset * offset * Math.max(b - py, 0)) return length(px - a, py - b)
  return Math.max(length(px, py) - outer, cut - length(px - offset, py))
}

const heart: Distance = (x, y) => {
  // Quilez's heart stands on its tip at the origin and is 1.1 high; 0.64 is its radius round (0, 0.6).
  const scale = 0.64
  const px = Math.abs(x * scale)
  const py = y * scale + 0.6
  if (py + px > 1) return (length(px - 0.25, py - 0.75) - Math.SQRT2 / 4) / scale
  const diagonal = 0.5 * Math.max(px + py, 0)
  return (Math.min(length(px, py - 1), length(px - diagonal, py - diagonal)) * Math.sign(px - py)) / scale
}

const ARROW: readonly (readonly [number, number])[] = [
  [1, 0],
  [0.1, 0.75],
  [0.1, 0.26],
  [-0.95, 0.26],
  [-0.95, -0.26],
  [0.1, -0.26],
  [0.1, -0.75],
]

const arrow: Distance = (x, y) => {
  let nearest = Number.POSITIVE_INFINITY
  let sign = 1
  for (let i = 0, j = ARROW.length - 1; i < ARROW.length; j = i++) {
    const vi = ARROW[i]
    const vj = ARROW[j]
    const ex = vj[0] - vi[0]
    const ey = vj[1] - vi[1]
    const wx = x - vi[0]
    const wy = y - vi[1]
    const along = clamp((wx * ex + wy * ey) / (ex * ex + ey * ey), 0, 1)
    const dx = wx - ex * along
    const dy = wy - ey * along
    nearest = Math.min(nearest, dx * dx + dy * dy)
    // The winding rule: an edge that crosses the horizontal through the point, on its right, flips inside and out.
    const above = y >= vi[1]
    const below = y < vj[1]
    const left = ex * wy > ey * wx
    if ((above && below && left) || (!above && !below && !left)) sign = -sign
  }
  return sign * Math.sqrt(nearest)
}

/** The classes, in the order of their labels. */
export const CLASS_NAMES = [
  'circle',
  'ring',
  'square',
  'triangle',
  'star',
  'cross',
  'crescent',
  'heart',
  'arrow',
  'hexagon',
] as const

/** The distance function of each label. */
export const DISTANCES: readonly Distance[] = [
  circle,
  ring,
  square,
  triangle,
  star,
  cross,
  crescent,
  heart,
  arrow,
  hexagon,
]
