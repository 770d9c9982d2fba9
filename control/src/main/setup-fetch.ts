// Setup's part where the seed is on a web server: `corbel.seed=URL` of the kernel's command line, for a boot from a medium that has none. The one thing at a boot that waits for somebody else,
// as it was asked to, and not for long: then the boot goes on without it.
import { readText } from 'hv:fs'
import { log } from 'hv:system'
import { readIncomingText } from '../adapters/incoming-text.ts'
import { loadPacketFilter } from '../adapters/nat-network.ts'
import { listAdapters } from '../adapters/network-adapters.ts'
import { withPassingNetwork } from '../adapters/passing-network.ts'
import { waitUntil } from '../adapters/wait.ts'
import { createWebFiles, WEBGET } from '../adapters/web-files.ts'
import { parseDmiText } from '../codec/dmi.ts'
import { commandLineValue } from '../codec/kernel-command-line.ts'
import { defaultNetwork } from '../domain/network.ts'
import type { Problem } from '../domain/problem.ts'
import { SEED_MAX_BYTES } from '../domain/seed.ts'
import { seedAddress } from '../domain/seed-address.ts'
import type { TlsTrust } from '../domain/tls-trust.ts'
import { formatWebAddress, type WebAddress } from '../domain/web-address.ts'
import { chooseAdapters, isChoiceFinal } from '../plan/network-adapters.ts'
import type { Clock } from '../ports/clock.ts'
import { type SeedOutcome, seedOf } from './setup-seed.ts'
import { wordsOf } from './setup-state.ts'

/** A switch that looks for loops lets nothing through for half a minute after a link has come up. */
export const FETCH_DEADLINE_MS = 90_000
const LINK_WAIT_MS = 10_000
const RETRY_MS = 3_000

/** Null where nothing is to be fetched. */
export function seedUrl(): string | null {
  return commandLineValue(readText('/proc/cmdline'), 'corbel.seed')
}

/** Never rejects: what stands in the way is the outcome. */
export async function fetchSeed(clock: Clock, url: string): Promise<SeedOutcome> {
  try {
    return await fetchBy(clock, url, clock.monotonicMs() + FETCH_DEADLINE_MS)
  } catch (error) {
    return unfetched(wordsOf(error))
  }
}

const refused = (...problems: readonly Problem[]): SeedOutcome => ({ state: 'refused', problems, document: null })
const unfetched = (why: string) => refused({ code: 'seed.fetch', field: 'corbel.seed', message: `could not be fetched: ${why}` })

async function fetchBy(clock: Clock, url: string, deadline: number): Promise<SeedOutcome> {
  await waitUntil(clock, () => isChoiceFinal(listAdapters(), [], []), LINK_WAIT_MS)
  const [adapter] = chooseAdapters(listAdapters(), { adapters: [] }, []).members
  if (adapter === undefined) return unfetched('there is no network adapter')
  const address = seedAddress(url, { serial: firmwareWord('product_serial'), uuid: firmwareWord('product_uuid'), mac: adapter.mac })
  if (!address.ok) return refused(...address.problems)
  const fingerprint = commandLineValue(readText('/proc/cmdline'), 'corbel.seed-fingerprint')
  await loadPacketFilter(null, defaultNetwork('corbel').firewall)
  return withPassingNetwork(clock, adapter.name, deadline - clock.monotonicMs(), async () => {
    const text = await textAt(clock, address.value, { authority: null, fingerprint }, deadline)
    log('info', `the seed came from ${shown(address.value)}`)
    return seedOf(text)
  })
}

/** The server may come up later than this machine does, and a link after its address. */
async function textAt(clock: Clock, address: WebAddress, trust: TlsTrust, deadline: number): Promise<string> {
  const files = createWebFiles(WEBGET)
  for (;;) {
    try {
      const text = files.open(address, trust).then((file) => readIncomingText(file, SEED_MAX_BYTES))
      return await Promise.race([text, timeIsUp(clock, deadline)])
    } catch (error) {
      const failure = new Error(`${shown(address)}: ${wordsOf(error)}`)
      if (clock.monotonicMs() + RETRY_MS >= deadline) throw failure
      log('info', `the seed: ${failure.message}`)
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
  }
}

/** A server that says nothing more must not take the time that the rest of the boot has; what still asks it ends with this program. */
function timeIsUp(clock: Clock, deadline: number): Promise<never> {
  return new Promise((_, reject) => {
    clock.after(deadline - clock.monotonicMs(), () => reject(new Error('it did not send it in time.')))
  })
}

/** A query may hold a secret, and the console shows this to everybody. */
const shown = (address: WebAddress) => formatWebAddress({ ...address, path: address.path.replace(/\?.*$/, '') })

function firmwareWord(name: string): string {
  try {
    return parseDmiText(readText(`/sys/class/dmi/id/${name}`))
  } catch {
    return ''
  }
}
