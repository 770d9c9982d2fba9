// The program `corbel`: hands the process's surroundings to one run, and its exit code back.
import { EXIT } from './exit-codes.ts'
import { run } from './run.ts'

/** Written into the bundle. */
declare const CORBEL_VERSION: string

const interruption = new AbortController()

function interrupt(): void {
  // Who asks twice does not want to wait for anything.
  if (interruption.signal.aborted) process.exit(EXIT.interrupted)
  interruption.abort(new Error('interrupted'))
}

process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)
// A reader that has seen enough, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed))

const { stdin: input, stdout: output, stderr: errors, env } = process
process.exitCode = await run(process.argv.slice(2), { input, output, errors, env, interrupted: interruption.signal }, CORBEL_VERSION)
