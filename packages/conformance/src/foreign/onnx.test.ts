// ONNX node tests, written here by hand in their own file format: every family of operators that is mapped, with expectations worked
// out by hand; a wrong expectation fails; what is not mapped says why.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeFailure, type TierResult } from '../tiers/result.js'
import { readForeign } from './folder.js'
import { type TestModel, type TestTensor, writeTest } from './onnx.test.util.js'
import { foreignTier } from './run.js'

let folder = ''
let backend: Backend
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-onnx-'))
  backend = await cpu()
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  expect(backend.memory()).toMatchObject({ buffers: 0, executables: 0 })
  backend.dispose()
})

const t = (shape: readonly number[], ...data: readonly number[]): TestTensor => ({ shape, data })
const ints = (...data: readonly number[]): TestTensor => ({ shape: [data.length], data, type: 'int64' })
const bools = (...data: readonly number[]): TestTensor => ({ shape: [data.length], data, type: 'bool' })
const nine = t([1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9)
const four = t([1, 1, 2, 2], 1, 2, 3, 4)
const one = (op: string, attrs: TestModel['attrs'], inputs: TestModel['inputs'], y: TestTensor): TestModel => ({
  op,
  attrs,
  inputs,
  outputs: { y },
})
const halves = { coordinate_transformation_mode: 'half_pixel' }

const MAPPED: Readonly<Record<string, TestModel>> = {
  conv: one('Conv', {}, { x: nine, w: t([1, 1, 2, 2], 1, 0, 0, -1) }, t([1, 1, 2, 2], -4, -4, -4, -4)),
  conv_pads_bias: one(
    'Conv',
    { pads: [0, 0, 1, 1], strides: [2, 2] },
    { x: nine, w: t([1, 1, 2, 2], 1, 1, 1, 1), b: t([1], 100) },
    t([1, 1, 2, 2], 112, 109, 115, 109),
  ),
  conv_same_lower: one(
    'Conv',
    { auto_pad: 'SAME_LOWER' },
    { x: four, w: t([1, 1, 2, 2], 1, 1, 1, 1) },
    t([1, 1, 2, 2], 1, 3, 4, 10),
  ),
  conv_1d: one(
    'Conv',
    { strides: [2] },
    { x: t([1, 1, 5], 1, 2, 3, 4, 5), w: t([1, 1, 2], 1, 10) },
    t([1, 1, 2], 21, 43),
  ),
  conv_groups: one(
    'Conv',
    { group: 2 },
    { x: t([1, 4, 1, 1], 1, 2, 3, 4), w: t([2, 2, 1, 1], 1, 10, 100, 1000) },
    t([1, 2, 1, 1], 21, 4300),
  ),
  conv_depthwise: one(
    'Conv',
    { group: 2 },
    { x: t([1, 2, 1, 1], 10, 20), w: t([4, 1, 1, 1], 1, 2, 3, 4) },
    t([1, 4, 1, 1], 10, 20, 60, 80),
  ),
  conv_transpose: one(
    'ConvTranspose',
    {},
    { x: t([1, 1, 1, 2], 1, 2), w: t([1, 1, 1, 2], 3, 5) },
    t([1, 1, 1, 3], 3, 11, 10),
  ),
  conv_transpose_strides_groups: one(
    'ConvTranspose',
    { strides: [1, 2], group: 2, output_padding: [0, 1] },
    { x: t([1, 2, 1, 2], 1, 2, 3, 4), w: t([2, 1, 1, 1], 10, 100) },
    t([1, 2, 1, 4], 10, 0, 20, 0, 300, 0, 400, 0),
  ),
  max_pool: one('MaxPool', { kernel_shape: [2, 2] }, { x: nine }, t([1, 1, 2, 2], 5, 6, 8, 9)),
  max_pool_ceil: one(
    'MaxPool',
    { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 },
    { x: nine },
    t([1, 1, 2, 2], 5, 6, 8, 9),
  ),
  average_pool: one(
    'AveragePool',
    { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1] },
    { x: four },
    t([1, 1, 2, 2], 1, 2, 3, 4),
  ),
  average_pool_counting: one(
    'AveragePool',
    { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 },
    { x: four },
    t([1, 1, 2, 2], 0.25, 0.5, 0.75, 1),
  ),
  global_average: one('GlobalAveragePool', {}, { x: t([1, 2, 1, 2], 1, 3, 5, 9) }, t([1, 2, 1, 1], 2, 7)),
  matmul: one('MatMul', {}, { a: t([2, 2], 1, 2, 3, 4), b: t([2], 10, 1) }, t([2], 12, 34)),
  matmul_batch: one('MatMul', {}, { a: t([2, 1, 2], 1, 2, 3, 4), b: t([2, 1], 10, 1) }, t([2, 1, 1], 12, 34)),
  gemm: one(
    'Gemm',
    { alpha: 0.5, beta: 2, transB: 1 },
    { a: t([1, 2], 2, 4), b: t([2, 2], 1, 2, 3, 4), c: t([2], 1, -1) },
    t([1, 2], 7, 9),
  ),
  relu: one('Relu', {}, { x: t([3], -1, 0, 2) }, t([3], 0, 0, 2)),
  tanh: one('Tanh', {}, { x: t([2], 0.5, -2) }, t([2], Math.tanh(0.5), Math.tanh(-2))),
  leaky_relu: one('LeakyRelu', { alpha: 0.25 }, { x: t([2], -4, 4) }, t([2], -1, 4)),
  clip: one('Clip', {}, { x: t([3], -5, 0.5, 5), low: t([], -1), high: t([], 2) }, t([3], -1, 0.5, 2)),
  softmax: one('Softmax', { axis: 0 }, { x: t([2, 1], Math.log(3), 0) }, t([2, 1], 0.75, 0.25)),
  softmax_early: {
    ...one('Softmax', {}, { x: t([1, 2, 2], 0, 0, 0, 0) }, t([1, 2, 2], 0.25, 0.25, 0.25, 0.25)),
    version: 11,
  },
  log_softmax: one('LogSoftmax', {}, { x: t([2], 0, 0) }, t([2], -Math.LN2, -Math.LN2)),
  add_broadcast: one('Add', {}, { a: t([2, 1], 1, 2), b: t([2], 10, 20) }, t([2, 2], 11, 21, 12, 22)),
  pow: one('Pow', {}, { a: t([2], 2, 3), b: t([2], 3, 2) }, t([2], 8, 9)),
  min_three: one('Min', {}, { a: t([2], 1, 5), b: t([2], 3, 2), c: t([2], 2, 9) }, t([2], 1, 2)),
  reduce_mean: one('ReduceMean', { keepdims: 0 }, { x: t([2, 2], 1, 2, 3, 4), axes: ints(1) }, t([2], 1.5, 3.5)),
  reduce_max_attribute: {
    ...one('ReduceMax', { axes: [0] }, { x: t([2, 2], 1, 7, 3, 4) }, t([1, 2], 3, 7)),
    version: 11,
  },
  reduce_l2: one('ReduceL2', { keepdims: 0 }, { x: t([2], 3, 4) }, t([], 5)),
  transpose: one('Transpose', { perm: [1, 0] }, { x: t([1, 2], 1, 2) }, t([2, 1], 1, 2)),
  reshape: one(
    'Reshape',
    {},
    { x: t([2, 3], 1, 2, 3, 4, 5, 6), shape: ints(0, -1, 1) },
    t([2, 3, 1], 1, 2, 3, 4, 5, 6),
  ),
  concat: one('Concat', { axis: 1 }, { a: t([1, 1], 1), b: t([1, 2], 2, 3) }, t([1, 3], 1, 2, 3)),
  slice_backwards: one(
    'Slice',
    {},
    { x: t([5], 0.5, 1, 2, 3, 4), s: ints(-1), e: ints(-(2 ** 40)), a: ints(0), d: ints(-2) },
    t([3], 4, 2, 0.5),
  ),
  pad: one('Pad', {}, { x: t([1, 1], 5), pads: ints(0, 1, 1, 0), v: t([], 9) }, t([2, 2], 9, 5, 9, 9)),
  gather_negative: one('Gather', { axis: 0 }, { x: t([3], 1, 2, 4), i: ints(-1, 0) }, t([2], 4, 1)),
  argmax: one(
    'ArgMax',
    { axis: 1 },
    { x: t([2, 3], 1, 3, 3, 9, 2, 1) },
    { shape: [2, 1], data: [1, 0], type: 'int64' },
  ),
  cast: one('Cast', { to: 7 }, { x: t([2], 1.75, -1.75) }, { shape: [2], data: [1, -1], type: 'int64' }),
  where: one('Where', {}, { c: bools(1, 0), a: t([2], 1, 2), b: t([2], 8, 9) }, t([2], 1, 9)),
  equal: one('Equal', {}, { a: ints(1, 2), b: ints(1, 3) }, bools(1, 0)),
  resize_nearest: one(
    'Resize',
    { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' },
    { x: t([1, 1, 1, 2], 3, 5), roi: t([0]), scales: t([4], 1, 1, 1, 2) },
    t([1, 1, 1, 4], 3, 3, 5, 5),
  ),
  resize_linear: one(
    'Resize',
    { mode: 'linear', ...halves },
    { x: t([1, 1, 1, 2], 2, 4), roi: t([0]), scales: t([4], 1, 1, 1, 2) },
    t([1, 1, 1, 4], 2, 2.5, 3.5, 4),
  ),
  batch_normalization: one(
    'BatchNormalization',
    { epsilon: 0.75 },
    { x: t([1, 2, 1, 1], 5, 5), s: t([2], 2, 4), b: t([2], 1, 0), mean: t([2], 3, 7), variance: t([2], 0.25, 3.25) },
    t([1, 2, 1, 1], 5, -4),
  ),
  layer_normalization: one(
    'LayerNormalization',
    { epsilon: 0.75 },
    { x: t([1, 2], 1, 2), s: t([2], 2, 4), b: t([2], 1, 1) },
    t([1, 2], 0, 3),
  ),
  instance_normalization: one(
    'InstanceNormalization',
    { epsilon: 0.75 },
    { x: t([1, 1, 2], 1, 2), s: t([1], 2), b: t([1], 1) },
    t([1, 1, 2], 0, 2),
  ),
  depth_to_space: one(
    'DepthToSpace',
    { blocksize: 2 },
    { x: t([1, 4, 1, 1], 1, 2, 3, 4) },
    t([1, 1, 2, 2], 1, 2, 3, 4),
  ),
}

async function results(name: string, models: Readonly<Record<string, TestModel>>): Promise<TierResult[]> {
  const below = join(folder, name)
  for (const [id, m] of Object.entries(models)) await writeTest(below, `test_${id}`, m)
  const cases = await readForeign(below)
  expect(cases.map(c => c.name)).toEqual(
    Object.keys(models)
      .map(id => `onnx/test_${id}`)
      .sort(),
  )
  const found: TierResult[] = []
  for (const c of cases) found.push(await foreignTier(backend, c))
  return found
}
/** The same tests where the expectation of the last element is one thousandth off, or by one. */
const wrong = (m: TestModel): TestModel => {
  const spoil = ({ data, type, ...rest }: TestTensor): TestTensor => {
    const last = data[data.length - 1]
    const off = type !== undefined || last === 0 ? (type === 'bool' ? 1 - last : last + 1) : last * 1.001
    return { ...rest, type, data: [...data.slice(0, -1), off] }
  }
  return { ...m, outputs: Object.fromEntries(Object.entries(m.outputs).map(([name, y]) => [name, spoil(y)])) }
}

test('every mapped family agrees with what its operators mean', async () => {
  const found = await results('mapped', MAPPED)
  expect(found.filter(r => r.failure !== undefined).map(describeFailure)).toEqual([])
  expect(found.filter(r => r.skipped !== undefined)).toEqual([])
  expect(found.every(r => r.elements > 0)).toBe(true)
})
test('a wrong expectation fails in every family', async () => {
  const models = Object.fromEntries(Object.entries(MAPPED).map(([id, m]) => [id, wrong(m)]))
  const found = await results('wrong', models)
  expect(found.filter(r => r.failure === undefined).map(r => r.case)).toEqual([])
})
test('what is not mapped says why', async () => {
  const UNMAPPED: Readonly<Record<string, [TestModel, string]>> = {
    cumsum: [one('CumSum', {}, { x: t([2], 1, 2), axis: ints(0) }, t([2], 1, 3)), 'operator CumSum'],
    dilated: [
      one('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }, { x: nine }, t([1, 1, 1, 1], 9)),
      'dilated pooling',
    ],
    integers: [one('Add', {}, { a: ints(1), b: ints(2) }, ints(3)), 'arithmetic of integers'],
    corners: [
      one(
        'Resize',
        { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
        { x: t([1, 1, 1, 2], 2, 4), roi: t([0]), scales: t([4], 1, 1, 1, 2) },
        t([1, 1, 1, 4], 2, 2.67, 3.33, 4),
      ),
      'samples at other positions',
    ],
  }
  const found = await results('unmapped', Object.fromEntries(Object.entries(UNMAPPED).map(([id, [m]]) => [id, m])))
  for (const r of found) {
    const reason = UNMAPPED[r.case.replace('onnx/test_', '')][1]
    expect([r.case, r.skipped]).toEqual([r.case, `not mapped: ${reason}`])
  }
})
test('elements in fields of their own, initializers, and a folder without cases', async () => {
  const x = { ...t([2], -1, 3), raw: false }
  const model = {
    ...one('Reshape', {}, { x }, t([2, 1], -1, 3)),
    initializers: { shape: { ...ints(2, -1), raw: false } },
  }
  const [result] = await results('fields', { fields: model })
  expect([result.failure, result.skipped, result.elements]).toEqual([undefined, undefined, 2])
  await expect(readForeign(join(folder, 'fields', 'test_fields', 'test_data_set_0'))).rejects.toThrow(
    'no foreign cases',
  )
  await expect(readForeign(join(folder, 'nowhere'))).rejects.toThrow('cannot be read')
})
