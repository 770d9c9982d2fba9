// What a pool has of disks and network: limits and shares. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { networkRate } from './nic-limits.ts'

const MAX_RATE = 1_000_000_000_000

function diskRate(title: string, unit: string, least: number) {
  return v.pipe(
    v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(MAX_RATE))), null),
    field({ title, unit, description: 'Null: as many as there are.' }),
  )
}

/** Of a pool or a VM among its siblings. */
const ioSharesSchema = v.pipe(
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 100),
  field({
    title: 'I/O shares',
    description: 'Of the datastore’s disk when it is busy, in proportion to the shares of the others beside it. cgroup: io.bfq.weight.',
    takesEffect: 'live',
  }),
)

/** Of a VM. */
export const ioAllocationSchema = v.pipe(
  v.optional(closed({ shares: ioSharesSchema }), {}),
  field({ title: 'I/O allocation', description: 'Of disks, among the VMs and pools beside it.', takesEffect: 'live' }),
)

/** Counted where the datastore’s disk is: what the page cache answers is not. */
export const poolIoSchema = closed({
  shares: ioSharesSchema,
  readIops: diskRate('Reads', 'operations/s', 1),
  writeIops: diskRate('Writes', 'operations/s', 1),
  readBytesPerSecond: diskRate('Read rate', 'bytes/s', 65_536),
  writeBytesPerSecond: diskRate('Write rate', 'bytes/s', 65_536),
})

export const poolNetworkSchema = closed({
  receiveBytesPerSecond: networkRate('Receive rate', 'What the VMs in it receive together; null: as much as there is.'),
  transmitBytesPerSecond: networkRate('Transmit rate', 'What the VMs in it send together; null: as much as there is.'),
})
