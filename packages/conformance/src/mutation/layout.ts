// Planted bugs of indexing, padding, layout and ties.
import { type AttrsOf, type StepSpec, sizeOf } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import { alignedCorners, bilinear, countPadding, halfPixel, lastMaximum, movedChannels, reversed } from './kernels.js'
import { type Mutation, onGraphs, onKernels } from './mutation.js'
import { baseOf, changeAttrs, transposeBroadcasts } from './plans.js'

type Padding = readonly [number, number, number, number]
const swapped = ([t, b, l, r]: Padding): Padding => [b, t, r, l]
const CONVOLUTIONS = [
  'conv2d',
  'conv2dInputGrad',
  'conv2dFilterGrad',
  'depthwiseConv2d',
  'depthwiseConv2dInputGrad',
  'depthwiseConv2dFilterGrad',
] as const
const DEPTHWISE = ['depthwiseConv2d', 'depthwiseConv2dInputGrad', 'depthwiseConv2dFilterGrad'] as const
const POOLS = ['maxPool', 'avgPool'] as const

/** Dilation 1, and as much less padding after, so that shapes stay. */
export const ignoreDilation = changeAttrs(['conv2d', 'depthwiseConv2d'], ({ dilation, padding }, plan, step) => {
  const size = plan.tensors[step.ins[1]].spec.shape
  const [t, b, l, r] = padding
  const after = [b - (size[0] - 1) * (dilation[0] - 1), r - (size[1] - 1) * (dilation[1] - 1)]
  return after.some(p => p < 0) ? {} : { dilation: [1, 1] as const, padding: [t, after[0], l, after[1]] as const }
})
/** The odd element of the padding before instead of after. */
export const oddBefore = changeAttrs(CONVOLUTIONS, a =>
  a.strides.some(s => s === 2) ? { padding: swapped(a.padding) } : {},
)
export const swapPoolPadding = changeAttrs(POOLS, a => ({ padding: swapped(a.padding) }))

export const LAYOUT: readonly Mutation[] = [
  {
    name: 'a convolution drops the last tap of its window',
    hooks: () => ({
      inputs({ kernel, ins: [, w] }, ins) {
        if (!['conv2d', 'conv2dInputGrad'].includes(baseOf(kernel)) || w.shape[0] * w.shape[1] < 2) return ins
        ins[1].fill(0, -w.shape[2] * w.shape[3])
        return ins
      },
    }),
    seen: onKernels('conv2d', 'conv2dInputGrad'),
  },
  {
    name: "under 'same' with stride 2 the odd element goes before",
    hooks: () => ({ plan: oddBefore }),
    seen: onKernels(...CONVOLUTIONS),
  },
  {
    name: 'pooling pads before where it pads after',
    hooks: () => ({ plan: swapPoolPadding }),
    seen: onKernels(...POOLS),
  },
  {
    name: 'dilation is ignored',
    hooks: () => ({ plan: ignoreDilation }),
    seen: onKernels('conv2d', 'depthwiseConv2d'),
  },
  {
    name: 'channels belong to groups round-robin',
    hooks: () => ({
      inputs({ kernel, attrs, ins: [x] }, ins) {
        if (baseOf(kernel) !== 'conv2d') return ins
        const { groups } = attrs as AttrsOf<'conv2d'>
        const [channels, per] = [x.shape[3], x.shape[3] / groups]
        const to = (c: number): number => (c % groups) * per + Math.floor(c / groups)
        return [movedChannels(ins[0], channels, to), ...ins.slice(1)]
      },
    }),
    seen: onKernels('conv2d'),
  },
  {
    name: 'the depthwise multiplier is transposed: output channel m * C + c',
    hooks: () => ({
      after({ spec: { kernel, ins }, outs }) {
        if (kernel !== 'depthwiseConv2d') return
        const [, , c, m] = ins[1].shape
        outs[0].set(movedChannels(outs[0], c * m, k => (k % m) * c + Math.floor(k / m)))
      },
    }),
    seen: onKernels('depthwiseConv2d'),
  },
  {
    name: 'depthwise gradients take the window from the other end',
    hooks: () => ({
      inputs({ kernel, ins: [, w] }, ins) {
        if (kernel !== 'depthwiseConv2dInputGrad') return ins
        return [ins[0], reversed(reversed(ins[1], w.shape, 0), w.shape, 1)]
      },
    }),
    seen: onKernels(...DEPTHWISE),
  },
  {
    name: 'average pooling counts the padding',
    hooks: () => ({
      after({ spec, outs }) {
        if (spec.kernel === 'avgPool') countPadding(spec as StepSpec<'avgPool'>, outs[0])
      },
    }),
    seen: onKernels('avgPool'),
  },
  {
    name: "average pooling's gradient counts the padding",
    hooks: () => ({
      inputs(spec, ins) {
        if (spec.kernel === 'avgPoolGrad') countPadding(spec as StepSpec<'avgPoolGrad'>, ins[0])
        return ins
      },
    }),
    seen: onKernels('avgPoolGrad'),
  },
  {
    name: "max pooling's gradient goes to the last maximum",
    hooks: () => ({
      instead({ spec, ins: [x, dy], outs: [dx] }) {
        if (spec.kernel !== 'maxPoolGrad') return false
        lastMaximum(spec as StepSpec<'maxPoolGrad'>, x, dy, dx)
        return true
      },
    }),
    seen: onKernels('maxPoolGrad'),
  },
  {
    name: 'argmax gives the last maximum',
    hooks: () => ({
      inputs({ kernel, attrs, ins: [x] }, ins) {
        return kernel === 'argmax' ? [reversed(ins[0], x.shape, (attrs as AttrsOf<'argmax'>).axis)] : ins
      },
      after({ spec: { kernel, attrs, ins }, outs }) {
        if (kernel !== 'argmax') return
        const n = ins[0].shape[(attrs as AttrsOf<'argmax'>).axis]
        outs[0].forEach((v, i) => {
          outs[0][i] = n - 1 - v
        })
      },
    }),
    seen: onKernels('argmax'),
  },
  {
    name: 'gather clamps indices that are out of range',
    hooks: () => ({
      inputs({ kernel, attrs, ins: [x] }, ins) {
        if (kernel !== 'gather') return ins
        const n = x.shape[(attrs as AttrsOf<'gather'>).axis]
        return [ins[0], ins[1].map((v: number) => Math.min(Math.max(v, 0), n - 1)) as HostData]
      },
    }),
    seen: onKernels('gather'),
  },
  {
    name: 'scatterAdd overwrites instead of adding',
    hooks: () => ({
      after({ spec, ins: [at, updates], outs: [out] }) {
        if (spec.kernel !== 'scatterAdd') return
        const row = sizeOf(spec.outs[0].shape.slice(1))
        at.forEach((to, i) => {
          if (to >= 0 && to * row < out.length) out.set(updates.subarray(i * row, (i + 1) * row) as never, to * row)
        })
      },
    }),
    seen: onKernels('scatterAdd'),
  },
  {
    name: 'a transposed second operand is not transposed where it is square',
    hooks: () => ({
      plan: changeAttrs(['matmul'], (_, plan, s) => {
        const [rows, columns] = plan.tensors[s.ins[1]].spec.shape.slice(-2)
        return rows === columns ? { transposeB: false } : {}
      }),
    }),
    seen: onKernels('matmul'),
  },
  {
    name: 'vectors are broadcast along the wrong one of two equal dimensions',
    hooks: () => ({ plan: transposeBroadcasts }),
    seen: onKernels('map'),
  },
  {
    name: 'padding is always 0',
    hooks: () => ({ plan: changeAttrs(['pad'], () => ({ value: 0 })) }),
    seen: onKernels('pad'),
  },
  {
    name: 'negative strides of a slice start one element late',
    hooks: () => ({
      plan: changeAttrs(['slice'], a => ({
        begin: a.begin.map((b, i) => (a.strides[i] < 0 && b + (a.size[i] - 1) * a.strides[i] > 0 ? b - 1 : b)),
      })),
    }),
    seen: onKernels('slice'),
  },
  {
    name: 'bilinear resizing aligns corners',
    hooks: () => {
      const resize = bilinear(alignedCorners, w => w)
      return { instead: s => s.spec.kernel === 'resize' && resize(s) }
    },
    seen: onKernels('resize'),
  },
  {
    name: 'bilinear weights are swapped',
    hooks: () => {
      const resize = bilinear(halfPixel, w => 1 - w)
      return { instead: s => s.spec.kernel === 'resize' && resize(s) }
    },
    seen: onKernels('resize'),
  },
  {
    name: 'the bias comes before the pointwise convolution',
    hooks: () => ({
      inputs({ kernel, ins: [, w, bias] }, ins) {
        const channels = w?.shape[2]
        const pointwise = kernel === 'fusedConv2d' && w.shape[0] * w.shape[1] === 1 && bias !== undefined
        if (!pointwise || bias.shape.length !== 1 || bias.shape[0] !== channels) return ins
        const x = ins[0].map((v: number, i: number) => v + ins[2][i % channels]) as HostData
        return [x, ins[1], ins[2].map(() => 0) as HostData, ...ins.slice(3)]
      },
    }),
    seen: onGraphs(/golden layers\/separableconv2d/),
  },
]
