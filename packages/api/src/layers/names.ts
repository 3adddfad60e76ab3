// Default names of layers: Keras's snake case of the class, numbered from the second on.
const counts = new Map<string, number>()

/** Keras's snake case: 'SeparableConv2D' -> 'separable_conv2d'. */
export function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

/** 'dense', then 'dense_1', 'dense_2', ... */
export function uniqueName(className: string): string {
  const base = snakeCase(className)
  const n = counts.get(base) ?? 0
  counts.set(base, n + 1)
  return n === 0 ? base : `${base}_${n}`
}

/** Starts the numbering of default names again (Keras's `clear_session`). */
export function clearSession(): void {
  counts.clear()
}
