// Kernels that move elements, against plain loops; every result is exact.
import { f32, i32, sizeOf, stridesOf, type TensorSpec } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { backends, type Data, runStep, seeded } from '../harness.test.util.js'

const numbers = (spec: TensorSpec, seed = 3): Data => {
  const random = seeded(seed)
  const values = Array.from({ length: sizeOf(spec.shape) }, () => Math.floor(random() * 2 ** 24) - 2 ** 23)
  return spec.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
}
/** All indices of a shape in row-major order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const n = sizeOf(shape)
  const strides = stridesOf(shape)
  for (let i = 0; i < n; i++) yield shape.map((d, k) => Math.floor(i / strides[k]) % d)
}
const offset = (index: readonly number[], shape: readonly number[]): number =>
  stridesOf(shape).reduce((n, s, k) => n + s * index[k], 0)

describe.each(backends)('movement, fma $numerics.fma', backend => {
  it.each([
    [[], []],
    [[5], [0]],
    [
      [3, 4],
      [1, 0],
    ],
    [
      [17, 23],
      [1, 0],
    ],
    [
      [64, 100],
      [1, 0],
    ],
    [
      [2, 7, 9, 5],
      [0, 3, 1, 2],
    ],
    [
      [2, 7, 9, 5],
      [0, 2, 3, 1],
    ],
    [
      [3, 5, 6, 7],
      [3, 1, 2, 0],
    ],
    [
      [3, 1, 6, 7],
      [2, 1, 0, 3],
    ],
    [
      [4, 0, 3],
      [2, 0, 1],
    ],
    [
      [2, 3, 2, 3, 2],
      [4, 2, 0, 3, 1],
    ],
    [
      [3, 3, 8, 130],
      [0, 1, 3, 2],
    ],
  ])('transpose %j by %j', async (shape, perm) => {
    for (const spec of [f32(shape), i32(shape)]) {
      const x = numbers(spec)
      const [y] = await runStep(backend, 'transpose', { perm }, [spec], [x])
      const out = perm.map(p => shape[p])
      const want = [...indices(out)].map(i => {
        const from = new Array<number>(shape.length)
        perm.forEach((p, k) => {
          from[p] = i[k]
        })
        return x[offset(from, shape)]
      })
      expect([...y]).toEqual(want)
    }
  })

  it.each([
    [[10], [2], [5], [1]],
    [[10], [9], [10], [-1]],
    [[131], [130], [44], [-3]],
    [
      [4, 5],
      [1, 0],
      [2, 5],
      [2, 1],
    ],
    [
      [6, 7, 8],
      [5, 1, 6],
      [3, 2, 3],
      [-2, 3, -2],
    ],
    [
      [2, 9, 9, 3],
      [0, 1, 2, 0],
      [2, 7, 5, 3],
      [1, 1, 1, 1],
    ],
    [
      [3, 4],
      [0, 0],
      [0, 4],
      [1, 1],
    ],
    [
      [40, 50],
      [3, 49],
      [30, 50],
      [1, -1],
    ],
  ])('slice %j from %j of %j by %j', async (shape, begin, size, strides) => {
    const x = numbers(f32(shape))
    const [y] = await runStep(backend, 'slice', { begin, size, strides }, [f32(shape)], [x])
    const want = [...indices(size)].map(
      i =>
        x[
          offset(
            i.map((v, k) => begin[k] + v * strides[k]),
            shape,
          )
        ],
    )
    expect([...y]).toEqual(want)
  })

  it.each<[number[], [number, number][]]>([
    [[5], [[2, 3]]],
    [
      [3, 4],
      [
        [0, 0],
        [1, 2],
      ],
    ],
    [
      [2, 5, 6, 3],
      [
        [0, 0],
        [1, 1],
        [2, 0],
        [0, 0],
      ],
    ],
    [
      [0, 3],
      [
        [2, 1],
        [0, 1],
      ],
    ],
    [
      [3, 100],
      [
        [0, 0],
        [0, 0],
      ],
    ],
  ])('pad %j by %j', async (shape, padding) => {
    for (const [spec, value] of [
      [f32(shape), -1.5],
      [f32(shape), -Infinity],
      [i32(shape), -7],
    ] as const) {
      const x = numbers(spec)
      const [y] = await runStep(backend, 'pad', { padding, value }, [spec], [x])
      const out = shape.map((d, k) => d + padding[k][0] + padding[k][1])
      const want = [...indices(out)].map(i => {
        const from = i.map((v, k) => v - padding[k][0])
        return from.every((v, k) => v >= 0 && v < shape[k]) ? x[offset(from, shape)] : value
      })
      expect([...y]).toEqual(want)
    }
  })

  it.each([
    [[[2], [3], [0], [70]], 0],
    [
      [
        [2, 3, 4],
        [2, 1, 4],
        [2, 6, 4],
      ],
      1,
    ],
    [
      [
        [5, 3],
        [5, 1],
        [5, 17],
      ],
      1,
    ],
    [[[2, 2]], 0],
  ])('concat %j along %j', async (shapes, axis) => {
    const specs = shapes.map(i32)
    const data = specs.map((s, i) => numbers(s, i + 1))
    const [y] = await runStep(backend, 'concat', { axis }, specs, data)
    const out = shapes[0].map((d, k) => (k === axis ? shapes.reduce((n, s) => n + s[axis], 0) : d))
    const want = [...indices(out)].map(index => {
      const i = [...index]
      let part = 0
      while (i[axis] >= shapes[part][axis]) i[axis] -= shapes[part++][axis]
      return data[part][offset(i, shapes[part])]
    })
    expect([...y]).toEqual(want)
  })

  it.each([
    [[5, 3], 0, [4]],
    [[5, 300], 0, [2, 3]],
    [[2, 5, 7], 1, [6]],
    [[2, 5, 1], 1, []],
    [[3, 9], 1, [2, 2]],
    [[4, 0], 0, [3]],
  ])('gather %j along %j by %j', async (shape, axis, indexShape) => {
    for (const spec of [f32(shape), i32(shape)]) {
      const x = numbers(spec)
      const random = seeded(5)
      const at = Int32Array.from({ length: sizeOf(indexShape) }, (_, i) =>
        i === 1 ? -1 : i === 2 ? shape[axis] : Math.floor(random() * shape[axis]),
      )
      const [y] = await runStep(backend, 'gather', { axis }, [spec, i32(indexShape)], [x, at])
      const out = [...shape.slice(0, axis), ...indexShape, ...shape.slice(axis + 1)]
      const want = [...indices(out)].map(i => {
        const index = at[offset(i.slice(axis, axis + indexShape.length), indexShape)]
        const from = [...i.slice(0, axis), index, ...i.slice(axis + indexShape.length)]
        if (index < 0 || index >= shape[axis]) return spec.dtype === 'int32' ? 0 : Number.NaN
        return x[offset(from, shape)]
      })
      expect([...y]).toEqual(want)
    }
  })

  it.each([
    [7, [5], [20]],
    [7, [3], [20, 3]],
    [4, [], [50, 200]],
    [3, [2, 5], [9, 2, 5]],
    [3, [2], [0, 2]],
    [0, [2], [4, 2]],
  ])('scatterAdd into %j', async (size, _, shape) => {
    const updates = Float32Array.from(numbers(f32(shape)), v => v % 1000)
    const at = Int32Array.from({ length: shape[0] }, (_, i) => ((i * 7) % (size + 2)) - 1)
    const [y] = await runStep(backend, 'scatterAdd', { size }, [i32([shape[0]]), f32(shape)], [at, updates])
    const inner = sizeOf(shape.slice(1))
    const want = new Float32Array(size * inner)
    at.forEach((row, i) => {
      if (row >= 0 && row < size) for (let k = 0; k < inner; k++) want[row * inner + k] += updates[i * inner + k]
    })
    expect(y).toEqual(want)
  })

  it.each([
    [[7], 0],
    [[3, 10], 1],
    [[9, 33], 1],
    [[10, 3], 0],
    [[4, 6, 5], 1],
    [[4, 6, 8], 1],
    [[2, 1, 3], 1],
  ])('argmax of %j along %j', async (shape, axis) => {
    const random = seeded(11)
    const x = Float32Array.from({ length: sizeOf(shape) }, () => {
      const r = random()
      return r < 0.04 ? Number.NaN : r < 0.1 ? -Infinity : Math.floor(r * 6)
    })
    const [y] = await runStep(backend, 'argmax', { axis }, [f32(shape)], [x])
    const out = shape.filter((_, k) => k !== axis)
    const want = [...indices(out)].map(i => {
      const at = (k: number): number => x[offset([...i.slice(0, axis), k, ...i.slice(axis)], shape)]
      let best = 0
      for (let k = 1; k < shape[axis]; k++) {
        if (at(k) > at(best) || (Number.isNaN(at(k)) && !Number.isNaN(at(best)))) best = k
      }
      return best
    })
    expect([...y]).toEqual(want)
  })

  it('casts, in place too', async () => {
    const floats = Float32Array.of(0, -0.9, 1.9, -2.5, 1e20, -1e20, Number.NaN, Infinity, 16777217, 3)
    const ints = Int32Array.of(0, -1, 16777217, 16777219, 2147483647, -2147483648, 33554435)
    for (const inplace of [[], [[0, 0]] as const]) {
      const [a] = await runStep(backend, 'cast', { dtype: 'int32' }, [f32([10])], [floats], inplace)
      expect([...a]).toEqual([0, 0, 1, -2, 2147483647, -2147483648, 0, 2147483647, 16777216, 3])
      const [b] = await runStep(backend, 'cast', { dtype: 'float32' }, [i32([7])], [ints], inplace)
      expect([...b]).toEqual([...ints].map(Math.fround))
      const [c] = await runStep(backend, 'cast', { dtype: 'int32' }, [i32([7])], [ints], inplace)
      expect([...c]).toEqual([...ints])
    }
  })

  it.each([[[]], [[3]], [[0]], [[20_001]], [[16384]]])('copies and reshapes %j', async shape => {
    const x = numbers(f32(shape))
    expect(await runStep(backend, 'copy', {}, [f32(shape)], [x])).toEqual([x])
    const other = [1, sizeOf(shape), 1]
    expect(await runStep(backend, 'reshape', { shape: other }, [f32(shape)], [x])).toEqual([x])
  })
})
