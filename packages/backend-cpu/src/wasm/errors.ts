// The error of the emitter: a kernel generator built something that cannot be encoded. Always a bug in the generator.

/** A kernel generator misused the emitter. `where` names the function under construction or the module part. */
export class EmitError extends Error {
  constructor(
    readonly where: string,
    readonly what: string,
    readonly expected?: string,
    readonly got?: string | number,
  ) {
    super(
      `${where}: ${what}` +
        (expected === undefined ? '' : `: expected ${expected}`) +
        (got === undefined ? '' : `${expected === undefined ? ':' : ','} got ${got}`),
    )
    this.name = 'EmitError'
  }
}
