// Settings of the management network: which adapter, which address, which name servers.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'
import { contains, isHostAddress, isHostInSubnet, overlaps, parseCidr, parseIpv4 } from './ipv4.ts'
import { macSchema } from './mac.ts'
import { NAT_SUBNET, NAT_SUBNET_TEXT } from './nat-network.ts'

const addressSchema = v.pipe(
  v.string(),
  rule('invalid', 'must be an IPv4 address such as 10.0.2.2', (text: string) => parseIpv4(text) !== null),
  rule('not-a-host', 'must be the address of a host', (text: string) => isHostAddress(parseIpv4(text) ?? 0x01000000)),
)

const cidrSchema = v.pipe(
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

/** A type alias, as only these count as records for valibot's `forward`. */
type Static = { mode: 'static'; address: string; gateway: string | null }

function gatewayFits({ address, gateway }: Static): boolean {
  const cidr = parseCidr(address)
  const router = parseIpv4(gateway ?? '')
  return cidr === null || router === null || (contains(cidr, router) && router !== cidr.address)
}

const ipv4Schema = v.variant('mode', [
  closed({ mode: v.literal('dhcp') }),
  v.pipe(
    closed({
      mode: v.literal('static'),
      address: v.pipe(cidrSchema, field({ title: 'Address', description: 'With its prefix length.' })),
      gateway: v.pipe(
        v.optional(v.nullable(addressSchema), null),
        field({ title: 'Gateway', description: 'In the subnet of the address; without one only that subnet is reached.' }),
      ),
    }),
    v.forward(rule<Static>('outside-subnet', 'must be another address of the same subnet', gatewayFits), ['gateway']),
  ),
])

/** Management settings with every default filled in. */
export const managementSchema = closed({
  adapter: v.pipe(
    v.optional(v.nullable(macSchema), null),
    field({ title: 'Adapter', description: 'Its MAC address; when null, the first one with a link.' }),
  ),
  ipv4: v.pipe(v.optional(ipv4Schema, { mode: 'dhcp' }), field({ title: 'IPv4', description: 'By DHCP or static.' })),
  dns: v.pipe(
    v.optional(v.pipe(v.array(addressSchema), v.maxLength(3)), []),
    field({ title: 'Name servers', description: 'Given to VMs too. With DHCP, those of the lease when none are set.' }),
  ),
})

export type ManagementSettings = v.InferOutput<typeof managementSchema>

export const DEFAULT_MANAGEMENT: ManagementSettings = { adapter: null, ipv4: { mode: 'dhcp' }, dns: [] }
