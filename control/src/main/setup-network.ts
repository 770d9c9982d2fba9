// Setup's third part: management network and the network of the VMs. DHCP is asked by a program of its own, so nothing here waits for a server.
import { statOrNull } from 'hv:fs'
import { applyStaticAddress, awaitAdapters, lowerAdapters, writeNameServers } from '../adapters/management-network.ts'
import { loadPacketFilter, raiseNatBridge } from '../adapters/nat-network.ts'
import { SqliteStore } from '../adapters/sqlite-store.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import { check } from '../domain/check.ts'
import { DEFAULT_MANAGEMENT, type ManagementSettings, managementSchema } from '../domain/management.ts'
import type { Seed } from '../domain/seed.ts'
import { chooseAdapter, isChoiceFinal } from '../plan/management.ts'
import type { Clock } from '../ports/clock.ts'
import { wordsOf } from './setup-storage.ts'

const LINK_WAIT_MS = 3_000
const DATABASE = '/state/corbel.db'
const DEFAULT_HOSTNAME = 'corbel'

export interface Settings {
  readonly hostname: string
  readonly management: ManagementSettings
}

/** What was set since the first boot of this state counts, then the seed, then the defaults. */
export function resolveSettings(seed: Seed | null): Settings {
  const kept = readKept()
  const management = kept.management ?? seed?.management ?? DEFAULT_MANAGEMENT
  return { hostname: kept.hostname ?? seed?.hostname ?? DEFAULT_HOSTNAME, management }
}

/** A store that is not there yet, or cannot be read, keeps nothing; controld deals with the latter. */
function readKept(): Partial<Settings> {
  if (statOrNull(DATABASE) === null) return {}
  try {
    const store = SqliteStore.open(DATABASE)
    try {
      const hostname = store.getSetting('hostname')
      const management = check(managementSchema, store.getSetting('management'), 'management')
      return { ...(typeof hostname === 'string' ? { hostname } : {}), ...(management.ok ? { management: management.value } : {}) }
    } finally {
      store.close()
    }
  } catch {
    return {}
  }
}

export type NetworkOutcome = Pick<BootOutcome, 'management' | 'nat'>

/** Filter before addresses: there is no moment at which the host can be reached without it. */
export async function setUpNetwork(clock: Clock, settings: ManagementSettings): Promise<NetworkOutcome> {
  const adapters = await awaitAdapters(clock, (seen) => isChoiceFinal(seen, settings.adapter), LINK_WAIT_MS)
  const { adapter, problem } = chooseAdapter(adapters, settings.adapter)
  const name = adapter?.name ?? null
  const mode = settings.ipv4.mode
  const filterProblem = await attempt('The packet filter could not be loaded', () => loadPacketFilter(name))
  const addressProblem = await attempt('The management address could not be set', async () => {
    await lowerAdapters(adapters.filter((other) => other.name !== name))
    writeNameServers(settings.dns)
    if (name !== null && settings.ipv4.mode === 'static') {
      await applyStaticAddress(name, settings.ipv4.address, settings.ipv4.gateway)
    }
  })
  const natProblem = filterProblem ?? (await attempt('The network of the VMs could not be made', raiseNatBridge))
  return {
    management: { adapter: name, mode, problem: [problem, addressProblem].filter((part) => part !== null).join(' ') || null },
    nat: { ready: natProblem === null, problem: natProblem },
  }
}

/** Null when it worked, else a sentence. */
async function attempt(what: string, act: () => Promise<void>): Promise<string | null> {
  try {
    await act()
    return null
  } catch (error) {
    return `${what}: ${wordsOf(error)}.`
  }
}
