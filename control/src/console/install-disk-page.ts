// The disk: which there are, what is on each, and for an installation whether its configuration and datastore are kept.
import { formatBytes } from './format.ts'
import { type Draft, installPath } from './install-draft.ts'
import { installNetworkPage } from './install-network-page.ts'
import { installSummaryPage } from './install-summary-page.ts'
import { diskInWords } from './install-words.ts'
import { flagAt, listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page, PageCommand } from './page.ts'
import { pickPage } from './pick-page.ts'
import { severityStyle, theme } from './theme.ts'

const keep = 'datastore-kept'

/** Nothing that anybody would miss. */
function isFree(disk: unknown): boolean {
  return ['blank', 'unfinished'].includes(textAt(disk, 'holds'))
}

function kindOf(disk: unknown): string {
  const kind = flagAt(disk, 'removable') ? 'removable' : flagAt(disk, 'ssd') ? 'SSD' : 'disk'
  return flagAt(disk, 'bootMedium') ? 'boot medium' : kind
}

function chosen(draft: Draft, disk: unknown): readonly PageCommand[] {
  if (textAt(disk, 'unusable') !== '') {
    return [{ kind: 'notice', severity: 'warning', text: 'This disk cannot be used; why is said below the list.' }]
  }
  if (flagAt(disk, 'installed')) return [{ kind: 'push', page: keepPage(draft, disk) }]
  return [{ kind: 'push', page: installNetworkPage({ ...draft, disk, wipe: isFree(disk) ? 'if-blank' : 'everything' }) }]
}

/** Of an installation: what becomes of it. */
function keepPage(draft: Draft, disk: unknown): Page {
  const choices = [
    { value: keep, label: 'Repair or upgrade: keep configuration and datastore' },
    { value: 'everything', label: 'Install anew: configuration and datastore are lost' },
  ]
  return pickPage('Installation: what becomes of it', choices, keep, (wipe) => {
    const next: Draft = { ...draft, disk, wipe: wipe === keep ? keep : 'everything' }
    return [{ kind: 'push', page: next.wipe === keep ? installSummaryPage(next) : installNetworkPage(next) }]
  })
}

export function installDiskPage(draft: Draft): Page {
  return listPage<unknown>({
    title: 'Installation: disk',
    path: `${installPath}/disks`,
    everyMs: 10_000,
    items: (body) => listAt(body, 'items'),
    id: (disk) => textAt(disk, 'device'),
    columns: [
      { title: 'Disk', width: 13, text: (disk) => textAt(disk, 'device') },
      { title: 'Size', width: 9, align: 'right', text: (disk) => formatBytes(numberAt(disk, 'sizeBytes') ?? 0) },
      { title: 'Kind', width: 11, text: kindOf },
      {
        ...{ title: 'What is on it', width: 0, text: (disk) => textAt(disk, 'contents') },
        style: (disk) => (textAt(disk, 'unusable') !== '' ? theme.label : isFree(disk) ? theme.body : severityStyle('warning')),
      },
    ],
    empty: 'There is no disk that Linux knows of.',
    detailRows: 4,
    detail: (disk) => {
      const unusable = textAt(disk, 'unusable')
      const place = textAt(disk, 'byPath')
      const where = place === '' ? '' : `, at ${place}`
      return `${diskInWords(disk)}${where}. On it: ${textAt(disk, 'contents')}.${unusable === '' ? '' : ` It cannot be used: ${unusable}.`}`
    },
    keys: [{ key: 'enter', hint: 'Take this disk', anyone: true, run: (disk) => chosen(draft, disk) }],
  })
}
