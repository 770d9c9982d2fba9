// The host's disks as a page from which one is taken: what each is and what is on it.
import { formatBytes } from './format.ts'
import { diskInWords } from './install-words.ts'
import { flagAt, listAt, numberAt, textAt } from './json.ts'
import type { Column } from './list.ts'
import { type ListKey, listPage } from './list-page.ts'
import type { Page, PageCommand } from './page.ts'
import { severityStyle, theme } from './theme.ts'

/** Nothing that anybody would miss. */
export function isFree(disk: unknown): boolean {
  return ['blank', 'unfinished'].includes(textAt(disk, 'holds'))
}

function kindOf(disk: unknown): string {
  const kind = flagAt(disk, 'removable') ? 'removable' : flagAt(disk, 'ssd') ? 'SSD' : 'disk'
  return flagAt(disk, 'bootMedium') ? 'boot medium' : kind
}

const columns: readonly Column<unknown>[] = [
  { title: 'Disk', width: 13, text: (disk) => textAt(disk, 'device') },
  { title: 'Size', width: 9, align: 'right', text: (disk) => formatBytes(numberAt(disk, 'sizeBytes') ?? 0) },
  { title: 'Kind', width: 11, text: kindOf },
  {
    ...{ title: 'What is on it', width: 0, text: (disk) => textAt(disk, 'contents') },
    style: (disk) => (textAt(disk, 'unusable') !== '' ? theme.label : isFree(disk) ? theme.body : severityStyle('warning')),
  },
]

function detail(disk: unknown): string {
  const unusable = textAt(disk, 'unusable')
  const place = textAt(disk, 'byPath')
  const where = place === '' ? '' : `, at ${place}`
  return `${diskInWords(disk)}${where}. On it: ${textAt(disk, 'contents')}.${unusable === '' ? '' : ` It cannot be used: ${unusable}.`}`
}

interface DiskList {
  readonly title: string
  readonly path: string
  /** Of requests that `take` makes, as of any list. */
  readonly done?: Readonly<Record<string, string>>
  readonly who: Pick<ListKey<unknown>, 'anyone' | 'permission'>
  /** Of a disk that can be used at all, from among all of them. */
  take(disk: unknown, disks: readonly unknown[]): readonly PageCommand[]
}

const unusable: PageCommand = { kind: 'notice', severity: 'warning', text: 'This disk cannot be used; why is said below the list.' }

export function diskListPage({ who, take, ...list }: DiskList): Page {
  return listPage<unknown>({
    ...list,
    everyMs: 10_000,
    items: (body) => listAt(body, 'items'),
    id: (disk) => textAt(disk, 'device'),
    columns,
    empty: 'There is no disk that Linux knows of.',
    detailRows: 4,
    detail,
    keys: [
      {
        ...{ key: 'enter', hint: 'Take this disk', ...who },
        run: (disk, _context, disks) => (textAt(disk, 'unusable') === '' ? take(disk, disks) : [unusable]),
      },
    ],
  })
}
