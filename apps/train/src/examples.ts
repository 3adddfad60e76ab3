// Saves a test image of each class, for trying `npm run predict`.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '@strata/api/node'
import type { TrainingData } from './data/parts.js'
import { encodePng } from './png.js'

/** No more files than one looks at. */
const MOST = 20

/**
 * Writes `<folder>/<class>.png`, the first test image of each of the first classes.
 *
 * @returns the path of the first file.
 * @throws FileError when a file cannot be written.
 */
export async function saveExamples(data: TrainingData, folder: string): Promise<string> {
  const { images, labels } = data.test
  const [height, width, channels] = data.imageShape
  const elements = height * width * channels
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const [label, name] of data.classNames.slice(0, MOST).entries()) {
    const i = labels.indexOf(label)
    if (i < 0) continue
    const pixels = Float32Array.from(images.data.subarray(i * elements, (i + 1) * elements))
    const path = join(folder, `${name.replace(/[^\w-]+/g, '_')}.png`)
    await writeFileAtomic(path, encodePng(pixels, [height, width, channels === 1 ? 1 : 3]))
    paths.push(path)
  }
  return paths[0]
}
