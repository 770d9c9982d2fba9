// Reads what /usr/lib/corbel/udhcpc keeps of a lease: NAME=VALUE lines.
import { parseCidr, parseIpv4 } from '../domain/ipv4.ts'

export interface Lease {
  /** With its prefix length. */
  readonly address: string
  readonly gateway: string | null
  readonly dns: readonly string[]
  /** Time servers. */
  readonly ntp: readonly string[]
}

/** Null when there is no address in it. What a DHCP server said is taken for an address only if it is one. */
export function parseLease(text: string): Lease | null {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]))
  const address = normalise(fields.get('ADDRESS') ?? '')
  if (address === null) return null
  const gateway = fields.get('GATEWAY') ?? ''
  return {
    address,
    gateway: parseIpv4(gateway) === null ? null : gateway,
    dns: addressesIn(fields.get('DNS')),
    ntp: addressesIn(fields.get('NTP')),
  }
}

function addressesIn(text = ''): readonly string[] {
  return text.split(/\s+/).filter((server) => parseIpv4(server) !== null)
}

/** BusyBox gives the prefix length as `mask`; a dotted mask is understood too. */
function normalise(text: string): string | null {
  if (parseCidr(text) !== null) return text
  const [address = '', mask = ''] = text.split('/')
  const bits = parseIpv4(mask)
  if (parseIpv4(address) === null || bits === null) return null
  const prefix = 32 - Math.log2((~bits >>> 0) + 1)
  return Number.isInteger(prefix) ? `${address}/${prefix}` : null
}
