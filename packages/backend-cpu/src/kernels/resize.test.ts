// resize and its transpose against plain loops.
import { f32, samplePosition, sizeOf } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { backends, runStep, seeded } from '../harness.test.util.js'

const U = 2 ** -24
type Visit = (out: number, input: number, weight: number) => void

/** Every (output, input, weight) of a resize. */
function eachSample(x: readonly number[], size: readonly number[], by: 'nearest' | 'bilinear', visit: Visit): void {
  const [n, h, w, c] = x
  const [oh, ow] = size
  for (let b = 0; b < n; b++) {
    for (let oy = 0; oy < oh; oy++) {
      const [top, bottom, down] = samplePosition(oy, oh, h, by)
      for (let ox = 0; ox < ow; ox++) {
        const [left, right, along] = samplePosition(ox, ow, w, by)
        for (let k = 0; k < c; k++) {
          const out = ((b * oh + oy) * ow + ox) * c + k
          const at = (y: number, xx: number): number => ((b * h + y) * w + xx) * c + k
          visit(out, at(top, left), (1 - down) * (1 - along))
          visit(out, at(top, right), (1 - down) * along)
          visit(out, at(bottom, left), down * (1 - along))
          visit(out, at(bottom, right), down * along)
        }
      }
    }
  }
}

describe.each(backends)('resize, fma $numerics.fma', backend => {
  it.each([
    [
      [1, 2, 2, 1],
      [4, 4],
    ],
    [
      [2, 3, 5, 3],
      [6, 10],
    ],
    [
      [1, 7, 4, 17],
      [3, 9],
    ],
    [
      [1, 1, 1, 5],
      [3, 2],
    ],
    [
      [3, 8, 8, 4],
      [8, 8],
    ],
    [
      [0, 2, 2, 1],
      [4, 4],
    ],
  ])('%j to %j', async (shape, size) => {
    const random = seeded(2)
    const out = [shape[0], size[0], size[1], shape[3]]
    const x = Float32Array.from({ length: sizeOf(shape) }, () => random() - 0.5)
    const d = Float32Array.from({ length: sizeOf(out) }, () => random() - 0.5)
    for (const interpolation of ['nearest', 'bilinear'] as const) {
      const [y] = await runStep(backend, 'resize', { size: [size[0], size[1]], interpolation }, [f32(shape)], [x])
      const inputSize = [shape[1], shape[2]] as const
      const [dx] = await runStep(backend, 'resizeGrad', { inputSize, interpolation }, [f32(out)], [d])
      const want = new Float64Array(y.length)
      const size2 = new Float64Array(y.length)
      const wantGrad = new Float64Array(dx.length)
      const sizeGrad = new Float64Array(dx.length)
      const terms = new Float64Array(dx.length)
      eachSample(shape, size, interpolation, (o, i, weight) => {
        want[o] += x[i] * weight
        size2[o] += Math.abs(x[i])
        wantGrad[i] += d[o] * weight
        sizeGrad[i] += Math.abs(d[o])
        terms[i]++
      })
      // Nearest moves values; a bilinear value passes two interpolations of three roundings.
      const exact = interpolation === 'nearest'
      y.forEach((v, o) => {
        expect(Math.abs(v - want[o])).toBeLessThanOrEqual(exact ? 0 : 8 * U * size2[o])
      })
      dx.forEach((v, i) => {
        expect(Math.abs(v - wantGrad[i])).toBeLessThanOrEqual(U * (4 * Math.sqrt(terms[i]) + 4) * sizeGrad[i])
      })
    }
  })

  it('starts bilinear upsampling as documented', async () => {
    const attrs = { size: [4, 4] as const, interpolation: 'bilinear' as const }
    const [y] = await runStep(backend, 'resize', attrs, [f32([1, 2, 2, 1])], [Float32Array.of(0, 1, 2, 3)])
    expect([...y.slice(0, 4)]).toEqual([0, 0.25, 0.75, 1])
  })
})
