// Where a host sends its audit log and events.
import { SYSLOG_KINDS, type SyslogSettings } from '../../domain/syslog.ts'
import type { Command, Given } from '../command.ts'
import { usage } from '../failure.ts'
import { operationCommand } from '../operation-command.ts'
import { operation } from '../operations.ts'
import { printResult } from '../output.ts'
import { renderPairs } from '../table.ts'
import { trustOf, trustOptions } from '../tls-trust.ts'

interface View {
  readonly settings: SyslogSettings | null
  readonly status: {
    readonly state: string
    readonly since: string | null
    readonly lastError: { readonly at: string; readonly code: string; readonly message: string } | null
    readonly behind: Readonly<Record<string, number>>
    readonly lost: Readonly<Record<string, number>>
  }
}

export const syslogCommands: readonly Command[] = [
  {
    words: ['host', 'syslog'],
    summary: operation('GET /v1/host/syslog').summary,
    details: [`Who may: ${operation('GET /v1/host/syslog').who}. API: GET /v1/host/syslog`],
    async run(context) {
      const view = await context.host().call<View>('GET', '/v1/host/syslog')
      printResult(context, view, () => renderPairs(pairsOf(view)))
    },
  },
  {
    words: ['host', 'syslog-set'],
    summary: operation('PUT /v1/host/syslog').summary,
    details: [
      'COLLECTOR is its name or address. Messages are those of RFC 5424 with the octet counting of RFC 5425; what happens while it is away is sent when it is back.',
      `Who may: ${operation('PUT /v1/host/syslog').who}. API: PUT /v1/host/syslog`,
    ],
    arguments: [{ name: 'COLLECTOR', kind: 'text' }],
    options: () => [
      { name: 'port', value: 'NUMBER', help: 'TCP port; default 6514' },
      ...trustOptions('the collector’s'),
      { name: 'kind', value: 'KIND', values: SYSLOG_KINDS, repeated: true, help: 'What is sent; default: all' },
    ],
    async run(context) {
      const view = await context.host().call<View>('PUT', '/v1/host/syslog', { json: settingsOf(context.given) })
      printResult(context, view, () => renderPairs(pairsOf(view)))
    },
  },
  operationCommand(['host', 'syslog-off'], 'DELETE /v1/host/syslog', { done: 'sends its audit log nowhere' }),
]

/** What is wrong with it is for the host to say, but for what cannot be sent. */
function settingsOf(given: Given): Readonly<Record<string, unknown>> {
  const port = given.value('port')
  const kinds = given.values('kind')
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw usage({ code: 'usage.invalid-value', field: '--port', message: `must be a number, not ${port}` })
  return {
    host: given.arguments[0] ?? '',
    ...(port === undefined ? {} : { port: Number(port) }),
    ...trustOf(given),
    ...(kinds.length === 0 ? {} : { kinds }),
  }
}

function pairsOf({ settings, status }: View): readonly (readonly [string, string])[] {
  if (settings === null) return [['Collector', 'none']]
  const { state, since, lastError, behind, lost } = status
  const counts = (of: Readonly<Record<string, number>>) => settings.kinds.map((kind) => `${of[kind]} ${kind}`).join(', ')
  return [
    ['Collector', `${settings.host} port ${settings.port}`],
    ['Trusts', settings.fingerprint ?? 'an authority'],
    ['State', `${state}${since === null ? '' : ` since ${since}`}`],
    ...(lastError === null ? [] : [['Problem', `${lastError.message} (${lastError.code}, ${lastError.at})`] as const]),
    ['Still to send', counts(behind)],
    ['Lost', counts(lost)],
  ]
}
