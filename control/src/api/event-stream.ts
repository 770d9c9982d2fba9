// Events as server-sent events. @source HTML Living Standard, section 9.2
import type { EventFeed, Sees } from '../app/event-feed.ts'
import { Refusal } from '../app/refusal.ts'
import type { Event } from '../domain/event.ts'
import type { StreamResponse } from './message.ts'

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
/** A first line makes every hop send the head at once; clients that lose the connection come back after this time, ms. */
const OPENING = 'retry: 2000\n\n'
/** A comment: clients pass over it. */
const HEARTBEAT = ':\n\n'

export function followEvents(feed: EventFeed, lastEventId: string | undefined, sees: Sees): StreamResponse {
  if (lastEventId !== undefined && !/^\d{1,15}$/.test(lastEventId)) {
    throw new Refusal('invalid', 'request.invalid', 'Last-Event-ID is no id of an event.', [
      { code: 'request.header.invalid', field: 'last-event-id', message: 'must be the id of an event', got: lastEventId.slice(0, 100) },
    ])
  }
  feed.requireRoom()
  return {
    ...{ kind: 'stream', status: 200, headers: HEADERS },
    subscribe(push, end) {
      push(OPENING)
      try {
        const follower = { event: (event: Event) => push(render(event)), beat: () => push(HEARTBEAT), end }
        return feed.follow(lastEventId === undefined ? null : Number(lastEventId), follower, sees)
      } catch {
        // The client comes back and is told then.
        end()
        return () => {}
      }
    },
  }
}

function render(event: Event): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`
}
