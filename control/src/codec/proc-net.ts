// Reads the addresses that the kernel answers to, out of /proc/net. Asks no program.
import { parseIpv4 } from '../domain/ipv4.ts'

export interface LocalAddress {
  readonly adapter: string
  readonly address: string
  readonly family: 4 | 6
  readonly linkLocal: boolean
  /** Made by the kernel from a router's advertisement, to end with it. */
  readonly advertised: boolean
}

/** IPv4 addresses of /proc/net/fib_trie, loopback left out, each with the adapter whose connected route in /proc/net/route holds it. */
export function parseLocalIpv4(fibTrie: string, routes: string): readonly LocalAddress[] {
  const connected = parseConnectedRoutes(routes)
  const found = new Map<string, LocalAddress>()
  let last = ''
  for (const line of fibTrie.split('\n')) {
    last = /\|-- (\S+)/.exec(line)?.[1] ?? last
    if (!line.includes('/32 host LOCAL') || last.startsWith('127.')) continue
    const number = parseIpv4(last)
    if (number === null) continue
    const route = connected.find(({ destination, mask }) => (number & mask) >>> 0 === destination)
    if (route === undefined) continue
    found.set(last, { adapter: route.adapter, address: last, family: 4, linkLocal: last.startsWith('169.254.'), advertised: false })
  }
  return [...found.values()]
}

interface ConnectedRoute {
  readonly adapter: string
  readonly destination: number
  readonly mask: number
}

/** Routes without a gateway, the narrowest first. Numbers there are hexadecimal in the processor's (little-endian) order. */
function parseConnectedRoutes(text: string): readonly ConnectedRoute[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 8 && fields[2] === '00000000' && fields[7] !== '00000000')
    .map((fields) => ({ adapter: fields[0] ?? '', destination: swapBytes(fields[1] ?? ''), mask: swapBytes(fields[7] ?? '') }))
    .sort((a, b) => b.mask - a.mask)
}

function swapBytes(hex: string): number {
  const bytes = hex.match(/../g) ?? []
  return Number.parseInt(bytes.reverse().join(''), 16) >>> 0
}

/** @source include/uapi/linux/if_addr.h, IFA_F_PERMANENT */
const PERMANENT = 0x80

/** Addresses of /proc/net/if_inet6, loopback left out. @source kernel net/ipv6/addrconf.c, if6_seq_show: address, index, prefix, scope, flags, name */
export function parseLocalIpv6(text: string): readonly LocalAddress[] {
  return text.split('\n').flatMap((line) => {
    const [digits, , , scope, flags = '', adapter] = line.trim().split(/\s+/)
    if (digits === undefined || digits.length !== 32 || adapter === undefined || adapter === 'lo') return []
    const linkLocal = scope === '20'
    const advertised = !linkLocal && (Number.parseInt(flags, 16) & PERMANENT) === 0
    return [{ adapter, address: renderIpv6(digits), family: 6 as const, linkLocal, advertised }]
  })
}

/** 32 hexadecimal digits in their shortest form. @source RFC 5952 section 4 */
export function renderIpv6(digits: string): string {
  const groups = (digits.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ''))
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0(?![0-9a-f]))+/g)].map((match) => match[0])
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  if (longest === '') return groups.join(':')
  const text = groups.join(':')
  const at = text.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`))
  const before = text.slice(0, at).replace(/:$/, '')
  const after = text.slice(at + longest.length).replace(/^:/, '')
  return `${before}::${after}`
}
