// Checks a built kernel configuration against the fragments that it was made of and the table of recommendations; never changes anything.
// Usage, bundled: node check.mjs CONFIG HARDENING FRAGMENT…
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A text of a file, with the name that problems in it are reported by. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/** One `CONFIG_OPTION=value` of a file; "is not set" is the value `n`. */
interface Setting {
  readonly option: string
  readonly value: string
  readonly from: string
}

/** One line of the table: `OPTION WANTED taken|refused REASON`. `~name` as the wanted value: a list that has this name in it. */
interface Recommendation {
  readonly option: string
  readonly wanted: string
  readonly taken: boolean
}

/** @source Linux, Documentation/kbuild/kconfig.rst: the format of .config and of fragments. */
function parseConfig({ name, text }: NamedText): { settings: Setting[]; problems: string[] } {
  const settings: Setting[] = []
  const problems: string[] = []
  text.split('\n').forEach((line, at) => {
    const set = /^CONFIG_(\w+)=(.+)$/.exec(line)
    const unset = /^# CONFIG_(\w+) is not set$/.exec(line)
    if (set) settings.push({ option: set[1] ?? '', value: set[2] ?? '', from: name })
    else if (unset) settings.push({ option: unset[1] ?? '', value: 'n', from: name })
    else if (line !== '' && !line.startsWith('#')) problems.push(`${name}:${at + 1}: neither an option nor a comment`)
  })
  return { settings, problems }
}

function parseTable({ name, text }: NamedText): { recommendations: Recommendation[]; problems: string[] } {
  const recommendations = new Map<string, Recommendation>()
  const problems: string[] = []
  text.split('\n').forEach((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const [option = '', wanted = '', decision = '', ...reason] = line.trim().split(/\s+/)
    const key = wanted.startsWith('~') ? `${option} ${wanted}` : option
    if (decision !== 'taken' && decision !== 'refused') problems.push(`${name}:${at + 1}: ${option} is neither taken nor refused`)
    else if (reason.length === 0) problems.push(`${name}:${at + 1}: ${option} is ${decision} without a reason`)
    else if (recommendations.has(key)) problems.push(`${name}:${at + 1}: ${key} stands there twice`)
    else recommendations.set(key, { option, wanted, taken: decision === 'taken' })
  })
  return { recommendations: [...recommendations.values()], problems }
}

const words = (value: string) => value.replaceAll('"', '').split(',')

const fulfils = (value: string, wanted: string) => (wanted.startsWith('~') ? words(value).includes(wanted.slice(1)) : value === wanted)

/** What the fragments ask for, the later line over the earlier; two that contradict each other are a problem, whichever wins. */
function mergeFragments(fragments: readonly NamedText[]): { asked: Map<string, Setting>; problems: string[] } {
  const asked = new Map<string, Setting>()
  const problems: string[] = []
  for (const fragment of fragments) {
    const parsed = parseConfig(fragment)
    problems.push(...parsed.problems)
    for (const setting of parsed.settings) {
      const before = asked.get(setting.option)
      if (before && before.value !== setting.value)
        problems.push(`${setting.option}: ${before.from} asks for ${before.value}, ${setting.from} for ${setting.value}`)
      asked.set(setting.option, setting)
    }
  }
  return { asked, problems }
}

/** What is wrong with the fragments and the table by themselves, before anything is built. */
export function checkSources(table: NamedText, fragments: readonly NamedText[]): string[] {
  return [...mergeFragments(fragments).problems, ...parseTable(table).problems]
}

export interface Verdict {
  /** Every option that is not as asked for, and everything wrong with the files, as one line each. */
  readonly problems: readonly string[]
  readonly asked: number
  readonly taken: number
  readonly refused: number
}

/** An option that is not in `config` is not set. A refused recommendation that is fulfilled all the same is a stale line, and a problem. */
export function checkKernel(config: NamedText, table: NamedText, fragments: readonly NamedText[]): Verdict {
  const built = parseConfig(config)
  const values = new Map(built.settings.map(({ option, value }) => [option, value]))
  const valueIn = (option: string) => values.get(option) ?? 'n'
  const { asked } = mergeFragments(fragments)
  const { recommendations } = parseTable(table)
  const missed = [...asked.values()].filter(({ option, value }) => valueIn(option) !== value)
  const broken = recommendations.filter(({ option, wanted, taken }) => fulfils(valueIn(option), wanted) !== taken)
  const empty = built.settings.length === 0 ? [`${config.name}: no configuration`] : []
  return {
    problems: [
      ...empty,
      ...built.problems,
      ...checkSources(table, fragments),
      ...missed.map(({ option, value, from }) => `${option}: ${from} asks for ${value}, the kernel has ${valueIn(option)}`),
      ...broken.map(({ option, wanted, taken }) =>
        taken
          ? `${option}: ${table.name} says that ${wanted} is taken, the kernel has ${valueIn(option)}`
          : `${option}: ${table.name} refuses ${wanted}, but the kernel has it`,
      ),
    ],
    asked: asked.size,
    taken: recommendations.filter(({ taken }) => taken).length,
    refused: recommendations.filter(({ taken }) => !taken).length,
  }
}

function main([config = '', table = '', ...fragments]: readonly string[]): number {
  if (fragments.length === 0) {
    console.error('kernel: usage: node check.mjs CONFIG HARDENING FRAGMENT…')
    return 64
  }
  const read = (path: string): NamedText => ({ name: basename(path), text: readFileSync(path, 'utf8') })
  const { problems, asked, taken, refused } = checkKernel(read(config), read(table), fragments.map(read))
  for (const problem of problems) console.error(`kernel: ${problem}`)
  if (problems.length === 0) console.log(`kernel: ${asked} options as asked for; ${taken} recommendations taken, ${refused} refused`)
  return problems.length === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main(process.argv.slice(2))
