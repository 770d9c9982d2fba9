// A change of the management network that waits for its confirmation, and what is found out about it. Data only.
import * as v from 'valibot'
import { type NetworkSettings, networkSchema } from './network.ts'

export const CONFIRM_SECONDS = { min: 15, max: 600, default: 60 } as const

export const PROBES = ['link', 'ipv4', 'ipv6', 'gateway'] as const

export interface Probe {
  readonly what: (typeof PROBES)[number]
  readonly state: 'running' | 'ok' | 'failed'
  /** One sentence. */
  readonly message: string
}

/** `applying`: between two states; `applied`: in force until the deadline; `undoing`: on the way back. */
export type ChangePhase = 'applying' | 'applied' | 'undoing'

/** As it is kept, from before the first step until it is confirmed or undone. */
export interface PendingChange {
  readonly id: string
  readonly settings: NetworkSettings
  readonly previous: NetworkSettings
  readonly by: string
  readonly phase: ChangePhase
  /** A machine that has come up anew is in the previous state already. */
  readonly bootId: string
  readonly confirmWithinSeconds: number
  /** On the clock that runs since the boot: nobody can set it. */
  readonly deadlineMs: number
  /** On the same clock, since when it is in force; null before. */
  readonly appliedMs: number | null
  /** Whether the gateway of before answered: only then must that of now. */
  readonly gatewayAnswered: boolean
  /** Goes on waiting for its confirmation when a probe fails. */
  readonly waitOnFailure: boolean
}

const pendingSchema = v.object({
  id: v.string(),
  settings: networkSchema,
  previous: networkSchema,
  by: v.string(),
  phase: v.picklist(['applying', 'applied', 'undoing']),
  bootId: v.string(),
  confirmWithinSeconds: v.number(),
  deadlineMs: v.number(),
  appliedMs: v.nullable(v.number()),
  gatewayAnswered: v.boolean(),
  waitOnFailure: v.boolean(),
})

/** `unreadable` for what some other version has left. */
export function readPending(value: unknown): PendingChange | null | 'unreadable' {
  if (value === null || value === undefined) return null
  const parsed = v.safeParse(pendingSchema, value)
  return parsed.success ? parsed.output : 'unreadable'
}
