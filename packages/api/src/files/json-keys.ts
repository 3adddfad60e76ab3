// Finds repeated keys in a JSON text: JSON.parse keeps the last one silently, a file format must not.
import { FileError } from '../errors.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const COLON = 0x3a

// The position behind the string that opens at `at`. A loop, since a regular expression needs stack for every escape.
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; ; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) return i + 1
    if (code === BACKSLASH) i++
  }
}

/**
 * @param text Text that JSON.parse accepts.
 * @throws FileError naming the first key that an object of `text` has twice.
 */
export function checkUniqueKeys(text: string, file: string): void {
  const open: Set<string>[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === OPEN) open.push(new Set())
    else if (code === CLOSE) open.pop()
    else if (code === QUOTE) {
      const end = stringEnd(text, i)
      let next = end
      while (' \t\r\n'.includes(text.charAt(next)) && next < text.length) next++
      if (text.charCodeAt(next) === COLON) {
        const key = String(JSON.parse(text.slice(i, end)))
        const keys = open[open.length - 1]
        if (keys.has(key)) throw new FileError({ where: file, what: `duplicate name '${key}' in the JSON header` })
        keys.add(key)
      }
      i = end - 1
    }
  }
}
