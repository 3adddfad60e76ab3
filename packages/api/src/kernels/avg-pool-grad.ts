// avgPoolGrad: spreads each window's gradient evenly over its valid elements.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkSameDims } from './conv2d.js'
import { poolSpec } from './max-pool.js'
import { checkArity, checkDType, checkRank, type KernelSpec } from './spec.js'

export const avgPoolGrad: KernelSpec<'avgPoolGrad'> = {
  name: 'avgPoolGrad',
  infer(ins, attrs) {
    checkArity('avgPoolGrad', ins, 1)
    const [dy] = ins
    checkRank('avgPoolGrad', 'dy', dy, 4)
    checkDType('avgPoolGrad', 'dy', dy, 'float32')
    checkSameDims('avgPoolGrad', 'dy', poolSpec('avgPoolGrad', f32(attrs.inputShape), attrs).shape, dy.shape)
    return [f32(attrs.inputShape)]
  },
  flops: ([dy], attrs) => sizeOf(dy.shape) * attrs.size[0] * attrs.size[1],
  vjp(node: Node<'avgPoolGrad'>, [d]) {
    const { inputShape: _, ...attrs } = node.attrs
    return [d === null ? null : apply1('avgPool', [d], attrs)]
  },
}
