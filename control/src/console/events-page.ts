// The latest events, the last one first, with search.
import { formatTime } from './format.ts'
import { listAt, textAt } from './json.ts'
import { type Line, wrap } from './layout.ts'
import type { Page } from './page.ts'
import { textPage } from './text-page.ts'
import { severityStyle, severityWord, theme } from './theme.ts'

const severities = ['info', 'warning', 'error'] as const
const indent = 30

function linesOf(event: unknown, columns: number): readonly Line[] {
  const severity = severities.find((word) => word === textAt(event, 'severity')) ?? 'info'
  return wrap(textAt(event, 'message'), columns - indent - 3).map((text, index): Line => {
    const first = index === 0
    return [
      { text: (first ? formatTime(textAt(event, 'at')).replace(' UTC', '') : '').padEnd(21), style: theme.label },
      { text: (first ? severityWord(severity) : '').padEnd(9), style: severityStyle(severity) },
      { text, style: theme.body },
    ]
  })
}

export function eventsPage(): Page {
  return textPage({
    title: 'Events (UTC)',
    path: '/v1/events',
    everyMs: 5_000,
    lines: (body, columns) => [...listAt(body, 'items')].reverse().flatMap((event) => linesOf(event, columns)),
  })
}
