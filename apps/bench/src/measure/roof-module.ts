// A WebAssembly module that does nothing but what the roofline needs: multiply-adds in registers, and the triad a = b + s c.

/** How many independent sums the loops of multiply-adds keep: which is best depends on latency, width and registers. */
export const SUMS = [8, 12, 16, 24] as const
/** Times that the loop's body repeats each sum. */
const UNROLL = 4
const LANES = 4

/** Floating-point operations of `fma<sums>(iterations)`. */
export const flopsOf = (sums: number, iterations: number): number => sums * LANES * 2 * UNROLL * iterations
/** Bytes that `triad` reads and writes for arrays of this many bytes each. */
export const triadBytes = (bytes: number): number => 3 * bytes
/** The triad handles this many bytes of each array at once. */
export const TRIAD_STEP = 64

const V128 = 0x7b
const I32 = 0x7f

function leb(n: number): number[] {
  const bytes: number[] = []
  let rest = n
  do {
    bytes.push(rest < 128 ? rest : (rest & 127) | 128)
    rest >>>= 7
  } while (rest > 0)
  return bytes
}
const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content]
const name = (text: string): number[] => vector([...new TextEncoder().encode(text)].map(b => [b]))

const get = (local: number): number[] => [0x20, ...leb(local)]
const set = (local: number): number[] => [0x21, ...leb(local)]
const simd = (op: number, ...immediates: number[]): number[] => [0xfd, ...leb(op), ...immediates]
const constant = (n: number): number[] => [0x41, ...leb(n)]
const load = (offset: number): number[] => simd(0x00, 4, ...leb(offset))
const splat = (offset: number): number[] => simd(0x09, 2, ...leb(offset))
const store = (offset: number): number[] => simd(0x0b, 4, ...leb(offset))
const ADD = simd(0xe4)
const MUL = simd(0xe6)
const RELAXED_MADD = simd(0x105)
const I32_ADD = [0x6a]
const I32_SUB = [0x6b]
/** `loop body; if (local -= step) again` */
const countdown = (local: number, step: number, body: readonly number[]): number[] => [
  ...[0x03, 0x40],
  ...body,
  ...[...get(local), ...constant(step), ...I32_SUB, 0x22, ...leb(local), 0x0d, 0x00],
  0x0b,
]

interface Fn {
  readonly name: string
  readonly params: readonly number[]
  readonly locals: number
  readonly body: readonly number[]
}

/** sum[i] += a b, from memory and back, so that no engine can leave it out. Neighbours in memory can be paired to wider vectors. */
function fma(sums: number, relaxed: boolean): Fn {
  const [count, a, b, first] = [0, 1, 2, 4]
  const all = Array.from({ length: sums }, (_, i) => i)
  const body = all.flatMap(i => {
    const product = [...get(a), ...get(b + (i % 2))]
    const next = relaxed
      ? [...product, ...get(first + i), ...RELAXED_MADD]
      : [...product, ...MUL, ...get(first + i), ...ADD]
    return [...next, ...set(first + i)]
  })
  return {
    name: `fma${sums}`,
    params: [I32],
    locals: 3 + sums,
    body: [
      ...[...constant(0), ...splat(0), ...set(a)],
      ...[...constant(0), ...load(16), ...set(b), ...constant(0), ...load(32), ...set(b + 1)],
      ...all.flatMap(i => [...constant(0), ...load(64 + 16 * i), ...set(first + i)]),
      ...countdown(count, 1, Array.from({ length: UNROLL }, () => body).flat()),
      ...all.flatMap(i => [...constant(0), ...get(first + i), ...store(64 + 16 * i)]),
    ],
  }
}

/** triad(a, b, c, bytes), bytes a multiple of 64; s is the first float in memory. */
function triad(): Fn {
  const [a, b, c, bytes, s] = [0, 1, 2, 3, 4]
  const advance = (local: number): number[] => [
    ...get(local),
    ...constant(32),
    ...constant(32),
    ...I32_ADD,
    ...I32_ADD,
    ...set(local),
  ]
  const line = [0, 16, 32, 48].flatMap(offset => [
    ...get(a),
    ...[...get(b), ...load(offset), ...get(s), ...get(c), ...load(offset), ...MUL, ...ADD],
    ...store(offset),
  ])
  return {
    name: 'triad',
    params: [I32, I32, I32, I32],
    locals: 1,
    // The step of 64 as a signed LEB would be two bytes: 32 twice.
    body: [
      ...[...constant(0), ...splat(0), ...set(s)],
      ...[0x03, 0x40, ...line, ...advance(a), ...advance(b), ...advance(c)],
      ...[
        ...get(bytes),
        ...constant(32),
        ...I32_SUB,
        ...constant(32),
        ...I32_SUB,
        0x22,
        ...leb(bytes),
        0x0d,
        0x00,
        0x0b,
      ],
    ],
  }
}

/** The module's bytes; it imports the memory `m.m` of one page or more. */
export function roofModule(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const functions = [...SUMS.map(n => fma(n, relaxed)), triad()]
  const types = functions.map(f => [0x60, ...vector(f.params.map(p => [p])), 0x00])
  const bodies = functions.map(f => {
    const code = [...vector([[...leb(f.locals), V128]]), ...f.body, 0x0b]
    return [...leb(code.length), ...code]
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...name('m'), ...name('m'), 0x02, 0x00, 0x01]])),
    ...section(3, vector(functions.map((_, i) => leb(i)))),
    ...section(7, vector(functions.map((f, i) => [...name(f.name), 0x00, ...leb(i)]))),
    ...section(10, vector(bodies)),
  ])
}

/** The functions of an instance. */
export interface RoofFunctions {
  fma(sums: number, iterations: number): void
  triad(a: number, b: number, c: number, bytes: number): void
}

/** An instance over a memory, whose constants are set so that sums stay finite. */
export function roofFunctions(module: WebAssembly.Module, memory: WebAssembly.Memory): RoofFunctions {
  const { exports } = new WebAssembly.Instance(module, { m: { m: memory } })
  new Float32Array(memory.buffer, 0, 16).fill(2 ** -10)
  const call = (key: string, ...values: number[]): void => {
    const f = exports[key]
    if (typeof f === 'function') f(...values)
  }
  return {
    fma: (sums, iterations) => call(`fma${sums}`, iterations),
    triad: (a, b, c, bytes) => call('triad', a, b, c, bytes),
  }
}
