// The mirrors of state and datastore: which disks have a copy, what is missing, and a disk in the place of one that was lost.
import { type Mirror, mirrorProblem } from '../domain/mirror.ts'
import { dialogPage } from './dialog-page.ts'
import { diskListPage, isFree } from './disk-list.ts'
import { diskInWords } from './install-words.ts'
import { flagAt, listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page, PageCommand } from './page.ts'
import { severityStyle, theme } from './theme.ts'

export const mirrorsPath = '/v1/host/mirrors'
/** The disks are looked at before it is taken. */
const answerTimeoutMs = 60_000

const COPY_STATES = { 'in-sync': 'whole', copying: 'being copied', failed: 'failed' } as const

function mirrorOf(item: unknown): Mirror {
  const copies = listAt(item, 'copies').map((copy) => {
    const state = textAt(copy, 'state')
    return { device: textAt(copy, 'device'), state: state === 'in-sync' || state === 'copying' ? state : 'failed' } as const
  })
  return {
    ...{ holds: textAt(item, 'holds') === 'state' ? 'state' : 'datastore', device: textAt(item, 'device'), copies },
    ...{ missing: numberAt(item, 'missing') ?? 0, copiedPercent: numberAt(item, 'copiedPercent') },
  }
}

function copiesOf({ copies, missing }: Mirror): string {
  const there = copies.map(({ device, state }) => `${device} ${COPY_STATES[state]}`)
  return [...there, ...(missing === 0 ? [] : [`${missing} missing`])].join(', ')
}

/** For the menu. */
export function mirrorLines(body: unknown): readonly string[] {
  const mirrors = listAt(body, 'items').map(mirrorOf)
  if (mirrors.length === 0) return ['State and datastore are on one disk.']
  return mirrors.map((mirror) => mirrorProblem(mirror) ?? `The ${mirror.holds} is on ${mirror.copies.length} disks.`)
}

/** The host judges once more, and says where something is amiss. */
function taken(disk: unknown): readonly PageCommand[] {
  const lost = isFree(disk)
    ? []
    : [`It holds ${textAt(disk, 'contents')}.`, flagAt(disk, 'datastore') ? 'All VMs on it are lost.' : 'Whatever is on it is lost.']
  const body = { target: { path: textAt(disk, 'device') }, wipe: isFree(disk) ? 'if-blank' : 'everything' }
  const page = dialogPage({
    title: 'A disk for the mirrors',
    effect: [`${diskInWords(disk)} takes the place of the one that was lost. VMs go on running.`, ...lost],
    action: isFree(disk) ? 'Take it' : 'Wipe it and take it',
    dangerous: !isFree(disk),
    commands: [{ ...{ kind: 'request', id: 'add', method: 'POST' }, path: `${mirrorsPath}/disks`, timeoutMs: answerTimeoutMs, body }],
  })
  return [{ kind: 'push', page }]
}

function disksPage(): Page {
  return diskListPage({
    title: 'A disk for the mirrors',
    path: `${mirrorsPath}/disks`,
    done: { add: 'It is being made bootable: see Tasks. Then it gets its copies, which the page before this one shows.' },
    who: { permission: 'host.configure' },
    take: taken,
  })
}

export function mirrorsPage(): Page {
  return listPage<Mirror>({
    title: 'Mirrored disks',
    path: mirrorsPath,
    everyMs: 5_000,
    items: (body) => listAt(body, 'items').map(mirrorOf),
    id: ({ device }) => device,
    columns: [
      { title: 'Holds', width: 11, text: ({ holds }) => holds },
      { title: 'Array', width: 11, text: ({ device }) => device },
      {
        ...{ title: 'Copies', width: 0, text: copiesOf },
        style: (mirror) => (mirrorProblem(mirror) === null ? theme.body : severityStyle('warning')),
      },
    ],
    empty: 'State and datastore are on one disk. A second one that mirrors it is chosen when Corbel is installed.',
    detail: (mirror) => mirrorProblem(mirror) ?? 'It is on all of its disks; the host starts from either of them.',
    detailRows: 3,
    keys: [
      {
        ...{ key: 'f7', hint: 'Replace a lost disk', permission: 'host.configure' },
        when: (mirror) => mirror !== null,
        run: () => [{ kind: 'push', page: disksPage() }],
      },
    ],
  })
}
