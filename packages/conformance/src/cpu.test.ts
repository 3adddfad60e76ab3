// The suite on the CPU backend without fused multiply-add.
import { cpu } from '@strata/backend-cpu'
import { describeBackend } from './backend.test.util.js'

await describeBackend('cpu', () => cpu({ relaxedFma: false, threads: 1 }), 'core')
