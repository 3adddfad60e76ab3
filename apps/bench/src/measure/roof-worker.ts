// A thread of the roofline's measurement by all threads.

import { parentPort, workerData } from 'node:worker_threads'
import { threadRates } from './roof.js'

parentPort?.postMessage(threadRates(workerData))
