// The host's clock: where it gets its time, and how it does. The time zone is UTC, always.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { parseIpv4 } from './ipv4.ts'
import { isIpv6 } from './ipv6.ts'

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/
const MAX_SERVERS = 8

function isTimeServer(text: string): boolean {
  // What consists of digits alone is meant as an address.
  return parseIpv4(text) !== null || isIpv6(text) || (DNS_NAME.test(text) && !/^[\d.]+$/.test(text))
}

export const timeSettingSchema = closed({
  ntp: v.pipe(v.boolean(), v.description('Whether time servers are asked. Default true. Without, the clock is set by hand.')),
  servers: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        rule('server', 'must be a DNS name in lower case or an address', (text: string) => isTimeServer(text)),
      ),
    ),
    v.maxLength(MAX_SERVERS),
    rule('unique', 'must be there once', (servers: string[]) => new Set(servers).size === servers.length),
    v.description(
      `At most ${MAX_SERVERS}. None, the default: those that the network’s DHCP server offers; no server on the internet is asked unasked.`,
    ),
  ),
})

export type TimeSetting = v.InferOutput<typeof timeSettingSchema>
export const DEFAULT_TIME_SETTING: TimeSetting = { ntp: true, servers: [] }

/** For a clock set by hand: 2020 to 2099. */
export const clockSchema = closed({
  time: v.pipe(
    v.string(),
    v.regex(
      /^20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/,
      'must be RFC 3339 in UTC, such as 2026-03-01T12:00:00Z, of the years 2020 to 2099',
    ),
    rule('date', 'must be a date that there is', (text: string) => !Number.isNaN(Date.parse(text))),
    v.description('RFC 3339 in UTC, 2020 to 2099.'),
  ),
})

/** What the time client says of itself. */
export interface TimeClientStatus {
  readonly synchronised: boolean
  /** The server in use. */
  readonly source: string | null
  readonly stratum: number | null
  /** How far the clock is ahead of true time, as far as is known. */
  readonly offsetSeconds: number | null
}

export interface TimeView extends TimeClientStatus {
  readonly now: string
  readonly timeZone: 'UTC'
  readonly setting: TimeSetting
  /** Those that are asked. */
  readonly servers: readonly string[]
  readonly serversFrom: 'setting' | 'dhcp' | 'none' | 'off'
}
