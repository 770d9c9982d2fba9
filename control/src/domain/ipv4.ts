// IPv4 addresses and subnets as numbers and text. Knows no interface.

/** An address with its prefix length. */
export interface Ipv4Cidr {
  /** Unsigned 32 bit. */
  readonly address: number
  /** 0 to 32. */
  readonly prefix: number
}

/** Dotted decimal without leading zeros as an unsigned number, or null. */
export function parseIpv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return null
  let address = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || String(Number(part)) !== part) return null
    address = address * 256 + Number(part)
  }
  return address
}

/** `10.0.2.15/24`, or null. */
export function parseCidr(text: string): Ipv4Cidr | null {
  const [head = '', tail = '', ...rest] = text.split('/')
  const address = parseIpv4(head)
  if (address === null || rest.length > 0 || !/^(\d|[12]\d|3[0-2])$/.test(tail)) return null
  return { address, prefix: Number(tail) }
}

/** The subnet mask as an unsigned number. */
function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0
}

export function contains(subnet: Ipv4Cidr, address: number): boolean {
  const mask = maskOf(subnet.prefix)
  return (subnet.address & mask) === (address & mask)
}

export function overlaps(a: Ipv4Cidr, b: Ipv4Cidr): boolean {
  const prefix = Math.min(a.prefix, b.prefix)
  return contains({ address: a.address, prefix }, b.address)
}

/** An address that one host may have: not of the blocks 0, 127 and 224 upwards (multicast, reserved, broadcast). */
export function isHostAddress(address: number): boolean {
  const first = address >>> 24
  return first !== 0 && first !== 127 && first < 224
}

/** Neither the subnet's own address nor its broadcast address; with prefix 31 both are hosts. @source RFC 3021 */
export function isHostInSubnet({ address, prefix }: Ipv4Cidr): boolean {
  if (prefix >= 31) return prefix === 31
  const host = (address & ~maskOf(prefix)) >>> 0
  return host !== 0 && host !== ~maskOf(prefix) >>> 0
}
