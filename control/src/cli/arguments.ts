// From the words of a command line to a command and what it was given; every problem of form at once.
import { parseArgs } from 'node:util'
import type { Problem } from '../domain/problem.ts'
import { type Command, type Given, GLOBAL_OPTIONS, type Option } from './command.ts'
import { usage } from './failure.ts'

export interface Parsed {
  /** Null where no command was named, or none of that name. */
  readonly command: Command | null
  /** The words that named it, or should have. */
  readonly words: readonly string[]
  readonly given: Given
}

/** Options before the command are those that every command has. */
export function parseCommandLine(commands: readonly Command[], argv: readonly string[]): Parsed {
  const start = leadingOptions(argv)
  const found = findCommand(commands, argv.slice(start))
  if (found === null) return { command: null, words: argv.slice(start).filter((word) => !word.startsWith('-')), given: given([], argv) }
  const rest = argv.slice(start + found.words.length)
  if (found.raw === true) return { command: found, words: found.words, given: given(rest, []) }
  return { command: found, words: found.words, given: parseGiven(found, [...argv.slice(0, start), ...rest]) }
}

/** How many words at the beginning are options with their values. */
export function leadingOptions(argv: readonly string[]): number {
  let at = 0
  while (argv[at]?.startsWith('-') === true) at += argv[at] === '--host' ? 2 : 1
  return Math.min(at, argv.length)
}

/** The longest match: `vm power-on` before `vm`. */
function findCommand(commands: readonly Command[], words: readonly string[]): Command | null {
  const matches = (command: Command) => command.words.every((word, index) => words[index] === word)
  return commands.filter(matches).sort((a, b) => b.words.length - a.words.length)[0] ?? null
}

function given(rest: readonly string[], options: readonly string[]): Given {
  return {
    arguments: rest,
    has: (name) => options.includes(`--${name}`) || (name === 'help' && options.includes('-h')),
    value: () => undefined,
    values: () => [],
  }
}

function parseGiven(command: Command, argv: readonly string[]): Given {
  const options = [...(command.options?.() ?? []), ...GLOBAL_OPTIONS]
  const known = new Map(options.flatMap((option) => namesOf(option).map((name) => [name, option])))
  const { tokens } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries(
        [...known].map(([name, { value }]) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]),
      ),
      help: { type: 'boolean', short: 'h' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const positionals: string[] = []
  const values = new Map<string, string[]>()
  const problems: Problem[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const problem = problemOf(known.get(token.name), token, values.get(token.name), command)
    if (problem !== null) problems.push(problem)
    else values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ''])
  }
  const has = (name: string) => values.has(name)
  for (const { name, negatable } of options) {
    if (negatable === true && has(name) && has(`no-${name}`))
      problems.push({ code: 'usage.contradiction', field: `--${name}`, message: `is given together with --no-${name}` })
  }
  if (!has('help')) problems.push(...argumentProblems(command, positionals))
  if (problems.length > 0 && !has('help')) throw usage(...problems)
  return { arguments: positionals, has, value: (name) => values.get(name)?.[0], values: (name) => values.get(name) ?? [] }
}

/** As they stand after the dashes. */
export function namesOf({ name, negatable }: Option): readonly string[] {
  return negatable === true ? [name, `no-${name}`] : [name]
}

interface Token {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function problemOf(option: Option | undefined, token: Token, earlier: readonly string[] | undefined, { words }: Command): Problem | null {
  const problem = (code: string, message: string) => ({ code: `usage.${code}`, field: token.rawName, message })
  if (option === undefined) return problem('unknown-option', `is no option of corbel ${words.join(' ')}`)
  if (option.value === undefined) return token.value === undefined ? null : problem('unexpected-value', 'takes no value')
  const looksLikeOption = token.inlineValue !== true && token.value !== undefined && /^-./.test(token.value)
  if (token.value === undefined || looksLikeOption) return problem('missing-value', `needs a value: ${token.rawName}=${option.value}`)
  if (earlier !== undefined && option.repeated !== true) return problem('repeated-option', 'is given twice')
  return null
}

function argumentProblems({ arguments: wanted = [], words }: Command, positionals: readonly string[]): Problem[] {
  const missing = wanted.filter(({ optional }, index) => optional !== true && positionals[index] === undefined)
  const problems = missing.map(({ name }) => ({ code: 'usage.missing-argument', field: name, message: 'is missing' }))
  const extra = wanted.at(-1)?.repeated === true ? undefined : positionals[wanted.length]
  if (extra === undefined) return problems
  return [...problems, { code: 'usage.too-many-arguments', field: extra, message: `is more than corbel ${words.join(' ')} takes` }]
}
