// Settings of the management network: adapters, bond, VLAN, addresses, name servers, and who may come. What is wanted, never what is seen.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'
import { macSchema } from './mac.ts'
import { hostnameSchema } from './names.ts'
import {
  address6Schema,
  addressSchema,
  cidr6Schema,
  cidrSchema,
  domainSchema,
  isNeighbour,
  isNeighbour6,
  nameServerSchema,
  sourceSchema,
} from './network-fields.ts'

/** A type alias, as only these count as records for valibot's `forward`. */
type Static = { mode: 'static'; address: string; gateway: string | null }

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
    v.forward(
      rule<Static>('outside-subnet', 'must be another address of the same subnet', ({ address, gateway }) => isNeighbour(address, gateway)),
      ['gateway'],
    ),
  ),
])

const ipv6Schema = v.variant('mode', [
  closed({ mode: v.literal('off') }),
  closed({ mode: v.literal('link-local') }),
  closed({ mode: v.literal('slaac') }),
  v.pipe(
    closed({
      mode: v.literal('static'),
      address: v.pipe(cidr6Schema, field({ title: 'Address', description: 'With its prefix length.' })),
      gateway: v.pipe(
        v.optional(v.nullable(address6Schema), null),
        field({ title: 'Gateway', description: 'In the subnet of the address, or link-local.' }),
      ),
    }),
    v.forward(
      rule<Static>('outside-subnet', 'must be link-local or another address of the same subnet', ({ address, gateway }) =>
        isNeighbour6(address, gateway),
      ),
      ['gateway'],
    ),
  ),
])

const BOND_MODES = ['active-backup', '802.3ad', 'balance-alb', 'balance-tlb', 'balance-xor'] as const
/** Those in which one member is preferred. @source Linux Documentation/networking/bonding.rst, `primary` */
const MODES_WITH_PRIMARY: readonly string[] = ['active-backup', 'balance-alb', 'balance-tlb']

type Bond = { mode: (typeof BOND_MODES)[number]; primary: string | null }

const bondSchema = v.pipe(
  closed({
    mode: v.pipe(
      v.picklist(BOND_MODES),
      field({
        title: 'Mode',
        description: '`802.3ad` (LACP) and `balance-xor` need the switch to be set up for it; the others need nothing.',
      }),
    ),
    primary: v.pipe(
      v.optional(v.nullable(macSchema), null),
      field({ title: 'Primary', description: 'The member preferred while it has a link, by its MAC address.' }),
    ),
  }),
  v.forward(
    rule<Bond>(
      'no-preference',
      `must be null unless the mode is ${MODES_WITH_PRIMARY.join(', ')}`,
      ({ mode, primary }) => primary === null || MODES_WITH_PRIMARY.includes(mode),
    ),
    ['primary'],
  ),
)

const firewallSchema = closed({
  https: v.pipe(
    v.optional(v.pipe(v.array(sourceSchema), v.maxLength(64)), []),
    field({ title: 'HTTPS', description: 'Addresses and subnets that may use the API; everybody when empty.' }),
  ),
})

/** What a host has by default and a seed may say, but for the host's name. */
const entries = {
  adapters: v.pipe(
    v.optional(
      v.pipe(
        v.array(macSchema),
        v.maxLength(8),
        rule(
          'duplicate',
          'must not name an adapter twice',
          (macs: string[]) => new Set(macs.map((mac) => mac.toLowerCase())).size === macs.length,
        ),
      ),
      [],
    ),
    field({ title: 'Adapters', description: 'By their permanent MAC addresses; when empty, the first one with a link.' }),
  ),
  bond: v.pipe(v.optional(v.nullable(bondSchema), null), field({ title: 'Bond', description: 'How several adapters work as one.' })),
  vlan: v.pipe(
    v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4094))), null),
    field({ title: 'VLAN', description: 'Its number, when frames are to be tagged.' }),
  ),
  mtu: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1280), v.maxValue(9216)), 1500),
    field({ title: 'MTU', unit: 'bytes', description: 'The largest packet; the whole network has to have the same.' }),
  ),
  ipv4: v.pipe(v.optional(ipv4Schema, { mode: 'dhcp' }), field({ title: 'IPv4', description: 'By DHCP or static.' })),
  ipv6: v.pipe(
    v.optional(ipv6Schema, { mode: 'link-local' }),
    field({ title: 'IPv6', description: 'Off, link-local only, by router advertisements (SLAAC), or static.' }),
  ),
  dns: v.pipe(
    v.optional(v.pipe(v.array(nameServerSchema), v.maxLength(3)), []),
    field({ title: 'Name servers', description: 'Given to VMs too. With DHCP, those of the lease when none are set.' }),
  ),
  searchDomains: v.pipe(
    v.optional(v.pipe(v.array(domainSchema), v.maxLength(6)), []),
    field({ title: 'Search domains', description: 'Tried in this order for names without a dot.' }),
  ),
  firewall: v.pipe(v.optional(firewallSchema, { https: [] }), field({ title: 'Firewall', description: 'Who may come, by service.' })),
}

const hostname = v.pipe(hostnameSchema, field({ title: 'Hostname' }))

const plainSchema = closed({ hostname, ...entries })
export type NetworkSettings = v.InferOutput<typeof plainSchema>

const ONE_OR_BOND = ['bond-required', 'must be one adapter, or several with a bond'] as const
const BOND_OF_SOME = ['no-adapters', 'must be null unless adapters are named'] as const
const PRIMARY_IS_MEMBER = ['primary-not-a-member', 'must prefer one of the adapters'] as const

type Links = Pick<NetworkSettings, 'adapters' | 'bond'>
const isOneOrBond = ({ adapters, bond }: Links) => adapters.length <= 1 || bond !== null
const isBondOfSome = ({ adapters, bond }: Links) => bond === null || adapters.length > 0
const isPrimaryMember = ({ adapters, bond }: Links) =>
  bond === null || bond.primary === null || adapters.length === 0 || adapters.includes(bond.primary)

/** Network settings with every default filled in. */
export const networkSchema = v.pipe(
  plainSchema,
  v.forward(rule<NetworkSettings>(...ONE_OR_BOND, isOneOrBond), ['adapters']),
  v.forward(rule<NetworkSettings>(...BOND_OF_SOME, isBondOfSome), ['bond']),
  v.forward(rule<NetworkSettings>(...PRIMARY_IS_MEMBER, isPrimaryMember), ['bond']),
)

/** As seeds have it, and as stores had it: without a name, and with one adapter in a field of its own, if it is not in the list. */
const plainManagementSchema = closed({
  adapter: v.exactOptional(
    v.pipe(v.nullable(macSchema), field({ title: 'Adapter', description: 'The same as a list of one; null is the empty list.' })),
  ),
  ...entries,
})
export type ManagementSettings = v.InferOutput<typeof plainManagementSchema>

export const managementSchema = v.pipe(
  plainManagementSchema,
  v.forward(
    rule<ManagementSettings>(
      'either',
      'must not stand beside adapters',
      ({ adapter, adapters }) => adapter == null || adapters.length === 0,
    ),
    ['adapter'],
  ),
  v.forward(
    rule<ManagementSettings>(...ONE_OR_BOND, (links) => isOneOrBond(linksOf(links))),
    ['adapters'],
  ),
  v.forward(
    rule<ManagementSettings>(...BOND_OF_SOME, (links) => isBondOfSome(linksOf(links))),
    ['bond'],
  ),
  v.forward(
    rule<ManagementSettings>(...PRIMARY_IS_MEMBER, (links) => isPrimaryMember(linksOf(links))),
    ['bond'],
  ),
)

function linksOf({ adapter, adapters, bond }: Pick<ManagementSettings, 'adapter' | 'adapters' | 'bond'>): Links {
  return { adapters: adapter == null ? adapters : [adapter], bond }
}

export const DEFAULT_HOSTNAME = 'corbel'

/** Whoever says nothing gets DHCP on the first adapter with a link. */
export function defaultNetwork(hostname: string): NetworkSettings {
  return v.parse(plainSchema, { hostname })
}

/** What a seed, or a store of before, says of the management network, with a host's name. */
export function networkOf(hostname: string, management: ManagementSettings): NetworkSettings {
  const { adapter: _one, ...rest } = management
  return { hostname, ...rest, adapters: linksOf(management).adapters }
}
