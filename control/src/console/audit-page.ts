// The audit log, newest first: who asked for what, from where, and what came of it; and whether the log is whole.
import { formatTime } from './format.ts'
import { flagAt, listAt, numberAt, textAt, textsAt, valueAt } from './json.ts'
import { type Line, wrap } from './layout.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { textPage } from './text-page.ts'
import { severityStyle, theme } from './theme.ts'

/** An entry may be some KiB. */
const pageEntries = 50
const labelColumns = 12

/** The newest alone, and with it what is known of the whole log. */
export const auditSummaryPath = '/v1/audit?limit=1'

/** For the menu. */
export function auditLines(body: unknown): readonly string[] {
  const problem = textAt(body, 'problem')
  return [`Entries up to ${textAt(body, 'head.sequence')}`, ...(problem === '' ? [] : [`Not whole: ${problem}.`])]
}

function labelled(label: string, value: string, columns: number, style: number = theme.value): readonly Line[] {
  return wrap(value, columns - labelColumns).map((text, index) => [
    { text: (index === 0 ? label : '').padEnd(labelColumns), style: theme.label },
    { text, style },
  ])
}

function who(entry: unknown): string {
  return textAt(entry, 'user', 'nobody known')
}

function times(entry: unknown): string {
  const count = numberAt(entry, 'repeated.count')
  return count === null ? '' : `${count} times until ${formatTime(textAt(entry, 'repeated.until'))}`
}

function resultStyle(entry: unknown): number {
  const result = textAt(entry, 'result')
  return result === 'ok' ? theme.body : severityStyle(result === 'failed' ? 'error' : 'warning')
}

/** What is in an object or a list, in one text. */
function written(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

function entryPage(entry: unknown): Page {
  const result = [textAt(entry, 'result'), textAt(entry, 'status'), textAt(entry, 'code')].filter((part) => part !== '').join(', ')
  const sources = textsAt(entry, 'repeated.addresses').join(', ')
  return textPage({
    title: `Audit entry ${textAt(entry, 'sequence')}`,
    lines: (_body, columns) => [
      ...labelled('Asked for', formatTime(textAt(entry, 'at')), columns),
      ...labelled('By', `${who(entry)}, known by ${textAt(entry, 'how')}, from ${textAt(entry, 'from')}`, columns),
      ...labelled('What', textAt(entry, 'action'), columns),
      ...labelled('Of', written(valueAt(entry, 'object')), columns),
      ...labelled('With', written(valueAt(entry, 'what')), columns),
      ...labelled('Result', result, columns, resultStyle(entry)),
      ...labelled('Repeated', [times(entry), sources === '' ? '' : `from ${sources}`].filter((part) => part !== '').join(', '), columns),
      ...labelled('Request', textAt(entry, 'requestId'), columns, theme.body),
      ...labelled('Hash', textAt(entry, 'hash'), columns, theme.body),
      ...labelled('Before it', textAt(entry, 'previous'), columns, theme.body),
    ],
  })
}

function verifyPage(): Page {
  return textPage({
    title: 'Is the audit log whole?',
    path: '/v1/audit/verify',
    lines: (body, columns) => [
      ...(flagAt(body, 'whole')
        ? labelled('WHOLE', 'Every entry follows from the one before.', columns, severityStyle('info'))
        : labelled('NOT WHOLE', textAt(body, 'problem'), columns, severityStyle('error'))),
      ...labelled('After', `entry ${textAt(body, 'from.sequence')}, ${textAt(body, 'from.hash')}`, columns, theme.body),
      ...labelled('Up to', `entry ${textAt(body, 'to.sequence')}, ${textAt(body, 'to.hash')}`, columns, theme.body),
      [],
      ...wrap('The last hash, kept elsewhere, shows later whether the log was written anew.', columns).map(
        (text): Line => [{ text, style: theme.body }],
      ),
    ],
  })
}

/** `before`: only entries older than this one. */
function pageOf(before: string | null): Page {
  return listPage<unknown>({
    title: before === null ? 'Audit log (UTC)' : `Audit log before entry ${before} (UTC)`,
    path: `/v1/audit?limit=${pageEntries}${before === null ? '' : `&before=${before}`}`,
    everyMs: 5_000,
    items: (body) => listAt(body, 'items'),
    id: (entry) => textAt(entry, 'sequence'),
    columns: [
      { title: 'Asked for', width: 19, text: (entry) => formatTime(textAt(entry, 'at')).replace(' UTC', '') },
      { title: 'By', width: 14, text: who },
      { title: 'What', width: 0, text: (entry) => textAt(entry, 'action') },
      { title: 'Result', width: 9, text: (entry) => textAt(entry, 'result'), style: resultStyle },
    ],
    empty: 'There are no entries.',
    detail: (entry) => [`From ${textAt(entry, 'from')}`, textAt(entry, 'code'), times(entry)].filter((part) => part !== '').join(', '),
    keys: [
      { ...{ key: 'enter', hint: 'Details' }, run: (entry) => [{ kind: 'push', page: entryPage(entry) }] },
      { ...{ key: 'f7', hint: 'Whole?', always: true }, run: () => [{ kind: 'push', page: verifyPage() }] },
      { ...{ key: 'f8', hint: 'Older' }, run: (entry) => [{ kind: 'push', page: pageOf(textAt(entry, 'sequence')) }] },
    ],
  })
}

export function auditPage(): Page {
  return pageOf(null)
}
