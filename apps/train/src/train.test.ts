// The programs, end to end, as child processes on small data: training, testing, saving, predicting, resuming, Ctrl-C, and
// what they say about wrong arguments.

import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, writeCifar, writeIdx, writeImageFolder } from './run.test.util.js'

let root = ''
let digits = ''
const at = (...parts: string[]): string => join(root, ...parts)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'strata-train-'))
  digits = await writeIdx(at('digits'), 120, 12)
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

const train = (output: string, ...args: string[]) =>
  run('train', ['--output', at(output), '--batch-size', '8', ...args])
const model = (output: string): string => at(output, 'digits.safetensors')

describe('training', () => {
  it('trains, tests, shows and saves; the saved model predicts', async () => {
    const { code, stdout, stderr } = await train('first', '--data', digits, '--epochs', '6', '--learning-rate', '0.003')
    expect(stderr).toMatch(/epoch 6\/6 11\/11 .* images\/s/)
    expect(code).toBe(0)
    expect(stdout).toContain('12 x 12 x 1, 4 classes (0, 1, 2, 3)')
    expect(stdout).toContain('84 images to train, 18 to validate, 18 to test')
    expect(stdout).toContain('conv2d (Conv2D)')
    expect(stdout.match(/^epoch \d\/6: training loss .* validation loss [\d.]+ accuracy [\d.]+%$/gm)).toHaveLength(6)
    expect(stdout).toContain('true \\ predicted')
    const accuracy = Number(/Test accuracy ([\d.]+)%/.exec(stdout)?.[1])
    expect(accuracy).toBeGreaterThan(90)
    expect(await readdir(at('first', 'digits-examples'))).toEqual(['0.png', '1.png', '2.png', '3.png'])

    const images = [0, 1, 2, 3].map(i => at('first', 'digits-examples', `${i}.png`))
    const predicted = await run('predict', [model('first'), ...images])
    expect(predicted).toMatchObject({ code: 0, stderr: '' })
    const lines = predicted.stdout.trimEnd().split('\n')
    const right = lines.filter((line, i) => line.startsWith(`${images[i]}: ${i} `))
    expect(right.length).toBeGreaterThanOrEqual(3)
    expect(lines[0]).toMatch(/: \d [\d.]+%, \d [\d.]+%, \d [\d.]+%$/)
    const one = await run('predict', ['--top', '1', model('first'), images[0]])
    expect(one.stdout).toMatch(/: \d [\d.]+%\n$/)
  })

  it('resumed, gives the bytes of a run that was never interrupted', async () => {
    await train('whole', '--data', digits, '--epochs', '4')
    await train('parts', '--data', digits, '--epochs', '2')
    const { code, stdout } = await train('parts', '--data', digits, '--resume', '--epochs', '4')
    expect(code).toBe(0)
    expect(stdout).toContain('after epoch 2 of 4')
    expect(stdout).not.toContain('epoch 2/4: training')
    expect(await readFile(model('parts'))).toEqual(await readFile(model('whole')))
    // Another seed gives another model.
    await train('other', '--data', digits, '--epochs', '1', '--seed', '2')
    await train('same', '--data', digits, '--epochs', '1')
    const [other, same] = [await readFile(model('other')), await readFile(model('same'))]
    expect(other.length).toBe(same.length)
    expect(other.equals(same)).toBe(false)
  })

  it('stops at Ctrl-C with the checkpoint of the last completed epoch, and goes on from there', async () => {
    const began = ['--data', digits, '--epochs', '3000']
    const { code, stdout } = await run('train', ['--output', at('stopped'), ...began], 'epoch 3/3000: training')
    expect(code).toBe(130)
    const path = model('stopped')
    const completed = Number(/Cancelled after epoch (\d+)\./.exec(stdout)?.[1])
    expect(completed).toBeGreaterThanOrEqual(3)
    expect(stdout).toContain(`npm start -- --resume ${path}`)
    expect(stdout).not.toContain('Test accuracy')
    const epochs = String(completed + 2)
    const resumed = await run('train', ['--output', at('stopped'), '--resume', path, '--epochs', epochs])
    expect(resumed).toMatchObject({ code: 0 })
    await run('train', ['--output', at('straight'), '--data', digits, '--epochs', epochs])
    expect(await readFile(path)).toEqual(await readFile(model('straight')))
  })

  it('reads folders of images, resized, and predicts a colour image with a model of colour', async () => {
    const folder = await writeImageFolder(at('pictures'), 48, 10)
    const { code, stdout } = await train('pictures-out', '--data', folder, '--image-size', '8', '--epochs', '4')
    expect(code).toBe(0)
    expect(stdout).toContain('8 x 8 x 3, 4 classes (quadrant 0, quadrant 1, quadrant 2, quadrant 3)')
    expect(await readdir(at('pictures-out', 'pictures-examples'))).toContain('quadrant_0.png')
    const file = at('pictures', 'quadrant 2', (await readdir(at('pictures', 'quadrant 2')))[0])
    const predicted = await run('predict', [at('pictures-out', 'pictures.safetensors'), file])
    expect(predicted.stdout).toMatch(/: quadrant \d [\d.]+%, /)
  })

  it('reads CIFAR-10 files, and one file of a pair of IDX files', async () => {
    const path = await writeCifar(at('cifar'), 16, 3)
    const counts = ['--train-count', '10', '--validation-count', '0', '--test-count', '3', '--epochs', '1']
    const cifar = await train('cifar-out', '--data', path, ...counts)
    expect(cifar.code).toBe(0)
    expect(cifar.stdout).toContain('10 images to train, 0 to validate, 3 to test')
    expect(cifar.stdout).toContain('32 x 32 x 3, 10 classes (airplane, automobile')
    expect(cifar.stdout).toContain('separable_conv2d')
    const idx = await train('idx-out', '--data', join(digits, 'some-images-idx3-ubyte'), ...counts)
    expect(idx.stdout).toContain('12 x 12 x 1, 4 classes')
  })
})

describe('what goes wrong', () => {
  const fails = async (args: string[], message: RegExp, program: 'train' | 'predict' = 'train'): Promise<void> => {
    const { code, stderr } = await run(program, program === 'train' ? ['--output', at('wrong'), ...args] : args)
    expect(stderr).toMatch(message)
    // One line for the user, and no stack of calls.
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(code).toBe(1)
  }

  it('wrong arguments are named', async () => {
    await fails(['--epoch', '3'], /unknown option '--epoch'/)
    await fails(['--epochs', 'three'], /'--epochs <n>' argument 'three' is invalid. Expected an integer/)
    await fails(['--batch-size', '0'], /'0' is invalid/)
    await fails(['--learning-rate', '-1'], /Expected a positive number/)
    await fails(['extra'], /too many arguments/)
    await fails(['--backend', 'gpu'], /Allowed choices are cpu, webgl, cuda/)
    await fails(['--backend', 'webgl'], /import '@strata\/backend-webgl': expected an installed package/)
  })

  it('data that is missing or of no known kind is named', async () => {
    await fails(['--data', at('nowhere')], /nowhere: data cannot be read \(ENOENT/)
    await writeFile(at('notes.txt'), 'nothing of use')
    await fails(['--data', at('notes.txt')], /notes.txt: data: expected a folder of class folders/)
    await fails(['--data', digits, '--train-count', '120', '--test-count', '1'], /at most the 120 that there are/)
    await writeIdx(at('alone'), 8, 12)
    await rm(at('alone', 'some-labels-idx1-ubyte.gz'))
    await fails(['--data', at('alone')], /some-images-idx3-ubyte: labels beside it/)
  })

  it('checkpoints that are damaged, foreign or of another run are refused', async () => {
    await train('damaged', '--data', digits, '--epochs', '1')
    const path = model('damaged')
    const seed = ['--resume', path, '--seed', '9']
    await fails(seed, /seed of the checkpoint to resume: expected 9, got 1/)
    await fails(['--resume', path, '--epochs', '2', '--data', at('elsewhere')], /data of the checkpoint to resume/)
    const image = at('damaged', 'digits-examples', '0.png')
    await fails([path, at('nowhere.png')], /nowhere.png/, 'predict')
    await fails([path, path], /kind of image: expected the first bytes of PNG or JPEG/, 'predict')
    await fails([path], /missing required argument 'images'/, 'predict')
    await fails(['--resume', at('nowhere.safetensors')], /nowhere.safetensors: could not be read/)
    await truncate(path, 3000)
    await fails(['--resume', path], /digits.safetensors: /)
    await fails([path, image], /digits.safetensors: /, 'predict')
    await fails([at('notes.txt'), image], /notes.txt: /, 'predict')
  })
})
