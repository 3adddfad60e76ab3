// The distance functions: each shape fits its circle, has one outline, and the value is a distance to it.

import { describe, expect, it } from 'vitest'
import { CLASS_NAMES, DISTANCES } from './distances.js'

// Points of a grid over the shape and round it, off the axes of symmetry, where the gradient may not exist.
const points: [number, number][] = []
for (let i = 0; i < 60; i++) for (let j = 0; j < 60; j++) points.push([-1.2 + i * 0.04071, -1.2 + j * 0.04063])

describe.each(CLASS_NAMES.map((name, label) => ({ name, distance: DISTANCES[label] })))('$name', ({ distance }) => {
  it.each([0, 0.5, 1])('fits the unit circle and fills a good part of it (variant %s)', variant => {
    let inside = 0
    let reach = 0
    for (const [x, y] of points) {
      if (distance(x, y, variant) > 0) continue
      inside++
      reach = Math.max(reach, Math.hypot(x, y))
    }
    expect(reach).toBeLessThanOrEqual(1.01)
    expect(reach).toBeGreaterThan(0.85)
    // The unit circle covers pi / 2.4^2 = 55 % of the grid.
    expect(inside / points.length).toBeGreaterThan(0.1)
    expect(inside / points.length).toBeLessThan(0.45)
  })

  it('changes by as much as one moves: slope 1 outside the outline and within', () => {
    // Exact distances have |gradient| = 1 but on the medial axis; a finite difference straddles that here and there.
    const h = 1e-4
    let wrong = 0
    for (const [x, y] of points) {
      const gx = (distance(x + h, y, 0.3) - distance(x - h, y, 0.3)) / (2 * h)
      const gy = (distance(x, y + h, 0.3) - distance(x, y - h, 0.3)) / (2 * h)
      if (Math.abs(Math.hypot(gx, gy) - 1) > 1e-3) wrong++
    }
    expect(wrong / points.length).toBeLessThan(0.01)
  })
})
