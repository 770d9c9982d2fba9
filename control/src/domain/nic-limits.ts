// The limits of a NIC. Schema, ranges and defaults.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'

/** Lower than that a packet takes longer than a connection waits for it; more, no machine has. */
const LEAST_BYTES_PER_SECOND = 65_536
const MOST_BYTES_PER_SECOND = 1_000_000_000_000
/** The kernel's buckets fill for a minute at most. @source net/sched/sch_htb.c, mbuffer */
const MOST_SAVED_SECONDS = 60

export function networkRate(title: string, description: string) {
  const rate = v.pipe(v.number(), v.integer(), v.minValue(LEAST_BYTES_PER_SECOND), v.maxValue(MOST_BYTES_PER_SECOND))
  return v.pipe(v.optional(v.nullable(rate), null), field({ title, unit: 'bytes/s', description }))
}

export const nicLimitsSchema = v.pipe(
  closed({
    receiveBytesPerSecond: networkRate('Receive rate', 'What the guest receives; null: as much as there is.'),
    transmitBytesPerSecond: networkRate('Transmit rate', 'What the guest sends; null: as much as there is.'),
    burstFactor: v.pipe(
      v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 1),
      field({ title: 'Burst', description: 'So many times the limits, for as long as `burstSeconds`, after a time of less; 1: none.' }),
    ),
    burstSeconds: v.pipe(
      v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(60)), 1),
      field({ title: 'Burst length', unit: 's', description: 'A burst is 2 GiB at most, and no more than a minute of the limit.' }),
    ),
  }),
  rule(
    'burst-too-long',
    `must not have a burst beyond what the limit gives in ${MOST_SAVED_SECONDS} s: burstFactor less one, times burstSeconds`,
    ({ burstFactor, burstSeconds }) => (burstFactor - 1) * burstSeconds <= MOST_SAVED_SECONDS,
  ),
)
export type NicLimits = v.InferOutput<typeof nicLimitsSchema>
