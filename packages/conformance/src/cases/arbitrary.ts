// Random legal cases of every kernel, for property-based tests: they shrink to small ones. A kernel without a generator is a
// type error.
import { expr as E } from '@strata/api'
import type { KernelName, ScalarProgram, Shape } from '@strata/api/backend'
import fc from 'fast-check'
import { type Case, index, makeCase, range, real, TIES } from './case.js'
import { type ConvGeometry, convCases, depthwiseCases } from './convolution.js'
import { COMPOSITES, mapCase } from './maps.js'
import { type PoolGeometry, poolCases } from './pooling.js'
import { matmulCase } from './products.js'
import { argmaxCase, reduceCase } from './reductions.js'
import { resizeCases } from './resizing.js'

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const pair = (min: number, max: number): fc.Arbitrary<[number, number]> => fc.tuple(int(min, max), int(min, max))
const dims = (rank: readonly [number, number], max: number): fc.Arbitrary<number[]> =>
  fc.array(int(1, max), { minLength: rank[0], maxLength: rank[1] })
const flags = fc.tuple(fc.boolean(), fc.boolean())

/** A window that fits: sizes are cut down to the padded image. */
const geometry = (depthwise: boolean): fc.Arbitrary<ConvGeometry> =>
  fc
    .record({
      batch: int(1, 3),
      image: pair(1, 12),
      size: pair(1, 5),
      strides: pair(1, 4),
      dilation: pair(1, 3),
      padding: fc.tuple(int(0, 4), int(0, 4), int(0, 4), int(0, 4)),
      groups: depthwise ? fc.constant(1) : int(1, 3),
      perGroup: int(1, 9),
      filters: depthwise ? int(1, 3) : int(1, 9),
    })
    .map(({ batch, image, size, dilation, padding, strides, groups, perGroup, filters }) => {
      const fit = (i: 0 | 1): number =>
        Math.min(size[i], 1 + Math.floor((image[i] + padding[2 * i] + padding[2 * i + 1] - 1) / dilation[i]))
      return {
        name: 'random',
        x: [batch, image[0], image[1], groups * perGroup],
        size: [fit(0), fit(1)],
        filters: filters * groups,
        groups,
        strides,
        padding,
        dilation,
      }
    })
const conv = <T extends 0 | 1 | 2>(which: T): fc.Arbitrary<Case> =>
  geometry(false).map(g => convCases(g)[which] as Case)
const depthwise = <T extends 0 | 1 | 2>(which: T): fc.Arbitrary<Case> =>
  geometry(true).map(g => depthwiseCases(g)[which] as Case)

/** A pooling whose every window holds an element of the image. */
const poolGeometry: fc.Arbitrary<PoolGeometry> = fc
  .record({
    batch: int(1, 2),
    image: pair(1, 11),
    channels: int(1, 17),
    size: pair(1, 4),
    strides: pair(1, 4),
    padding: fc.tuple(int(0, 3), int(0, 3), int(0, 3), int(0, 3)),
  })
  .map(({ batch, image, channels, size, strides, padding }) => {
    const s = [Math.min(size[0], image[0]), Math.min(size[1], image[1])] as const
    // The last window starts on the image as long as padding after it is below the window's size.
    const p = padding.map((n, i) => Math.min(n, s[i >> 1] - 1))
    return {
      name: 'random',
      x: [batch, image[0], image[1], channels],
      size: s,
      strides,
      padding: [p[0], p[1], p[2], p[3]],
    }
  })
const pool = (which: 0 | 1 | 2 | 3): fc.Arbitrary<Case> => poolGeometry.map(g => poolCases(g)[which] as Case)

const resizing = (which: 0 | 1): fc.Arbitrary<Case> =>
  fc
    .tuple(
      fc.tuple(int(1, 2), int(1, 9), int(1, 9), int(1, 5)),
      pair(1, 12),
      fc.constantFrom('nearest' as const, 'bilinear' as const),
    )
    .map(([x, size, interpolation]) => resizeCases(x, size, interpolation)[which] as Case)

/** Shapes that broadcast to `shape`: leading dimensions dropped, others set to 1. */
const broadcastable = (shape: Shape): fc.Arbitrary<number[]> =>
  fc
    .tuple(int(0, shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([drop, ones]) => shape.map((d, i) => (ones[i] ? 1 : d)).slice(drop))

/** A random program of exact instructions over small integers. */
const program = (inputs: number): fc.Arbitrary<ScalarProgram> =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom('add', 'sub', 'mul', 'max', 'min', 'lt', 'eq', 'relu', 'neg', 'abs', 'select'),
        fc.nat(),
        fc.nat(),
        fc.nat(),
      ),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map(steps => {
      const made: E.Expr[] = Array.from({ length: inputs }, (_, i) => E.arg(i))
      made.push(E.constant(2))
      let products = 0
      for (const [op, i, j, k] of steps) {
        const [a, b, c] = [i, j, k].map(n => made[n % made.length])
        // Few products: integers must stay exact.
        const arity = { relu: 1, neg: 1, abs: 1, select: 3 }[op as string] ?? 2
        const safe = op === 'mul' && products++ > 0 ? 'add' : op
        made.push(E.make(safe as E.ExprOp, 0, [a, b, c].slice(0, arity)))
      }
      return E.toProgram(inputs, [made[made.length - 1], made[made.length >> 1]])
    })
const maps: fc.Arbitrary<Case> = fc.oneof(
  fc.tuple(dims([0, 4], 6), int(1, 4)).chain(([shape, n]) =>
    fc.tuple(program(n), fc.array(broadcastable(shape), { minLength: n, maxLength: n })).map(
      ([p, shapes]) =>
        mapCase(
          'random',
          p,
          shape,
          shapes.map(s => real(s)),
          true,
        ) as Case,
    ),
  ),
  fc.tuple(fc.constantFrom(...Object.entries(COMPOSITES)), int(1, 70)).map(
    ([[name, [n, fill, f]], size]) =>
      mapCase(
        name,
        E.toProgram(n, [f(...Array.from({ length: n }, (_, i) => E.arg(i)))]),
        [size],
        Array.from({ length: n }, () => real([size], fill)),
        false,
      ) as Case,
  ),
)

const axesOf = (shape: Shape): fc.Arbitrary<number[]> => fc.subarray(shape.map((_, i) => i))
const axisOf = (shape: Shape): fc.Arbitrary<number> => int(0, shape.length - 1)
const shuffled = (rank: number): fc.Arbitrary<number[]> => {
  const all = Array.from({ length: rank }, (_, i) => i)
  return fc.shuffledSubarray(all, { minLength: rank, maxLength: rank })
}
const slices = dims([0, 5], 7).chain(shape =>
  fc.tuple(...shape.map(d => fc.tuple(int(0, d - 1), int(0, d - 1), int(1, 3)))).map(ends => {
    const strides = ends.map(([a, b, s]) => (b < a ? -s : s))
    const size = ends.map(([a, b, s]) => 1 + Math.floor(Math.abs(b - a) / s))
    const begin = ends.map(([a]) => a)
    return makeCase('slice', `[${shape}] from [${begin}] by [${strides}]`, { begin, size, strides }, [
      real(shape),
    ]) as Case
  }),
)

const epilogue = E.toProgram(2, [E.relu(E.add(E.arg(0), E.arg(1)))])
/** A fused kernel from its product: with a bias and relu. */
const withEpilogue = (
  kernel: 'fusedMatmul' | 'fusedConv2d' | 'fusedDepthwiseConv2d',
  c: Case,
  channels: number,
): Case =>
  makeCase(kernel, c.name, { ...(c.attrs as Case<typeof kernel>['attrs']), program: epilogue }, [
    ...c.ins,
    real([channels]),
  ])

const products = fc.tuple(dims([0, 2], 3), fc.tuple(int(1, 20), int(1, 40), int(1, 40)), flags)

/** One generator a kernel. */
export const ARBITRARY: Readonly<Record<KernelName, fc.Arbitrary<Case>>> = {
  map: maps,
  reduce: dims([0, 5], 6).chain(shape =>
    fc
      .tuple(fc.constantFrom('sum', 'max', 'min'), axesOf(shape), fc.boolean(), fc.boolean())
      .map(([op, axes, kept, ties]) => reduceCase(op, shape, axes, kept, ties ? TIES : { kind: 'any' }) as Case),
  ),
  matmul: products.map(([lead, size, [a, b]]) => matmulCase('random', lead, size, a, b) as Case),
  conv2d: conv(0),
  conv2dInputGrad: conv(1),
  conv2dFilterGrad: conv(2),
  depthwiseConv2d: depthwise(0),
  depthwiseConv2dInputGrad: depthwise(1),
  depthwiseConv2dFilterGrad: depthwise(2),
  maxPool: pool(0),
  maxPoolGrad: pool(1),
  avgPool: pool(2),
  avgPoolGrad: pool(3),
  transpose: dims([0, 5], 6).chain(shape =>
    shuffled(shape.length).map(
      perm => makeCase('transpose', `[${shape}] by [${perm}]`, { perm }, [real(shape)]) as Case,
    ),
  ),
  slice: slices,
  pad: dims([0, 5], 5).chain(shape =>
    fc
      .tuple(...shape.map(() => pair(0, 3)))
      .map(padding => makeCase('pad', `[${shape}]`, { padding, value: padding.length }, [real(shape)]) as Case),
  ),
  concat: fc.tuple(dims([1, 5], 5), fc.array(int(1, 6), { minLength: 1, maxLength: 5 })).chain(([shape, lengths]) =>
    axisOf(shape).map(axis => {
      const parts = lengths.map(n => real(shape.map((d, i) => (i === axis ? n : d))))
      return makeCase('concat', `[${shape}] of [${lengths}] along ${axis}`, { axis }, parts) as Case
    }),
  ),
  gather: fc
    .tuple(dims([1, 4], 6), dims([0, 2], 5))
    .chain(([shape, at]) =>
      axisOf(shape).map(
        axis =>
          makeCase('gather', `[${shape}] by [${at}]`, { axis }, [real(shape), index(at, -1, shape[axis] + 1)]) as Case,
      ),
    ),
  scatterAdd: fc
    .tuple(dims([1, 3], 9), int(1, 6))
    .map(
      ([shape, size]) =>
        makeCase('scatterAdd', `[${shape}] into ${size}`, { size }, [
          index([shape[0]], -1, size + 1),
          real(shape),
        ]) as Case,
    ),
  argmax: fc
    .tuple(dims([1, 4], 9), fc.boolean())
    .chain(([shape, ties]) => axisOf(shape).map(axis => argmaxCase(shape, axis, ties ? TIES : undefined) as Case)),
  cast: fc
    .tuple(dims([0, 3], 9), flags)
    .map(([shape, [from, to]]) =>
      makeCase('cast', `[${shape}]`, { dtype: to ? 'int32' : 'float32' }, [
        from ? index(shape, -1000, 1000) : real(shape),
      ]),
    ),
  random: fc
    .tuple(dims([0, 3], 9), pair(0, 0xffffffff), int(0, 0xffffffff), int(0, 2 ** 31 - 1))
    .map(
      ([shape, seed, stream, step]) =>
        makeCase('random', `[${shape}]`, { shape, seed, stream }, [index([], step, step + 1)]) as Case,
    ),
  reshape: dims([0, 5], 5).map(
    shape => makeCase('reshape', `[${shape}]`, { shape: [shape.reduce((n, d) => n * d, 1)] }, [real(shape)]) as Case,
  ),
  copy: dims([0, 5], 5).map(shape => makeCase('copy', `[${shape}]`, {}, [real(shape)]) as Case),
  resize: resizing(0),
  resizeGrad: resizing(1),
  softmax: dims([1, 4], 20).map(
    shape => makeCase('softmax', `[${shape}]`, {}, [real(shape, range(-20, 20))], { exact: false }) as Case,
  ),
  softmaxCrossEntropy: dims([1, 3], 20).map(
    shape =>
      makeCase('softmaxCrossEntropy', `[${shape}]`, {}, [real(shape, range(-20, 20)), real(shape, range(0, 1))], {
        exact: false,
      }) as Case,
  ),
  moments: dims([1, 4], 7).chain(shape =>
    axesOf(shape).map(
      axes => makeCase('moments', `[${shape}] over [${axes}]`, { axes }, [real(shape)], { exact: false }) as Case,
    ),
  ),
  fusedMatmul: products.map(([lead, size, [a, b]]) =>
    withEpilogue('fusedMatmul', matmulCase('random', lead, size, a, b) as Case, size[2]),
  ),
  fusedConv2d: geometry(false).map(g => withEpilogue('fusedConv2d', convCases(g)[0] as Case, g.filters)),
  fusedDepthwiseConv2d: geometry(true).map(g =>
    withEpilogue('fusedDepthwiseConv2d', depthwiseCases(g)[0] as Case, g.x[3] * g.filters),
  ),
}
