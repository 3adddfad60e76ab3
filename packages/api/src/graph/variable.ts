// Variables: the named, persistent tensors of layers, optimizers and metrics. A variable lives on the host until a model
// runs it on a device; then the device's copy is the newer one, and `read` fetches it.
import type { Backend, Buffer } from '../backend.js'
import { ArgumentError, ShapeError, StateError } from '../errors.js'
import { f32, type Shape, sizeOf, type TensorSpec } from '../tensor-spec.js'
import type { Value } from './value.js'

/** A penalty on a variable or an activation, as a scalar value. */
export interface Regularizer {
  call(x: Value): Value
}
/** A projection applied to a variable after each optimizer step. */
export interface Constraint {
  call(x: Value): Value
}

export interface VariableOptions {
  readonly trainable?: boolean
  readonly regularizer?: Regularizer | null
  readonly constraint?: Constraint | null
}

let nextId = 0

/** A float32 tensor that outlives a run. */
export class Variable {
  readonly id = nextId++
  readonly spec: TensorSpec
  trainable: boolean
  readonly regularizer: Regularizer | null
  readonly constraint: Constraint | null
  #host: Float32Array
  #device: { readonly backend: Backend; readonly buffer: Buffer } | null = null
  #deviceIsNewer = false

  /**
   * @param name e.g. 'kernel'
   * @param path the owner's name and this one's, e.g. 'conv2d/kernel': the name in files
   */
  constructor(
    readonly name: string,
    readonly path: string,
    shape: Shape,
    initial: Float32Array,
    options: VariableOptions = {},
  ) {
    this.spec = f32(shape)
    this.trainable = options.trainable ?? true
    this.regularizer = options.regularizer ?? null
    this.constraint = options.constraint ?? null
    this.#checkLength(initial.length)
    this.#host = initial
  }
  get shape(): Shape {
    return this.spec.shape
  }
  get size(): number {
    return sizeOf(this.spec.shape)
  }
  #checkLength(n: number): void {
    if (n !== this.size) {
      throw new ShapeError({
        where: this.path,
        what: `number of elements of shape [${this.shape.join(', ')}]`,
        expected: this.size,
        got: n,
      })
    }
  }

  /** A copy of the newest value. */
  async read(): Promise<Float32Array> {
    if (this.#deviceIsNewer && this.#device !== null) {
      this.#host = await this.#device.backend.read(this.#device.buffer)
      this.#deviceIsNewer = false
    }
    return this.#host.slice()
  }
  /** Replaces the value everywhere. @throws ShapeError if the number of elements differs */
  write(data: ArrayLike<number>): void {
    this.#checkLength(data.length)
    this.#host = Float32Array.from(data)
    this.#deviceIsNewer = false
    this.#device?.backend.write(this.#device.buffer, this.#host)
  }
  /** The device's buffer, made and filled on first use. @throws StateError if it lives on another backend: `release` it first */
  buffer(backend: Backend): Buffer {
    if (this.#device === null) {
      const buffer = backend.alloc(Math.max(4, this.size * 4))
      backend.write(buffer, this.#host)
      this.#device = { backend, buffer }
    } else if (this.#device.backend !== backend) {
      throw new StateError({
        where: this.path,
        what: 'variable lives on another backend',
        expected: backend.name,
        got: this.#device.backend.name,
      })
    }
    return this.#device.buffer
  }
  /** Tells that a run has written the device's copy. */
  markUpdated(): void {
    if (this.#device === null) throw new StateError({ where: this.path, what: 'markUpdated without a device copy' })
    this.#deviceIsNewer = true
  }
  /** Brings the value home and frees the device's copy. */
  async release(): Promise<void> {
    if (this.#device === null) return
    if (this.#deviceIsNewer) this.#host = await this.#device.backend.read(this.#device.buffer)
    this.#deviceIsNewer = false
    this.#device.buffer.dispose()
    this.#device = null
  }
  /** Frees the device's copy without reading it; the host keeps the last value that it saw. */
  discardDevice(): void {
    this.#device?.buffer.dispose()
    this.#device = null
    this.#deviceIsNewer = false
  }
}

/** @throws ArgumentError unless every element is finite */
export function checkFinite(where: string, data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]))
      throw new ArgumentError({ where, what: `element ${i}`, expected: 'a finite number', got: data[i] })
  }
}
