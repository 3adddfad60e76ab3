// copy and reshape: the same elements in other memory.
import { sizeOf } from '@strata/api/backend'
import type { Address, CpuImpl, KernelContext } from './context.js'

/** Elements of a unit. */
const BLOCK = 16384

/** Records the copy of `size` elements. */
export function copyElements(ctx: KernelContext, size: number): (from: Address, to: Address) => void {
  if (size === 0) return () => {}
  const fn = ctx.define('copy', name =>
    ctx.module.func(
      name,
      { from: 'i32', to: 'i32', size: 'i32', begin: 'i32', end: 'i32' },
      null,
      (f, { from, to, size, begin, end }) => {
        const first = f.let(begin.mul(BLOCK))
        const last = f.let(end.mul(BLOCK))
        f.if(last.gtU(size), () => last.set(size))
        f.memoryCopy(to.add(first.shl(2)), from.add(first.shl(2)), last.sub(first).shl(2))
      },
    ),
  )
  return (from, to) =>
    ctx.parallel<{ from: 'i32'; to: 'i32'; size: 'i32' }>(Math.ceil(size / BLOCK), 1, fn, { from, to, size })
}

export const copy: CpuImpl<'copy'> = {
  prepare(ctx, { ins: [x] }) {
    const record = copyElements(ctx, sizeOf(x.shape))
    return ([from], [to]) => record(from, to)
  },
}
