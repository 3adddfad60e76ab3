// The command line of strata-conformance.
import { KERNEL_NAMES, type KernelName } from '@strata/api/backend'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { LEVELS, type Level } from '../checks.js'
import type { BackendOptions } from './load.js'
import { parseOption } from './load.js'

/** What the command line says. */
export interface Arguments {
  readonly backend: string
  readonly option: BackendOptions
  readonly against?: string
  readonly againstOption: BackendOptions
  readonly level: Level
  readonly minutes: number
  readonly seed: number
  readonly kernel?: readonly KernelName[]
  readonly replay?: string
  readonly foreign?: string
  readonly selfTest?: boolean
  readonly skips?: string
  readonly report?: string
  readonly json?: string
  readonly markdown?: string
}

function integer(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > 2 ** 31 - 1) {
    throw new InvalidArgumentError(`Expected an integer from 0 to ${2 ** 31 - 1}.`)
  }
  return value
}

function positive(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('Expected a positive number.')
  return value
}

function keyValue(text: string, before: BackendOptions): BackendOptions {
  try {
    const [key, value] = parseOption(text)
    return { ...before, [key]: value }
  } catch {
    throw new InvalidArgumentError('Expected key=value.')
  }
}

/** What the command line asks for, or that it was answered already (help, version, a mistake) with this exit code. */
export type Parsed = { readonly args: Arguments } | { readonly exitCode: number }

/**
 * Reads the command line. Help goes to `out`, what is wrong with the arguments to `err`.
 * @param argv without the program's name
 */
export function parseArguments(
  argv: readonly string[],
  version: string,
  out: (text: string) => void,
  err: (text: string) => void,
): Parsed {
  const command = new Command('strata-conformance')
    .description(
      'Holds a backend of Strata to a float64 oracle, kernel by kernel, gradients and whole networks included.',
    )
    .requiredOption(
      '--backend <module>',
      'path or package; its default export, `backend`, or only function opens a backend',
    )
    .option('--option <key=value>', 'option of the backend; may be repeated', keyValue, {})
    .option('--against <module>', 'another backend, for a second column of the report')
    .option('--against-option <key=value>', 'option of the other backend; may be repeated', keyValue, {})
    .addOption(new Option('--level <level>', 'how much to run').choices(LEVELS).default('core'))
    .option('--minutes <n>', 'how long level soak goes on', positive, 10)
    .option('--seed <n>', 'of all data', integer, 1)
    .addOption(new Option('--kernel <names...>', 'these kernels alone').choices(KERNEL_NAMES))
    .option('--replay <token>', 'one case alone, as a failure printed it')
    .option('--foreign <folder>', 'also run the ONNX node tests or WebNN cases below this folder')
    .option('--self-test', 'also plant known bugs into the backend, one at a time: a check must catch each')
    .option(
      '--skips <file>',
      'JSON list of known failures: {tier?, kernel?, case?, reason}; one that passes is a failure',
    )
    .option('--report <file>', 'write an HTML report')
    .option('--json <file>', 'write every result as JSON')
    .option('--markdown <file>', 'write a Markdown table')
    .version(version)
    .allowExcessArguments(false)
    .showHelpAfterError('(strata-conformance --help lists the options)')
    .addHelpText('after', '\nExit code: 0 all passed, 1 something failed or the run was cancelled, 2 it could not run.')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
  try {
    return { args: command.parse(argv, { from: 'user' }).opts<Arguments>() }
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e
    return { exitCode: e.exitCode === 0 ? 0 : 2 }
  }
}
