// Forms of the parts of network settings: addresses with and without prefix, sources, domains.
import * as v from 'valibot'
import { rule } from './check.ts'
import { contains, isHostAddress, isHostInSubnet, overlaps, parseCidr, parseIpv4 } from './ipv4.ts'
import { contains6, isHostAddress6, isLinkLocal6, isSubnet6, parseCidr6, parseIpv6 } from './ipv6.ts'
import { NAT_SUBNET, NAT_SUBNET_TEXT } from './nat-network.ts'

export const addressSchema = v.pipe(
  v.string(),
  rule('invalid', 'must be an IPv4 address such as 10.0.2.2', (text: string) => parseIpv4(text) !== null),
  rule('not-a-host', 'must be the address of a host', (text: string) => isHostAddress(parseIpv4(text) ?? 0x01000000)),
)

export const cidrSchema = v.pipe(
  v.string(),
  rule('invalid', 'must be an IPv4 address with its prefix length such as 10.0.2.15/24', (text: string) => parseCidr(text) !== null),
  rule('not-a-host', 'must be the address of a host, not that of a subnet, broadcast or multicast', (text: string) => {
    const cidr = parseCidr(text)
    return cidr === null || (isHostAddress(cidr.address) && isHostInSubnet(cidr))
  }),
  rule('overlaps-nat', `must not overlap ${NAT_SUBNET_TEXT}, the network of the VMs`, (text: string) => {
    const cidr = parseCidr(text)
    return cidr === null || !overlaps(cidr, NAT_SUBNET)
  }),
)

export const cidr6Schema = v.pipe(
  v.string(),
  rule('invalid', 'must be an IPv6 address with its prefix length such as 2001:db8::15/64', (text: string) => parseCidr6(text) !== null),
  rule('not-a-host', 'must be the address of a host, neither link-local nor multicast', (text: string) => {
    const cidr = parseCidr6(text)
    return cidr === null || (isHostAddress6(cidr.address) && !isLinkLocal6(cidr.address))
  }),
)

export const address6Schema = v.pipe(
  v.string(),
  rule('invalid', 'must be an IPv6 address such as 2001:db8::1 or fe80::1', (text: string) => parseIpv6(text) !== null),
  rule('not-a-host', 'must be the address of a host', (text: string) => {
    const address = parseIpv6(text)
    return address === null || isHostAddress6(address)
  }),
)

/** Of either family. */
export const nameServerSchema = v.pipe(
  v.string(),
  rule(
    'invalid',
    'must be an IPv4 or IPv6 address such as 10.0.2.3',
    (text: string) => parseIpv4(text) !== null || parseIpv6(text) !== null,
  ),
  rule('not-a-host', 'must be the address of a host', (text: string) => {
    const [four, six] = [parseIpv4(text), parseIpv6(text)]
    return (four === null || isHostAddress(four)) && (six === null || (isHostAddress6(six) && !isLinkLocal6(six)))
  }),
)

/** @source RFC 1123 section 2.1; RFC 1035 section 2.3.4 for the length */
export const domainSchema = v.pipe(
  v.string(),
  v.maxLength(253),
  v.regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'must be a domain such as lan.example: labels of a-z 0-9 - with dots between them',
  ),
)

/** Who may come: one address or a subnet, of either family. */
export const sourceSchema = v.pipe(
  v.string(),
  rule('invalid', 'must be an address or a subnet such as 192.0.2.0/24 or 2001:db8::/32', (text: string) => isSource(text)),
  rule('host-bits', 'must be the first address of its subnet: all bits after the prefix are zero', (text: string) => {
    const [four, six] = [parseCidr(text), parseCidr6(text)]
    return (four === null || contains({ address: four.address, prefix: 32 }, firstOf(four))) && (six === null || isSubnet6(six))
  }),
)

function isSource(text: string): boolean {
  return parseIpv4(text) !== null || parseCidr(text) !== null || parseIpv6(text) !== null || parseCidr6(text) !== null
}

function firstOf({ address, prefix }: { readonly address: number; readonly prefix: number }): number {
  return prefix === 0 ? 0 : (address & ((0xffffffff << (32 - prefix)) >>> 0)) >>> 0
}

/** In the subnet of `address`, and another one than it. True for what is no address. */
export function isNeighbour(address: string, gateway: string | null): boolean {
  const cidr = parseCidr(address)
  const router = parseIpv4(gateway ?? '')
  return cidr === null || router === null || (contains(cidr, router) && router !== cidr.address)
}

/** The same for IPv6, where routers mostly go by their link-local address. */
export function isNeighbour6(address: string, gateway: string | null): boolean {
  const cidr = parseCidr6(address)
  const router = parseIpv6(gateway ?? '')
  if (cidr === null || router === null || isLinkLocal6(router)) return true
  return contains6(cidr, router) && !contains6({ address: cidr.address, prefix: 128 }, router)
}
