// Keeps a flood of refusals from pushing everything else out of the audit log: beyond some, they are counted, and told of together.
import type { AuditFacts } from '../domain/audit.ts'
import type { Clock } from '../ports/clock.ts'

interface Budget {
  /** Refusals at once that each have an entry. */
  readonly burst: number
  /** One more after each such time. */
  readonly refillMs: number
}

/** Of everybody without a log-in together: they choose their addresses. */
const STRANGERS: Budget = { burst: 30, refillMs: 120_000 }
const USER: Budget = { burst: 100, refillMs: 60_000 }
const FIRST_PERIOD_MS = 60_000
/** While it goes on the period doubles up to this. */
const LONGEST_PERIOD_MS = 3_600_000
const ADDRESSES_KEPT = 16

interface Bucket {
  left: number
  filledMs: number
}

interface Counted {
  first: AuditFacts
  count: number
  until: string
  severalActions: boolean
  readonly addresses: Set<string>
  periodMs: number
}

export interface AuditFlood {
  /** Whether a refusal is to have an entry of its own; if not, it has been counted. */
  takes(facts: AuditFacts): boolean
  /** Writes what has been counted. */
  flush(): void
}

/** `write` is given what was counted when its period is over. */
export function createAuditFlood(clock: Clock, write: (facts: AuditFacts) => void): AuditFlood {
  const buckets = new Map<string, Bucket>()
  /** By who and problem: as many as there are users and codes, at most. */
  const counted = new Map<string, Counted>()

  function hasRoom(facts: AuditFacts): boolean {
    const key = whoIn(facts)
    const { burst, refillMs } = key === STRANGER ? STRANGERS : USER
    const now = clock.monotonicMs()
    const bucket = buckets.get(key) ?? { left: burst, filledMs: now }
    buckets.set(key, bucket)
    const more = Math.floor((now - bucket.filledMs) / refillMs)
    bucket.left = Math.min(burst, bucket.left + more)
    bucket.filledMs += more * refillMs
    if (bucket.left === 0) return false
    bucket.left--
    return true
  }

  function tell(entry: Counted): void {
    const { first, count, until, severalActions, addresses } = entry
    const action = severalActions ? 'several' : first.action
    const object = severalActions ? {} : first.object
    write({ ...first, action, object, what: null, requestId: null, repeated: { count, until, addresses: [...addresses] } })
  }

  /** One period after the other, each twice as long, until one passes without any. */
  function endPeriodLater(key: string, entry: Counted): void {
    clock.after(entry.periodMs, () => {
      if (entry.count === 0) {
        counted.delete(key)
        return
      }
      tell(entry)
      entry.count = 0
      entry.periodMs = Math.min(LONGEST_PERIOD_MS, entry.periodMs * 2)
      endPeriodLater(key, entry)
    })
  }

  function count(facts: AuditFacts): void {
    const key = `${whoIn(facts)} ${facts.code}`
    const entry = counted.get(key) ?? {
      ...{ first: facts, count: 0, until: facts.at, severalActions: false, addresses: new Set<string>(), periodMs: FIRST_PERIOD_MS },
    }
    if (!counted.has(key)) {
      counted.set(key, entry)
      endPeriodLater(key, entry)
    }
    if (entry.count === 0) {
      entry.first = facts
      entry.severalActions = false
      entry.addresses.clear()
    }
    entry.count++
    entry.until = facts.at
    entry.severalActions ||= entry.first.action !== facts.action
    if (entry.addresses.size < ADDRESSES_KEPT) entry.addresses.add(facts.from)
  }

  return {
    takes(facts) {
      if (hasRoom(facts)) return true
      count(facts)
      return false
    },
    flush() {
      for (const entry of counted.values()) {
        if (entry.count > 0) tell(entry)
        entry.count = 0
      }
    },
  }
}

/** No user has such a name. */
const STRANGER = '/stranger'

/** Nobody at the network uses up what is for the console. */
function whoIn({ user, from }: AuditFacts): string {
  return user ?? (from === 'console' ? '/console' : STRANGER)
}
