// The host's log by kind: the kinds, and of one its latest lines as they come, with search.
import { formatTime } from './format.ts'
import { listAt, numberAt, textAt } from './json.ts'
import { type Line, wrap } from './layout.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { textPage } from './text-page.ts'
import { severityStyle, theme } from './theme.ts'

const timeColumns = 21
const linesShown = 500

function styleOf(severity: string): number {
  if (['emergency', 'alert', 'critical', 'error'].includes(severity)) return severityStyle('error')
  return severity === 'warning' ? severityStyle('warning') : theme.body
}

function linesOf(item: unknown, columns: number): readonly Line[] {
  return wrap(textAt(item, 'text'), Math.max(20, columns - timeColumns - 1)).map((text, index): Line => {
    const time = index === 0 ? formatTime(textAt(item, 'at')).replace(' UTC', '') : ''
    return [
      { text: time.padEnd(timeColumns), style: theme.label },
      { text, style: styleOf(textAt(item, 'severity')) },
    ]
  })
}

function linesPage(kind: string): Page {
  return textPage({
    title: `Log: ${kind} (UTC)`,
    path: `/v1/host/logs/${kind}?limit=${linesShown}`,
    everyMs: 3_000,
    follow: true,
    lines: (body, columns) => listAt(body, 'items').flatMap((item) => linesOf(item, columns)),
  })
}

export function logsPage(): Page {
  return listPage<unknown>({
    title: 'Log',
    path: '/v1/host/logs',
    everyMs: 10_000,
    items: (body) => [{ kind: 'all', description: 'everything, as it was said' }, ...listAt(body, 'items')],
    id: (kind) => textAt(kind, 'kind'),
    label: (kind) => textAt(kind, 'kind'),
    columns: [
      { title: 'Kind', width: 10, text: (kind) => textAt(kind, 'kind') },
      { title: 'KiB', width: 8, text: (kind) => String(Math.ceil((numberAt(kind, 'sizeBytes') ?? 0) / 1024) || ''), align: 'right' },
      { title: 'What', width: 0, text: (kind) => textAt(kind, 'description') },
    ],
    empty: 'There is no log.',
    keys: [{ key: 'enter', hint: 'Read it', run: (kind) => [{ kind: 'push', page: linesPage(textAt(kind, 'kind')) }] }],
  })
}
