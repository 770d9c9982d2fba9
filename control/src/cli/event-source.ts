// Reads server-sent events, and comes back where it was when the connection is lost. @source HTML Living Standard, section 9.2
import type { IncomingMessage } from 'node:http'
import type { Event } from '../domain/event.ts'
import { failureOf, readAnswer } from './answer.ts'
import type { Client } from './client.ts'
import { isUnreachable, unreachable } from './unreachable.ts'
import { pause } from './wait.ts'

const RETRY_MS = 2000
/** The host says something every 20 s. */
const SILENCE_MS = 60_000

export interface FollowEvents {
  /** Begin after this one. */
  readonly after: number
  /** Whether it was the last that is wanted. */
  readonly event: (event: Event) => boolean
  /** Told when the connection is lost, and when the reason why it does not come back is another. */
  readonly lost: (error: Error) => void
}

/** Goes on until no more are wanted. Throws a Failure when the host refuses, or cannot be reached in the first place. */
export async function followEvents(client: Client, { after, event, lost }: FollowEvents): Promise<void> {
  let last = after
  let wasConnected = false
  let told = ''
  const tell = (reason: Error) => {
    if (reason.message !== told) lost(reason)
    told = reason.message
  }
  for (;;) {
    try {
      const response = await open(client, last)
      wasConnected = true
      told = ''
      const enough = await readEvents(response, (seen) => {
        last = seen.id
        return event(seen)
      })
      if (enough) return
      tell(new Error('the host ended the stream'))
    } catch (error) {
      if (client.interrupted.aborted) throw client.interrupted.reason
      const reason = unreachable(client.target.address, error as Error)
      if (!wasConnected || !isUnreachable(reason)) throw reason
      tell(reason)
    }
    await pause(RETRY_MS, client.interrupted)
  }
}

async function open(client: Client, after: number): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) }
    const sent = client.open({ method: 'GET', path: '/v1/events', headers, timeout: SILENCE_MS }, reject)
    sent.on('timeout', () => sent.destroy(new Error(`silent for ${SILENCE_MS / 1000} s`)))
    sent.on('response', resolve)
    sent.end()
  })
  if (response.statusCode !== 200) throw failureOf(await readAnswer(response))
  return response
}

/** Whether it ended because no more are wanted. */
async function readEvents(response: IncomingMessage, event: (event: Event) => boolean): Promise<boolean> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const text of response) {
    const blocks = (rest + text).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = dataOf(block)
      if (data !== '' && event(JSON.parse(data) as Event)) return true
    }
  }
  return false
}

function dataOf(block: string): string {
  return block
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).replace(/^ /, ''))
    .join('\n')
}
