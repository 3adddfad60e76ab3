// Tensor: a tensor on a device that belongs to the program, until it disposes of it.
import type { Backend, Buffer } from '../backend.js'
import { type HostTensor, hostTensor, type TensorLike } from '../data/host-tensor.js'
import { StateError } from '../errors.js'
import { registeredBackend } from '../registry.js'
import { bytesOf, type DType, type Shape, showSpec, type TensorSpec } from '../tensor-spec.js'

// The back-stop for tensors that nobody disposed of: their memory is freed some time after they became unreachable.
const forgotten = new FinalizationRegistry<Buffer>(buffer => buffer.dispose())

/**
 * A tensor on a device.
 *
 * Its memory is freed by `dispose`, or at the end of a block with `using`; as a back-stop, some time after the last
 * reference is gone.
 *
 * @example
 * using x = await tensor([[1, 2], [3, 4]])
 * console.log((await x.read()).data)
 */
export class Tensor {
  /** The backend's buffer, which this tensor owns from now on. */
  constructor(
    readonly backend: Backend,
    readonly spec: TensorSpec,
    readonly buffer: Buffer,
  ) {
    forgotten.register(this, buffer, this)
  }
  get shape(): Shape {
    return this.spec.shape
  }
  get dtype(): DType {
    return this.spec.dtype
  }
  get disposed(): boolean {
    return this.buffer.disposed
  }
  /** The elements, once all that was queued before is done. @throws StateError after `dispose` */
  async read(): Promise<HostTensor> {
    this.check('read')
    const { backend, buffer, spec } = this
    const data = spec.dtype === 'int32' ? await backend.readInt32(buffer) : await backend.read(buffer)
    return { shape: spec.shape, data }
  }
  /** @throws StateError after `dispose` */
  check(where: string): void {
    if (this.disposed) throw new StateError({ where, what: 'tensor is disposed', got: showSpec(this.spec) })
  }
  /** Frees the device's memory. Harmless when it was freed. */
  dispose(): void {
    forgotten.unregister(this)
    this.buffer.dispose()
  }
  [Symbol.dispose](): void {
    this.dispose()
  }
}

/**
 * Brings data to a device: int32 from integer arrays, float32 from others and from nested numbers.
 *
 * @param shape default: that of the data
 * @param backend default: the registered one
 * @throws DataError, ShapeError for data that do not fit; StateError without a backend
 * @example const x = await tensor(new Float32Array(6), [2, 3], await cpu())
 */
export async function tensor(
  data: TensorLike,
  shape?: readonly number[],
  backend?: Backend | Promise<Backend>,
): Promise<Tensor> {
  const host = hostTensor(data, shape)
  const device = await (backend ?? registeredBackend())
  const elements = host.data instanceof Uint8Array ? Int32Array.from(host.data) : host.data
  const spec: TensorSpec = { shape: host.shape, dtype: elements instanceof Int32Array ? 'int32' : 'float32' }
  const buffer = device.alloc(bytesOf(spec))
  device.write(buffer, elements)
  return new Tensor(device, spec, buffer)
}
