// Finds the image files of a folder of class folders, in an order that does not depend on the file system.
import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { FileError } from '../../errors.js'
import { fileSystemError } from './read-bytes.js'

/** Extensions that are read; what a file holds is told by its first bytes, not by its name. */
const EXTENSIONS = ['.png', '.jpg', '.jpeg']

/** An image file and the index of its class. */
export interface ImageFile {
  readonly path: string
  readonly label: number
}

/** What a folder holds. */
export interface ImageListing {
  readonly classes: readonly string[]
  readonly files: readonly ImageFile[]
  /** Files that are no images, by lower-case extension. */
  readonly skipped: ReadonlyMap<string, number>
}

// By code units: the same order on every machine, unlike localeCompare.
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function list(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cause => {
    throw fileSystemError(folder, cause)
  })
  return entries.filter(e => !e.name.startsWith('.')).sort((a, b) => byName(a.name, b.name))
}

async function isFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  const path = join(folder, entry.name)
  const info = await stat(path).catch(cause => {
    throw fileSystemError(path, cause)
  })
  return info.isDirectory()
}

/**
 * Lists images: one folder per class (folders inside are searched too), names sorted by code units, hidden files and
 * folders ignored.
 *
 * @param classes The class folders to read, in the order of their labels; default: all, sorted.
 * @throws FileError if a folder is missing or cannot be read.
 */
export async function listImages(root: string, classes?: readonly string[]): Promise<ImageListing> {
  const found: string[] = []
  for (const entry of await list(root)) if (await isFolder(root, entry)) found.push(entry.name)
  const missing = classes?.find(name => !found.includes(name))
  if (missing !== undefined) {
    const expected = `one of ${found.join(', ')}`
    throw new FileError({ where: root, what: 'class folder', expected, got: missing })
  }
  const names = classes ?? found
  const files: ImageFile[] = []
  const skipped = new Map<string, number>()
  const walk = async (folder: string, label: number, above: readonly string[]): Promise<void> => {
    const real = await realpath(folder)
    if (above.includes(real)) return // a link to a folder that contains it
    for (const entry of await list(folder)) {
      const path = join(folder, entry.name)
      if (await isFolder(folder, entry)) await walk(path, label, [...above, real])
      else {
        const extension = extname(entry.name).toLowerCase()
        if (EXTENSIONS.includes(extension)) files.push({ path, label })
        else skipped.set(extension, (skipped.get(extension) ?? 0) + 1)
      }
    }
  }
  for (const [label, name] of names.entries()) await walk(join(root, name), label, [])
  return { classes: names, files, skipped }
}
