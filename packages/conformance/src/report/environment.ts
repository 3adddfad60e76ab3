// Where a report was made: the engine, not the machine (no host names, no paths).

export interface Environment {
  /** For example `Node 20.20.2, V8 11.3.244.8`, or `Chrome 140.0.0.0`. */
  readonly engine: string
  /** For example `linux x64`; browsers do not tell. */
  readonly platform: string
  /** Logical CPU cores that the program may use; 0 where the engine does not tell. */
  readonly cores: number
}

const BROWSER = /(Edg|OPR|Firefox|Chrome|Version)\/([\d.]+)/
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', Version: 'Safari' }

function browserOf(agent: string): string {
  // Chromium's relatives name Chrome too: the rarer name decides.
  const rare = /(Edg|OPR)\/([\d.]+)/.exec(agent) ?? BROWSER.exec(agent)
  return rare === null ? 'unknown engine' : `${NAMES[rare[1]] ?? rare[1]} ${rare[2]}`
}

/** The engine that runs this, in Node or in a browser. @param cores where the caller knows better */
export function environment(cores?: number): Environment {
  const browser = typeof navigator === 'undefined' ? undefined : navigator
  const known = cores ?? browser?.hardwareConcurrency ?? 0
  if (typeof process !== 'undefined' && process.versions?.node !== undefined) {
    const { node, v8 } = process.versions
    return { engine: `Node ${node}, V8 ${v8}`, platform: `${process.platform} ${process.arch}`, cores: known }
  }
  return { engine: browserOf(browser?.userAgent ?? ''), platform: 'browser', cores: known }
}
