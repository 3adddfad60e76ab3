// Shows how an epoch gets on: a bar on a terminal (drawn by cli-progress), plain lines elsewhere (a file, a pipe, CI).

import type { Writable } from 'node:stream'
import { SingleBar } from 'cli-progress'
import { formatDuration, formatEta, formatRate } from './format.js'

/** What the epoch has reached so far. */
export interface ProgressMetrics {
  readonly loss: number
  /** Share of right answers, in [0, 1]. */
  readonly accuracy: number
  readonly imagesPerSecond: number
}

/** Shows one epoch after the other. */
export interface Progress {
  /** Begins epoch `epoch` (counted from 1) of `epochs`, of `totalBatches` batches. */
  start(totalBatches: number, epoch: number, epochs: number): void
  /** `done` batches of the epoch are trained. */
  update(done: number, metrics: ProgressMetrics): void
  /** Ends the epoch and leaves its last state as a line. Harmless when none is running. */
  stop(): void
}

/** A stream to write to; a terminal says so, and how wide it is. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Where the progress goes, and how often. */
export interface ProgressOptions {
  /** Default: standard error, so that standard output keeps the results alone. */
  readonly stream?: OutputStream
  /** Seconds between two plain lines where there is no terminal. */
  readonly lineSeconds?: number
  /** Milliseconds on a clock that never goes back. Default: performance.now. */
  readonly now?: () => number
}

/**
 * The progress display that fits the stream.
 *
 * @example
 * const progress = createProgress()
 * progress.start(150, 1, 5)
 * progress.update(1, { loss: 2.3, accuracy: 0.1, imagesPerSecond: 310 })
 * progress.stop()
 */
export function createProgress(options: ProgressOptions = {}): Progress {
  const { stream = process.stderr, lineSeconds = 5, now = () => performance.now() } = options
  return stream.isTTY === true ? new BarProgress(stream, now) : new LineProgress(stream, now, lineSeconds)
}

// The state of an epoch, and its text, which both displays share.
class Epoch {
  done = 0
  metrics: ProgressMetrics | null = null
  private readonly began: number

  constructor(
    readonly total: number,
    readonly epoch: number,
    readonly epochs: number,
    private readonly now: () => number,
  ) {
    this.began = now()
  }

  get title(): string {
    return `epoch ${String(this.epoch).padStart(String(this.epochs).length)}/${this.epochs}`
  }

  get text(): string {
    const seconds = (this.now() - this.began) / 1000
    const time = this.done >= this.total ? formatDuration(seconds) : `ETA ${formatEta(this.done, this.total, seconds)}`
    if (this.metrics === null) return time
    const { loss, accuracy, imagesPerSecond } = this.metrics
    return `${time} loss ${loss.toFixed(4)} accuracy ${accuracy.toFixed(4)} ${formatRate(imagesPerSecond)} images/s`
  }
}

const LONGEST_TEXT = 'ETA 10m 00s loss 1.2345 accuracy 0.9876 1234 images/s'.length

class BarProgress implements Progress {
  private bar: SingleBar | null = null
  private epoch: Epoch | null = null

  constructor(
    private readonly stream: OutputStream,
    private readonly now: () => number,
  ) {}

  start(totalBatches: number, epoch: number, epochs: number): void {
    this.stop()
    this.epoch = new Epoch(totalBatches, epoch, epochs, this.now)
    // The cursor stays visible, line wrapping stays on and no signal handler is installed: an interrupted run leaves
    // the terminal as it was. cli-progress cuts lines at the terminal's width, so the bar takes what the text leaves.
    const columns = this.stream.columns ?? 80
    const beside = `${this.epoch.title} [] ${totalBatches}/${totalBatches} `.length + LONGEST_TEXT
    this.bar = new SingleBar({
      stream: this.stream,
      format: '{title} [{bar}] {value}/{total} {text}',
      barsize: Math.min(Math.max(columns - beside, 4), 30),
      linewrap: true,
      gracefulExit: false,
    })
    this.bar.start(totalBatches, 0, { title: this.epoch.title, text: this.epoch.text })
  }

  update(done: number, metrics: ProgressMetrics): void {
    if (this.bar === null || this.epoch === null) return
    this.epoch.done = done
    this.epoch.metrics = metrics
    this.bar.update(done, { text: this.epoch.text })
  }

  stop(): void {
    this.bar?.stop()
    this.bar = null
    this.epoch = null
  }
}

class LineProgress implements Progress {
  private epoch: Epoch | null = null
  private written = 0

  constructor(
    private readonly stream: Writable,
    private readonly now: () => number,
    private readonly lineSeconds: number,
  ) {}

  start(totalBatches: number, epoch: number, epochs: number): void {
    this.stop()
    this.epoch = new Epoch(totalBatches, epoch, epochs, this.now)
    this.written = this.now()
  }

  update(done: number, metrics: ProgressMetrics): void {
    if (this.epoch === null) return
    this.epoch.done = done
    this.epoch.metrics = metrics
    // The last state is written by stop, once.
    if (done < this.epoch.total && this.now() - this.written >= this.lineSeconds * 1000) this.write(this.epoch)
  }

  stop(): void {
    if (this.epoch !== null && this.epoch.metrics !== null) this.write(this.epoch)
    this.epoch = null
  }

  private write(epoch: Epoch): void {
    this.stream.write(`${epoch.title} ${epoch.done}/${epoch.total} ${epoch.text}\n`)
    this.written = this.now()
  }
}
