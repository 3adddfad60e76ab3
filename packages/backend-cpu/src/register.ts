// Makes the CPU backend the program's default: `import '@strata/backend-cpu/register'`.
import { registerBackend } from '@strata/api/backend'
import { cpu } from './backend.js'

registerBackend('cpu', () => cpu())
