// The host's disks in a list from which one is taken: what each is and what is on it.
import { formatBytes } from './format.ts'
import { diskInWords } from './install-words.ts'
import { flagAt, numberAt, textAt } from './json.ts'
import type { Column } from './list.ts'
import { severityStyle, theme } from './theme.ts'

/** Nothing that anybody would miss. */
export function isFree(disk: unknown): boolean {
  return ['blank', 'unfinished'].includes(textAt(disk, 'holds'))
}

function kindOf(disk: unknown): string {
  const kind = flagAt(disk, 'removable') ? 'removable' : flagAt(disk, 'ssd') ? 'SSD' : 'disk'
  return flagAt(disk, 'bootMedium') ? 'boot medium' : kind
}

export const diskColumns: readonly Column<unknown>[] = [
  { title: 'Disk', width: 13, text: (disk) => textAt(disk, 'device') },
  { title: 'Size', width: 9, align: 'right', text: (disk) => formatBytes(numberAt(disk, 'sizeBytes') ?? 0) },
  { title: 'Kind', width: 11, text: kindOf },
  {
    ...{ title: 'What is on it', width: 0, text: (disk) => textAt(disk, 'contents') },
    style: (disk) => (textAt(disk, 'unusable') !== '' ? theme.label : isFree(disk) ? theme.body : severityStyle('warning')),
  },
]

/** In four lines at most. */
export function diskDetail(disk: unknown): string {
  const unusable = textAt(disk, 'unusable')
  const place = textAt(disk, 'byPath')
  const where = place === '' ? '' : `, at ${place}`
  return `${diskInWords(disk)}${where}. On it: ${textAt(disk, 'contents')}.${unusable === '' ? '' : ` It cannot be used: ${unusable}.`}`
}
