// The micro-kernel's register tile, by engine. Measured (docs/architecture.md): V8 before 12 (Node 20 and 22) is best with
// 4x8; V8's newer register allocator and SpiderMonkey with 6x8 and an unrolled inner loop; JavaScriptCore, which has no
// fused multiply-add, with 2x16.
import type { Tile } from './kernels/context.js'

export function chooseTile(relaxedFma: boolean): Tile {
  const node = globalThis.process?.versions?.node
  if (node !== undefined) {
    return Number.parseInt(node, 10) >= 24 ? { mr: 6, nr: 8, ku: 4 } : { mr: 4, nr: 8, ku: 1 }
  }
  return relaxedFma ? { mr: 6, nr: 8, ku: 4 } : { mr: 2, nr: 16, ku: 1 }
}
