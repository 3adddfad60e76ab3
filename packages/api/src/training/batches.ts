// Batches: array data cut into steps, and the batches of data sets, as tensors that steps can be fed with.
import { type HostTensor, isHostTensor, type TensorLike } from '../data/host-tensor.js'
import { ArgumentError, DataError, ShapeError } from '../errors.js'
import { type DType, sizeOf, type TensorSpec } from '../tensor-spec.js'
import type { BatchInput, ClassWeight, WeightInput } from './options.js'
import { checkTarget, type TargetField, targetDType, targetShape } from './targets.js'
import { checkInput, checkRows, type Field, inputShape, type TensorInput, tensorsOf } from './tensors.js'

/** A tensor in an element type that devices have. */
export interface Fed {
  readonly spec: TensorSpec
  readonly data: Float32Array | Int32Array
}
export interface Batch {
  readonly size: number
  readonly xs: readonly Fed[]
  readonly ys: readonly (Fed | null)[]
  readonly ws: readonly (Fed | null)[]
}
/** What a model's data must look like. */
export interface DataFields {
  readonly inputs: readonly Field[]
  /** One per output; `wanted` says whether it needs targets. */
  readonly targets: readonly (TargetField & { readonly wanted: boolean })[]
}

/** Checked data of all samples: host tensors with equal numbers of rows. */
export class Samples {
  readonly size: number
  readonly #buffers = new Map<string, Float32Array | Int32Array>()
  private constructor(
    readonly where: string,
    readonly xs: readonly Source[],
    readonly ys: readonly (Source | null)[],
    readonly ws: readonly (Source | null)[],
  ) {
    const rows = [...xs, ...ys, ...ws].flatMap((s): [string, number][] =>
      s === null ? [] : [[s.name, s.tensor.shape[0]]],
    )
    this.size = checkRows(where, rows)
  }

  /**
   * Checks data against a model.
   * @param y undefined: inputs alone
   * @throws ShapeError, DTypeError, DataError, ArgumentError naming the input or output, what it takes and what it got
   */
  static check(
    where: string,
    fields: DataFields,
    x: TensorInput,
    y: TensorInput | undefined,
    options: { readonly sampleWeight?: WeightInput; readonly classWeight?: ClassWeight } = {},
  ): Samples {
    const xs = tensorsOf(where, 'inputs', fields.inputs, x, inputShape(where))
    xs.forEach((t, i) => {
      checkInput(where, fields.inputs[i], t)
    })
    const inputs = xs.map(
      (t, i): Source => ({ name: `input '${fields.inputs[i].name}'`, tensor: t, dtype: fields.inputs[i].dtype }),
    )
    if (y === undefined) return new Samples(where, inputs, [], [])
    const wanted = fields.targets.filter(t => t.wanted)
    if (wanted.length === 0) {
      throw new ArgumentError({
        where,
        what: 'targets',
        expected: 'a model compiled with a loss',
        got: 'a model without',
      })
    }
    const ys = tensorsOf(where, 'targets', wanted, y, targetShape)
    ys.forEach((t, i) => {
      if (t.shape.length === 0)
        throw new ShapeError({
          where,
          what: `targets of output '${wanted[i].name}'`,
          expected: 'a batch dimension',
          got: [],
        })
    })
    checkRows(where, [
      ...inputs.map((s): [string, number] => [s.name, s.tensor.shape[0]]),
      ...ys.map((t, i): [string, number] => [`targets of output '${wanted[i].name}'`, t.shape[0]]),
    ])
    ys.forEach((t, i) => {
      checkTarget(where, wanted[i], t)
    })
    const weights = weightsOf(where, wanted, ys, options)
    const perOutput = <T>(list: readonly T[]): (T | null)[] =>
      fields.targets.map(f => (f.wanted ? list[wanted.indexOf(f)] : null))
    const targets = ys.map(
      (t, i): Source => ({ name: `targets of output '${wanted[i].name}'`, tensor: t, dtype: targetDType(wanted[i]) }),
    )
    return new Samples(
      where,
      inputs,
      perOutput(targets),
      weights === null ? fields.targets.map(() => null) : perOutput(weights),
    )
  }

  /** Samples `begin` to `end`, as a view. */
  slice(begin: number, end: number): Samples {
    const cut = (s: Source | null): Source | null => {
      if (s === null) return null
      const width = sizeOf(s.tensor.shape.slice(1))
      return {
        ...s,
        tensor: {
          shape: [end - begin, ...s.tensor.shape.slice(1)],
          data: s.tensor.data.subarray(begin * width, end * width),
        },
      }
    }
    return new Samples(
      this.where,
      this.xs.map(s => cut(s) as Source),
      this.ys.map(cut),
      this.ws.map(cut),
    )
  }
  steps(batchSize: number): number {
    return Math.ceil(this.size / batchSize)
  }
  /** The batches in an order of samples (null: as they are). Their data are valid until the next batch. */
  *batches(batchSize: number, order: Uint32Array | null = null): Generator<Batch, void, undefined> {
    for (let begin = 0; begin < this.size; begin += batchSize) {
      const end = Math.min(begin + batchSize, this.size)
      const size = end - begin
      const take = (s: Source | null): Fed | null => (s === null ? null : this.#gather(s, order, begin, end))
      yield {
        size,
        xs: this.xs.map(s => this.#gather(s, order, begin, end)),
        ys: this.ys.map(take),
        ws: this.ws.map(take),
      }
    }
  }
  #gather(s: Source, order: Uint32Array | null, begin: number, end: number): Fed {
    const inner = s.tensor.shape.slice(1)
    const width = sizeOf(inner)
    const n = (end - begin) * width
    const spec: TensorSpec = { shape: [end - begin, ...inner], dtype: s.dtype }
    const { data } = s.tensor
    if (order === null && hasType(data, s.dtype)) return { spec, data: data.subarray(begin * width, end * width) }
    const key = `${s.name}:${n}`
    let out = this.#buffers.get(key)
    if (out === undefined) {
      out = s.dtype === 'int32' ? new Int32Array(n) : new Float32Array(n)
      this.#buffers.set(key, out)
    }
    if (order === null) out.set(data.subarray(begin * width, end * width))
    else {
      for (let i = begin; i < end; i++) {
        const row = order[i]
        out.set(data.subarray(row * width, (row + 1) * width), (i - begin) * width)
      }
    }
    return { spec, data: out }
  }
  /** All samples as one batch. */
  all(): Batch {
    return this.batches(this.size).next().value as Batch
  }
}
interface Source {
  readonly name: string
  readonly tensor: HostTensor
  readonly dtype: DType
}
function hasType(data: HostTensor['data'], dtype: DType): data is Float32Array | Int32Array {
  return dtype === 'int32' ? data instanceof Int32Array : data instanceof Float32Array
}

/** A batch of a data set, checked. @throws DataError for what is no batch */
export function batchOf(
  where: string,
  fields: DataFields,
  element: BatchInput,
  index: number,
  needTargets: boolean,
): Samples {
  let x: TensorInput | undefined
  let y: TensorInput | undefined
  let sampleWeight: WeightInput | undefined
  if (Array.isArray(element)) [x, y, sampleWeight] = element as [TensorInput, TensorInput?, WeightInput?]
  else if (typeof element === 'object' && element !== null && 'x' in element) ({ x, y, sampleWeight } = element)
  if (x === undefined) {
    throw new DataError({
      where,
      what: `batch ${index}`,
      expected: '{ x, y, sampleWeight? } or [x, y, sampleWeight?]',
      got: element,
    })
  }
  if (needTargets && y === undefined) {
    throw new DataError({ where, what: `targets of batch ${index}`, expected: 'data', got: 'none' })
  }
  return Samples.check(`${where}, batch ${index}`, fields, x, needTargets ? y : undefined, { sampleWeight })
}

function weightsOf(
  where: string,
  wanted: readonly TargetField[],
  ys: readonly HostTensor[],
  { sampleWeight, classWeight }: { readonly sampleWeight?: WeightInput; readonly classWeight?: ClassWeight },
): Source[] | null {
  const source = (tensor: HostTensor, i: number): Source => ({
    name: `sample weights of output '${wanted[i].name}'`,
    tensor,
    dtype: 'float32',
  })
  if (classWeight !== undefined) {
    if (wanted.length !== 1) {
      throw new ArgumentError({
        where,
        what: 'classWeight',
        expected: 'a model of one output',
        got: wanted.map(w => w.name),
      })
    }
    return [source(classWeights(where, classWeight, ys[0]), 0)]
  }
  if (sampleWeight === undefined) return null
  const lengths = (_: Field, n: number): readonly number[] => [n]
  // One vector serves all outputs.
  const vector =
    ArrayBuffer.isView(sampleWeight) ||
    isHostTensor(sampleWeight) ||
    (Array.isArray(sampleWeight) && typeof sampleWeight[0] === 'number')
  const value = vector && wanted.length > 1 ? wanted.map(() => sampleWeight as TensorLike) : sampleWeight
  return tensorsOf(where, 'sample weights', wanted, value, lengths).map(source)
}

/** The weight of each sample's class; classes that are not named weigh 1. */
function classWeights(where: string, weights: ClassWeight, y: HostTensor): HostTensor {
  for (const [key, w] of Object.entries(weights)) {
    if (!/^\d+$/.test(key) || typeof w !== 'number' || !(w >= 0)) {
      throw new ArgumentError({
        where,
        what: `classWeight[${key}]`,
        expected: 'a class number with a weight of at least 0',
        got: w,
      })
    }
  }
  const rows = y.shape[0]
  const width = y.data.length / rows
  const out = new Float32Array(rows)
  for (let i = 0; i < rows; i++) {
    const row = y.data.subarray(i * width, (i + 1) * width)
    let label = row[0]
    if (width > 1) {
      label = 0
      for (let j = 1; j < width; j++) if (row[j] > row[label]) label = j
    }
    out[i] = weights[label] ?? 1
  }
  return { shape: [rows], data: out }
}

/** Where a batch holds a number that is not finite, or null. */
export function findNonFinite(
  batch: Batch,
  names: readonly string[],
): { readonly name: string; readonly element: number; readonly value: number } | null {
  for (let k = 0; k < batch.xs.length; k++) {
    const { data } = batch.xs[k]
    if (data instanceof Int32Array) continue
    for (let i = 0; i < data.length; i++) {
      const v = data[i]
      if (v - v !== 0) return { name: names[k], element: i, value: v }
    }
  }
  return null
}
