// What a CPU kernel is given to emit itself with. `prepare` emits (or finds) the wasm functions of a step; the returned
// dispatch then records calls of them into the plan's one program function, with the addresses of inputs and outputs.
import type { Impl, KernelName } from '@strata/api/backend'
import type { FunctionHandle, I32, ModuleBuilder, Params } from '../wasm/index.js'

/** The address of a tensor's first byte (16-byte aligned) while recording: a fresh expression at each use. */
export type Address = () => I32

/** The register tile of the matrix product's micro-kernel, by engine. */
export interface Tile {
  /** Rows. */
  readonly mr: number
  /** Columns, a multiple of 4. */
  readonly nr: number
  /** Unrolling along the inner dimension. */
  readonly ku: number
  /** Whether the engine joins pairs of vectors that lie side by side to one of 256 bits. */
  readonly wide?: boolean
}

/** A call's arguments by parameter name; numbers are i32 constants. */
export type Arguments<P extends Params> = { readonly [N in keyof P]: Address | number }
/** The parameters that `parallel` passes itself: a chunk of units. */
export type Chunk = { readonly begin: 'i32'; readonly end: 'i32' }

/** Where functions are emitted, and calls recorded. */
export interface KernelContext {
  readonly module: ModuleBuilder
  readonly tile: Tile
  /** The function of this key, made on first use: equal steps share code. The key holds all that the code depends on. */
  define<P extends Params>(key: string, make: (name: string) => FunctionHandle<P, null>): FunctionHandle<P, null>
  /** Working memory of one step (64-byte aligned); steps share it, so its contents are garbage when a step begins. */
  scratch(bytes: number): Address
  /** Constant tables of a kernel (64-byte aligned), written once at load. */
  data(words: Int32Array | Float32Array): Address
  /** Records one call. */
  call<P extends Params>(fn: FunctionHandle<P, null>, args: Arguments<P>): void
  /**
   * Records calls of `fn` over [0, units) in chunks [begin, end) of at most `grain` units, in any order, by any thread:
   * chunks must write disjoint outputs, and results may not depend on the chunking. Keep a chunk to some 10^4..10^5
   * operations: a long first call would run in the engine's baseline tier.
   */
  parallel<P extends Params>(
    units: number,
    grain: number,
    fn: FunctionHandle<P & Chunk, null>,
    args: Arguments<Omit<P, keyof Chunk>>,
  ): void
}

/** A kernel of this backend. */
export type CpuImpl<K extends KernelName> = Impl<K, KernelContext, Address>
