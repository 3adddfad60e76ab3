// Warnings: the few things that a program should hear of although it can go on.
let handler: (message: string) => void = message => console.warn(message)

/** Says something to whoever listens: `console.warn` unless replaced. */
export const warn = (message: string): void => handler(message)

/**
 * Replaces what becomes of warnings, and returns what was there before.
 * @example const before = onWarning(message => log.push(message))
 */
export function onWarning(next: (message: string) => void): (message: string) => void {
  const before = handler
  handler = next
  return before
}
