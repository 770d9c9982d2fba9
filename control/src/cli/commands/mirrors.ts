// The mirrors of state and datastore: how they are, and a disk for one that was lost.
import type { InstallCandidate } from '../../domain/install.ts'
import { type Mirror, mirrorProblem } from '../../domain/mirror.ts'
import type { MirrorDiskPreview } from '../../domain/mirror-disk.ts'
import type { Task } from '../../domain/task.ts'
import type { Command, Given } from '../command.ts'
import { confirm } from '../confirm.ts'
import { whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { formatBytes } from '../quantity.ts'
import { type Column, renderTable } from '../table.ts'
import { followTask, timeoutOf, WAIT_OPTIONS } from '../tasks.ts'

const PATH = '/v1/host/mirrors'
const DISKS = '/v1/host/mirrors/disks'

const MIRROR_COLUMNS: readonly Column<Mirror>[] = [
  { title: 'HOLDS', value: ({ holds }) => holds },
  { title: 'COPIES', value: ({ copies }) => copies.map(({ device, state }) => `${device} (${state})`).join(', ') },
  { title: 'STATE', value: (mirror) => mirrorProblem(mirror) ?? 'whole' },
]

const DISK_COLUMNS: readonly Column<InstallCandidate>[] = [
  { title: 'DISK', value: ({ device }) => device },
  { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
  { title: 'MODEL', value: ({ model }) => model },
  { title: 'SERIAL', value: ({ serial }) => serial },
  { title: 'ON IT', value: ({ contents, unusable }) => (unusable === null ? contents : `${contents}; cannot be used: ${unusable}`) },
]

function requestOf(given: Given): { readonly target: object; readonly wipe: string } {
  const [serial, path] = [given.value('serial'), given.value('path')]
  const target = { ...(serial === undefined ? {} : { serial }), ...(path === undefined ? {} : { path }) }
  return { target, wipe: given.has('wipe') ? 'everything' : 'if-blank' }
}

export const mirrorCommands: readonly Command[] = [
  {
    words: ['host', 'mirrors'],
    summary: 'Which disks state and datastore are mirrored on, and whether a copy is missing',
    details: [whoMay('GET /v1/host/mirrors')],
    async run(context) {
      const document = await context.host().call<{ items: readonly Mirror[] }>('GET', PATH)
      const table = () =>
        document.items.length === 0 ? 'State and datastore are on one disk.\n' : renderTable(MIRROR_COLUMNS, document.items)
      printResult(context, document, table)
    },
  },
  {
    words: ['host', 'mirror-disks'],
    summary: 'The disks that could take the place of one that the mirrors have lost',
    details: [whoMay('GET /v1/host/mirrors/disks')],
    async run(context) {
      const document = await context.host().call<{ items: readonly InstallCandidate[] }>('GET', DISKS)
      printResult(context, document, () => renderTable(DISK_COLUMNS, document.items))
    },
  },
  {
    words: ['host', 'mirror-disk'],
    summary: 'Have a disk take the place of one that the mirrors have lost; whatever runs goes on',
    details: [
      'Without a name it is the smallest disk that nothing else uses, sticks left out. Once the task has ended the host starts from it, too; `corbel host mirrors` says how far its copies are.',
      whoMay('POST /v1/host/mirrors/disks'),
    ],
    options: () => [
      { name: 'serial', value: 'SERIAL', help: 'The disk with this serial number' },
      { name: 'path', value: 'PATH', kind: 'text', help: 'The disk at this place, such as /dev/disk/by-path/NAME' },
      { name: 'wipe', help: 'Whatever it holds is lost' },
      { name: 'dry-run', help: 'Show what would be done, and do nothing' },
      { name: 'yes', help: 'Do not ask' },
      ...WAIT_OPTIONS,
    ],
    async run(context) {
      const { given, io, host } = context
      const client = host()
      const json = requestOf(given)
      const preview = await client.call<MirrorDiskPreview>('POST', `${DISKS}?dryRun=true`, { json })
      const words = `${preview.device}, which holds ${preview.contents}, becomes the mirror of ${preview.from}`
      if (given.has('dry-run')) {
        printResult(context, preview, () => `${words}; nothing was done\n`)
        return
      }
      if (given.has('wipe') && !given.has('yes')) await confirm(io, `${words}: whatever is on it is lost. Go on?`)
      const started = await client.call<Task>('POST', DISKS, { json })
      const task = given.has('no-wait') ? started : await followTask(client, started, { io, timeoutSeconds: timeoutOf(given) })
      const said = given.has('no-wait') ? 'Begun' : 'It boots and gets its copies'
      printResult(context, task ?? started, () => `${said}: task ${started.id}\n`)
    },
  },
]
