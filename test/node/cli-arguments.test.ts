// Command lines: found, checked in form, refused with every problem at once.
import { describe, expect, it } from 'vitest'
import { parseCommandLine } from '../../control/src/cli/arguments.ts'
import type { Command } from '../../control/src/cli/command.ts'
import { Failure } from '../../control/src/cli/failure.ts'
import { corbel } from './cli/program.ts'

const nothing = async () => {}
const commands: readonly Command[] = [
  {
    words: ['thing', 'make'],
    summary: 'Make a thing',
    arguments: [
      { name: 'NAME', kind: 'text' },
      { name: 'OTHER', kind: 'text', optional: true },
    ],
    options: () => [
      { name: 'size', value: 'SIZE', help: '' },
      { name: 'tag', value: 'TAG', repeated: true, help: '' },
      { name: 'fast', negatable: true, help: '' },
    ],
    run: nothing,
  },
  { words: ['thing', 'list'], summary: 'Things', run: nothing },
  { words: ['many'], summary: 'Many', arguments: [{ name: 'WORD', kind: 'text', repeated: true }], run: nothing },
  { words: ['raw'], summary: 'As it is', raw: true, run: nothing },
]

function parse(...argv: string[]) {
  const { command, given } = parseCommandLine(commands, argv)
  return {
    words: command?.words.join(' '),
    arguments: given.arguments,
    size: given.value('size'),
    tags: given.values('tag'),
    host: given.value('host'),
    json: given.has('json'),
  }
}

describe('a command line', () => {
  it.each<[string, string[], Partial<ReturnType<typeof parse>>]>([
    ['names a command by a noun and a verb', ['thing', 'list'], { words: 'thing list', arguments: [] }],
    [
      'has arguments and options in any order',
      ['thing', 'make', '--size', '5', 'a', '--tag=x', 'b', '--tag', 'y'],
      { arguments: ['a', 'b'], size: '5', tags: ['x', 'y'] },
    ],
    [
      'may begin with what every command has',
      ['--host', 'rack3', '--json', 'thing', 'list'],
      { words: 'thing list', host: 'rack3', json: true },
    ],
    ['has values that begin with a dash after =', ['thing', 'make', 'a', '--size=-5'], { size: '-5' }],
    ['has arguments that begin with dashes after --', ['thing', 'make', '--', '--a'], { arguments: ['--a'] }],
    ['takes any number where a command does', ['many', 'a', 'b', 'c'], { arguments: ['a', 'b', 'c'] }],
    ['is handed on as it is to a command that wants that', ['raw', '--x', '-h', ''], { words: 'raw', arguments: ['--x', '-h', ''] }],
    ['may name nothing', [], { words: undefined as unknown as string }],
  ])('%s', (_name, argv, expected) => {
    expect(parse(...argv)).toMatchObject(expected)
  })

  it.each<[string, string[], string[]]>([
    [
      'an option that there is none of',
      ['thing', 'list', '--size', '5'],
      [
        '--size: is no option of corbel thing list (usage.unknown-option)',
        '5: is more than corbel thing list takes (usage.too-many-arguments)',
      ],
    ],
    ['an option twice', ['thing', 'make', 'a', '--size=1', '--size=2'], ['--size: is given twice (usage.repeated-option)']],
    ['an option without its value', ['thing', 'make', 'a', '--size'], ['--size: needs a value: --size=SIZE (usage.missing-value)']],
    [
      'an option in place of a value',
      ['thing', 'make', 'a', '--size', '--json'],
      ['--size: needs a value: --size=SIZE (usage.missing-value)'],
    ],
    ['a value that is not wanted', ['thing', 'make', 'a', '--fast=yes'], ['--fast: takes no value (usage.unexpected-value)']],
    [
      'a switch both ways',
      ['thing', 'make', 'a', '--fast', '--no-fast'],
      ['--fast: is given together with --no-fast (usage.contradiction)'],
    ],
    ['no argument', ['thing', 'make'], ['NAME: is missing (usage.missing-argument)']],
    ['one argument too many', ['thing', 'make', 'a', 'b', 'c'], ['c: is more than corbel thing make takes (usage.too-many-arguments)']],
    [
      'all of it at once',
      ['thing', 'make', '--what', '--size'],
      [
        '--what: is no option of corbel thing make (usage.unknown-option)',
        '--size: needs a value: --size=SIZE (usage.missing-value)',
        'NAME: is missing (usage.missing-argument)',
      ],
    ],
  ])('is refused for %s', (_name, argv, lines) => {
    expect(() => parse(...argv)).toThrow(Failure)
    expect(() => parse(...argv)).toThrow(lines.join('\n'))
  })

  it('asks for help whatever else is wrong with it', () => {
    expect(parseCommandLine(commands, ['thing', 'make', '--what', '--help']).given.has('help')).toBe(true)
  })
})

describe('the program', () => {
  it('says its version', async () => {
    expect(await corbel(['--version'])).toEqual({ exit: 0, output: 'corbel 1.2.3\n', errors: '' })
  })

  it.each([
    ['without a word', []],
    ['asked for help', ['help']],
    ['asked by an option', ['--help']],
  ])('%s gives an overview with its exit codes', async (_name, argv) => {
    const { exit, output } = await corbel(argv)
    expect(exit).toBe(0)
    expect(output).toMatch(/^ {2}vm create +Create a VM, off$/m)
    expect(output).toContain('  7    the host’s certificate is not the one that was confirmed; nothing was sent to it\n')
    expect(output).not.toContain('__complete')
  })

  it('gives the same help of a command either way', async () => {
    const help = await corbel(['help', 'vm', 'rename'])
    expect(help).toEqual(await corbel(['vm', 'rename', '--help']))
    expect(help.output).toBe(`Usage: corbel vm rename VM NAME

Give a VM another name.
Who may: vm.configure (administrator, operator). API: PATCH /v1/vms/{id}

Options:
  --host HOST
      Which host, by its address or the name given at log-in; default: CORBEL_HOST, or the last
      log-in
  --json
      Print the host’s documents instead of text for people
  --help
      This help
`)
  })

  it('lists the commands of a noun', async () => {
    expect((await corbel(['help', 'profile'])).output).toBe(`Usage: corbel profile VERB …; corbel help profile VERB says more

  profile list    The hosts that are known here
  profile use     Make a known host the one that commands are for
  profile forget  Forget a host, its session and its certificate; a session is not ended by that
`)
  })

  it.each([
    ['an unknown noun', ['wm', 'list'], 'wm: is no command; corbel help lists them (usage.unknown-command)\n'],
    ['an unknown verb', ['task', 'stop'], 'task: must be followed by one of list, show, wait, cancel, not stop (usage.unknown-command)\n'],
    ['a noun alone', ['task'], 'task: needs one of list, show, wait, cancel (usage.unknown-command)\n'],
    ['help of nothing', ['help', 'wm'], 'wm: is no command; corbel help lists them (usage.unknown-command)\n'],
  ])('refuses %s', async (_name, argv, errors) => {
    expect(await corbel(argv)).toEqual({ exit: 2, output: '', errors })
  })
})
