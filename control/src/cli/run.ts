// One run of the program: from the words of a command line to an exit code. Whatever is opened for it is closed when it ends.
import { type Parsed, parseCommandLine } from './arguments.ts'
import { Client } from './client.ts'
import type { Command } from './command.ts'
import { commands } from './commands/all.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure, problemLine, usage } from './failure.ts'
import { commandHelp, nounHelp, overview } from './help.ts'
import { type Io, note, print } from './io.ts'
import { printDocument } from './output.ts'
import { readProfiles } from './profiles.ts'
import { chooseTarget } from './target.ts'

export async function run(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  // What cannot be understood is told for people, and as a document nowhere.
  const json = argv.includes('--json')
  try {
    if (argv[0] === '--version') {
      print(io, `corbel ${version}\n`)
      return EXIT.ok
    }
    const parsed = parseCommandLine(commands, argv)
    const help = helpFor(parsed)
    if (help !== null) print(io, help)
    else if (parsed.command === null) throw unknown(parsed.words)
    else await runCommand(parsed.command, parsed, io)
    return EXIT.ok
  } catch (error) {
    return report(error, io, json)
  }
}

async function runCommand(command: Command, { given }: Parsed, io: Io): Promise<void> {
  const opened: Client[] = []
  const host = () => {
    opened[0] ??= new Client(chooseTarget(given.value('host'), io.env, readProfiles(io.env)), io.interrupted)
    return opened[0]
  }
  try {
    await command.run({ given, io, host, json: given.has('json') })
  } finally {
    for (const client of opened) client.close()
  }
}

/** Null where none is wanted. */
function helpFor({ command, words, given }: Parsed): string | null {
  if (words[0] === 'help') return helpOf(words.slice(1))
  if (command !== null) return given.has('help') && command.raw !== true ? commandHelp(command) : null
  return words.length === 0 || given.has('help') ? helpOf(words) : null
}

function helpOf(words: readonly string[]): string {
  if (words.length === 0) return overview(commands)
  const command = commands.find((candidate) => candidate.words.join(' ') === words.join(' '))
  if (command !== undefined) return commandHelp(command)
  if (words.length === 1 && commands.some((candidate) => candidate.words[0] === words[0])) return nounHelp(commands, words[0] ?? '')
  throw unknown(words)
}

function unknown(words: readonly string[]): Failure {
  const [noun = '', verb] = words
  const verbs = commands.filter((command) => command.words[0] === noun && command.hidden !== true).map((command) => command.words[1] ?? '')
  if (verbs.length === 0) return usage({ code: 'usage.unknown-command', field: noun, message: 'is no command; corbel help lists them' })
  const message = verb === undefined ? `needs one of ${verbs.join(', ')}` : `must be followed by one of ${verbs.join(', ')}, not ${verb}`
  return usage({ code: 'usage.unknown-command', field: noun, message })
}

function report(error: unknown, io: Io, json: boolean): ExitCode {
  if (error instanceof Failure) {
    if (json && error.document !== undefined) printDocument({ io }, error.document)
    for (const problem of error.problems) note(io, problemLine(problem))
    return error.exitCode
  }
  if (io.interrupted.aborted) return EXIT.interrupted
  note(
    io,
    problemLine({
      code: 'internal',
      field: '',
      message: `An error in this program: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    }),
  )
  return EXIT.failed
}
