// The entry for Node alone (`@strata/api/node`): files by path.
export { writeFileAtomic } from './files/node/atomic-write.js'
