// matmul.
import { sizeOf } from '@strata/api/backend'
import { Accumulator } from '../accumulator.js'
import { impl } from './impl.js'

export const matmul = impl<'matmul'>((arithmetic, { transposeA, transposeB }, [a, b], [y]) => {
  const sum = new Accumulator(arithmetic, y)
  const [m, n] = y.shape.slice(-2)
  const k = a.shape[a.shape.length - (transposeA ? 2 : 1)]
  const batches = sizeOf(y.shape.slice(0, -2))
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        for (let p = 0; p < k; p++) {
          const atA = batch * m * k + (transposeA ? p * m + i : i * k + p)
          const atB = batch * k * n + (transposeB ? j * k + p : p * n + j)
          sum.product((batch * m + i) * n + j, a, atA, b, atB)
        }
      }
    }
  }
  sum.finishProducts()
})
