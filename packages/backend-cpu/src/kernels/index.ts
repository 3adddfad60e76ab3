// The kernels of this backend. A missing core kernel is a type error.
import type { KernelTable } from '@strata/api/backend'
import { argmax } from './argmax.js'
import { cast } from './cast.js'
import { concat } from './concat.js'
import type { Address, KernelContext } from './context.js'
import { copy } from './copy.js'
import { gather } from './gather.js'
import { map } from './map.js'
import { pad } from './pad.js'
import { random } from './random.js'
import { reduce } from './reduce.js'
import { reshape } from './reshape.js'
import { scatterAdd } from './scatter-add.js'
import { slice } from './slice.js'
import { transpose } from './transpose.js'

export const KERNELS: Partial<KernelTable<KernelContext, Address>> = {
  argmax,
  cast,
  concat,
  copy,
  gather,
  map,
  pad,
  random,
  reduce,
  reshape,
  scatterAdd,
  slice,
  transpose,
}
