// Image folders and files by path: order, labels, options, damage, laziness, cancelling.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArgumentError, CancelledError, DataError, FileError } from '../../errors.js'
import { hostTensor } from '../host-tensor.js'
import { JPEG_FILES } from './image.test.fixtures.js'
import { imageFolder } from './image-folder.js'
import { loadCifar10, loadCifar100, loadIdx } from './load.js'
import { loadImage } from './load-image.js'

let root = ''
const at = (...parts: string[]): string => join(root, ...parts)

/** A PNG of one colour. */
function plain(width: number, height: number, ...colour: number[]): Uint8Array {
  const channels = colour.length
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => colour[i % channels])
  return encode({ width, height, channels, data })
}

async function put(name: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(join(at(name), '..'), { recursive: true })
  await writeFile(at(name), bytes)
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'strata-images-'))
  await put('pets/dog/b.png', plain(4, 4, 10, 20, 30))
  await put('pets/dog/a10.png', plain(3, 5, 100))
  await put('pets/dog/a9.PNG', plain(2, 2, 1, 2, 3, 128))
  await put('pets/Cat/deep/er/x.png', plain(1, 1, 7, 8, 9))
  await put('pets/Cat/z.jpeg', Buffer.from(JPEG_FILES.base, 'base64'))
  await put('pets/Cat/.hidden.png', 'nothing')
  await put('pets/Cat/notes.txt', 'nothing')
  await put('pets/Cat/anim.GIF', 'nothing')
  await put('pets/Cat/README', 'nothing')
  await put('pets/.git/x.png', 'nothing')
  await put('pets/top.png', 'not in a class')
  await put('bad/one/1.png', plain(2, 2, 5))
  await put('bad/one/2.png', plain(2, 2, 5).subarray(0, 40))
  await put('bad/one/3.png', plain(2, 2, 5))
  await put('none/one/a.txt', 'x')
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

describe('imageFolder', () => {
  test('classes and files are sorted by code units; hidden ignored, unknown extensions counted', async () => {
    const { classes, files, skipped, dataset } = await imageFolder(at('pets'), { size: 2 })
    expect(classes).toEqual(['Cat', 'dog'])
    const names = ['Cat/deep/er/x.png', 'Cat/z.jpeg', 'dog/a10.png', 'dog/a9.PNG', 'dog/b.png']
    expect(files).toEqual(names.map(n => ({ path: at('pets', ...n.split('/')), label: n.startsWith('Cat') ? 0 : 1 })))
    expect(Object.fromEntries(skipped)).toEqual({ '.txt': 1, '.gif': 1, '': 1 })
    expect(dataset.size).toBe(5)
  })

  test('loadImage gives the same pixels as the data set', async () => {
    const options = { size: [2, 3], colorMode: 'grayscale', cropToAspectRatio: true } as const
    const { dataset, files } = await imageFolder(at('pets'), options)
    for (const [i, { x }] of (await dataset.toArray()).entries()) {
      expect(await loadImage(files[i].path, options)).toEqual(x)
    }
    await expect(loadImage(at('pets', 'Cat', 'notes.txt'), options)).rejects.toThrow(FileError)
    await expect(loadImage(files[0].path, { size: 0 })).rejects.toThrow(/loadImage: size \(height\).* got 0/)
    await expect(loadImage(files[0].path, { size: 1, ...{ parallel: 2 } })).rejects.toThrow(/unknown option 'parallel'/)
  })

  test('elements: resized float32 pixels, one-hot labels', async () => {
    const { dataset, toArrays } = await imageFolder(at('pets'), { size: [2, 3] })
    const elements = await dataset.toArray()
    expect(elements[0].x).toEqual({ shape: [2, 3, 3], data: Float32Array.from(Array(6).fill([7, 8, 9]).flat()) })
    expect(elements[2].x.data).toEqual(new Float32Array(18).fill(100))
    expect([...elements[3].x.data.subarray(0, 3)]).toEqual([1, 2, 3])
    expect(elements.map(e => [...e.y.data])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ])
    const [batch] = await dataset.batch(5).toArray()
    const progress: number[][] = []
    const arrays = await toArrays({ onProgress: (...p) => progress.push(p) })
    expect(arrays).toEqual(batch)
    expect(arrays.x.shape).toEqual([5, 2, 3, 3])
    expect(progress).toEqual([1, 2, 3, 4, 5].map(i => [i, 5]))
  })

  test('grey, integer labels, chosen classes in the given order', async () => {
    const options = { size: 1, colorMode: 'grayscale', labelMode: 'int', classes: ['dog', 'Cat'] } as const
    const folder = await imageFolder(at('pets'), options)
    const { x, y } = await folder.toArrays()
    expect(x.shape).toEqual([5, 1, 1, 1])
    expect(y).toEqual(hostTensor(Int32Array.of(0, 0, 0, 1, 1)))
    expect(x.data[2]).toBe(Math.round(0.299 * 10 + 0.587 * 20 + 0.114 * 30))
    const [first] = await folder.dataset.take(1).toArray()
    expect(first.y).toEqual({ shape: [], data: Int32Array.of(0) })
    expect((await imageFolder(at('pets'), { size: 1, classes: ['dog'] })).files).toHaveLength(3)
  })

  test('crop to the aspect ratio', async () => {
    const data = Uint8Array.of(0, 50, 60, 200)
    await put('crop/c/i.png', encode({ width: 4, height: 1, channels: 1, data }))
    const get = async (cropToAspectRatio: boolean): Promise<number[]> => {
      const options = { size: [1, 2], colorMode: 'grayscale', cropToAspectRatio } as const
      return [...(await (await imageFolder(at('crop'), options)).toArrays()).x.data]
    }
    expect(await get(false)).toEqual([25, 130])
    expect(await get(true)).toEqual([50, 60])
  })

  test('a damaged image is a FileError naming the file, lazily and eagerly', async () => {
    const { dataset, toArrays } = await imageFolder(at('bad'), { size: 2 })
    expect(await dataset.take(1).toArray()).toHaveLength(1)
    for (const run of [() => dataset.toArray(), () => dataset.shuffle(1).batch(2).toArray(), () => toArrays()]) {
      const error: unknown = await run().catch(e => e)
      expect(error).toBeInstanceOf(FileError)
      expect(String(error)).toContain(at('bad', 'one', '2.png'))
    }
  })

  test('a file removed after listing is a FileError', async () => {
    await put('gone/c/i.png', plain(1, 1, 1))
    const { toArrays } = await imageFolder(at('gone'), { size: 1 })
    await rm(at('gone', 'c', 'i.png'))
    await expect(toArrays()).rejects.toThrow(/i\.png: cannot be read \(ENOENT/)
  })

  test('links: to files and folders yes, round in circles no', async () => {
    await put('links/c/i.png', plain(1, 1, 1))
    await symlink(at('links', 'c'), at('links', 'c', 'again'))
    await symlink(at('links', 'c', 'i.png'), at('links', 'c', 'j.png'))
    await symlink(at('links', 'c'), at('links', 'd'))
    const { classes, files } = await imageFolder(at('links'), { size: 1 })
    expect(classes).toEqual(['c', 'd'])
    expect(files.map(f => f.label)).toEqual([0, 0, 1, 1])
    await symlink(at('nowhere'), at('links', 'c', 'k.png'))
    await expect(imageFolder(at('links'), { size: 1 })).rejects.toThrow(/k\.png: cannot be read/)
  })

  test('cancelling', async () => {
    const { toArrays } = await imageFolder(at('pets'), { size: 2, parallel: 1 })
    const controller = new AbortController()
    const run = toArrays({ signal: controller.signal, onProgress: done => done === 2 && controller.abort() })
    await expect(run).rejects.toBeInstanceOf(CancelledError)
    await expect(toArrays({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError)
  })

  test('refusals', async () => {
    const call = (path: string, options: object) => Reflect.apply(imageFolder, undefined, [at(path), options])
    await expect(call('pets', { size: 0 })).rejects.toBeInstanceOf(ArgumentError)
    await expect(call('pets', {})).rejects.toThrow(/size \(height\): expected a positive integer/)
    await expect(call('pets', { size: 2, imageSize: 3 })).rejects.toThrow(/imageSize/)
    await expect(call('pets', { size: 2, colorMode: 'rgba' })).rejects.toThrow(
      /colorMode: expected one of rgb, grayscale/,
    )
    await expect(call('pets', { size: 2, parallel: 0 })).rejects.toBeInstanceOf(ArgumentError)
    await expect(call('pets', { size: 2, classes: ['bird'] })).rejects.toThrow(/expected one of Cat, dog, got 'bird'/)
    await expect(call('missing', { size: 2 })).rejects.toBeInstanceOf(FileError)
    await expect(call('none', { size: 2 })).rejects.toBeInstanceOf(DataError)
    await expect(call('none', { size: 2 })).rejects.toThrow(/got '1 other files in 1 class folders'/)
    const bombs = await imageFolder(at('pets'), { size: 1, maxPixels: 10 })
    await expect(bombs.toArrays()).rejects.toThrow(/image dimensions: expected .* at most 10 pixels/)
  })
})

describe('loadIdx and loadCifar', () => {
  test('IDX by path, errors with the path', async () => {
    await put('x.idx.gz', gzipSync(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6)))
    expect(await loadIdx(at('x.idx.gz'))).toEqual({ shape: [2], data: Uint8Array.of(5, 6) })
    await put('y.idx', 'oops')
    await expect(loadIdx(at('y.idx'))).rejects.toThrow(at('y.idx'))
    await expect(loadIdx(at('z.idx'))).rejects.toThrow(/z\.idx: cannot be read \(ENOENT/)
  })

  test('CIFAR by folder and by file', async () => {
    const ten = (label: number): Uint8Array => new Uint8Array(3073).fill(label, 0, 1)
    for (const i of [1, 2, 3, 4, 5]) await put(`cifar/data_batch_${i}.bin`, ten(i))
    await put('cifar/test_batch.bin', ten(9))
    expect([...(await loadCifar10(at('cifar'))).y.data]).toEqual([1, 2, 3, 4, 5])
    expect([...(await loadCifar10(at('cifar'), { split: 'test' })).y.data]).toEqual([9])
    const files = [3, 1].map(i => at('cifar', `data_batch_${i}.bin`))
    expect([...(await loadCifar10(files)).y.data]).toEqual([3, 1])
    expect([...(await loadCifar10(files[0])).y.data]).toEqual([3])
    await put('cifar/test.bin', new Uint8Array(3074).fill(4, 1, 2))
    expect([...(await loadCifar100(at('cifar'), { split: 'test' })).y.data]).toEqual([4])
    await expect(loadCifar100(at('cifar'))).rejects.toThrow(/train\.bin: cannot be read/)
    await expect(Reflect.apply(loadCifar10, undefined, [at('cifar'), { split: 'val' }])).rejects.toThrow(ArgumentError)
  })
})
