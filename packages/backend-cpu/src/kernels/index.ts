// The kernels of this backend. A missing core kernel is a type error.
import type { KernelTable } from '@strata/api/backend'
import type { Address, KernelContext } from './context.js'
import { copy } from './copy.js'
import { map } from './map.js'
import { reshape } from './reshape.js'

export const KERNELS: Partial<KernelTable<KernelContext, Address>> = { copy, map, reshape }
