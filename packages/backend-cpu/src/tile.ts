// The micro-kernel's register tile, by engine. Measured (docs/results/cpu.md): V8 before 12 (Node 20 and 22) is best with
// 4x8; V8's newer register allocator and SpiderMonkey with 6x8 and an unrolled inner loop; with pairs of vectors joined to
// 256 bits, 4x16; JavaScriptCore, which has no fused multiply-add, with 2x16.
import type { Tile } from './kernels/context.js'

/** The tile for this engine; `wide` where it joins vectors to 256 bits (revectorize.ts). */
export function chooseTile(relaxedFma: boolean, wide = false): Tile {
  if (wide) return { mr: 4, nr: 16, ku: 1, wide: true }
  const node = globalThis.process?.versions?.node
  if (node !== undefined) {
    return Number.parseInt(node, 10) >= 24 ? { mr: 6, nr: 8, ku: 4 } : { mr: 4, nr: 8, ku: 1 }
  }
  return relaxedFma ? { mr: 6, nr: 8, ku: 4 } : { mr: 2, nr: 16, ku: 1 }
}
