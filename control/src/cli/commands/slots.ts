// The system slots and updates: listing, choosing, and sending an update.

import type { SystemSlot, SystemSlotsView } from '../../domain/boot-slot.ts'
import type { Task } from '../../domain/task.ts'
import type { UpdateOutcome } from '../../domain/update-manifest.ts'
import type { UpdateOnMedium } from '../../domain/update-source.ts'
import { documentOf } from '../answer.ts'
import type { Command, Context } from '../command.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { failure } from '../failure.ts'
import { operationCommand } from '../operation-command.ts'
import { type OperationName, operation, pathOf, whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { formatBytes } from '../quantity.ts'
import { type Column, renderTable } from '../table.ts'
import { followTask, timeoutOf, WAIT_OPTIONS } from '../tasks.ts'
import { trustOf, trustOptions } from '../tls-trust.ts'
import { upload } from '../upload.ts'

const PUT = 'PUT /v1/host/update'
const POST = 'POST /v1/host/update'
const MEDIA = 'GET /v1/host/update/media'
const FROM_MEDIUM = 'POST /v1/host/update/from-medium'
const WEB = /^https?:\/\//i

const COLUMNS: readonly Column<SystemSlot>[] = [
  { title: 'SLOT', value: ({ slot }) => slot },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'STATE', value: ({ mark, damaged }) => (damaged.length === 0 ? mark : `${mark}, damaged`) },
  { title: 'TRIES', value: ({ tries }) => tries, align: 'right' },
  { title: 'WHEN', value: ({ running, next }) => [...(running ? ['runs'] : []), ...(next ? ['next'] : [])].join(', ') || null },
]

const MEDIA_COLUMNS: readonly Column<UpdateOnMedium>[] = [
  { title: 'DEVICE', value: ({ device }) => device },
  { title: 'LABEL', value: ({ label }) => label },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
  { title: 'FILE', value: ({ file }) => file },
]

function renderSlots({ running, confirmed, missing, items }: SystemSlotsView): string {
  if (running === null) return 'The system does not run from an installed disk: it has no slots.\n'
  const why = missing.length === 0 ? '' : `: ${missing.join('; ')}`
  const live = items.find((item) => item.live)
  const over = live === undefined ? '' : `The control plane of slot ${live.slot} has taken over; all else runs from slot ${running}.\n`
  const damage = items.flatMap(({ slot, damaged }) => damaged.map((what) => `Damaged in slot ${slot}: ${what}.\n`)).join('')
  return `${renderTable(COLUMNS, items)}${damage}${over}${confirmed ? '' : `Slot ${running} is not confirmed yet${why}.\n`}`
}

function renderOutcome({
  slot,
  version,
  from,
  downgrade,
  replaces,
  sizeBytes,
  dryRun,
  restarts,
  controlPlaneOnly,
  live,
}: UpdateOutcome): string {
  const what = `Corbel ${version}${downgrade ? `, older than ${from}` : ''}, ${formatBytes(sizeBytes)}`
  const where = `slot ${slot}${replaces === null ? '' : ` in place of ${replaces}`}`
  const only = controlPlaneOnly ? '. Nothing but the control plane is new: with --live VMs run on' : ''
  if (dryRun) return `${what}: would go into ${where}; nothing was done${only}\n`
  const then = live
    ? 'Its control plane takes over now, and VMs run on.'
    : restarts
      ? 'The host restarts into it now.'
      : 'It is tried at the next restart.'
  return `${what}: is in ${where}. ${then}\n`
}

/** The host gets it from there; with `--restart` or `--live` nothing answers at the end, and what is known last is that it has begun. */
async function fetchUpdate(context: Context, target: string, source: object): Promise<void> {
  const { given, io, host } = context
  const client = host()
  const answer = await client.call<Task | UpdateOutcome>('POST', target, { json: source })
  if ('dryRun' in answer) {
    printResult(context, answer, () => renderOutcome(answer))
    return
  }
  const task = given.has('no-wait')
    ? answer
    : await followTask(client, answer, { io, timeoutSeconds: timeoutOf(given), hostGoesDown: given.has('restart') || given.has('live') })
  const said = given.has('no-wait') ? 'The host gets it' : 'The update is in its slot'
  printResult(context, task ?? answer, () => `${said}: task ${answer.id}\n`)
}

export const slotCommands: readonly Command[] = [
  {
    words: ['host', 'slots'],
    summary: 'The two system slots: what is in them, which runs, which is started next',
    details: ['Who may: host.view. API: GET /v1/host/slots'],
    async run(context) {
      const view = await context.host().call<SystemSlotsView>('GET', '/v1/host/slots')
      printResult(context, view, () => renderSlots(view))
    },
  },
  operationCommand(['host', 'boot-once'], 'POST /v1/host/slots/{slot}/boot-once', { done: 'is started at the next restart, once' }),
  operationCommand(['host', 'activate-slot'], 'POST /v1/host/slots/{slot}/activate', { done: 'is started from the next restart on' }),
  operationCommand(['host', 'check-slots'], 'POST /v1/host/slots/check', {
    details: ['What is damaged is then said by `corbel host slots`, and by the events.'],
  }),
  {
    words: ['host', 'update-media'],
    summary: 'Updates on USB sticks at the machine',
    details: [whoMay(MEDIA)],
    async run(context) {
      const list = await context.host().call<{ readonly items: readonly UpdateOnMedium[] }>('GET', '/v1/host/update/media')
      printResult(context, list, () => (list.items.length === 0 ? 'There are none.\n' : renderTable(MEDIA_COLUMNS, list.items)))
    },
  },
  {
    words: ['host', 'update'],
    summary: 'Send an update to the host, or have it get one from a URL, into the slot that does not run',
    details: [
      'Its signature is verified before anything is written, and all of it is read back. The slot that runs stays as it is; an update that does not come up in order is undone.',
      'Of a URL the host gets the file itself. The signature is what is trusted; --authority or --fingerprint say who the server must be besides.',
      whoMay(PUT),
      whoMay(POST),
      whoMay(FROM_MEDIUM),
    ],
    arguments: [{ name: 'FILE|URL', kind: 'local-file' }],
    options: () => [
      { name: 'restart', help: 'Then shut all VMs down in order and restart into it' },
      { name: 'live', help: 'Then have its control plane take over while VMs run on; refused where anything else is new' },
      { name: 'downgrade', help: 'Take it though it is older than what runs' },
      { name: 'degraded', help: 'Take it though a mirror lacks a copy: the disk that has it must not come back' },
      { name: 'dry-run', help: 'Show what it would do, and do nothing' },
      ...trustOptions('the server’s'),
      { name: 'medium', value: 'DEVICE', help: 'FILE is on this stick at the machine, as `corbel host update-media` lists it' },
      { name: 'yes', help: 'Do not ask' },
      ...WAIT_OPTIONS,
    ],
    async run(context) {
      const { given, io, host } = context
      const [path = ''] = given.arguments
      const dryRun = given.has('dry-run')
      if (given.has('restart') && given.has('live'))
        throw failure(EXIT.usage, 'usage.contradiction', '--restart and --live exclude each other.')
      const client = host()
      if (given.has('restart') && !dryRun && !given.has('yes')) {
        await confirm(io, `Shut down all VMs of ${client.target.address.host} and restart it into the update?`)
      }
      const query = new URLSearchParams()
      if (dryRun) query.set('dryRun', 'true')
      for (const name of ['downgrade', 'degraded']) if (given.has(name)) query.set(name, 'true')
      const then = ['restart', 'live'].find((name) => given.has(name))
      // A dry run restarts nothing, but says whether it could be live.
      if (then !== undefined && (!dryRun || then === 'live')) query.set('then', then)
      const text = query.toString()
      const targetOf = (name: OperationName) => `${pathOf(operation(name), {})}${text === '' ? '' : `?${text}`}`
      const device = given.value('medium')
      if (device !== undefined) return fetchUpdate(context, targetOf(FROM_MEDIUM), { device, file: path })
      if (WEB.test(path)) return fetchUpdate(context, targetOf(POST), { url: path, ...trustOf(given) })
      const outcome = documentOf(await upload(client, io, { path, target: targetOf(PUT) })) as UpdateOutcome
      printResult(context, outcome, () => renderOutcome(outcome))
    },
  },
]
