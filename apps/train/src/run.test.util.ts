// Runs the app's programs as a user does, and makes small data sets on disk for them.

import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { encodePng } from './png.js'

/** How a program ended. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a built program of this app.
 *
 * @param interruptAfter sends SIGINT once standard output holds this.
 */
export function run(program: 'train' | 'predict', args: readonly string[], interruptAfter?: string): Promise<Outcome> {
  const path = fileURLToPath(new URL(`../dist/${program}.js`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  let waiting = interruptAfter !== undefined
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk
    if (waiting && text.stdout.includes(interruptAfter ?? '')) {
      waiting = false
      child.kill('SIGINT')
    }
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...text }))
  })
}

/** Images of `side` x `side` pixels, of which one quadrant is bright: the class. Grey levels, one byte per pixel. */
export function quadrants(count: number, side: number): { images: Uint8Array; labels: Uint8Array } {
  const labels = Uint8Array.from({ length: count }, (_, i) => (7 * i) % 4)
  const images = new Uint8Array(count * side * side)
  images.forEach((_, at) => {
    const image = Math.floor(at / (side * side))
    const row = Math.floor(at / side) % side
    const column = at % side
    const quadrant = 2 * Number(row >= side / 2) + Number(column >= side / 2)
    // Noise by a hash of the position: no two images are equal.
    const noise = ((at * 2654435761) >>> 0) % 60
    images[at] = noise + (quadrant === labels[image] ? 150 : 0)
  })
  return { images, labels }
}

function idx(shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  header.setUint32(0, 0x800 + shape.length)
  shape.forEach((d, i) => {
    header.setUint32(4 + 4 * i, d)
  })
  return Buffer.concat([new Uint8Array(header.buffer), bytes])
}

/** Writes IDX files into a new folder; returns it. */
export async function writeIdx(folder: string, count: number, side: number): Promise<string> {
  const { images, labels } = quadrants(count, side)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'some-images-idx3-ubyte'), idx([count, side, side], images))
  await writeFile(join(folder, 'some-labels-idx1-ubyte.gz'), gzipSync(idx([count], labels)))
  return folder
}

/** Writes a folder of PNG files for each of four classes; returns it. */
export async function writeImageFolder(folder: string, count: number, side: number): Promise<string> {
  const { images, labels } = quadrants(count, side)
  for (let i = 0; i < count; i++) {
    const pixels = Float32Array.from(images.subarray(i * side * side, (i + 1) * side * side), v => v / 255)
    const path = join(folder, `quadrant ${labels[i]}`)
    await mkdir(path, { recursive: true })
    await writeFile(join(path, `${i}.png`), encodePng(pixels, [side, side, 1]))
  }
  return folder
}

/** Writes a file of CIFAR-10 records, of which the first `classes` classes occur; returns its path. */
export async function writeCifar(folder: string, count: number, classes: number): Promise<string> {
  await mkdir(folder, { recursive: true })
  const bytes = new Uint8Array(count * 3073)
  for (let i = 0; i < count; i++) {
    const label = i % classes
    bytes[i * 3073] = label
    bytes.fill(40 + 90 * label, i * 3073 + 1 + 1024 * label, i * 3073 + 1 + 1024 * (label + 1))
  }
  const path = join(folder, 'some.bin')
  await writeFile(path, bytes)
  return path
}
