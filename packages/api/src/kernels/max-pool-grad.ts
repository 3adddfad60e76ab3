// maxPoolGrad: routes each window's gradient to its first maximum in row-major order (Keras on JAX and TensorFlow).
import { f32, sizeOf } from '../tensor-spec.js'
import { checkSameDims } from './conv2d.js'
import { poolSpec } from './max-pool.js'
import { checkArity, checkDType, checkRank, type KernelSpec } from './spec.js'

export const maxPoolGrad: KernelSpec<'maxPoolGrad'> = {
  name: 'maxPoolGrad',
  infer(ins, attrs) {
    checkArity('maxPoolGrad', ins, 2)
    const [x, dy] = ins
    checkRank('maxPoolGrad', 'dy', dy, 4)
    checkDType('maxPoolGrad', 'dy', dy, 'float32')
    checkSameDims('maxPoolGrad', 'dy', poolSpec('maxPoolGrad', x, attrs).shape, dy.shape)
    return [f32(x.shape)]
  },
  flops: ([, dy], attrs) => sizeOf(dy.shape) * attrs.size[0] * attrs.size[1],
}
