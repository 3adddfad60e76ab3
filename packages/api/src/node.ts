// The entry for Node alone (`@strata/api/node`): files by path.

export { CSVLogger, type CSVLoggerOptions } from './callbacks/node/csv-logger.js'
export { ModelCheckpoint, type ModelCheckpointOptions } from './callbacks/node/model-checkpoint.js'
export type { Image } from './data/node/image.js'
export type { ImageFile } from './data/node/image-files.js'
export type { ImageFolder, ImageFolderOptions, ToArraysOptions } from './data/node/image-folder.js'
export { imageFolder } from './data/node/image-folder.js'
export type { CifarOptions } from './data/node/load.js'
export { loadCifar10, loadCifar100, loadIdx } from './data/node/load.js'
export type { ImageOptions } from './data/node/load-image.js'
export { decodeImage, loadImage } from './data/node/load-image.js'
export { writeFileAtomic } from './files/node/atomic-write.js'
export { loadModel, loadWeights, saveModel, saveWeights } from './files/node/checkpoint.js'
