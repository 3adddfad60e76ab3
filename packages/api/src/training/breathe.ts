// Gives the event loop its turn during long loops, so that signals arrive, timers fire and a page stays alive.

/** How long a loop may run before others get their turn. */
const SLICE_MS = 16

// setImmediate where there is one (Node); a message elsewhere, since nested setTimeout calls wait for 4 ms at least.
const nextTurn: () => Promise<void> =
  'setImmediate' in globalThis && typeof globalThis.setImmediate === 'function'
    ? () => new Promise(resolve => globalThis.setImmediate(resolve))
    : () =>
        new Promise(resolve => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(null)
        })

/** Call the result in every turn of a loop: it waits for the event loop's next turn when that is due. */
export function breather(): () => Promise<void> | undefined {
  let last = performance.now()
  return () => {
    if (performance.now() - last < SLICE_MS) return undefined
    return nextTurn().then(() => {
      last = performance.now()
    })
  }
}
