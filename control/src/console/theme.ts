// The colours by what they mean. Eight colours and bold, so that every terminal and the untouched kernel palette can show them.
import type { Severity } from '../domain/event.ts'
import { type Style, style } from './cells.ts'

export const theme = {
  body: style('white', 'black'),
  label: style('cyan', 'black'),
  value: style('white', 'black', true),
  /** What someone in front of the machine came for. */
  important: style('yellow', 'black', true),
  frame: style('cyan', 'black'),
  frameTitle: style('cyan', 'black', true),
  bar: style('white', 'blue'),
  barStrong: style('white', 'blue', true),
  field: style('white', 'blue', true),
  selected: style('black', 'cyan'),
  gauge: style('cyan', 'black'),
} as const

const severityStyles: Readonly<Record<Severity, Style>> = {
  info: style('green', 'black', true),
  warning: style('yellow', 'black', true),
  error: style('red', 'black', true),
}

/** Never colour alone: each severity has its word too. */
const severityWords: Readonly<Record<Severity, string>> = { info: 'NOTE', warning: 'WARNING', error: 'ERROR' }

export function severityStyle(severity: Severity): Style {
  return severityStyles[severity]
}

export function severityWord(severity: Severity): string {
  return severityWords[severity]
}
