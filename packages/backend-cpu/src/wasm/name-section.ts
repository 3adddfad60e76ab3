// The custom section 'name', which traps, profiles and disassembly show. Source: WebAssembly Core Specification,
// "Custom Sections / Name Section" (subsections 0 to 2) and the extended name section proposal (7, globals).

import { ByteWriter } from './byte-writer.js'
import { SECTION } from './opcodes.js'

type Named = { readonly handle: { readonly index: number; readonly name: string } }
type NamedFunction = Named & { readonly localNames: readonly (readonly [index: number, name: string])[] }

/** Writes the section, header included. Functions and globals by rising index. */
export function writeNameSection(
  w: ByteWriter,
  moduleName: string,
  functions: readonly NamedFunction[],
  globals: readonly Named[],
): void {
  const s = new ByteWriter(1024)
  s.name('name')
  const subsection = (id: number, write: (n: ByteWriter) => void): void => {
    const n = new ByteWriter(512)
    write(n)
    s.byte(id)
    s.sized(n.bytes())
  }
  const nameMap = (n: ByteWriter, all: readonly Named[]): void => {
    n.unsigned(all.length)
    for (const { handle } of all) {
      n.unsigned(handle.index)
      n.name(handle.name)
    }
  }
  if (moduleName !== '') subsection(0, n => n.name(moduleName))
  subsection(1, n => nameMap(n, functions))
  subsection(2, n => {
    n.unsigned(functions.length)
    for (const { handle, localNames } of functions) {
      // A reused local keeps its first name; the section wants rising indices.
      const names = new Map<number, string>()
      for (const [i, name] of localNames) if (!names.has(i)) names.set(i, name)
      n.unsigned(handle.index)
      n.unsigned(names.size)
      for (const [i, name] of [...names].sort((a, b) => a[0] - b[0])) {
        n.unsigned(i)
        n.name(name)
      }
    }
  })
  if (globals.length > 0) subsection(7, n => nameMap(n, globals))
  w.byte(SECTION.custom)
  w.sized(s.bytes())
}
