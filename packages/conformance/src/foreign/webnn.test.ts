// WebNN cases as JSON, written here by hand: every family of operators that is mapped, a wrong expectation, and what is not mapped.
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeFailure, type TierResult } from '../tiers/result.js'
import { foreignTier } from './run.js'
import { webnnCases } from './webnn-json.js'

let backend: Backend
beforeAll(async () => {
  backend = await cpu()
})
afterAll(() => backend.dispose())

type Numbers = readonly number[] | number
interface Tensor {
  readonly data: Numbers
  readonly descriptor: { readonly shape: readonly number[]; readonly dataType: string }
}
const t = (shape: readonly number[], data: Numbers, dataType = 'float32'): Tensor => ({
  data,
  descriptor: { shape, dataType },
})
interface TestCase {
  readonly name: string
  readonly graph: {
    readonly inputs: object
    readonly operators: readonly object[]
    readonly expectedOutputs: { readonly y: Tensor }
  }
}
/** One operator from tensors to y. `args`: its parameters; those that name a tensor are operands. */
const one = (
  name: string,
  args: Readonly<Record<string, unknown>>,
  inputs: Readonly<Record<string, Tensor>>,
  y: Tensor,
): TestCase => ({
  name,
  graph: {
    inputs,
    operators: [{ name, arguments: Object.entries(args).map(([k, v]) => ({ [k]: v })), outputs: 'y' }],
    expectedOutputs: { y },
  },
})
const x = { input: 'x' }
const four = t([1, 1, 2, 2], [1, 2, 3, 4])

const MAPPED: readonly TestCase[] = [
  one('relu', x, { x: t([2], [-1, 2]) }, t([2], [0, 2])),
  one('softplus', x, { x: t([1], [0]) }, t([1], [Math.LN2])),
  one('elu', { ...x, options: { alpha: 2 } }, { x: t([2], [-1, 3]) }, t([2], [2 * Math.expm1(-1), 3])),
  one('clamp', { ...x, options: { minValue: -1, maxValue: 1 } }, { x: t([3], [-4, 0.5, 4]) }, t([3], [-1, 0.5, 1])),
  one('sub', { a: 'a', b: 'b' }, { a: t([2], [5, 7]), b: t([], 2) }, t([2], [3, 5])),
  one('lesserOrEqual', { a: 'a', b: 'b' }, { a: t([2], [1, 3]), b: t([2], [2, 2]) }, t([2], [1, 0], 'uint8')),
  one(
    'where',
    { condition: 'c', trueValue: 'a', falseValue: 'b' },
    { c: t([2], [0, 1], 'uint8'), a: t([2], [1, 2]), b: t([2], [8, 9]) },
    t([2], [8, 2]),
  ),
  one(
    'conv2d',
    { ...x, filter: 'w', options: { padding: [0, 1, 0, 1], bias: 'b' } },
    { x: four, w: t([1, 1, 2, 2], 1), b: t([1], [100]) },
    t([1, 1, 2, 2], [110, 106, 107, 104]),
  ),
  one(
    'conv2d',
    { ...x, filter: 'w', options: { groups: 2, inputLayout: 'nhwc', filterLayout: 'ihwo' } },
    { x: t([1, 1, 1, 2], [10, 20]), w: t([1, 1, 1, 4], [1, 2, 3, 4]) },
    t([1, 1, 1, 4], [10, 20, 60, 80]),
  ),
  one(
    'convTranspose2d',
    { ...x, filter: 'w', options: { strides: [1, 2] } },
    { x: t([1, 1, 1, 2], [1, 2]), w: t([1, 1, 1, 2], [3, 5]) },
    t([1, 1, 1, 4], [3, 5, 6, 10]),
  ),
  one('averagePool2d', x, { x: four }, t([1, 1, 1, 1], [2.5])),
  one(
    'averagePool2d',
    { ...x, options: { windowDimensions: [2, 2], strides: [2, 2], padding: [1, 1, 1, 1], layout: 'nhwc' } },
    { x: t([1, 2, 2, 1], [1, 2, 3, 4]) },
    t([1, 2, 2, 1], [1, 2, 3, 4]),
  ),
  one(
    'maxPool2d',
    { ...x, options: { windowDimensions: [1, 2], strides: [1, 2], outputShapeRounding: 'ceil' } },
    { x: t([1, 1, 1, 3], [1, 5, 2]) },
    t([1, 1, 1, 2], [5, 2]),
  ),
  one('matmul', { a: 'a', b: 'b' }, { a: t([1, 2], [1, 2]), b: t([2, 1], [10, 1]) }, t([1, 1], [12])),
  one(
    'gemm',
    { a: 'a', b: 'b', options: { c: 'c', alpha: 0.5, beta: 2, bTranspose: true } },
    { a: t([1, 2], [2, 4]), b: t([2, 2], [1, 2, 3, 4]), c: t([2], [1, -1]) },
    t([1, 2], [7, 9]),
  ),
  one('softmax', { ...x, axis: 0 }, { x: t([2, 1], [Math.log(3), 0]) }, t([2, 1], [0.75, 0.25])),
  one('reduceMean', { ...x, options: { axes: [1] } }, { x: t([2, 2], [1, 2, 3, 4]) }, t([2], [1.5, 3.5])),
  one(
    'reduceLogSumExp',
    { ...x, options: { keepDimensions: true } },
    { x: t([1, 2], [100, 100]) },
    t([1, 1], [100 + Math.LN2]),
  ),
  one('argMin', { ...x, axis: 1 }, { x: t([1, 3], [2, 1, 1]) }, t([1], [1], 'int32')),
  one('transpose', { ...x, options: { permutation: [1, 0] } }, { x: t([1, 2], [1, 2]) }, t([2, 1], [1, 2])),
  one('reshape', { ...x, newShape: [2, 1] }, { x: t([2], [1, 2]) }, t([2, 1], [1, 2])),
  one('expand', { ...x, newShape: [2, 2] }, { x: t([2], [1, 2]) }, t([2, 2], [1, 2, 1, 2])),
  one('concat', { inputs: ['a', 'b'], axis: 0 }, { a: t([1], [1]), b: t([2], [2, 3]) }, t([3], [1, 2, 3])),
  one(
    'slice',
    { ...x, starts: [1], sizes: [3], options: { strides: [2] } },
    { x: t([4], [1, 2, 3, 4]) },
    t([2], [2, 4]),
  ),
  one('reverse', x, { x: t([3], [1, 2, 3]) }, t([3], [3, 2, 1])),
  one(
    'pad',
    { ...x, beginningPadding: [1], endingPadding: [2], options: { value: 7 } },
    { x: t([1], [1]) },
    t([4], [7, 1, 7, 7]),
  ),
  one(
    'gather',
    { ...x, indices: 'i', options: { axis: 1 } },
    { x: t([1, 3], [1, 2, 4]), i: t([2], [-1, 0], 'int32') },
    t([1, 2], [4, 1]),
  ),
  one('cast', { ...x, type: 'int32' }, { x: t([2], [1.75, -1.75]) }, t([2], [1, -1], 'int32')),
  one(
    'resample2d',
    { ...x, options: { mode: 'linear', sizes: [1, 4] } },
    { x: t([1, 1, 1, 2], [2, 4]) },
    t([1, 1, 1, 4], [2, 2.5, 3.5, 4]),
  ),
  one(
    'batchNormalization',
    { ...x, mean: 'm', variance: 'v', options: { scale: 's', bias: 'b', epsilon: 0.75, axis: 1 } },
    { x: t([1, 2], [5, 5]), m: t([2], [3, 7]), v: t([2], [0.25, 3.25]), s: t([2], [2, 4]), b: t([2], [1, 0]) },
    t([1, 2], [5, -4]),
  ),
  one(
    'layerNormalization',
    { ...x, options: { scale: 's', axes: [1], epsilon: 0.75 } },
    { x: t([1, 2], [1, 2]), s: t([2], [2, 4]) },
    t([1, 2], [-1, 2]),
  ),
  one(
    'instanceNormalization',
    { ...x, options: { epsilon: 0.75 } },
    { x: t([1, 1, 1, 2], [1, 2]) },
    t([1, 1, 1, 2], [-0.5, 0.5]),
  ),
]

async function results(tests: readonly object[]): Promise<TierResult[]> {
  const found: TierResult[] = []
  for (const c of webnnCases(JSON.stringify({ tests }), 'cases.json')) found.push(await foreignTier(backend, c))
  return found
}
const spoiled = (v: number, dtype: string): number => (dtype !== 'float32' || v === 0 ? v + 1 : v * 1.001)

test('every mapped family agrees with what its operators mean', async () => {
  const found = await results(MAPPED)
  expect(found).toHaveLength(MAPPED.length)
  expect(found.filter(r => r.failure !== undefined).map(describeFailure)).toEqual([])
  expect(found.filter(r => r.skipped !== undefined)).toEqual([])
})
test('a wrong expectation fails in every family', async () => {
  const wrong = MAPPED.map(c => {
    const { data, descriptor } = c.graph.expectedOutputs.y
    const list = [data].flat()
    const y = { descriptor, data: [...list.slice(0, -1), spoiled(list[list.length - 1], descriptor.dataType)] }
    return { ...c, graph: { ...c.graph, expectedOutputs: { y } } }
  })
  expect((await results(wrong)).filter(r => r.failure === undefined).map(r => r.case)).toEqual([])
})
test('several operators, and the words of earlier files', async () => {
  const inputs = { x: { data: [1, -4], shape: [2], type: 'float32' } }
  const operators = [
    { name: 'abs', arguments: [{ input: 'x' }], outputs: 'between' },
    { name: 'sqrt', arguments: [{ input: 'between' }], outputs: ['y'] },
  ]
  const expectedOutputs = { y: { data: [1, 2], descriptor: { dimensions: [2], dataType: 'float32' } } }
  const [r] = await results([{ name: 'chain', graph: { inputs, operators, expectedOutputs } }])
  expect([r.case, r.failure, r.skipped, r.elements]).toEqual(['webnn/cases.json/chain', undefined, undefined, 2])
})
test('what is not mapped says why; other JSON holds no cases', async () => {
  const halves = t([1], [1], 'float16')
  const found = await results([
    one('gru', x, { x: t([1], [1]) }, t([1], [1])),
    one('relu', x, { x: halves }, halves),
    one(
      'pad',
      { ...x, beginningPadding: [1], endingPadding: [1], options: { mode: 'edge' } },
      { x: t([1], [1]) },
      t([3], 1),
    ),
    { name: 'broken', graph: { inputs: {}, expectedOutputs: {} } },
  ])
  expect(found.map(r => r.skipped)).toEqual([
    'not mapped: operator gru',
    'not mapped: element type float16',
    'not mapped: mode = edge',
    'not mapped: no list of operators',
  ])
  for (const text of ['{', '{}', '[1]', '{"tests": [{"name": "x"}]}']) expect(webnnCases(text, 'f')).toEqual([])
})
