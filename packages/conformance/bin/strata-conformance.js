#!/usr/bin/env node
// strata-conformance: holds backends to the float64 oracle. `--help` lists the options.
import { main } from '../dist/cli/main.js'

process.exitCode = await main(process.argv.slice(2))
