// Numbers for people: durations, rates, shares.

/**
 * A duration: '0.4s', '12.3s' under a minute, then '2m 05s', '1h 02m'.
 *
 * @param seconds any number; what is not a finite positive one gives '?' (nothing measured yet).
 * @example formatDuration(125) // '2m 05s'
 */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?'
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  const pad = (n: number): string => String(n).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
}

/**
 * The time left, at the speed so far: '?' while nothing is done.
 *
 * @example formatEta(25, 100, 10) // '30.0s'
 */
export function formatEta(done: number, total: number, elapsedSeconds: number): string {
  return formatDuration((elapsedSeconds / done) * (total - done))
}

/**
 * A rate with three significant digits under 100, whole above: '312', '9.46'; '?' when not measured.
 *
 * @example `${formatRate(312.4)} images/s` // '312 images/s'
 */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond < 0) return '?'
  return perSecond >= 99.95 ? perSecond.toFixed(0) : perSecond.toPrecision(3)
}

/**
 * A share as a percentage with one decimal. Only an exact 1 shows as 100.0 %: 0.9999 is '99.9%', since one error in ten thousand is not none.
 *
 * @example formatPercent(0.9534) // '95.3%'
 */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return '?'
  const percent = share < 1 && share > 0.999 ? 99.9 : share * 100
  return `${percent.toFixed(1)}%`
}
