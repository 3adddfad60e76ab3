// The backend's one linear memory and its allocator: a list of free blocks by address, first fit, neighbours joined.
// Everything (buffers, arenas, tables) lives here, so that a kernel is given plain addresses. Addresses are 64-byte
// aligned. Views are re-made when the memory grows. A shared memory, for threads, differs only in how it is made.
import { ArgumentError, BackendError } from '@strata/api/backend'

const PAGE = 65536
/** 4 GiB: what 32-bit addresses reach. */
export const MAX_PAGES = 65536
export const MAX_BYTES = PAGE * MAX_PAGES
export const ALIGNMENT = 64

const alignUp = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT

export interface LinearMemoryOptions {
  /** Largest size in bytes, a multiple of 64 KiB. Default and at most 4 GiB. */
  readonly maximum?: number
  /** Whether several threads use it. Default false. */
  readonly shared?: boolean
}

export class LinearMemory {
  readonly memory: WebAssembly.Memory
  readonly #maximum: number
  /** Free blocks by ascending address, never adjacent to one another. */
  readonly #free: { address: number; bytes: number }[] = []
  readonly #live = new Map<number, number>()
  #f32: Float32Array
  #i32: Int32Array
  #used = 0

  constructor(options: LinearMemoryOptions = {}) {
    const { maximum = MAX_BYTES, shared = false } = options
    if (!Number.isInteger(maximum / PAGE) || maximum < PAGE || maximum > MAX_BYTES) {
      throw new ArgumentError({
        where: 'LinearMemory',
        what: 'maximum',
        expected: `a multiple of ${PAGE} up to ${MAX_BYTES}`,
        got: maximum,
      })
    }
    this.#maximum = maximum
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: maximum / PAGE, shared })
    // The first bytes are never handed out: address 0 stays invalid.
    this.#free.push({ address: ALIGNMENT, bytes: PAGE - ALIGNMENT })
    this.#f32 = new Float32Array(this.memory.buffer)
    this.#i32 = new Int32Array(this.memory.buffer)
  }

  /** The memory as floats; do not keep across an allocation. */
  get f32(): Float32Array {
    return this.#f32
  }
  /** The memory as integers; do not keep across an allocation. */
  get i32(): Int32Array {
    return this.#i32
  }
  /** Bytes handed out, with rounding. */
  get used(): number {
    return this.#used
  }
  /** Bytes that could still be handed out, in one piece or several. */
  get available(): number {
    return this.#maximum - ALIGNMENT - this.#used
  }

  /** Address of `bytes` fresh bytes with any contents. @throws BackendError when no free piece is large enough */
  alloc(bytes: number, where: string): number {
    const size = Math.max(ALIGNMENT, alignUp(bytes))
    let at = this.#free.findIndex(b => b.bytes >= size)
    if (at < 0) {
      this.#grow(size, bytes, where)
      at = this.#free.length - 1
    }
    const block = this.#free[at]
    const { address } = block
    if (block.bytes === size) this.#free.splice(at, 1)
    else {
      block.address += size
      block.bytes -= size
    }
    this.#live.set(address, size)
    this.#used += size
    return address
  }

  /** Gives back what `alloc` returned. */
  free(address: number): void {
    const bytes = this.#live.get(address)
    if (bytes === undefined) {
      throw new ArgumentError({
        where: 'LinearMemory.free',
        what: 'address',
        expected: 'one that is live',
        got: address,
      })
    }
    this.#live.delete(address)
    this.#used -= bytes
    this.#release(address, bytes)
  }

  #release(address: number, bytes: number): void {
    const free = this.#free
    let [low, high] = [0, free.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (free[middle].address < address) low = middle + 1
      else high = middle
    }
    const before = free[low - 1]
    const after = free[low]
    const joinsBefore = before !== undefined && before.address + before.bytes === address
    const joinsAfter = after !== undefined && address + bytes === after.address
    if (joinsBefore) {
      before.bytes += bytes
      if (joinsAfter) {
        before.bytes += after.bytes
        free.splice(low, 1)
      }
    } else if (joinsAfter) {
      after.address = address
      after.bytes += bytes
    } else free.splice(low, 0, { address, bytes })
  }

  /** Makes the last free block at least `size` bytes long. */
  #grow(size: number, asked: number, where: string): void {
    const end = this.memory.buffer.byteLength
    const last = this.#free.at(-1)
    const open = last !== undefined && last.address + last.bytes === end ? last.bytes : 0
    const needed = Math.ceil((size - open) / PAGE)
    const room = (this.#maximum - end) / PAGE
    // Growing by a quarter at least keeps the number of growths small.
    const wanted = Math.min(room, Math.max(needed, Math.ceil(end / PAGE / 4)))
    const grown = needed <= room && (this.#tryGrow(wanted) || this.#tryGrow(needed))
    if (!grown) {
      throw new BackendError({
        where,
        what: `out of memory: ${asked} bytes asked, largest free piece ${this.#largest(open + room * PAGE)}`,
        expected: `at most ${this.available} bytes free of ${this.#maximum}`,
        got: asked,
      })
    }
    this.#release(end, this.memory.buffer.byteLength - end)
    this.#f32 = new Float32Array(this.memory.buffer)
    this.#i32 = new Int32Array(this.memory.buffer)
  }
  #largest(end: number): number {
    return this.#free.reduce((n, b) => Math.max(n, b.bytes), end)
  }
  #tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages)
      return true
    } catch (e) {
      // The engine has no more: reported by the caller with sizes.
      if (e instanceof RangeError) return false
      throw e
    }
  }
}
