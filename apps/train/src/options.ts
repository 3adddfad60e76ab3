// The command line of `npm start`.

import { Command, InvalidArgumentError, Option } from 'commander'
import { BACKENDS } from './backend.js'

/** What the command line says; undefined: not given. */
export interface TrainArguments {
  readonly data?: string
  readonly backend: string
  readonly threads?: number
  readonly output: string
  /** A checkpoint, or true for the one in the output folder. */
  readonly resume?: string | true
  readonly epochs?: number
  readonly batchSize?: number
  readonly seed?: number
  readonly learningRate?: number
  readonly imageSize?: number
  readonly trainCount?: number
  readonly validationCount?: number
  readonly testCount?: number
}

function integer(least: number, most = 2 ** 32): (text: string) => number {
  return text => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`)
    }
    return value
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Expected a positive number.')
  }
  return value
}

/**
 * Reads the command line. Prints help, or what is wrong with the arguments, and ends the program then.
 *
 * @param argv as process.argv.
 */
export function parseArguments(argv: readonly string[]): TrainArguments {
  const command = new Command('npm start --')
    .description('Trains a convolutional network on drawn shapes, or on your images.')
    .option('--data <path>', 'folder of class folders with PNG or JPEG images, IDX files (MNIST) or CIFAR-10 binaries')
    .addOption(new Option('--backend <name>', 'where to compute').choices(BACKENDS).default('cpu'))
    .option('--threads <n>', 'of the cpu backend (default: as many as the machine has)', integer(1, 16))
    .option('--epochs <n>', 'passes over the training images (default: 6 for shapes, else 10)', integer(1))
    .option('--batch-size <n>', 'images per step (default: 16)', integer(1))
    .option('--learning-rate <x>', 'of RMSprop in the first steps (default: 0.002)', positive)
    .option('--seed <n>', 'of weights, shuffles and drawn images (default: 1)', integer(0, Number.MAX_SAFE_INTEGER))
    .option('--image-size <n>', 'height and width that image files are resized to (default: 64)', integer(4, 4096))
    .option('--train-count <n>', 'train on the first n images', integer(1))
    .option('--validation-count <n>', 'validate on n images that are not trained on', integer(0))
    .option('--test-count <n>', 'test on n more', integer(1))
    .option('--resume [checkpoint]', 'go on from a checkpoint (default: the one in the output folder)')
    .option('--output <folder>', 'for the model and example images', './models')
    .allowExcessArguments(false)
    .showHelpAfterError('(see npm start -- --help)')
  return command.parse(argv).opts()
}
