// The whole suite on the CPU backend without fused multiply-add.
import { cpu } from '@strata/backend-cpu'
import { describeBackend } from './backend.test.util.js'

describeBackend('cpu', () => cpu({ relaxedFma: false }))
