// What the API answers about the management network, as schemas.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { field } from '../domain/field.ts'
import { networkSchema } from '../domain/network.ts'
import { PROBES } from '../domain/network-change.ts'
import { type NetworkTest, type NetworkView, TEST_STEPS } from '../domain/network-view.ts'
import type { Of } from './schemas.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const timestamp = v.pipe(v.string(), v.description('RFC 3339, UTC.'))

const pendingSchema = closed({
  settings: networkSchema,
  by: v.string(),
  phase: v.picklist(['applying', 'applied', 'undoing']),
  confirmWithinSeconds: count,
  secondsLeft: v.pipe(count, v.description('Until it is undone.')),
  probes: v.array(closed({ what: v.picklist(PROBES), state: v.picklist(['running', 'ok', 'failed']), message: v.string() })),
  probed: v.pipe(v.boolean(), v.description('Nothing more is looked at.')),
})

export const adapterSchema = closed({
  name: v.pipe(v.string(), v.description('The kernel’s; may change from boot to boot.')),
  mac: v.pipe(v.string(), v.description('The permanent one, which settings name it by.')),
  index: count,
  hasLink: v.boolean(),
  slot: v.pipe(v.nullable(v.string()), v.description('The way to its PCI function.')),
  speedMbps: v.nullable(count),
  driver: v.nullable(v.string()),
  inUse: v.boolean(),
})

const addressSchema = closed({
  interface: v.string(),
  address: v.pipe(v.string(), v.description('With its prefix length.')),
  family: v.picklist([4, 6]),
  scope: v.picklist(['global', 'link']),
  state: v.pipe(v.picklist(['ready', 'tentative', 'duplicate']), v.description('`duplicate`: another machine has it.')),
})

export const networkViewSchema = closed({
  revision: v.pipe(count, v.description('Of `wanted`; the ETag.')),
  wanted: v.pipe(networkSchema, v.description('What was confirmed last.')),
  pending: v.pipe(v.nullable(pendingSchema), v.description('A change that waits to be confirmed.')),
  replacements: v.pipe(
    v.array(closed({ wanted: v.string(), used: v.string(), because: v.picklist(['same-slot', 'only-new-card', 'first-with-link']) })),
    v.description('Adapters that stand in for ones that are not there, by MAC address, until they are adopted.'),
  ),
  problem: v.nullable(v.string()),
  last: v.pipe(
    v.nullable(closed({ outcome: v.picklist(['confirmed', 'undone', 'dropped']), reason: v.string(), at: timestamp })),
    v.description('What became of the latest change, since the control daemon came up.'),
  ),
  seen: closed({
    interface: v.nullable(v.string()),
    adapters: v.array(adapterSchema),
    addresses: v.array(addressSchema),
    gateways: closed({ ipv4: v.nullable(v.string()), ipv6: v.nullable(v.string()) }),
    nameServers: v.array(v.string()),
  }),
}) satisfies Of<NetworkView>

const words = v.array(v.string())
const named = (kind: 'await-link' | 'detect-conflict', more: Record<string, v.GenericSchema>) =>
  closed({ kind: v.literal(kind), interface: v.string(), ...more })

const stepSchema = v.union([
  closed({ kind: v.literal('ip'), family: v.nullable(v.picklist([4, 6])), lines: words }),
  closed({ kind: v.literal('sysctl'), path: v.string(), value: v.string() }),
  closed({ kind: v.literal('filter'), uplink: v.nullable(v.string()), firewall: closed({ https: words }) }),
  named('await-link', { timeoutMs: count }),
  named('detect-conflict', { address: v.string() }),
  closed({ kind: v.literal('resolver'), servers: words, searchDomains: words }),
  closed({ kind: v.literal('hostname'), name: v.string() }),
  closed({ kind: v.literal('dhcp-client'), interface: v.nullable(v.string()) }),
])

export const networkPreviewSchema = closed({
  network: networkViewSchema,
  steps: v.pipe(v.array(stepSchema), v.description('What would be done, in this order.')),
})

export const networkTestSchema = closed({
  id: v.string(),
  startedAt: timestamp,
  endedAt: v.nullable(timestamp),
  steps: v.array(
    closed({
      kind: v.picklist(TEST_STEPS),
      target: v.string(),
      state: v.picklist(['waiting', 'running', 'ok', 'failed', 'skipped']),
      message: v.string(),
    }),
  ),
}) satisfies Of<NetworkTest>

export const networkTestRequestSchema = closed({
  name: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(253),
      v.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a name such as corbel.example'),
      field({ title: 'Name', description: 'To be resolved; by default the host’s own.' }),
    ),
  ),
})
