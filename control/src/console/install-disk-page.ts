// The disk: which there are, what is on each, and for an installation whether its configuration and datastore are kept.
import { diskListPage, isFree } from './disk-list.ts'
import { type Draft, installPath } from './install-draft.ts'
import { installNetworkPage } from './install-network-page.ts'
import { installSummaryPage } from './install-summary-page.ts'
import { diskInWords } from './install-words.ts'
import { flagAt, textAt } from './json.ts'
import type { Page, PageCommand } from './page.ts'
import { pickPage } from './pick-page.ts'

const keep = 'datastore-kept'

function chosen(draft: Draft, disk: unknown, disks: readonly unknown[]): readonly PageCommand[] {
  if (flagAt(disk, 'installed')) return [{ kind: 'push', page: keepPage(draft, disk, disks) }]
  return [{ kind: 'push', page: secondDiskPage(draft, disk, disks) }]
}

/** Whether it is mirrored, where there is a disk for that. */
function secondDiskPage(draft: Draft, disk: unknown, disks: readonly unknown[]): Page {
  const others = disks.filter((other) => textAt(other, 'device') !== textAt(disk, 'device') && isFit(other))
  const next = (mirror: unknown): Page => {
    const free = [disk, ...(mirror === undefined ? [] : [mirror])].every(isFree)
    return installNetworkPage({ ...draft, disk, mirror, wipe: free ? 'if-blank' : 'everything' })
  }
  if (others.length === 0) return next(undefined)
  const choices = [
    { value: '', label: 'On this disk alone' },
    ...others.map((other) => ({
      value: textAt(other, 'device'),
      label: `Mirrored on ${diskInWords(other)}; on it: ${textAt(other, 'contents')}`,
    })),
  ]
  return pickPage('Installation: a second disk', choices, '', (value) => [
    { kind: 'push', page: next(others.find((other) => textAt(other, 'device') === value)) },
  ])
}

/** Nobody is offered the stick for a mirror. */
function isFit(disk: unknown): boolean {
  return textAt(disk, 'unusable') === '' && !flagAt(disk, 'removable')
}

/** Of an installation: what becomes of it. */
function keepPage(draft: Draft, disk: unknown, disks: readonly unknown[]): Page {
  const choices = [
    { value: keep, label: 'Repair or upgrade: keep configuration and datastore' },
    { value: 'everything', label: 'Install anew: configuration and datastore are lost' },
  ]
  return pickPage('Installation: what becomes of it', choices, keep, (wipe) => {
    return [{ kind: 'push', page: wipe === keep ? installSummaryPage({ ...draft, disk, wipe: keep }) : secondDiskPage(draft, disk, disks) }]
  })
}

export function installDiskPage(draft: Draft): Page {
  return diskListPage({
    title: 'Installation: disk',
    path: `${installPath}/disks`,
    who: { anyone: true },
    take: (disk, disks) => chosen(draft, disk, disks),
  })
}
