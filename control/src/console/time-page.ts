// The clock: its time servers, and setting it by hand while none is asked.
import { checkboxField, textField } from './form.ts'
import { formPage } from './form-page.ts'
import { formatTime } from './format.ts'
import { flagAt, numberAt, textAt, textsAt } from './json.ts'
import type { Page } from './page.ts'

const from: Readonly<Record<string, string>> = {
  setting: 'as set',
  dhcp: 'offered by DHCP',
  none: 'none is set, and DHCP offers none',
  off: 'off',
}

/** How it is now. */
export function timeLines(body: unknown): readonly string[] {
  const servers = textsAt(body, 'servers')
  const offset = numberAt(body, 'offsetSeconds')
  return [
    formatTime(textAt(body, 'now')),
    `Time servers: ${servers.length === 0 ? '' : `${servers.join(', ')}, `}${from[textAt(body, 'serversFrom')] ?? ''}`,
    flagAt(body, 'synchronised')
      ? `Follows ${textAt(body, 'source')}${offset === null ? '' : `, ${(offset * 1000).toFixed(1)} ms off`}`
      : 'Follows no time server',
  ]
}

const blank = /[\s,]+/

export function timeServersPage(): Page {
  return formPage({
    title: 'Time servers',
    intro: 'The clock follows these servers; the time zone is UTC. Without any the host asks those that DHCP offers, and nobody else.',
    load: '/v1/host/time',
    fields: (loaded) => [
      checkboxField('ntp', 'Ask time servers', loaded === undefined || flagAt(loaded, 'setting.ntp'), {
        help: 'Without, the clock is set by hand.',
      }),
      textField('servers', 'Servers', {
        value: textsAt(loaded, 'setting.servers').join(' '),
        help: 'DNS names or addresses, with blanks between them; at most eight. Empty: those that DHCP offers.',
      }),
    ],
    send: ({ ntp, servers = '' }) => ({
      ...{ method: 'PUT', path: '/v1/host/time' },
      body: { ntp: ntp === 'true', servers: servers.split(blank).filter((server) => server !== '') },
    }),
    fieldOf: (problem) => (problem.startsWith('servers') ? 'servers' : problem),
    done: 'The time servers are set.',
  })
}

export function clockPage(): Page {
  return formPage({
    title: 'Set the clock',
    intro: 'Possible while no time server is asked. The machine’s own clock, which goes on without power, is set too.',
    load: '/v1/host/time',
    fields: (loaded) => [
      textField('time', 'Time (UTC)', {
        value: textAt(loaded, 'now')
          .replace(/\.\d+Z$/, '')
          .replace('T', ' '),
        help: 'Year, month, day, and the time: 2026-03-01 12:00:00',
      }),
    ],
    send: ({ time = '' }) => ({
      ...{ method: 'POST', path: '/v1/host/time/clock' },
      body: { time: `${time.trim().replace(/Z$/, '').replace(/\s+/, 'T')}Z` },
    }),
    done: 'The clock is set.',
  })
}
