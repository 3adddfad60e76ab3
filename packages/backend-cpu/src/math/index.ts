// Built-in functions of four floats each, emitted in line. Errors in units in the last place are measured by the tests.
export { erf } from './erf.js'
export { exp, expm1, sigmoid, tanh } from './exp.js'
export { log, log1p } from './log.js'
export { pow } from './pow.js'
export { cos, sin } from './trigonometric.js'
