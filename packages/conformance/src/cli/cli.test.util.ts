// Runs the built command in a folder of its own, as a stranger would.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const BIN = fileURLToPath(new URL('../../bin/strata-conformance.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A project that has this repository's packages installed. */
export class Project {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'strata-conformance-'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }))
    return new Project(folder)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text)
  }

  /**
   * Runs the command.
   * @param onError called with what the command writes to its standard error, and what interrupts it
   */
  run(args: readonly string[], onError: (text: string, interrupt: () => void) => void = () => {}): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [BIN, ...args], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
      let out = ''
      let err = ''
      let interrupted = false
      child.stdout.on('data', (d: Buffer) => {
        out += d
      })
      child.stderr.on('data', (d: Buffer) => {
        err += d
        // The second Ctrl-C would end the process on the spot.
        onError(err, () => {
          if (!interrupted) child.kill('SIGINT')
          interrupted = true
        })
      })
      child.on('error', reject)
      child.on('close', code => resolve({ code, out, err }))
    })
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}
