// IPv6 addresses and subnets as groups and text. Knows no interface.
import { parseIpv4 } from './ipv4.ts'

/** An address as its eight groups of 16 bits. */
export type Ipv6Groups = readonly number[]

export interface Ipv6Cidr {
  readonly address: Ipv6Groups
  /** 0 to 128. */
  readonly prefix: number
}

/** Whether this is an address as text, without zone and prefix. @source RFC 4291 section 2.2 */
export function isIpv6(text: string): boolean {
  return parseIpv6(text) !== null
}

/** The address of a text without zone and prefix, or null. @source RFC 4291 section 2.2 */
export function parseIpv6(text: string): Ipv6Groups | null {
  if (text.length > 45) return null
  const [head = '', tail, ...rest] = text.split('::')
  if (rest.length > 0) return null
  if (tail === undefined) {
    const all = groupsOf(head, true)
    return all?.length === 8 ? all : null
  }
  const before = head === '' ? [] : groupsOf(head, false)
  const after = tail === '' ? [] : groupsOf(tail, true)
  if (before === null || after === null || before.length + after.length > 7) return null
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

/** `2001:db8::5/64`, or null. */
export function parseCidr6(text: string): Ipv6Cidr | null {
  const [head = '', tail = '', ...rest] = text.split('/')
  const address = parseIpv6(head)
  if (address === null || rest.length > 0 || !/^(\d|[1-9]\d|1[01]\d|12[0-8])$/.test(tail)) return null
  return { address, prefix: Number(tail) }
}

export function contains6({ address: subnet, prefix }: Ipv6Cidr, address: Ipv6Groups): boolean {
  return subnet.every((group, index) => ((group ^ (address[index] ?? 0)) & maskOf(prefix, index)) === 0)
}

/** Whether both are the same address with the same prefix, however they are written. */
export function isSameCidr6(a: string, b: string): boolean {
  const [one, other] = [parseCidr6(a), parseCidr6(b)]
  return one !== null && other !== null && one.prefix === other.prefix && contains6({ ...one, prefix: 128 }, other.address)
}

/** Whether everything after the prefix is zero. */
export function isSubnet6({ address, prefix }: Ipv6Cidr): boolean {
  return address.every((group, index) => (group & ~maskOf(prefix, index) & 0xffff) === 0)
}

/** fe80::/10. */
export function isLinkLocal6(address: Ipv6Groups): boolean {
  return ((address[0] ?? 0) & 0xffc0) === 0xfe80
}

/** An address that one host may have of its own: not unspecified, loopback, multicast or IPv4 in other clothes. */
export function isHostAddress6(address: Ipv6Groups): boolean {
  const first = address[0] ?? 0
  if ((first & 0xff00) === 0xff00) return false
  // ::/96 and ::ffff:0:0/96 hold IPv4 addresses, `::` and `::1`.
  return !(address.slice(0, 5).every((group) => group === 0) && (address[5] === 0 || address[5] === 0xffff))
}

/** Of the group with this index. */
function maskOf(prefix: number, index: number): number {
  const bits = Math.min(16, Math.max(0, prefix - 16 * index))
  return (0xffff << (16 - bits)) & 0xffff
}

/** Null when one is none. The last may be an IPv4 address, which counts as two. */
function groupsOf(text: string, last: boolean): readonly number[] | null {
  const groups = text.split(':')
  const end = groups.at(-1) ?? ''
  const withIpv4 = last && end.includes('.')
  const hexadecimal = withIpv4 ? groups.slice(0, -1) : groups
  if (!hexadecimal.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  const numbers = hexadecimal.map((group) => Number.parseInt(group, 16))
  if (!withIpv4) return numbers
  const ipv4 = parseIpv4(end)
  return ipv4 === null ? null : [...numbers, ipv4 >>> 16, ipv4 & 0xffff]
}
