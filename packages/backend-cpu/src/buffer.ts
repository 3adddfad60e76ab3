// Device memory of this backend: a piece of its linear memory.
import { BindingError, type Buffer } from '@strata/api/backend'

export class CpuBuffer implements Buffer {
  #disposed = false
  readonly #release: (buffer: CpuBuffer) => void

  /** @internal Made by the backend. */
  constructor(
    readonly owner: object,
    readonly address: number,
    readonly bytes: number,
    release: (buffer: CpuBuffer) => void,
  ) {
    this.#release = release
  }
  get disposed(): boolean {
    return this.#disposed
  }
  /** Gives the memory back; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#release(this)
  }
}

/** The buffer as one of `owner`'s, live. @throws BindingError for a foreign or disposed one */
export function ownBuffer(where: string, what: string, owner: object, buffer: unknown): CpuBuffer {
  if (!(buffer instanceof CpuBuffer) || buffer.owner !== owner) {
    const got = buffer instanceof CpuBuffer ? 'a buffer of another backend' : typeof buffer
    throw new BindingError({ where, what, expected: 'a buffer of this backend', got })
  }
  if (buffer.disposed) {
    throw new BindingError({ where, what, expected: 'a live buffer', got: 'a disposed buffer' })
  }
  return buffer
}
