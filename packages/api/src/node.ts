// The entry for Node alone (`@strata/api/node`): files by path.
export type { Image } from './data/node/image.js'
export type { ImageFile } from './data/node/image-files.js'
export type { ImageFolder, ImageFolderOptions, ToArraysOptions } from './data/node/image-folder.js'
export { decodeImage, imageFolder } from './data/node/image-folder.js'
export type { CifarOptions } from './data/node/load.js'
export { loadCifar10, loadCifar100, loadIdx } from './data/node/load.js'
export { writeFileAtomic } from './files/node/atomic-write.js'
