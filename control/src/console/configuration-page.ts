// Generations of the configuration: who changed what, how that differs from now, and one of them put back after what that does has been shown.
import { formatTime } from './format.ts'
import { listAt, textAt, valueAt } from './json.ts'
import { type Line, wrap } from './layout.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { restorePage } from './restore-page.ts'
import { textPage } from './text-page.ts'
import { theme } from './theme.ts'

export const generationsPath = '/v1/host/generations'

const signs: Readonly<Record<string, string>> = { added: '+', changed: '~', removed: '-', add: '+', change: '~', remove: '-', keep: '=' }
const longest = 200

/** For the menu. */
export function configurationLines(body: unknown): readonly string[] {
  const [latest] = listAt(body, 'items')
  return latest === undefined ? [] : [`Generation ${textAt(latest, 'number')}, ${formatTime(textAt(latest, 'at'))}`, textAt(latest, 'what')]
}

function written(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.length <= longest ? text : `${text.slice(0, longest)}...`
}

/** An object with what of it differs; of one that stays why. */
export function objectLines(object: unknown, columns: number): readonly Line[] {
  const action = textAt(object, 'action')
  const note = textAt(object, 'note')
  const title = `${signs[action] ?? '?'} ${textAt(object, 'kind')} ${textAt(object, 'name')}`
  const fields = action === 'keep' ? [] : listAt(object, 'fields')
  return [
    ...wrap(title, columns).map((text): Line => [{ text, style: theme.value }]),
    ...(note === '' ? [] : wrap(note, columns - 4)).map((text): Line => [{ text: `    ${text}`, style: theme.label }]),
    ...fields.flatMap((field) => {
      const name = textAt(field, 'field')
      const change = `${name === '' ? '' : `${name}: `}${written(valueAt(field, 'before'))} -> ${written(valueAt(field, 'after'))}`
      return wrap(change, columns - 4).map((text): Line => [{ text: `    ${text}`, style: theme.body }])
    }),
  ]
}

function differencePage(title: string, path: string, list: string): Page {
  return textPage({
    title,
    path,
    lines: (body, columns) => {
      const objects = listAt(body, list)
      return objects.length === 0
        ? [[{ text: 'Nothing is different.', style: theme.body }]]
        : objects.flatMap((one) => objectLines(one, columns))
    },
  })
}

/** `before`: only generations older than this one. */
function pageOf(before: string | null): Page {
  const numberOf = (generation: unknown) => textAt(generation, 'number')
  return listPage<unknown>({
    title: before === null ? 'Configuration (UTC)' : `Configuration before generation ${before} (UTC)`,
    path: `${generationsPath}${before === null ? '' : `?before=${before}`}`,
    everyMs: 5_000,
    items: (body) => listAt(body, 'items'),
    id: numberOf,
    columns: [
      { title: 'No.', width: 6, text: numberOf },
      { title: 'Changed', width: 19, text: (generation) => formatTime(textAt(generation, 'at')).replace(' UTC', '') },
      { title: 'By', width: 14, text: (generation) => textAt(generation, 'by') },
      { title: 'What', width: 0, text: (generation) => textAt(generation, 'what') },
    ],
    empty: 'There are no generations.',
    detail: (generation) => textAt(generation, 'what'),
    keys: [
      {
        ...{ key: 'enter', hint: 'Changes' },
        run: (one) => [
          { kind: 'push', page: differencePage(`Generation ${numberOf(one)}`, `${generationsPath}/${numberOf(one)}`, 'objects') },
        ],
      },
      {
        ...{ key: 'f7', hint: 'Until now' },
        run: (one) => [
          { kind: 'push', page: differencePage(`Since generation ${numberOf(one)}`, `${generationsPath}/${numberOf(one)}/diff`, 'items') },
        ],
      },
      { ...{ key: 'f8', hint: 'Older' }, run: (one) => [{ kind: 'push', page: pageOf(numberOf(one)) }] },
      { ...{ key: 'f10', hint: 'Restore' }, run: (one) => [{ kind: 'push', page: restorePage(numberOf(one)) }] },
    ],
  })
}

export function configurationPage(): Page {
  return pageOf(null)
}
