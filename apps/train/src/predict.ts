#!/usr/bin/env node
// `npm run predict -- model.safetensors image.png ...`: what a trained model takes images for.

import { loadImage, loadModel } from '@strata/api/node'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BACKENDS, openBackend } from './backend.js'
import { parseRunInfo } from './run-info.js'
import { formatPercent } from './terminal/format.js'
import { runProgram } from './terminal/report.js'

function positiveInteger(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a positive integer.')
  return value
}

async function main(signal: AbortSignal): Promise<void> {
  const command = new Command('npm run predict --')
    .description('Says what a trained model takes images for.')
    .argument('<model>', 'a file that npm start saved')
    .argument('<images...>', 'PNG or JPEG files; they are resized as in training')
    .option('--top <n>', 'how many classes to name', positiveInteger, 3)
    .addOption(new Option('--backend <name>', 'where to compute').choices(BACKENDS).default('cpu'))
    .showHelpAfterError('(see npm run predict -- --help)')
    .parse()
  const [path, ...images] = command.args
  const { top, backend: backendName } = command.opts<{ top: number; backend: string }>()
  const backend = await openBackend(backendName)
  const model = await loadModel(path, { backend })
  const { classNames, imageShape } = parseRunInfo(path, model.metadata)
  const [height, width, channels] = imageShape
  const colorMode = channels === 1 ? 'grayscale' : 'rgb'
  for (const image of images) {
    const { data } = await loadImage(image, { size: [height, width], colorMode })
    // Training sees pixels in [0, 1].
    const x = { shape: [1, height, width, channels], data: Float32Array.from(data, v => v / 255) }
    const probabilities = (await model.predict(x, { signal })).data
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).slice(0, top)
    const found = order.map(i => `${classNames[i]} ${formatPercent(probabilities[i])}`)
    process.stdout.write(`${image}: ${found.join(', ')}\n`)
  }
  await model.dispose()
  backend.dispose()
}

await runProgram(main)
