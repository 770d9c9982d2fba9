// How long a session lasts. Within one boot of the host it lives by uptime, whatever becomes of the clock; from an earlier boot it lives by the clock.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'

/** Where those are who log in at the machine itself; no address of the network is taken for it. */
export const CONSOLE_SOURCE = 'console'

const MINUTE_MS = 60_000

export const sessionPolicySchema = closed({
  lastsMinutes: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(15), v.maxValue(10_080)), 720),
    field({ title: 'Lasts', unit: 'min', description: 'From log-in to the end, used or not.' }),
  ),
  idleMinutes: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(10_080)), 120),
    field({ title: 'Idle', unit: 'min', description: 'From the last use to the end.' }),
  ),
})

export type SessionPolicy = v.InferOutput<typeof sessionPolicySchema>

export interface SessionTimes {
  /** Of the boot that the two uptimes are of. */
  readonly bootId: string
  /** RFC 3339, UTC. */
  readonly createdAt: string
  /** Uptime at log-in, ms; below 0 for a log-in before this boot. */
  readonly createdMs: number
  readonly usedAt: string
  readonly usedMs: number
}

export interface Moment {
  readonly bootId: string
  readonly at: string
  /** Uptime. */
  readonly ms: number
}

/** How old a session is and how long it has been unused, ms; below 0 where the clock is before its beginning. */
function ageOf(times: SessionTimes, now: Moment): { readonly ageMs: number; readonly idleMs: number } {
  if (times.bootId === now.bootId) return { ageMs: now.ms - times.createdMs, idleMs: now.ms - times.usedMs }
  const wallMs = Date.parse(now.at)
  return { ageMs: wallMs - Date.parse(times.createdAt), idleMs: wallMs - Date.parse(times.usedAt) }
}

/** A session whose age nobody can tell is over: the clock of this boot is before the log-in of an earlier one. */
export function isOver(times: SessionTimes, now: Moment, { lastsMinutes, idleMinutes }: SessionPolicy): boolean {
  const { ageMs, idleMs } = ageOf(times, now)
  return ageMs < 0 || idleMs < 0 || ageMs >= lastsMinutes * MINUTE_MS || idleMs >= idleMinutes * MINUTE_MS
}

/** Used now: from here on it lives by the uptime of this boot. */
export function usedNow(times: SessionTimes, now: Moment): SessionTimes {
  return {
    ...{ bootId: now.bootId, createdAt: times.createdAt, createdMs: now.ms - ageOf(times, now).ageMs },
    ...{ usedAt: now.at, usedMs: now.ms },
  }
}

/** When it ends if it is used, by the clock as it goes now. */
export function endOf(times: SessionTimes, now: Moment, { lastsMinutes }: SessionPolicy): string {
  return new Date(Date.parse(now.at) + lastsMinutes * MINUTE_MS - ageOf(times, now).ageMs).toISOString()
}

const CLIENT_MAX = 120

/** Of a `User-Agent` header what can be kept and shown: printable ASCII, at most 120 characters. */
export function clientOf(userAgent: string | undefined): string {
  return (userAgent ?? '')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, CLIENT_MAX)
}

/** A session, as it is told. */
export interface Session {
  readonly id: string
  readonly user: string
  /** An address, or `console`. */
  readonly source: string
  /** What the program that logged in calls itself: nothing but its word for it. Empty where it said nothing. */
  readonly client: string
  readonly createdAt: string
  readonly usedAt: string
  /** If it does not stand idle until then. */
  readonly expiresAt: string
  /** The one that asks. */
  readonly current: boolean
}
