// Finds Chromium for the browser tests; installs Debian's package when there is none. Prints the path.
//   node scripts/chromium.mjs
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

function find() {
  const given = process.env.CHROMIUM_PATH
  if (given) {
    if (!existsSync(given)) throw new Error(`CHROMIUM_PATH names no file: ${given}`)
    return given
  }
  const folders = (process.env.PATH ?? '').split(delimiter)
  return [...folders.flatMap(f => NAMES.map(n => join(f, n))), MAC].find(p => existsSync(p))
}

function install() {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const run = (...args) => {
    const [command, ...rest] = [...sudo, ...args]
    execFileSync(command, rest, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  }
  console.error('No Chromium found: installing the Debian package (about 110 MB).')
  // Two test files may come here at the same time: the second waits for the first one's lock.
  const wait = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3']
  run('apt-get', ...wait, 'update', '-q')
  run('apt-get', ...wait, 'install', '-y', '-q', '--no-install-recommends', 'chromium')
}

let path = find()
if (path === undefined) {
  try {
    install()
  } catch (cause) {
    throw new Error('The browser tests need Chromium: install it, or set CHROMIUM_PATH to its executable.', { cause })
  }
  path = find()
  if (path === undefined) throw new Error('Chromium was installed, but is not on the PATH; set CHROMIUM_PATH.')
}
console.log(path)
