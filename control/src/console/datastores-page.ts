// The datastores, read only: how large, how much is left, what is wrong; Enter shows the files of one and which are used.
import { formatBytes, formatTime, percentOf } from './format.ts'
import { listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { severityStyle, theme } from './theme.ts'

const everyMs = 5_000
/** Of a datastore that is nearly full. */
const tightPercent = 90

function usedPercent(store: unknown): number {
  const total = numberAt(store, 'totalBytes') ?? 0
  return percentOf(total - (numberAt(store, 'availableBytes') ?? 0), total)
}

function files(name: string): Page {
  return listPage<unknown>({
    title: `Files of ${name}`,
    path: `/v1/datastores/${name}/files`,
    everyMs,
    items: (body) => listAt(body, 'items'),
    id: (file) => textAt(file, 'name'),
    label: (file) => textAt(file, 'name'),
    columns: [
      { title: 'Name', width: 0, text: (file) => textAt(file, 'name') },
      { title: 'Size', width: 10, align: 'right', text: (file) => formatBytes(numberAt(file, 'sizeBytes') ?? 0) },
      { title: 'On disk', width: 10, align: 'right', text: (file) => formatBytes(numberAt(file, 'allocatedBytes') ?? 0) },
      { title: 'Used', width: 6, text: (file) => (listAt(file, 'usedBy').length > 0 ? 'yes' : 'no') },
    ],
    empty: 'There are no files.',
    detail: (file) => `Changed ${formatTime(textAt(file, 'modifiedAt'))}`,
    detailRows: 1,
    keys: [],
  })
}

export function datastoresPage(): Page {
  return listPage<unknown>({
    title: 'Datastores',
    path: '/v1/datastores',
    everyMs,
    items: (body) => listAt(body, 'items'),
    id: (store) => textAt(store, 'name'),
    columns: [
      { title: 'Name', width: 0, text: (store) => textAt(store, 'name') },
      { title: 'Size', width: 10, align: 'right', text: (store) => formatBytes(numberAt(store, 'totalBytes') ?? 0) },
      { title: 'Left', width: 10, align: 'right', text: (store) => formatBytes(numberAt(store, 'availableBytes') ?? 0) },
      {
        title: 'Used',
        width: 6,
        align: 'right',
        text: (store) => `${usedPercent(store)} %`,
        style: (store) => (usedPercent(store) >= tightPercent ? severityStyle('warning') : theme.body),
      },
    ],
    empty: 'There is no datastore: no disk for VMs was given, or it cannot be used. The status screen says why.',
    detail: (store) => `File system ${textAt(store, 'uuid', 'of unknown identity')}`,
    detailRows: 1,
    keys: [{ key: 'enter', hint: 'Files', run: (store) => [{ kind: 'push', page: files(textAt(store, 'name')) }] }],
  })
}

export function datastoreLines(body: unknown): readonly string[] {
  const stores = listAt(body, 'items')
  if (stores.length === 0) return ['None']
  return stores.map(
    (store) =>
      `${textAt(store, 'name')}: ${formatBytes(numberAt(store, 'availableBytes') ?? 0)} of ${formatBytes(numberAt(store, 'totalBytes') ?? 0)} left`,
  )
}
