// CSVLogger: the logs of each epoch as lines of a file.
import { readFile } from 'node:fs/promises'
import { checkOptions, FileError } from '../../errors.js'
import { writeFileAtomic } from '../../files/node/atomic-write.js'
import { Callback, type Logs } from '../callback.js'

export interface CSVLoggerOptions {
  /** Default ','. */
  readonly separator?: string
  /** Whether lines of earlier runs stay (default false): those of epochs before this run's first one. */
  readonly append?: boolean
}

/**
 * Writes a line per epoch: its number, from 0, and the logs in the order of their names. The file is whole at any time.
 * With `append`, a run that goes on from a checkpoint replaces the lines of the epochs that it repeats.
 *
 * @throws FileError if the file cannot be written, or has other columns
 * @example new CSVLogger('log.csv', { append: true })
 */
export class CSVLogger extends Callback {
  readonly separator: string
  readonly append: boolean
  #keys: readonly string[] | null = null
  #lines: string[] = []
  constructor(
    readonly path: string,
    options: CSVLoggerOptions = {},
  ) {
    super()
    checkOptions('CSVLogger', options, ['separator', 'append'])
    this.separator = options.separator ?? ','
    this.append = options.append ?? false
  }
  override async onTrainBegin(): Promise<void> {
    this.#keys = null
    this.#lines = []
    if (this.append) await this.#readOld()
  }
  async #readOld(): Promise<void> {
    let text: string
    try {
      text = await readFile(this.path, 'utf8')
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return
      throw new FileError({ where: this.path, what: `could not be read (${String(cause)})`, cause })
    }
    const [header, ...lines] = text.split('\n').filter(l => l !== '')
    if (header === undefined) return
    const [first, ...keys] = header.split(this.separator)
    if (first !== 'epoch')
      throw new FileError({ where: this.path, what: 'first column', expected: "'epoch'", got: first })
    this.#keys = keys
    this.#lines = lines.filter(l => Number(l.split(this.separator)[0]) < this.params.initialEpoch)
  }
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    this.#keys ??= Object.keys(logs).sort()
    const unknown = Object.keys(logs).find(k => !this.#keys?.includes(k))
    if (unknown !== undefined) {
      throw new FileError({ where: this.path, what: 'columns', expected: this.#keys.join(', '), got: unknown })
    }
    const values = this.#keys.map(k => (k in logs ? String(logs[k]) : 'NA'))
    this.#lines.push([String(epoch), ...values].join(this.separator))
    const header = ['epoch', ...this.#keys].join(this.separator)
    await writeFileAtomic(this.path, `${[header, ...this.#lines].join('\n')}\n`)
  }
}
