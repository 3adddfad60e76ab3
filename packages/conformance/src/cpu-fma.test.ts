// The whole suite on the CPU backend as it opens: with fused multiply-add, where the engine has it.
import { cpu } from '@strata/backend-cpu'
import { describeBackend } from './backend.test.util.js'

await describeBackend('cpu, fused multiply-add', () => cpu({ threads: 1 }), 'full')
