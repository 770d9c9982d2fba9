// Follows the events, from a remembered one on. Bounded: one that is far behind is given part of what it missed, and comes back for the rest.
import type { Event } from '../domain/event.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

const LATEST_EVENTS = 1_000
const MAX_FOLLOWERS = 64
/** A client that went without a word is found out by what can no longer be sent to it. */
const HEARTBEAT_MS = 20_000

export interface Follower {
  event(event: Event): void
  /** Nothing happened, and the connection is alive. */
  beat(): void
  /** Nothing more comes, as much more is there than is sent at once: to be followed anew from the last event on. */
  end(): void
}

/** Whether an event is for whoever asks. */
export type Sees = (event: Event) => boolean

export interface EventFeed {
  /** Of the newest those that `sees` takes (by default all), oldest first. */
  latest(sees?: Sees): readonly Event[]
  /** Refuses with `events.too-many-followers`. */
  requireRoom(): void
  /** Those after `afterId` (null: none of the past), then each as it happens, of those that `sees` takes. Refuses as `requireRoom` does. The returned function ends it. */
  follow(afterId: number | null, follower: Follower, sees: Sees): () => void
}

export function createEventFeed({ store, clock }: Pick<AppPorts, 'store' | 'clock'>, ledger: Ledger): EventFeed {
  let followers = 0

  function requireRoom(): void {
    if (followers < MAX_FOLLOWERS) return
    throw new Refusal('unavailable', 'events.too-many-followers', `At most ${MAX_FOLLOWERS} clients can follow events.`, [], 5)
  }

  /** One who sees few of them is not sent back for more before everything has been looked through. */
  function pastAfter(afterId: number, sees: Sees): readonly Event[] {
    const seen: Event[] = []
    for (let at: number | undefined = afterId; at !== undefined && seen.length < LATEST_EVENTS; ) {
      const some: readonly Event[] = store.listEvents(at, LATEST_EVENTS)
      seen.push(...some.filter(sees))
      at = some.length < LATEST_EVENTS ? undefined : some.at(-1)?.id
    }
    return seen
  }

  return {
    latest: (sees = () => true) => store.latestEvents(LATEST_EVENTS).filter(sees),
    requireRoom,
    follow(afterId, follower, sees) {
      requireRoom()
      const past = afterId === null ? [] : pastAfter(afterId, sees)
      for (const event of past) follower.event(event)
      if (past.length >= LATEST_EVENTS) {
        follower.end()
        return () => {}
      }
      const unfollow = ledger.follow((event) => {
        if (sees(event)) follower.event(event)
      })
      let following = true
      let cancelBeat = () => {}
      const beatLater = () => {
        cancelBeat = clock.after(HEARTBEAT_MS, () => {
          follower.beat()
          if (following) beatLater()
        })
      }
      followers++
      beatLater()
      return () => {
        if (!following) return
        following = false
        followers--
        cancelBeat()
        unfollow()
      }
    },
  }
}
