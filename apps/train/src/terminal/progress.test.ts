// The progress display, on a stream that says it is a terminal and on one that does not.

import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createProgress } from './progress.js'

class Sink extends Writable {
  text = ''
  constructor(
    readonly isTTY: boolean,
    readonly columns = 80,
  ) {
    super({ decodeStrings: false })
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk
    done()
  }
}

const metrics = { loss: 1.23456, accuracy: 0.5, imagesPerSecond: 321.4 }

describe('without a terminal', () => {
  it('writes a line every few seconds and one at the end of the epoch', () => {
    const stream = new Sink(false)
    let time = 0
    const progress = createProgress({ stream, lineSeconds: 5, now: () => time })
    progress.start(100, 2, 10)
    for (let done = 1; done <= 100; done++) {
      time += 120
      progress.update(done, metrics)
    }
    progress.stop()
    progress.stop()
    expect(stream.text.split('\n')).toEqual([
      'epoch  2/10 42/100 ETA 7.0s loss 1.2346 accuracy 0.5000 321 images/s',
      'epoch  2/10 84/100 ETA 1.9s loss 1.2346 accuracy 0.5000 321 images/s',
      'epoch  2/10 100/100 12.0s loss 1.2346 accuracy 0.5000 321 images/s',
      '',
    ])
  })

  it('ends an epoch when the next one starts, and says where a stopped one got to', () => {
    const stream = new Sink(false)
    const progress = createProgress({ stream, now: () => 0 })
    progress.start(4, 1, 2)
    progress.update(4, metrics)
    progress.start(4, 2, 2)
    progress.update(1, metrics)
    progress.stop()
    expect(stream.text).toMatch(/^epoch 1\/2 4\/4 .*\nepoch 2\/2 1\/4 .*\n$/)
  })

  it('writes nothing when nothing was trained', () => {
    const stream = new Sink(false)
    const progress = createProgress({ stream })
    progress.update(1, metrics)
    progress.start(4, 1, 2)
    progress.stop()
    expect(stream.text).toBe('')
  })
})

describe('on a terminal', () => {
  it.each([80, 120])('draws a bar %i columns wide with the last state and ends on a new line', columns => {
    const stream = new Sink(true, columns)
    let time = 0
    const progress = createProgress({ stream, now: () => time })
    progress.start(50, 1, 3)
    time = 2000
    progress.update(25, metrics)
    progress.stop()
    expect(stream.text).toContain('epoch 1/3 [')
    expect(stream.text).toContain('25/50 ETA 2.0s loss 1.2346 accuracy 0.5000 321 images/s')
    expect(stream.text.endsWith('\n')).toBe(true)
    // Neither hides the cursor nor switches wrapping off, which a crash would leave so.
    expect(stream.text).not.toMatch(/\[\?(25|7)l/)
  })

  it('writes nothing after stop: no timer is left', async () => {
    const stream = new Sink(true)
    const progress = createProgress({ stream })
    progress.start(50, 1, 3)
    progress.update(25, metrics)
    progress.stop()
    const { text } = stream
    await new Promise(resolve => setTimeout(resolve, 250))
    progress.update(26, metrics)
    expect(stream.text).toBe(text)
  })
})
