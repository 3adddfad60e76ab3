// Scheduling: a topological order. Nodes keep the order in which the graph was built, except that those which only write
// updates run as soon as they can, so that gradients free their memory early.
import { type Ir, type IrNode, type IrValue, usersOf } from './ir.js'

export function schedule(ir: Ir): void {
  const users = usersOf(ir)
  const updated = new Set(ir.updates.map(u => u.value))
  const isSink = (n: IrNode): boolean => n.outs.every(o => updated.has(o) && (users.get(o)?.length ?? 0) === 0)
  const key = new Map(ir.nodes.map((n, i) => [n, [isSink(n) ? -1 : n.order, i] as const]))
  const waiting = new Map<IrNode, number>()
  const ready = new Heap(key)
  for (const n of ir.nodes) {
    const producers = new Set(n.ins.map(v => v.producer).filter(p => p !== null))
    waiting.set(n, producers.size)
    if (producers.size === 0) ready.push(n)
  }
  const order: IrNode[] = []
  for (let n = ready.pop(); n !== undefined; n = ready.pop()) {
    order.push(n)
    const next = new Set(n.outs.flatMap((o: IrValue) => users.get(o) ?? []))
    for (const m of next) {
      const left = waiting.get(m)! - 1
      waiting.set(m, left)
      if (left === 0) ready.push(m)
    }
  }
  ir.nodes = order
}

/** A binary min-heap of nodes by key; equal keys keep the order of import. */
class Heap {
  readonly #items: IrNode[] = []
  constructor(readonly key: ReadonlyMap<IrNode, readonly [number, number]>) {}
  #less(i: number, j: number): boolean {
    const [a, b] = [this.key.get(this.#items[i])!, this.key.get(this.#items[j])!]
    return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
  }
  #swap(i: number, j: number): void {
    ;[this.#items[i], this.#items[j]] = [this.#items[j], this.#items[i]]
  }
  push(n: IrNode): void {
    let i = this.#items.push(n) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#less(i, parent)) break
      this.#swap(i, parent)
      i = parent
    }
  }
  pop(): IrNode | undefined {
    if (this.#items.length === 0) return undefined
    this.#swap(0, this.#items.length - 1)
    const top = this.#items.pop()
    for (let i = 0; ; ) {
      let least = i
      for (const c of [2 * i + 1, 2 * i + 2]) if (c < this.#items.length && this.#less(c, least)) least = c
      if (least === i) return top
      this.#swap(i, least)
      i = least
    }
  }
}
