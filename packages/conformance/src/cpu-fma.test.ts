// The whole suite on the CPU backend with fused multiply-add, where the engine has it.
import { cpu } from '@strata/backend-cpu'
import { describeBackend } from './backend.test.util.js'

describeBackend('cpu, fused multiply-add', () => cpu({ relaxedFma: true }))
