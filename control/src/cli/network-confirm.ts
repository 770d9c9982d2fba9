// Confirms a change of the host's network over a new connection, wherever the host answers then; else the host undoes it.
import type { NetworkView } from '../domain/network-view.ts'
import { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { failure } from './failure.ts'
import type { Io } from './io.ts'
import { pause } from './wait.ts'

const LOOK_MS = 1_000
const ASK_TIMEOUT_MS = 5_000
/** What the way back may take after the deadline. */
const WAY_BACK_MS = 40_000

interface Reached {
  readonly client: Client
  readonly view: NetworkView
}

/** Where the host may be once the change is in force: where it was, and at a static address that it is given. */
function placesOf(
  { address }: Client['target'],
  { settings }: NonNullable<NetworkView['pending']>,
): readonly Client['target']['address'][] {
  const { ipv4, ipv6 } = settings
  const hosts = [ipv4, ipv6].flatMap((ip) => (ip.mode === 'static' ? [ip.address.split('/')[0] ?? ''] : []))
  return [address, ...hosts.filter((host) => host !== address.host).map((host) => ({ host, port: address.port }))]
}

/** Each attempt is a connection of its own: one from before the change does not count. */
async function reach(client: Client, hosts: readonly Client['target']['address'][]): Promise<Reached | null> {
  const attempts = hosts.map(async (address): Promise<Reached> => {
    const fresh = new Client({ ...client.target, address }, client.interrupted)
    try {
      const view = await fresh.call<NetworkView>('GET', '/v1/host/network', { timeoutMs: ASK_TIMEOUT_MS })
      return { client: fresh, view }
    } catch (error) {
      fresh.close()
      throw error
    }
  })
  try {
    return await Promise.any(attempts)
  } catch {
    return null
  } finally {
    // Those that come second are nobody's.
    void Promise.allSettled(attempts).then((all) => {
      for (const one of all.flatMap((done) => (done.status === 'fulfilled' ? [done.value] : [])).slice(1)) one.client.close()
    })
  }
}

/** The network once the change is confirmed, and where; throws a Failure when the host has undone it, or is silent for too long. */
export async function confirmChange(
  io: Io,
  client: Client,
  begun: NetworkView,
  told: (line: string) => void,
): Promise<{ readonly view: NetworkView; readonly host: string }> {
  const { pending } = begun
  if (pending === null) return { view: begun, host: client.target.address.host }
  const hosts = placesOf(client.target, pending)
  const deadline = performance.now() + pending.secondsLeft * 1000 + WAY_BACK_MS
  let isSilent = false
  while (performance.now() < deadline) {
    await pause(LOOK_MS, io.interrupted)
    const reached = await reach(client, hosts)
    if (reached === null) {
      if (!isSilent) told('The host does not answer; if that lasts, it undoes the change.')
      isSilent = true
      continue
    }
    isSilent = false
    try {
      const done = await confirmAt(reached)
      if (done !== null) return { view: done, host: reached.client.target.address.host }
    } finally {
      reached.client.close()
    }
  }
  throw failure(EXIT.unreachable, 'network.not-reached', 'The host was not reached again.')
}

/** Null when it is to be tried again. */
async function confirmAt({ client, view }: Reached): Promise<NetworkView | null> {
  const { pending, last } = view
  if (pending === null) {
    if (last?.outcome === 'confirmed') return view
    throw failure(EXIT.failed, 'network.undone', `The host has undone the change: ${last?.reason ?? 'its events have why'}`)
  }
  // The host looks for itself first; what it finds wrong it undoes.
  if (pending.phase !== 'applied' || !pending.probed) return null
  const answer = await client.ask('POST', '/v1/host/network/confirm', { json: {}, timeoutMs: ASK_TIMEOUT_MS })
  return answer.status === 200 ? client.call<NetworkView>('GET', '/v1/host/network') : null
}
