// Commands for looking after a host: its log, clock, keyboard, support bundles, and the programs of its control plane.
import { writeFileSync } from 'node:fs'
import { LOG_KINDS, type LogKindSummary, type LogLine } from '../../domain/host-log.ts'
import { KEYBOARD_LAYOUT_NAMES, type KeyboardView } from '../../domain/keyboard.ts'
import type { Service } from '../../domain/service.ts'
import type { SupportInfo, SupportMedium } from '../../domain/support.ts'
import type { Task } from '../../domain/task.ts'
import type { TimeView } from '../../domain/time.ts'
import type { Client } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { failure, usage } from '../failure.ts'
import { type Io, note, print } from '../io.ts'
import { operationCommand } from '../operation-command.ts'
import { printResult, say } from '../output.ts'
import { printable, renderJson } from '../printable.ts'
import { formatBytes, formatSeconds } from '../quantity.ts'
import { type Column, renderPairs, renderTable } from '../table.ts'
import { followTask, timeoutOf, WAIT_OPTIONS } from '../tasks.ts'
import { pause } from '../wait.ts'

const FOLLOW_MS = 1000

interface Page {
  readonly items: readonly LogLine[]
  readonly next: number
}

const KIND_COLUMNS: readonly Column<LogKindSummary>[] = [
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
  { title: 'WHAT', value: ({ description }) => description },
]

const SERVICE_COLUMNS: readonly Column<Service>[] = [
  { title: 'SERVICE', value: ({ name }) => name },
  { title: 'PID', value: ({ pid }) => pid ?? 'not running', align: 'right' },
  { title: 'UP FOR', value: ({ upForSeconds }) => (upForSeconds === null ? null : formatSeconds(upForSeconds)) },
  { title: 'RESTARTS', value: ({ restarts }) => restarts, align: 'right' },
  { title: 'WHAT', value: ({ description }) => description },
]

const MEDIUM_COLUMNS: readonly Column<SupportMedium>[] = [
  { title: 'DEVICE', value: ({ device }) => device },
  { title: 'LABEL', value: ({ label }) => label },
  { title: 'MODEL', value: ({ model }) => model },
  { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
]

export const careCommands: readonly Command[] = [
  {
    words: ['host', 'log-kinds'],
    summary: 'The kinds of the host’s log, with their size',
    details: ['Who may: host.support. API: GET /v1/host/logs'],
    async run(context) {
      const document = await context.host().call<{ items: readonly LogKindSummary[] }>('GET', '/v1/host/logs')
      printResult(context, document, () => renderTable(KIND_COLUMNS, document.items))
    },
  },
  {
    words: ['host', 'logs'],
    summary: 'The host’s log: its latest lines, or as they come',
    details: ['With --json --follow one line of the log a line.', 'Who may: host.support. API: GET /v1/host/logs/{kind}'],
    options: () => [
      { name: 'kind', value: 'KIND', values: [...LOG_KINDS, 'all'], help: 'Only lines of this kind; default: all' },
      { name: 'search', value: 'TEXT', help: 'Only lines with this text in them, in capitals or not' },
      { name: 'limit', value: 'NUMBER', help: 'How many lines; default 200' },
      { name: 'follow', help: 'Go on with new lines until Ctrl-C' },
    ],
    async run(context) {
      const { given, io, json } = context
      const client = context.host()
      const kind = given.value('kind') ?? 'all'
      const search = given.value('search')
      const limit = given.value('limit') ?? '200'
      if (!/^\d{1,4}$/.test(limit))
        throw usage({ code: 'usage.invalid-value', field: '--limit', message: `must be a number, not ${limit}` })
      const ask = (after: number | null) => {
        const query = new URLSearchParams({ limit: after === null ? limit : '2000' })
        if (search !== undefined) query.set('search', search)
        if (after !== null) query.set('after', String(after))
        return client.call<Page>('GET', `/v1/host/logs/${kind}?${query}`)
      }
      const page = await ask(null)
      if (!given.has('follow')) {
        printResult(context, page, () => page.items.map(lineOf).join(''))
        return
      }
      show(io, page.items, json)
      for (let after = page.next; ; ) {
        const { items, next } = await ask(after)
        show(io, items, json)
        after = next
        if (items.length === 0) await pause(FOLLOW_MS, client.interrupted)
      }
    },
  },
  {
    words: ['host', 'services'],
    summary: 'The programs of the control plane: how long they have run, how often they were started again',
    details: ['Who may: host.view. API: GET /v1/host/services'],
    async run(context) {
      const document = await context.host().call<{ items: readonly Service[] }>('GET', '/v1/host/services')
      printResult(context, document, () => renderTable(SERVICE_COLUMNS, document.items))
    },
  },
  {
    words: ['host', 'keyboard'],
    summary: 'The layout of the keyboard at the machine’s screen, and those that there are; with one it is changed',
    details: [
      'The serial line is not concerned: its terminal sends characters.',
      'Who may: host.view to look, host.configure to change. API: GET /v1/host/keyboard',
      'API: PUT /v1/host/keyboard',
    ],
    arguments: [{ name: 'LAYOUT', kind: 'text', optional: true, values: KEYBOARD_LAYOUT_NAMES }],
    async run(context) {
      const layout = context.given.arguments[0]
      const body = layout === undefined ? {} : { json: { layout } }
      const view = await context.host().call<KeyboardView>(layout === undefined ? 'GET' : 'PUT', '/v1/host/keyboard', body)
      printResult(context, view, () => renderTable(layoutColumns(view.layout), view.layouts))
    },
  },
  {
    words: ['host', 'time'],
    summary: 'The host’s clock, its time servers, and how well the one follows the others',
    details: ['The time zone is UTC, always.', 'Who may: host.view. API: GET /v1/host/time'],
    async run(context) {
      const view = await context.host().call<TimeView>('GET', '/v1/host/time')
      printResult(context, view, () => renderPairs(timePairs(view)))
    },
  },
  {
    words: ['host', 'time-servers'],
    summary: 'Choose the time servers',
    details: [
      'Without any: those that the network’s DHCP server offers. With --off none is asked, and the clock can be set by hand.',
      'Who may: host.configure. API: PUT /v1/host/time',
    ],
    arguments: [{ name: 'SERVER', kind: 'text', optional: true, repeated: true }],
    options: () => [{ name: 'off', help: 'Ask no time server' }],
    async run(context) {
      const json = { ntp: !context.given.has('off'), servers: context.given.arguments }
      const view = await context.host().call<TimeView>('PUT', '/v1/host/time', { json })
      printResult(context, view, () => renderPairs(timePairs(view)))
    },
  },
  {
    words: ['host', 'set-clock'],
    summary: 'Set the clock by hand, while no time server is asked',
    details: [
      'TIME is such as 2026-03-01T12:00:00Z, or `now`: that of this computer.',
      'Who may: host.configure. API: POST /v1/host/time/clock',
    ],
    arguments: [{ name: 'TIME', kind: 'text' }],
    async run(context) {
      const typed = context.given.arguments[0] ?? ''
      const json = { time: typed === 'now' ? new Date().toISOString() : typed }
      const view = await context.host().call<TimeView>('POST', '/v1/host/time/clock', { json })
      printResult(context, view, () => renderPairs(timePairs(view)))
    },
  },
  {
    words: ['host', 'support'],
    summary: 'What support wants to know of the host, in words',
    details: ['Who may: host.support. API: GET /v1/host/support'],
    async run(context) {
      const info = await context.host().call<SupportInfo>('GET', '/v1/host/support')
      printResult(context, info, () => info.lines.map((line) => `${printable(line)}\n`).join(''))
    },
  },
  {
    words: ['host', 'support-media'],
    summary: 'Sticks at the machine that a support bundle can be written to',
    details: ['Who may: host.support. API: GET /v1/host/support/media'],
    async run(context) {
      const document = await context.host().call<{ items: readonly SupportMedium[] }>('GET', '/v1/host/support/media')
      printResult(context, document, () => renderTable(MEDIUM_COLUMNS, document.items))
    },
  },
  operationCommand(['host', 'support-bundle'], 'POST /v1/host/support/bundle', {
    details: [
      'Facts, status, the log, events, tasks, network and groups; no password, hash, token or cloud-init seed, and nothing that guests have written.',
      'With --device it is written to a stick at the machine, as `corbel host support-media` names it. `corbel host support-download` fetches it.',
    ],
  }),
  {
    words: ['host', 'support-download'],
    summary: 'Fetch the support bundle that was made last',
    details: ['Who may: host.support. API: GET /v1/host/support/bundle'],
    options: () => [
      { name: 'output', value: 'FILE', kind: 'local-file', help: 'Where to write it; default: its own name in this directory' },
    ],
    async run(context) {
      const client = context.host()
      const { bundle } = await client.call<SupportInfo>('GET', '/v1/host/support')
      const file = context.given.value('output') ?? bundle?.name ?? ''
      const { bytes } = await client.request('GET', '/v1/host/support/bundle')
      try {
        writeFileSync(file, bytes)
      } catch (error) {
        throw failure(EXIT.failed, 'file.not-written', `${file} cannot be written: ${(error as Error).message}`)
      }
      say(context, `The bundle is in ${file}`)
    },
  },
  {
    words: ['host', 'reset-configuration'],
    summary: 'Forget users, network and other settings, as before the first boot; VMs, pools and datastores stay, and VMs go on',
    details: [
      'HOSTNAME is that of the host, as a sign that it is meant. Users, sessions, tokens, second factors, generations, hostname, network, time servers,',
      'keyboard and lockdown are as before the first boot: a seed that is plugged in is taken over again, else the console asks for the first password.',
      'VMs, pools, datastores, the certificate, the audit log and events stay; VMs go on.',
      'Who may: host.reset. API: POST /v1/host/reset',
    ],
    arguments: [{ name: 'HOSTNAME', kind: 'text' }],
    options: () => [{ name: 'yes', help: 'Do not ask' }],
    async run(context) {
      const hostname = context.given.arguments[0] ?? ''
      const client = context.host()
      if (!context.given.has('yes')) await confirm(context.io, `Forget all users, tokens, network and other settings of ${hostname}?`)
      await client.call('POST', '/v1/host/reset', { json: { hostname } })
      say(context, `${hostname}: its configuration is forgotten; management services are being started again`)
    },
  },
  {
    words: ['host', 'factory-reset'],
    summary: 'Forget everything but the datastores, or these too, and restart as before the first boot',
    details: [
      'HOSTNAME is that of the host, as a sign that it is meant. VMs are shut down. The state partition is made anew: configuration, VMs’ specs, certificate,',
      'events and audit log are gone. Disks of VMs stay with copies of their specs, so that the VMs can be taken in again: corbel datastore adopt-vms.',
      'With --erase-datastores the datastore is made anew, too. Nothing is overwritten: what was on the disk can be found by those who look for it.',
      'Who may: host.reset. API: POST /v1/host/reset',
    ],
    arguments: [{ name: 'HOSTNAME', kind: 'text' }],
    options: () => [
      { name: 'erase-datastores', help: 'Forget the disks of VMs too' },
      { name: 'yes', help: 'Do not ask' },
      ...WAIT_OPTIONS,
    ],
    async run(context) {
      const { given } = context
      const hostname = given.arguments[0] ?? ''
      const scope = given.has('erase-datastores') ? 'everything' : 'state'
      const client = context.host()
      const what = scope === 'state' ? 'everything but the datastores' : 'everything, with the disks of all VMs,'
      if (!given.has('yes')) await confirm(context.io, `Forget ${what} of ${hostname}, and restart it?`)
      await goDown(context, client, hostname, await client.call<Task>('POST', '/v1/host/reset', { json: { hostname, scope } }))
    },
  },
  operationCommand(['host', 'renew-state'], 'POST /v1/host/state/renew', {
    positional: ['hostname'],
    hostGoesDown: true,
    question: (name) => `Make the state partition of ${name} anew, and restart it?`,
    details: [
      'For a host whose state partition could not be mended: the console and `corbel host support` say so. A copy of it is kept in the datastore, hidden,',
      'unless --no-keep. The host restarts without any configuration, and keeps it from then on.',
    ],
  }),
  operationCommand(['host', 'restart-service'], 'POST /v1/host/services/{service}/restart', {
    done: 'is being started again',
    details: ['SERVICE is as `corbel host services` names it. VMs go on.'],
  }),
  operationCommand(['host', 'restart-services'], 'POST /v1/host/services/restart', {
    done: 'all management services are being started again',
    details: ['VMs go on.'],
  }),
]

function show(io: Io, items: readonly LogLine[], json: boolean): void {
  print(io, items.map((line) => (json ? `${renderJson(line, 0)}\n` : lineOf(line))).join(''))
}

function lineOf({ at, severity, text }: LogLine): string {
  return `${printable(`${at}  ${severity.padEnd(7)}  ${text}`)}\n`
}

const layoutColumns = (current: string): readonly Column<KeyboardView['layouts'][number]>[] => [
  { title: 'LAYOUT', value: ({ name }) => name },
  { title: 'WHAT', value: ({ description }) => description },
  { title: 'IN USE', value: ({ name }) => (name === current ? 'yes' : null) },
]

const SERVERS_FROM: Readonly<Record<TimeView['serversFrom'], string>> = {
  setting: 'as set',
  dhcp: 'offered by DHCP',
  none: 'none: DHCP offers none',
  off: 'off',
}

function timePairs({
  now,
  servers,
  serversFrom,
  synchronised,
  source,
  stratum,
  offsetSeconds,
}: TimeView): readonly (readonly [string, string])[] {
  return [
    ['Time', now],
    ['Time servers', servers.length === 0 ? SERVERS_FROM[serversFrom] : `${servers.join(', ')} (${SERVERS_FROM[serversFrom]})`],
    ['Synchronised', synchronised ? `yes, by ${source ?? 'unknown'} (stratum ${stratum ?? '?'})` : 'no'],
    ...(offsetSeconds === null ? [] : [['Offset', `${(offsetSeconds * 1000).toFixed(3)} ms`] as const]),
  ]
}

async function goDown(context: Context, client: Client, label: string, task: Task): Promise<void> {
  const { given, io } = context
  if (given.has('no-wait')) return say(context, `${label}: ${task.kind} has begun as task ${task.id}`)
  const ended = await followTask(client, task, { io, timeoutSeconds: timeoutOf(given), hostGoesDown: true })
  if (ended === null) note(io, `${label} does not answer any more: it is going down.`)
  else say(context, `${label}: ${ended.kind} ${ended.state}`)
}
