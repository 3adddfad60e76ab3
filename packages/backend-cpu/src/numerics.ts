// How this backend's arithmetic behaves. The errors of built-in functions are upper bounds of what math.test.ts measures
// over the whole range of float32, with and without fused multiply-add.
import type { Numerics } from '@strata/api/backend'

export const ULP: Numerics['ulp'] = {
  exp: 2,
  expm1: 2,
  log: 2,
  log1p: 2,
  tanh: 2,
  sigmoid: 2.5,
  erf: 3,
  sin: 2,
  cos: 2,
  pow: 2,
  sqrt: 0.5,
  rsqrt: 1.5,
  div: 0.5,
}

export const numerics = (fma: boolean): Numerics => ({
  fma,
  subnormals: true,
  nonFinite: true,
  deterministic: true,
  ulp: ULP,
})
