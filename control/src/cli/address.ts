// Where a host is: as typed, and as kept.
import { usage } from './failure.ts'

export interface Address {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 443

/** `rack3`, `rack3:8443`, `192.0.2.10`, `[2001:db8::1]:8443`, `2001:db8::1`, or the URL that the host's console shows. */
export function parseAddress(text: string): Address {
  const bare = text.replace(/^https:\/\//, '').replace(/\/$/, '')
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(bare)
  if (match !== null) {
    const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3])
    const host = match[1] ?? match[2]
    if (host !== undefined && port >= 1 && port <= 65_535) return { host, port }
  }
  if (/^[0-9a-fA-F:]+(\.\d+)*$/.test(bare) && bare.includes('::')) return { host: bare, port: DEFAULT_PORT }
  throw usage({ code: 'usage.invalid-value', field: 'HOST', message: `${text} is neither a name nor an address, with or without :PORT` })
}

/** As people write it: the usual port left out. */
export function renderAddress({ host, port }: Address): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === DEFAULT_PORT ? name : `${name}:${port}`
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port
}
