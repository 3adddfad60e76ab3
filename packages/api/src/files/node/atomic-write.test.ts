// Atomic writes: content, failure and a writer killed in the middle.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileError } from '../../errors.js'
import { writeFileAtomic } from './atomic-write.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-atomic-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('writes bytes, text and pieces, over an old file too', async () => {
  const path = join(folder, 'a.bin')
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3))
  expect([...(await readFile(path))]).toEqual([1, 2, 3])
  await writeFileAtomic(path, 'text ü')
  expect(await readFile(path, 'utf8')).toBe('text ü')
  await writeFileAtomic(path, [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2)])
  expect([...(await readFile(path))]).toEqual([1, 2])
  expect(await readdir(folder)).toEqual(['a.bin'])
})

test('a symbolic link stays one, and permissions stay', async () => {
  await writeFile(join(folder, 'real.bin'), 'old', { mode: 0o600 })
  await symlink('real.bin', join(folder, 'link.bin'))
  await writeFileAtomic(join(folder, 'link.bin'), 'new')
  expect(await readFile(join(folder, 'real.bin'), 'utf8')).toBe('new')
  expect((await lstat(join(folder, 'link.bin'))).isSymbolicLink()).toBe(true)
  expect((await stat(join(folder, 'real.bin'))).mode & 0o777).toBe(0o600)
})

test('a failing writer leaves the old file and nothing else', async () => {
  const path = join(folder, 'a.bin')
  await writeFileAtomic(path, 'old')
  const pieces = function* () {
    yield new Uint8Array(1000)
    throw new Error('out of ideas')
  }
  await expect(writeFileAtomic(path, pieces())).rejects.toThrow(/a\.bin: could not be written \(out of ideas\)/)
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['a.bin'])
  await expect(writeFileAtomic(join(folder, 'none', 'b'), 'x')).rejects.toBeInstanceOf(FileError)
  await mkdir(join(folder, 'taken'))
  await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toBeInstanceOf(FileError)
  expect((await readdir(folder)).sort()).toEqual(['a.bin', 'taken'])
})

/** A process that writes to `path` in 1 MB pieces for ever; resolves when it has written 20 of them. */
async function startWriter(path: string): Promise<ChildProcess> {
  // The oldest supported Node runs no TypeScript, so that the child loads the module through Vite.
  const source = fileURLToPath(new URL('./atomic-write.ts', import.meta.url))
  const script = `
    import { createServer } from 'vite'
    const server = await createServer({ configFile: false, logLevel: 'silent', server: { middlewareMode: true }, optimizeDeps: { noDiscovery: true } })
    const { writeFileAtomic } = await server.ssrLoadModule(${JSON.stringify(source)})
    await writeFileAtomic(${JSON.stringify(path)}, (async function* () {
      for (let i = 0; ; i++) {
        yield new Uint8Array(1e6).fill(i)
        if (i === 20) console.log('writing')
        await new Promise(r => setTimeout(r, 1))
      }
    })())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout!, 'data')
  return child
}

test('SIGKILL in the middle of a write leaves the old file whole; the next write removes the leftover', async () => {
  const path = join(folder, 'model.safetensors')
  await writeFileAtomic(path, 'old and whole')
  const child = await startWriter(path)
  const leftovers = (await readdir(folder)).filter(f => f.endsWith('.tmp'))
  expect(leftovers).toHaveLength(1)
  // While the writer lives, its temporary file is its own.
  await writeFileAtomic(path, 'old and whole')
  expect(await readdir(folder)).toContain(leftovers[0])
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  expect(await exit).toEqual([null, 'SIGKILL'])
  expect(await readFile(path, 'utf8')).toBe('old and whole')
  expect((await readFile(join(folder, leftovers[0]))).length).toBeGreaterThan(10e6)

  // Other files' temporaries are not touched, nor fresh ones of other hosts.
  await writeFile(join(folder, '.model.safetensors.00000000-1.0123456789ab.tmp'), '')
  await writeFile(join(folder, leftovers[0].replace('.model.', '.other.')), '')
  await writeFileAtomic(path, 'new')
  expect((await readdir(folder)).sort()).toEqual([
    '.model.safetensors.00000000-1.0123456789ab.tmp',
    leftovers[0].replace('.model.', '.other.'),
    'model.safetensors',
  ])
  expect(await readFile(path, 'utf8')).toBe('new')
})
