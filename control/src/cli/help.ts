// The texts of the help: of the whole program, of a noun, of a command.
import { type Command, GLOBAL_OPTIONS, type Option } from './command.ts'
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts'
import { renderPairs } from './table.ts'

const WIDTH = 100
const INDENT = '      '

export function overview(commands: readonly Command[]): string {
  const codes = Object.entries(EXIT_MEANINGS).map(([name, meaning]): [string, string] => [`  ${EXIT[name as keyof typeof EXIT]}`, meaning])
  return [
    'corbel: virtual machines on a Corbel host\n',
    'Usage: corbel NOUN VERB [ARGUMENT…] [--OPTION…]; corbel help NOUN VERB says more\n',
    'Begin with: corbel login HOST\n',
    'Commands:',
    listCommands(commands),
    'Options of every command:',
    renderPairs(GLOBAL_OPTIONS.map((option): [string, string] => [`  ${optionForm(option)}`, option.help])),
    'Environment, for scripts: CORBEL_HOST, CORBEL_FINGERPRINT (of its certificate), CORBEL_TOKEN (of a session)\n',
    'Exit codes:',
    renderPairs(codes),
  ].join('\n')
}

/** The commands of a noun. */
export function nounHelp(commands: readonly Command[], noun: string): string {
  return `Usage: corbel ${noun} VERB …; corbel help ${noun} VERB says more\n\n${listCommands(commands.filter(({ words }) => words[0] === noun))}`
}

export function commandHelp(command: Command): string {
  const options = [...(command.options?.() ?? []), ...GLOBAL_OPTIONS]
  return [
    `Usage: ${usageLine(command)}\n`,
    `${wrap(`${command.summary}.`, '')}`,
    ...(command.details ?? []).map((line) => wrap(line, '')),
    '\nOptions:',
    ...options.map((option) => `  ${optionForm(option)}\n${wrap(option.help, INDENT)}`),
    '',
  ].join('\n')
}

function usageLine({ words, arguments: wanted = [], options }: Command): string {
  const names = wanted.map(({ name, optional, repeated }) => {
    const form = repeated === true ? `${name} …` : name
    return optional === true ? `[${form}]` : form
  })
  return ['corbel', ...words, ...names, ...(options === undefined ? [] : ['[--OPTION…]'])].join(' ')
}

function listCommands(commands: readonly Command[]): string {
  const shown = commands.filter(({ hidden }) => hidden !== true)
  return renderPairs(shown.map(({ words, summary }): [string, string] => [`  ${words.join(' ')}`, summary]))
}

function optionForm({ name, value, negatable }: Option): string {
  if (negatable === true) return `--${name}, --no-${name}`
  return value === undefined ? `--${name}` : `--${name} ${value}`
}

function wrap(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, indent + line].join('\n')
}
