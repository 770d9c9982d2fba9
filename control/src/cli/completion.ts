// What can come next on a command line, for the shells' completion. Asks the host for names, if somebody is logged in and it answers soon.
import { leadingOptions, namesOf } from './arguments.ts'
import { type Argument, type Command, GLOBAL_OPTIONS, type Kind, type Option } from './command.ts'
import { deviceKind, deviceLists } from './edits.ts'
import { choicesOf, fieldsOf, itemsOf, type Schema, schemaAt } from './schema.ts'
import { vmSchema } from './vm-schema.ts'

/** Names of things on the host or here; empty where they cannot be told. */
export type Lookup = (kind: Kind) => Promise<readonly string[]>

/**
 * `words` are those after the program's name, the last one being typed, perhaps empty. What is returned stands in its place; the part before its last `=`
 * is left out where the shell took that for a word of its own, as bash does.
 */
export async function complete(commands: readonly Command[], typed: readonly string[], lookup: Lookup): Promise<readonly string[]> {
  const { words, glued } = glue(typed)
  const current = words.at(-1) ?? ''
  const candidates = await candidatesFor(commands, words.slice(0, -1), current, lookup)
  const matching = [...new Set(candidates)].filter((candidate) => candidate.startsWith(current))
  return glued ? matching.map((candidate) => candidate.slice(current.lastIndexOf('=') + 1)) : matching
}

/** Puts together what was split at `=`. */
function glue(typed: readonly string[]): { words: readonly string[]; glued: boolean } {
  const words: string[] = []
  let glued = false
  for (const [index, word] of typed.entries()) {
    glued = index > 0 && (word === '=' || (typed[index - 1] === '=' && words.length > 0))
    if (glued) words.push(`${words.pop() ?? ''}${word}`)
    else words.push(word)
  }
  return { words, glued }
}

async function candidatesFor(
  commands: readonly Command[],
  before: readonly string[],
  current: string,
  lookup: Lookup,
): Promise<readonly string[]> {
  const shown = commands.filter(({ hidden }) => hidden !== true)
  const rest = before.slice(leadingOptions(before))
  if (before.at(-1) === '--host') return lookup('profile')
  const command = shown.find(({ words }) => words.length <= rest.length && words.every((word, index) => rest[index] === word))
  if (command !== undefined) return inCommand(command, rest.slice(command.words.length), current, lookup)
  if (rest.length === 0 && current.startsWith('-')) return optionNames(GLOBAL_OPTIONS)
  const help = rest[0] === 'help' ? 1 : 0
  const place = rest.length - help
  return shown
    .filter(({ words }) => words.length > place && words.slice(0, place).every((word, index) => rest[help + index] === word))
    .map(({ words }) => words[place] ?? '')
}

async function inCommand(command: Command, before: readonly string[], current: string, lookup: Lookup): Promise<readonly string[]> {
  const options = [...(command.options?.() ?? []), ...GLOBAL_OPTIONS]
  const find = (word: string | undefined) => options.find(({ name, value }) => value !== undefined && word === `--${name}`)
  const inline = /^(--[a-z0-9-]+)=/.exec(current)
  const option = inline === null ? find(before.at(-1)) : find(inline[1])
  if (option !== undefined) {
    const values = await valuesOf(option, inline === null ? current : current.slice(inline[0].length), lookup)
    return inline === null ? values : values.map((value) => `${inline[0]}${value}`)
  }
  if (current.startsWith('-')) return optionNames(options)
  const place = before.filter((word, index) => !word.startsWith('-') && find(before[index - 1]) === undefined).length
  const wanted = command.arguments ?? []
  const argument = wanted[place] ?? (wanted.at(-1)?.repeated === true ? wanted.at(-1) : undefined)
  return argument === undefined ? [] : valuesOf(argument, current, lookup)
}

async function valuesOf(
  { kind, values = [] }: Pick<Argument | Option, 'kind' | 'values'>,
  current: string,
  lookup: Lookup,
): Promise<readonly string[]> {
  if (kind === 'field') return fieldCandidates(vmSchema(), current)
  if (kind === 'key') return keyCandidates(values, current)
  if (values.length > 0 || kind === undefined || kind === 'text' || kind === 'local-file') return values
  return lookup(kind)
}

/** `ctrl+al` → `ctrl+alt`. */
function keyCandidates(keys: readonly string[], current: string): readonly string[] {
  const before = current.slice(0, current.lastIndexOf('+') + 1)
  return keys.map((key) => `${before}${key}`)
}

/** Paths of fields with `=`, and what can come after that. */
function fieldCandidates(schema: Schema, current: string): readonly string[] {
  const equals = current.indexOf('=')
  const paths = pathsOf(schema)
  if (equals < 0) return [...paths.keys()].map((path) => `${path}=`)
  const path = current.slice(0, equals)
  const field = paths.get(path) ?? schemaAt(schema, path.split('.'))
  return field === null ? [] : choicesOf(field).map((choice) => `${path}=${choice}`)
}

/** Of fields and of what is in them; of lists, what the first device in each has. */
function pathsOf(schema: Schema, prefix = ''): ReadonlyMap<string, Schema> {
  const lists = deviceLists(schema)
  const entries = Object.entries(fieldsOf(schema)).flatMap(([name, field]): [string, Schema][] => {
    if (lists.includes(name)) return [...pathsOf(itemsOf(field) ?? {}, `${prefix}${deviceKind(name)}0.`)]
    const inner = [...pathsOf(field, `${prefix}${name}.`)]
    return [[`${prefix}${name}`, field], ...inner]
  })
  return new Map(entries)
}

function optionNames(options: readonly Option[]): readonly string[] {
  return options.flatMap((option) => namesOf(option).map((name) => `--${name}`))
}
