// The suite on the CPU backend with two threads, which share even the smallest steps.
import { cpu } from '@strata/backend-cpu'
import { describeBackend } from './backend.test.util.js'

await describeBackend('cpu, two threads', () => cpu({ threads: 2, shareAll: true }), 'core')
