// Writes a file so that a reader sees the old content or the new, whole, whatever happens in between: a crash, a full
// disk, a killed process, a power cut.
import { createHash, randomBytes } from 'node:crypto'
import { open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { FileError } from '../../errors.js'

// .<name>.<host>-<process id>.<random>.tmp beside the target: a rename is atomic only inside one file system. The host
// is there because process ids of another machine (shared folder) say nothing here.
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
const TEMPORARY = /^\.(.+)\.([0-9a-f]{8})-(\d+)\.[0-9a-f]{12}\.tmp$/
const temporaryName = (name: string): string => `.${name}.${HOST}-${process.pid}.${randomBytes(6).toString('hex')}.tmp`

/** A temporary file that nobody has written to for so long is abandoned, whoever wrote it. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

// Removes what writers of the same file left behind when they were killed. A leftover that cannot be removed is harmless
// for the file itself, so that it is no error.
async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const match = TEMPORARY.exec(entry)
    if (match === null || match[1] !== name) continue
    const path = join(folder, entry)
    const age = await stat(path).then(
      s => Date.now() - s.mtimeMs,
      () => 0,
    )
    if ((match[2] === HOST && !isRunning(Number(match[3]))) || age > ABANDONED_MS) await unlink(path).catch(() => {})
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its rename is durable without.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Replaces a file atomically: temporary file in the same folder, fsync, rename, fsync of the folder. Temporary files that
 * killed writers of the same file left behind are removed.
 *
 * @param content Bytes, text, or pieces that are written one after another.
 * @throws FileError if the folder is missing or anything cannot be written; the old file is then untouched.
 * @example await writeFileAtomic('model.safetensors', writeSafetensors(weights))
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  // Through a symbolic link it is the file behind it that is replaced, with the permissions that it had.
  const target = await realpath(path).catch(() => resolve(path))
  const mode = await stat(target).then(
    s => s.mode & 0o777,
    () => 0o666,
  )
  const folder = dirname(target)
  const name = basename(target)
  const temporary = join(folder, temporaryName(name))
  const pieces = typeof content === 'string' ? [new TextEncoder().encode(content)] : content
  try {
    await removeLeftovers(folder, name)
    const handle = await open(temporary, 'wx', mode)
    try {
      for await (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) await handle.writeFile(piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
    await syncFolder(folder)
  } catch (cause) {
    await unlink(temporary).catch(() => {})
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FileError({ where: path, what: `could not be written (${reason})`, cause })
  }
}
