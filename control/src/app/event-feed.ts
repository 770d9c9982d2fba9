// Follows the events, from a remembered one on. Bounded: a follower that is too far behind starts at the oldest event kept.
import type { Event } from '../domain/event.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

const LATEST_EVENTS = 1_000
const MAX_FOLLOWERS = 64

export interface EventFeed {
  /** The newest, oldest first. */
  latest(): readonly Event[]
  /** Those after `afterId` (null: none of the past), then each as it happens. Refuses with `events.too-many-followers`. The returned function ends it. */
  follow(afterId: number | null, listener: (event: Event) => void): () => void
}

export function createEventFeed({ store }: Pick<AppPorts, 'store'>, ledger: Ledger): EventFeed {
  let followers = 0
  return {
    latest: () => store.latestEvents(LATEST_EVENTS),
    follow(afterId, listener) {
      if (followers >= MAX_FOLLOWERS) {
        throw new Refusal('unavailable', 'events.too-many-followers', `At most ${MAX_FOLLOWERS} clients can follow events.`, [], 5)
      }
      followers++
      const past = afterId === null ? [] : store.listEvents(afterId, LATEST_EVENTS)
      for (const event of past) listener(event)
      const unfollow = ledger.follow(listener)
      let following = true
      return () => {
        if (!following) return
        following = false
        followers--
        unfollow()
      }
    },
  }
}
